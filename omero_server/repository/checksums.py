"""The seven checksum algorithms of the API, computed piece by piece.

Texts are lower-case hexadecimal; the 32-bit sums, the file size and the words of Murmur3 are written with their lowest
byte first, as existing databases hold them.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from omero_server.repository.murmur import Murmur32, Murmur128

__all__ = ["ALGORITHMS", "DEFAULT_ALGORITHM", "Checksum", "file_checksum", "new_checksum"]

DEFAULT_ALGORITHM = "SHA1-160"
BLOCK = 4 * 1024 * 1024
Buffer = bytes | bytearray | memoryview


class Checksum(Protocol):
    """A running sum: feed it with `update`, read it with `hexdigest`."""

    def update(self, data: Buffer, /) -> None: ...

    def hexdigest(self) -> str: ...


class _Rolling:
    """A 32-bit sum of zlib."""

    def __init__(self, function: Callable[[Buffer, int], int], start: int) -> None:
        self._function = function
        self._value = start

    def update(self, data: Buffer, /) -> None:
        self._value = self._function(data, self._value)

    def hexdigest(self) -> str:
        return self._value.to_bytes(4, "little").hex()


class _Size:
    """The number of bytes, which is no checksum but costs nothing."""

    def __init__(self) -> None:
        self._size = 0

    def update(self, data: Buffer, /) -> None:
        self._size += len(data)

    def hexdigest(self) -> str:
        return self._size.to_bytes(8, "little").hex()


_MAKERS: dict[str, Callable[[], Checksum]] = {
    "SHA1-160": lambda: hashlib.sha1(usedforsecurity=False),
    "MD5-128": lambda: hashlib.md5(usedforsecurity=False),
    "Murmur3-128": Murmur128,
    "Murmur3-32": Murmur32,
    "CRC-32": lambda: _Rolling(zlib.crc32, 0),
    "Adler-32": lambda: _Rolling(zlib.adler32, 1),
    "File-Size-64": _Size,
}
ALGORITHMS: tuple[str, ...] = tuple(_MAKERS)
"""Values of the model's ChecksumAlgorithm, in the order in which servers prefer them."""


def new_checksum(algorithm: str) -> Checksum:
    """An empty sum; ValueError for an algorithm that does not exist."""
    try:
        return _MAKERS[algorithm]()
    except KeyError:
        raise ValueError(f"unknown checksum algorithm {algorithm!r}; there are {', '.join(ALGORITHMS)}") from None


def file_checksum(path: Path | str, algorithm: str = DEFAULT_ALGORITHM) -> str:
    """The sum of a whole file, read in blocks."""
    found = new_checksum(algorithm)
    if algorithm == "File-Size-64":
        return Path(path).stat().st_size.to_bytes(8, "little").hex()
    with open(path, "rb", buffering=0) as stream:
        block = bytearray(BLOCK)
        view = memoryview(block)
        while count := stream.readinto(block):
            found.update(view[:count])
    return found.hexdigest()
