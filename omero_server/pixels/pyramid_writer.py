"""Making a pyramid of large planes, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import Array
from omero_server.pixels.buffer import PixelBuffer
from omero_server.pixels.pyramid_sizes import level_sizes
from omero_server.pixels.tile_file import TileFile, TileLevel

__all__ = ["write_pyramid"]

Range = tuple[float, float]
Check = Callable[[], None]

_BLOCK_BYTES = 64 << 20
_TILED_BLOCK = 4096


def write_pyramid(
    buffer: PixelBuffer, path: Path, tile: tuple[int, int], *, with_full: bool, check: Check
) -> list[Range]:
    """Write the levels of all planes, durably; the smallest and largest value of each channel, (inf, -inf) for none.

    The full size is among the levels only ``with_full``: it costs the most, and often can be read as quickly from where
    it is. ``check`` is called often and may raise to stop. Errors are those of reading and OSError.
    """
    sizes = level_sizes(buffer.size_x, buffer.size_y, tile)
    ranges: list[Range] = [(np.inf, -np.inf)] * buffer.size_c
    planes = []
    with TileFile(path, buffer.dtype) as file:
        for number in range(buffer.size_z * buffer.size_c * buffer.size_t):
            ct, z = divmod(number, buffer.size_z)
            t, c = divmod(ct, buffer.size_c)
            levels = [TileLevel(*size, tile) for size in sizes]
            ranges[c] = _first_levels(buffer, (z, c, t), file, levels, with_full, ranges[c], check)
            for above, level in pairwise(levels[1:]):
                _next_level(file, above, level, check)
            planes.append(levels if with_full else levels[1:])
        file.finish(
            planes, with_full=with_full, type=buffer.pixel_type, tile=list(tile), sizes=sizes[0 if with_full else 1 :],
            zct=[buffer.size_z, buffer.size_c, buffer.size_t],
        )  # fmt: skip
        os.fsync(file.descriptor)
    return ranges


def _first_levels(
    buffer: PixelBuffer,
    zct: tuple[int, int, int],
    file: TileFile,
    levels: list[TileLevel],
    with_full: bool,
    found: Range,
    check: Check,
) -> Range:
    """Level 1, and level 0 if it is wanted, from the source."""
    width, height = levels[0].tile
    for x, y, block in _blocks(buffer, zct, (2 * width, 2 * height)):
        check()
        found = _joined(found, block)
        if with_full:
            _put(file, levels[0], x // width, y // height, block)
        half = _halved(block)
        _put(file, levels[1], x // 2 // width, y // 2 // height, half)
    return found


def _blocks(buffer: PixelBuffer, zct: tuple[int, int, int], unit: tuple[int, int]) -> Iterator[tuple[int, int, Array]]:
    """A plane in blocks, whose sides are multiples of ``unit`` but at the edges; with where each begins."""
    whole_rows = buffer.tile_size[0] >= buffer.size_x
    most = _BLOCK_BYTES // (unit[1] * buffer.dtype.itemsize)
    across = max(unit[0], min(most, most if whole_rows else _TILED_BLOCK) // unit[0] * unit[0])
    for y in range(0, buffer.size_y, unit[1]):
        for x in range(0, buffer.size_x, across):
            w, h = min(across, buffer.size_x - x), min(unit[1], buffer.size_y - y)
            yield x, y, buffer.region(*zct, x, y, w, h)


def _put(file: TileFile, level: TileLevel, column: int, row: int, pixels: Array) -> None:
    """Store pixels that begin with the tile (column, row), as far as they belong to the level."""
    width, height = level.tile
    pixels = pixels[: level.height - row * height, : level.width - column * width]
    for y in range(0, pixels.shape[0], height):
        for x in range(0, pixels.shape[1], width):
            number = (row + y // height) * level.across + column + x // width
            file.put(level, number, pixels[y : y + height, x : x + width])


def _next_level(file: TileFile, above: TileLevel, level: TileLevel, check: Check) -> None:
    """A level from the one above, tile by tile."""
    width, height = level.tile
    for row in range(-(-level.height // height)):
        check()
        for column in range(level.across):
            four = _square(file, above, 2 * column, 2 * row)
            _put(file, level, column, row, _halved(four)[:height, :width])


def _square(file: TileFile, level: TileLevel, column: int, row: int) -> Array:
    """Two by two tiles, as far as there are any, without what lies behind the edges of the level."""
    width, height = level.tile
    down = -(-level.height // height)
    rows = [
        np.concatenate(
            [file.get(level, y * level.across + x) for x in range(column, min(column + 2, level.across))], axis=1
        )
        for y in range(row, min(row + 2, down))
    ]
    return np.concatenate(rows)[: level.height - row * height, : level.width - column * width]


def _halved(pixels: Array) -> Array:
    """Means of two by two pixels; the last row and column count twice where there is an odd number of them."""
    rows, columns = pixels.shape
    if rows % 2 or columns % 2:
        pixels = np.pad(pixels, ((0, rows % 2), (0, columns % 2)), mode="edge")
    wide = _wide(pixels.dtype)
    total = pixels[::2, ::2].astype(wide)
    for part in (pixels[1::2, ::2], pixels[::2, 1::2], pixels[1::2, 1::2]):
        total += part
    if wide.kind == "f":
        return np.asarray(total * 0.25, pixels.dtype)
    return np.asarray((total + 2) >> 2, pixels.dtype)


def _wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """A type that holds the sum of four values."""
    if dtype.kind == "f":
        return np.dtype(np.float64)
    return np.dtype(np.int32) if dtype.itemsize < 4 else np.dtype(np.int64)


def _joined(found: Range, pixels: Array) -> Range:
    low, high = np.fmin.reduce(pixels, axis=None), np.fmax.reduce(pixels, axis=None)
    return found if np.isnan(low) else (min(found[0], float(low)), max(found[1], float(high)))
