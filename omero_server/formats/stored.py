"""Images whose pixels lie in a file as they are, at places that can be computed.

`ImageInfo.index` of these images is a dict made by `stored`:
- `file`: number of the file in the fileset, `packing`: how it is packed, `start`: where the packed bytes begin;
- `dtype`: numpy name of a stored value with its byte order; `unsigned`: values are stored less half of their range;
- `offset`: place of the first pixel of plane (0, 0, 0) and `strides`: steps in bytes along z, c, t, y, x.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import Array, FormatError, Reader
from omero_server.formats.info import FilesetInfo, ImageInfo
from omero_server.formats.packed import ByteSource, byte_source

__all__ = ["StoredReader", "contiguous", "stored"]

_SPAN = 32 << 20
"""Rows are read together up to this many bytes."""
_WASTE = 4
"""Bytes read at most for one that is wanted before rows are read one by one."""


def contiguous(itemsize: int, order: str, sizes: dict[str, int]) -> list[int]:
    """Strides of z, c, t, y, x when the axes of `order` (fastest first, e.g. "xyzct") follow each other gaplessly."""
    steps, step = {}, itemsize
    for axis in order:
        steps[axis] = step
        step *= sizes.get(axis, 1)
    return [steps.get(axis, 0) for axis in "zctyx"]


def stored(
    dtype: np.dtype[Any], strides: Sequence[int], *, offset: int = 0, file: int = 0, packing: str = "plain",
    start: int = 0, unsigned: bool = False, bottom_up: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """The index of an image that is read by a `StoredReader`; `bottom_up` rows lie with that of the bottom first."""
    steps = [int(step) for step in strides]
    if bottom_up:
        offset, steps[3] = offset + steps[3] * (bottom_up - 1), -steps[3]
    return {
        "file": file, "packing": packing, "start": start, "dtype": dtype.str, "unsigned": unsigned,
        "offset": offset, "strides": steps,
    }  # fmt: skip


class StoredReader(Reader):
    """A reader of images that `stored` describes."""

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._sources: dict[tuple[int, str, int], ByteSource] = {}

    @classmethod
    def check(cls, image: ImageInfo, files: Sequence[Path]) -> None:
        """FormatError unless the file holds all pixels of `image`. Of packed files everything is unpacked once."""
        index: dict[str, Any] = image.index
        sizes = (image.size_z, image.size_c, image.size_t, image.size_y, image.size_x)
        reach = [step * (size - 1) for step, size in zip(index["strides"], sizes, strict=True)]
        first = index["offset"] + sum(step for step in reach if step < 0)
        last = index["offset"] + sum(step for step in reach if step > 0) + np.dtype(index["dtype"]).itemsize
        path = files[index["file"]]
        if first < 0:
            raise FormatError(path, f"is damaged: pixels would begin at byte {first}")
        if index["packing"] == "plain":
            there = path.stat().st_size - index["start"]
            if last > there:
                raise FormatError(
                    path, f"is truncated: pixels end at byte {last}, the file at {there}", "Copy it again."
                )
            return
        byte_source(path, index["packing"], index["start"]).read(last - 1, 1)

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        return self._stored(self._info.images[series].index, zct, region)

    def _stored(self, index: dict[str, Any], zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        """`region` of a plane of what `stored` described."""
        x, y, w, h = region
        dz, dc, dt, dy, dx = index["strides"]
        at = index["offset"] + zct[0] * dz + zct[1] * dc + zct[2] * dt + y * dy + x * dx
        dtype = np.dtype(index["dtype"])
        source = self._source(index)
        out = np.empty((h, w), dtype)
        rows = _rows_at_once(dtype.itemsize, w, dy, dx)
        for top in range(0, h, rows):
            count = min(rows, h - top)
            out[top : top + count] = _block(source, at + top * dy, dtype, (count, w), (dy, dx))
        return _from_signed(out) if index["unsigned"] else out

    def _source(self, index: dict[str, Any]) -> ByteSource:
        key = index["file"], index["packing"], index["start"]
        with self._lock:
            if key not in self._sources:
                self._sources[key] = byte_source(self._info.used_files[key[0]], key[1], key[2])
            return self._sources[key]


def _rows_at_once(itemsize: int, width: int, dy: int, dx: int) -> int:
    """How many rows to read in one go: one when most of what lies between them is not wanted."""
    wanted = itemsize + abs(dx) * (width - 1)
    return max(1, _SPAN // max(abs(dy), 1)) if abs(dy) <= _WASTE * wanted else 1


def _block(source: ByteSource, at: int, dtype: np.dtype[Any], shape: tuple[int, int], steps: tuple[int, int]) -> Array:
    """A rectangle of values whose first lies at byte `at`."""
    reach = [step * (size - 1) for step, size in zip(steps, shape, strict=True)]
    before = -sum(step for step in reach if step < 0)
    length = before + sum(step for step in reach if step > 0) + dtype.itemsize
    data = source.read(at - before, length)
    return np.ndarray(shape, dtype, data, before, steps)


def _from_signed(values: Array) -> Array:
    """Values stored as signed numbers less half the range of the unsigned type."""
    kind = values.dtype.newbyteorder("=")
    plain = values.astype(kind)
    bits = plain.view(f"u{kind.itemsize}")
    return np.asarray(np.bitwise_xor(bits, bits.dtype.type(1 << (kind.itemsize * 8 - 1))))
