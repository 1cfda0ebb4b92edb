"""YCbCr pixels of TIFF files that are not JPEG: to RGB, with or without subsampled chroma (TIFF 6.0, section 21)."""

from __future__ import annotations

import numpy as np
from tifffile import TIFF, TiffPage

from omero_server.formats.base import Array

__all__ = ["decode_subsampled", "is_subsampled", "to_rgb"]

_YCBCR = 6
_JPEG = (6, 7)
_UNCOMPRESSED = 1


def is_subsampled(page: TiffPage) -> bool:
    """Whether chroma has fewer samples than luma, and no JPEG decoder takes care of it."""
    if page.photometric != _YCBCR or page.compression in _JPEG or page.planarconfig != 1:
        return False
    return tuple(page.subsampling or (2, 2)) != (1, 1)


def decode_subsampled(page: TiffPage, data: bytes, number: int) -> Array:
    """A strip or tile as (rows, columns, 3) RGB: data units of across x down luma samples, one Cb, one Cr."""
    if page.compression != _UNCOMPRESSED:
        data = TIFF.DECOMPRESSORS[page.compression](data)
    across, down = page.subsampling or (2, 2)
    width, rows = _size(page, number)
    columns = -(-width // across)
    lines = -(-rows // down)
    units = np.frombuffer(data, np.uint8, lines * columns * (across * down + 2)).reshape(lines, columns, -1)
    luma = units[..., :-2].reshape(lines, columns, down, across).swapaxes(1, 2).reshape(lines * down, -1)
    chroma = units[..., -2:].repeat(down, axis=0).repeat(across, axis=1)
    return to_rgb(np.dstack([luma, chroma])[:rows, :width])


def _size(page: TiffPage, number: int) -> tuple[int, int]:
    if page.is_tiled:
        return page.tilewidth, page.tilelength
    length = min(page.rowsperstrip, page.imagelength)
    return page.imagewidth, min(length, page.imagelength - number * length)


def to_rgb(pixels: Array) -> Array:
    """(..., 3) YCbCr after ITU-R BT.601, full range (the default of TIFF), to RGB, uint8."""
    luma, cb, cr = (pixels[..., n].astype(np.float64) for n in range(3))
    red = luma + 1.402 * (cr - 128)
    blue = luma + 1.772 * (cb - 128)
    green = (luma - 0.299 * red - 0.114 * blue) / 0.587
    return np.clip(np.rint(np.stack([red, green, blue], axis=-1)), 0, 255).astype(np.uint8)
