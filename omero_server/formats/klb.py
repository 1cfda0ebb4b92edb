"""Keller Lab Block: a header, the ends of all blocks, and blocks packed with bzip2 or zlib, or plain.

`ImageInfo.index`: `dtype`, `block` (sizes along x, y, z, c, t), `packing`, `start` (of the first block).
"""

from __future__ import annotations

import bz2
import math
import struct
import zlib
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import PIXEL_DTYPES, Array, FormatError, Reader, pixel_type_of
from omero_server.formats.info import FilesetInfo, ImageInfo, Quantity
from omero_server.formats.rawbytes import PieceCache, file_size, read_at

__all__ = ["KlbReader"]

_HEADER = struct.Struct("<B5I5fBB256s5I")
_DTYPES = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8")
_PACKINGS = ("none", "bzip2", "zlib")
_VERSIONS = (1, 2)
_LARGEST_BLOCK = 1 << 28
_MOST_BLOCKS = 50_000_000


class KlbReader(Reader):
    """Stacks of light-sheet microscopes."""

    name = "klb"
    format = "KLB"
    suffixes = (".klb",)

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._cache = PieceCache()

    @classmethod
    def detect(cls, path: Path) -> bool:
        """There is no mark: the name, the version, and codes that exist."""
        if path.suffix.lower() != ".klb" or not path.is_file() or path.stat().st_size < _HEADER.size:
            return False
        fields = _HEADER.unpack(read_at(path, 0, _HEADER.size))
        return fields[0] in _VERSIONS and fields[11] < len(_DTYPES) and fields[12] < len(_PACKINGS)

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        fields = _HEADER.unpack(read_at(path, 0, _HEADER.size))
        sizes, steps, block = fields[1:6], fields[6:11], fields[14:19]
        if fields[11] >= len(_DTYPES) or fields[12] >= len(_PACKINGS):
            raise FormatError(path, f"has pixels of type {fields[11]} packed as {fields[12]}, which is unknown")
        dtype = np.dtype("<" + _DTYPES[fields[11]])
        if min(sizes) < 1 or max(sizes) >= 2**31 or min(block) < 1:
            raise FormatError(path, f"declares sizes {sizes} in blocks of {block}")
        block = tuple(min(one, size) for one, size in zip(block, sizes, strict=True))
        if math.prod(block) * dtype.itemsize > _LARGEST_BLOCK:
            raise FormatError(path, f"is packed in blocks of {block} values, too large to unpack")
        count = math.prod(-(-size // one) for size, one in zip(sizes, block, strict=True))
        start = _HEADER.size + 8 * count
        index = {"dtype": dtype.str, "block": list(block), "packing": _PACKINGS[fields[12]], "start": start}
        _check_ends(path, start, count)
        x, y, z = (_micrometres(step) for step in steps[:3])
        image = ImageInfo(
            name=path.name,
            size_x=sizes[0],
            size_y=sizes[1],
            size_z=sizes[2],
            size_c=sizes[3],
            size_t=sizes[4],
            dimension_order="XYZCT",
            pixel_type=pixel_type_of(dtype, path),
            significant_bits=dtype.itemsize * 8,
            physical_size_x=x,
            physical_size_y=y,
            physical_size_z=z,
            tile_size=(block[0], block[1]) if block[:2] != sizes[:2] else None,
            metadata={"Metadata": text} if (text := _text(fields[13])) else {},
            index=index,
        )
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[0]
        index: dict[str, Any] = image.index
        bx, by, *outer = index["block"]
        x, y, w, h = region
        out = np.zeros((h, w), PIXEL_DTYPES[image.pixel_type])
        blocks, inside = zip(*(divmod(at, size) for at, size in zip(zct, outer, strict=True)), strict=True)
        for row, column in product(range(y // by, (y + h - 1) // by + 1), range(x // bx, (x + w - 1) // bx + 1)):
            piece = self._block(image, (column, row, *blocks))[inside[2], inside[1], inside[0]]
            left, top = column * bx, row * by
            x0, x1 = max(x, left), min(x + w, left + piece.shape[1])
            y0, y1 = max(y, top), min(y + h, top + piece.shape[0])
            out[y0 - y : y1 - y, x0 - x : x1 - x] = piece[y0 - top : y1 - top, x0 - left : x1 - left]
        return out

    def _block(self, image: ImageInfo, at: tuple[int, ...]) -> Array:
        """A block as (t, c, z, y, x); those at the far ends are smaller."""
        index: dict[str, Any] = image.index
        sizes = image.size_x, image.size_y, image.size_z, image.size_c, image.size_t
        shape = [min(one, size - place * one) for one, size, place in zip(index["block"], sizes, at, strict=True)]
        number, step = 0, 1
        for place, size, one in zip(at, sizes, index["block"], strict=True):
            number, step = number + place * step, step * -(-size // one)
        return self._cache.get(number, lambda: _unpacked(self._info.entry, index, number, shape))

    def close(self) -> None:
        self._cache.clear()


def _check_ends(path: Path, start: int, count: int) -> None:
    """The blocks must lie in the file; the last one ends where the file does."""
    size = file_size(path)
    if count > _MOST_BLOCKS or start > size:
        raise FormatError(path, f"declares {count} blocks, more than its {size} bytes hold", "Copy it again.")
    ends = np.frombuffer(read_at(path, start - 8 * count, 8 * count), "<u8")
    if bool(np.any(ends[1:] < ends[:-1])) or int(ends[-1]) + start > size:
        raise FormatError(path, f"is truncated: blocks end at byte {int(ends[-1]) + start} of {size}", "Copy it again.")


def _unpacked(path: Path, index: dict[str, Any], number: int, shape: list[int]) -> Array:
    table = index["start"] - _HEADER.size
    ends = read_at(path, _HEADER.size + 8 * max(0, number - 1), 16 if number else 8)
    begin, end = struct.unpack("<2Q", ends) if number else (0, struct.unpack("<Q", ends)[0])
    dtype = np.dtype(index["dtype"])
    wanted = math.prod(shape) * dtype.itemsize
    data = read_at(path, _HEADER.size + table + begin, end - begin)
    if index["packing"] == "bzip2":
        data = bz2.BZ2Decompressor().decompress(data, wanted)
    elif index["packing"] == "zlib":
        data = zlib.decompressobj().decompress(data, wanted)
    if len(data) < wanted:
        raise FormatError(path, f"has a block of {len(data)} bytes where {wanted} are declared", "Copy it again.")
    return np.frombuffer(data[:wanted], dtype).reshape(shape[::-1])


def _micrometres(step: float) -> Quantity | None:
    return (float(step), "µm") if 0 < step < float("inf") else None


def _text(data: bytes) -> str:
    text = data.split(b"\0")[0].decode("latin-1").strip()
    return text if text.isprintable() else ""
