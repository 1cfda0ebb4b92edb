"""Hostile imports into a real server: it says what is wrong, keeps running in bounded memory, and keeps nothing."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import omero
import omero.cmd
from omero_server.repository.layout import Layout
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance, fresh_root, running
from tests.support.mutants import families, make_mutant
from tests.support.samples import DATA
from tests.support.sending import begin, send
from tests.support.unlisted import UNLISTED

MIB = 1 << 20
GROWTH = 900 * MIB
"""By which the server may grow at most in all of this."""
MUTANTS = int(os.environ.get("OMERO_TEST_MUTANTS", "3"))
"""Of each family; of all families when there are more than usual."""
FAMILIES = (
    "tiff", "ome-tiff", "png", "jpeg", "gif", "dicom", "nifti", "fits", "minc2", "czi", "avi", "netpbm", "ome-xml",
) if MUTANTS == 3 else tuple(name for name in families() if name not in UNLISTED)  # fmt: skip
PICTURE = (DATA / "gif/cogs.gif").read_bytes()


@pytest.fixture(scope="module")
def target() -> Iterator[Instance]:
    """A server to be attacked."""
    with fresh_root() as root, running(root) as server:
        yield server


@pytest.fixture(scope="module")
def client(target: Instance) -> Iterator[Any]:
    made = omero.client(target.host, target.ports.ssl)
    made.createSession("root", target.root_password)
    yield made
    made.closeSession()


@pytest.fixture(scope="module", autouse=True)
def unharmed(target: Instance, client: Any) -> Iterator[None]:
    """The same process before and after, not much larger, and nothing half done."""
    pid, before = target.pid("Blitz-0"), memory(target)
    yield
    assert target.pid("Blitz-0") == pid
    assert memory(target, "VmHWM") - before < GROWTH
    assert inconsistencies(target) == []


def memory(server: Instance, field: str = "VmRSS") -> int:
    status = Path(f"/proc/{server.pid('Blitz-0')}/status").read_text()
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith(field + ":"))


def assert_refused(answer: Any, server: Instance, reason: str = "") -> None:
    assert isinstance(answer, omero.cmd.ERR), answer
    message = answer.parameters.get("message", "")
    assert answer.name in ("import-file-exception", "import-unknown-format") and reason in message, message
    assert len(message) < 2000 and str(Layout.of(server.config).managed) not in message, message


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("family", FAMILIES)
def test_mutants(family: str, client: Any, target: Instance, tmp_path: Path) -> None:
    """An image, or a reason; the client hears nothing of places on the server."""
    for number in range(1000, 1000 + MUTANTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        entry = make_mutant(family, number, folder)
        others = sorted(path for path in folder.rglob("*") if path.is_file() and path != entry)
        answer = send(client, {path.as_posix(): path.read_bytes() for path in (entry, *others)})
        if isinstance(answer, omero.cmd.ERR):
            assert_refused(answer, target)


@pytest.mark.parametrize(
    "name",
    [
        "../../../../etc/cron.d/a.gif", "/../../a.gif", "C:\\..\\..\\Windows\\a.gif", "\\\\host\\share\\..\\a.gif",
        "/etc/passwd/../a.gif", "a/\N{FULLWIDTH FULL STOP}\N{FULLWIDTH FULL STOP}/a.gif",
        "\N{ONE DOT LEADER}\N{ONE DOT LEADER}/\N{DIVISION SLASH}a.gif", "~root/.ssh/a.gif", "$HOME/a.gif", "-rf/a.gif",
        "a\nb\r\x1b[2J.gif", "\N{RIGHT-TO-LEFT OVERRIDE}fig.exe.gif", "con/nul/a.gif", "%2e%2e%2fa.gif",
        "'; DROP TABLE image; --.gif", ".omero/a.gif", "a\0b.gif",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere(name: str, client: Any, target: Instance) -> None:
    """Refused, or put below the folder of the import whatever they say."""
    managed = Layout.of(target.config).managed
    before = set(managed.rglob("*.gif"))
    try:
        answer = send(client, {name: PICTURE})
    except omero.ApiUsageException as error:
        assert "NUL" in name.replace("\0", "NUL") and "NUL" in error.message
        return
    assert isinstance(answer, omero.grid.ImportResponse), answer
    [new] = set(managed.rglob("*.gif")) - before
    assert not new.is_symlink() and new.read_bytes() == PICTURE
    assert new.name.isprintable() or "\N{RIGHT-TO-LEFT OVERRIDE}" in name


@pytest.mark.parametrize(
    "names",
    [[""], ["/"], [".."], ["../.."], ["."], ["a" * 300 + ".gif"], ["é" * 200], ["a/" * 3000 + "b", "c"], []],
)
def test_names_that_cannot_be(names: list[str], client: Any) -> None:
    with pytest.raises((omero.ValidationException, omero.ApiUsageException)) as failure:
        begin(client, names).close()
    assert failure.value.message


def header(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, data: bytes) -> bytes:
    start = header(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + header(b"IDAT", data) + header(b"IEND", b"")


def tiff(width: int, height: int, compression: int, strip: bytes) -> bytes:
    """One page of 8 bits in one strip."""
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, compression), (262, 3, 1), (273, 4, 8),
               (277, 3, 1), (278, 4, height), (279, 4, len(strip))]  # fmt: skip
    tags = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return struct.pack("<2sHI", b"II", 42, 8 + len(strip)) + strip + struct.pack("<H", len(entries)) + tags + bytes(4)


def nifti(sizes: tuple[int, int, int]) -> bytes:
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, *sizes, 1, 1, 1, 1)
    struct.pack_into("<hh", head, 70, 2, 8)
    struct.pack_into("<f", head, 108, 352.0)
    head[344:348] = b"n+1\0"
    return bytes(head)


def bombs() -> dict[str, bytes]:
    zeros = bytes(64 * MIB)
    many = 2**31 - 1
    xml = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )  # fmt: skip
    return {
        "png.png": png(60000, 60000, zlib.compress(zeros, 9)),
        "huge.png": png(many, many, zlib.compress(b"", 9)),
        "plain.tif": tiff(many, many, 1, b"abc"),
        "deflate.tif": tiff(many, many, 8, zlib.compress(zeros, 9)),
        "large deflate.tif": tiff(40000, 50000, 8, zlib.compress(zeros[:MIB], 9)),
        "scan.nii.gz": gzip.compress(nifti((32767, 32767, 2)) + zeros, 9),
        "twice.nii.gz": gzip.compress(gzip.compress(nifti((9, 9, 9)) + zeros, 9), 9),
        "a.nrrd": b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 99999 99999 99999\nencoding: bzip2\n\n"
        + bz2.compress(zeros, 9),
        "a.fits.gz": gzip.compress(b"".join(
            line.ljust(80) for line in (b"SIMPLE  =                    T", b"BITPIX  =                    8",
            b"NAXIS   =                    2", b"NAXIS1  =           2147483647", b"NAXIS2  =           2147483647",
            b"END")).ljust(2880) + zeros, 9),
        "a.xz": lzma.compress(zeros),
        "a.pgm": b"P5\n2147483647 2147483647\n255\n",
        "a.bmp": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, many, many, 1, 24, 0, 0, 0, 0, 0, 0),
        "a.gif": b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x08" + PICTURE[-2000:],
        "a.ome": f'<?xml version="1.0"?>{xml}]><OME>&j;</OME>'.encode(),
        "cells&sizeX=9999999999&sizeY=9999999999.fake": b"",
        "cells&sizeC=2147483647.fake": b"",
        "cells&points=2147483647.fake": b"",
        "cells&sizeT=2147483647&sizeZ=2147483647.fake": b"",
        "cells&plates=99999&plateRows=99999&plateCols=9999.fake": b"",
    }  # fmt: skip


BOMBS = bombs()


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_and_absurd_sizes(name: str, client: Any, target: Instance) -> None:
    """A few bytes that claim to be, or to unpack to, more than fits anywhere."""
    before = memory(target)
    answer = send(client, {f"/data/{name}": BOMBS[name]})
    assert_refused(answer, target)
    assert memory(target) - before < 300 * MIB


@pytest.mark.parametrize("elsewhere", ["/etc/passwd", "../../../../etc/passwd", "../{}/a.gif"])
def test_files_that_name_others(elsewhere: str, client: Any, target: Instance) -> None:
    """What an imported file calls a part of itself may not be somebody else's file, or one of the system."""
    whole = (DATA / "nrrd/BallBinary30x30x30.nhdr").read_text()
    lines = [f"data file: {elsewhere}" if line.startswith("data file") else line for line in whole.splitlines()]
    companion = (DATA / "ome-tiff-companion/multifile/multifile.companion.ome").read_text()
    for name, text in {
        "a.nhdr": "\n".join(lines) + "\n",
        "a.pattern": elsewhere,
        "a.companion.ome": companion.replace("multifile-Z2.ome.tiff", elsewhere),
    }.items():
        assert_refused(send(client, {f"/data/{name}": text.encode()}), target)


def test_afterwards_a_picture_is_imported(client: Any) -> None:
    assert send(client, {"/data/cogs.gif": PICTURE}).pixels
