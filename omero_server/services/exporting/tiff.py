"""Pixels as OME-TIFF: a page per plane, in uncompressed tiles, big-endian; BigTIFF where offsets need it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
from tifffile import TiffWriter

from omero_server.formats.base import Array
from omero_server.pixels.buffer import PixelBuffer

__all__ = ["write_tiff"]

TILE = 128
CLASSIC_BYTES = 2**32 - 2
BAND_BYTES = 16 << 20
PAGE_BYTES = 512


def write_tiff(file: BinaryIO, buffer: PixelBuffer, xml: bytes, check: Callable[[], None]) -> None:
    """Write all planes, z before c before t. A band of a plane is in memory; ``check`` is called for each, to stop."""
    dtype = buffer.dtype.newbyteorder(">")
    shape = buffer.size_y, buffer.size_x
    with TiffWriter(file, bigtiff=_size(buffer, len(xml)) > CLASSIC_BYTES, byteorder=">") as tif:
        for number in range(buffer.size_z * buffer.size_c * buffer.size_t):
            ct, z = divmod(number, buffer.size_z)
            t, c = divmod(ct, buffer.size_c)
            tif.write(
                _tiles(buffer, z, c, t, check),
                shape=shape,
                dtype=dtype,
                tile=(TILE, TILE),
                photometric="minisblack",
                description=xml if number == 0 else None,
                metadata=None,
                contiguous=False,
                software=False,
            )


def _size(buffer: PixelBuffer, extra: int) -> int:
    """Bytes of the file, or a few more."""
    tiles = -(-buffer.size_x // TILE) * -(-buffer.size_y // TILE)
    page = tiles * (TILE * TILE * buffer.dtype.itemsize + 16) + PAGE_BYTES
    return page * buffer.size_z * buffer.size_c * buffer.size_t + extra


def _tiles(buffer: PixelBuffer, z: int, c: int, t: int, check: Callable[[], None]) -> Iterator[Array]:
    """A plane in tiles, row by row, those at the edges filled up with zeros."""
    width, height = buffer.size_x, buffer.size_y
    stored = buffer.dtype.newbyteorder(">")
    rows = max(1, BAND_BYTES // (width * buffer.dtype.itemsize) // TILE) * TILE
    for top in range(0, height, rows):
        check()
        band = buffer.region(z, c, t, 0, top, width, min(rows, height - top))
        for y in range(0, len(band), TILE):
            for x in range(0, width, TILE):
                piece = band[y : y + TILE, x : x + TILE]
                tile = np.zeros((TILE, TILE), stored)
                tile[: piece.shape[0], : piece.shape[1]] = piece
                yield tile
