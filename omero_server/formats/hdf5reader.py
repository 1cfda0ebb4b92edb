"""Images whose planes are those of arrays in an HDF5 file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from omero_server.formats.base import Array, Reader
from omero_server.formats.hdf5 import ArrayPlace, Hdf5File
from omero_server.formats.hdf5arrays import read_plane
from omero_server.formats.info import FilesetInfo
from omero_server.formats.rawbytes import PieceCache

__all__ = ["Hdf5Reader", "number", "positive"]


class Hdf5Reader(Reader):
    """Base of readers that ask for planes by the name of an array."""

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._cache = PieceCache()
        self._file: Hdf5File | None = None

    def _array(self, name: str) -> tuple[Hdf5File, ArrayPlace]:
        with self._lock:
            if self._file is None:
                self._file = Hdf5File(Path(self._info.entry))
            return self._file, self._file.array(name)

    def _plane(self, name: str, outer: tuple[int, ...], region: tuple[int, int, int, int]) -> Array:
        """`region` of a plane of the array called `name`."""
        file, place = self._array(name)
        return read_plane(file, place, outer, region, self._cache)

    def close(self) -> None:
        self._cache.clear()


def number(value: Any) -> float | None:
    """A number, also as text or as a list of one; None when it is none."""
    try:
        found = float(value[0] if isinstance(value, list) else str(value).strip("\0 "))
    except (ValueError, TypeError, IndexError):
        return None
    return found if math.isfinite(found) else None


def positive(value: Any) -> float | None:
    """A number above zero; None when it is none."""
    found = number(value)
    return found if found is not None and found > 0 else None
