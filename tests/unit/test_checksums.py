"""Checksums: known sums, and that cutting the input anywhere changes nothing."""

import random
from pathlib import Path

import pytest

from omero_server.repository.behind import BackgroundChecksum
from omero_server.repository.checksums import ALGORITHMS, file_checksum, new_checksum

ABC = {
    "SHA1-160": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "MD5-128": "900150983cd24fb0d6963f7d28e17f72",
    "Murmur3-128": "6778ad3f3f3f96b4522dca264174a23b",
    "Murmur3-32": "fa93ddb3",
    "CRC-32": "c2412435",
    "Adler-32": "27014d02",
    "File-Size-64": "0300000000000000",
}
EMPTY = {
    "Murmur3-128": "0" * 32,
    "Murmur3-32": "0" * 8,
    "CRC-32": "00000000",
    "Adler-32": "01000000",
    "File-Size-64": "0" * 16,
}
FOX = {
    "Murmur3-128": "6c1b07bc7bbc4be347939ac4a93c437a",
    "Murmur3-32": "23f74f2e",
}


def sum_of(algorithm: str, *pieces: bytes) -> str:
    found = new_checksum(algorithm)
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()


@pytest.mark.parametrize(("algorithm", "expected"), ABC.items())
def test_sums_of_three_bytes(algorithm: str, expected: str) -> None:
    assert sum_of(algorithm, b"abc") == expected
    assert sum_of(algorithm, b"a", b"", b"bc") == expected


@pytest.mark.parametrize(("algorithm", "expected"), EMPTY.items())
def test_sums_of_nothing(algorithm: str, expected: str) -> None:
    assert sum_of(algorithm) == expected


@pytest.mark.parametrize(("algorithm", "expected"), FOX.items())
def test_murmur_of_several_blocks(algorithm: str, expected: str) -> None:
    assert sum_of(algorithm, b"The quick brown fox jumps over the lazy dog") == expected


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pieces_of_any_size_give_the_sum_of_the_whole(algorithm: str, tmp_path: Path) -> None:
    chance = random.Random(7)
    data = chance.randbytes(10_007)
    cuts = sorted(chance.sample(range(len(data)), 60))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    path = tmp_path / "data"
    path.write_bytes(data)
    assert sum_of(algorithm, *pieces) == sum_of(algorithm, data) == file_checksum(path, algorithm)


@pytest.mark.parametrize("size", [1, 70_000, 3_000_000])
def test_checksums_in_the_background_are_the_same(size: int) -> None:
    """... also when more is waiting than is allowed to."""
    data = random.Random(3).randbytes(size)
    found = BackgroundChecksum("SHA1-160")
    for _ in range(60):
        found.update(data)
    assert found.hexdigest() == sum_of("SHA1-160", data * 60)
    found.update(b"more")
    assert found.hexdigest() == sum_of("SHA1-160", data * 60, b"more")


def test_an_unknown_algorithm_is_named() -> None:
    with pytest.raises(ValueError, match="MD4"):
        new_checksum("MD4")
