"""Open files of the repository: writes in any order, checksums, limits."""

import hashlib
import random
from pathlib import Path

import pytest

import omero
from omero_server.repository.store import MAX_READ, WRITE_EVERY, OpenFile


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> OpenFile:
    opened = OpenFile(tmp_path / "a" / "b" / "file", writable=True)
    opened.watch("SHA1-160")
    return opened


def test_what_is_written_is_read(file: OpenFile) -> None:
    assert not file.exists
    file.write(b"hello", 3)
    assert (file.size, file.position) == (8, 8)
    assert file.read(0, 10) == b"\0\0\0hello\0\0"
    file.sync()
    file.close()
    assert file.path.read_bytes() == b"\0\0\0hello"


@pytest.mark.parametrize("ordered", [True, False])
def test_the_checksum_follows_the_writes(file: OpenFile, ordered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    data = random.Random(1).randbytes(100_000)
    blocks = [(at, data[at : at + 7_000]) for at in range(0, len(data), 7_000)]
    if not ordered:
        random.Random(2).shuffle(blocks)
    for at, block in blocks:
        file.write(block, at)
    monkeypatch.setattr("omero_server.repository.store.file_checksum", None)
    assert file.checksum("SHA1-160") == sha1(data)


def test_the_checksum_is_right_after_changes(file: OpenFile) -> None:
    file.write(b"0123456789", 0)
    file.write(b"ab", 2)
    assert file.checksum("SHA1-160") == sha1(b"01ab456789")
    file.write(b"xyz", 10)
    assert file.checksum("SHA1-160") == sha1(b"01ab456789xyz")
    assert file.checksum("CRC-32") != ""


def test_a_long_file_goes_to_the_disk_along_the_way(file: OpenFile) -> None:
    block = random.Random(1).randbytes(WRITE_EVERY // 2)
    for at in range(3):
        file.write(block, at * len(block))
    file.sync()
    assert file.path.read_bytes() == block * 3 and file.checksum("SHA1-160") == sha1(block * 3)


def test_truncating(file: OpenFile) -> None:
    file.write(b"0123456789", 0)
    assert file.truncate(4)
    assert not file.truncate(4)
    assert file.checksum("SHA1-160") == sha1(b"0123")


def test_wrong_requests_are_refused(file: OpenFile, tmp_path: Path) -> None:
    with pytest.raises(omero.ResourceError, match="No such file"):
        file.read(0, 1)
    with pytest.raises(omero.ApiUsageException):
        file.read(0, MAX_READ + 1)
    with pytest.raises(omero.ApiUsageException):
        file.write(b"x", -1)
    reading = OpenFile(tmp_path / "other", writable=False)
    with pytest.raises(omero.SecurityViolation, match="other"):
        reading.write(b"x", 0)
    with pytest.raises(omero.ResourceError):
        OpenFile(tmp_path, writable=True).write(b"x", 0)
