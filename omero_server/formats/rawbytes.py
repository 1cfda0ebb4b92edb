"""Bytes and rows of uncompressed pixels straight from a file, and a small memory of decoded pieces.

Files are opened for each read: no descriptor is shared between threads, and a file cut meanwhile is an error, not a
fault of the memory map.
"""

from __future__ import annotations

import math
import os
import struct
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import Array, FormatError

__all__ = ["PieceCache", "beside", "check_room", "file_size", "has_magic", "plane_region", "read_at", "unpack_at"]

MAX_PIECE_BYTES = 2**31
"""No piece that must be read or decoded at once may be larger."""
_CACHE_BYTES = 64 << 20
_LONGEST_NAME = 1000


def has_magic(path: Path, magic: bytes, offset: int = 0) -> bool:
    """Whether the file has these bytes at `offset`."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(len(magic)) == magic


def file_size(path: Path) -> int:
    """Size in bytes; FormatError when there is no such file."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise FormatError(path, f"cannot be read: {error.strerror}", "Restore the file.") from error


def beside(path: Path, name: str) -> Path:
    """The file that `path` calls `name`, in its folder or below; FormatError for a name that leads elsewhere.

    Links are not followed: files that were imported in place are links to anywhere.
    """
    file = Path(os.path.normpath(path.parent / name))
    if len(name) > _LONGEST_NAME:
        raise FormatError(path, f"names a file by {len(name)} letters: {name[:40]!r}...")
    if "\0" in name or not file.is_relative_to(os.path.normpath(path.parent)) or file == path.parent:
        raise FormatError(path, f"names {name[:200]!r} outside of its folder", "Put all files together.")
    return file


def read_at(path: Path, offset: int, count: int) -> bytes:
    """Exactly `count` bytes at `offset`; FormatError when the file does not have them."""
    if offset < 0 or not 0 <= count <= MAX_PIECE_BYTES:
        raise FormatError(path, f"asks for {count} bytes at {offset}", "The file is damaged.")
    if offset + count > file_size(path):
        raise FormatError(path, f"ends before byte {offset + count}", "The file is cut short: copy it again.")
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(count)
    if len(data) != count:
        raise FormatError(path, f"ends before byte {offset + count}", "The file is cut short: copy it again.")
    return data


def unpack_at(path: Path, offset: int, layout: str) -> tuple[Any, ...]:
    """Values of a `struct` layout at `offset`."""
    return struct.unpack(layout, read_at(path, offset, struct.calcsize(layout)))


def check_room(path: Path, offset: int, *factors: int) -> int:
    """The product of `factors` as a number of bytes; FormatError unless the file has so many from `offset` on."""
    needed, size = math.prod(factors), file_size(path)
    if min(offset, *factors) < 0 or offset + needed > size:
        raise FormatError(
            path, f"declares {needed} bytes of pixels at byte {offset} but has {size} bytes", "Copy the file again."
        )
    return needed


def plane_region(
    path: Path, offset: int, dtype: np.dtype[Any], shape: tuple[int, int], region: tuple[int, int, int, int],
    samples: int = 1,
) -> Array:  # fmt: skip
    """Rows of a plane stored without compression at `offset`, reading no row that is not needed.

    `shape` is (height, width) of the plane, `region` (x, y, width, height). Returns (h, w), or (h, w, samples) for
    several interleaved samples.
    """
    x, y, w, h = region
    row = shape[1] * samples * dtype.itemsize
    if x == 0 and w == shape[1]:
        data = np.frombuffer(read_at(path, offset + y * row, h * row), dtype)
    else:
        data = _parts_of_rows(path, offset + y * row, row, (x * samples * dtype.itemsize, w * samples), h, dtype)
    return data.reshape((h, w) if samples == 1 else (h, w, samples))


def _parts_of_rows(path: Path, start: int, row: int, part: tuple[int, int], rows: int, dtype: np.dtype[Any]) -> Array:
    skip, count = part
    last = start + (rows - 1) * row + skip + count * dtype.itemsize
    if last > file_size(path):
        raise FormatError(path, f"ends before byte {last}", "The file is cut short: copy it again.")
    found = np.empty((rows, count), dtype)
    with path.open("rb") as file:
        for number in range(rows):
            file.seek(start + number * row + skip)
            file.readinto(memoryview(found[number]).cast("B"))
    return found


class PieceCache:
    """Decoded pieces, the latest ones, of bounded size together; safe between threads."""

    def __init__(self, limit: int = _CACHE_BYTES) -> None:
        self._limit = limit
        self._bytes = 0
        self._pieces: OrderedDict[Any, Array] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any, make: Callable[[], Array]) -> Array:
        """The piece of `key`, made now unless it is remembered."""
        with self._lock:
            if key in self._pieces:
                self._pieces.move_to_end(key)
                return self._pieces[key]
        made = make()
        with self._lock:
            if key not in self._pieces and made.nbytes <= self._limit:
                self._pieces[key] = made
                self._bytes += made.nbytes
                while self._bytes > self._limit:
                    self._bytes -= self._pieces.popitem(last=False)[1].nbytes
        return made

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._pieces.clear()
            self._bytes = 0
