"""Pyramids to look at: an RGB one as slide scanners write them (JPEG), and one of uint16 (deflate), in tiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

__all__ = ["SIDE", "TILE", "WINDOW", "write_pyramids"]

SIDE, TILE = 8192, 256
WINDOW = 100, 3000
Array = npt.NDArray[Any]


def _texture() -> Array:
    """Structures of all sizes, and noise; 0 to 1."""
    random = np.random.default_rng(1)
    total = random.normal(0, 1, (SIDE, SIDE)).astype(np.float32)
    for cells in (16, 64, 256, 1024, 4096):
        coarse = random.normal(0, (64 / cells) ** 0.5, (cells, cells)).astype(np.float32)
        total += coarse.repeat(SIDE // cells, 0).repeat(SIDE // cells, 1)
    total -= total.min()
    total /= total.max()
    return total


def _levels(full: Array) -> list[Array]:
    found = [full]
    while found[-1].shape[0] > TILE:
        one = found[-1].astype(np.float32)
        half = one.reshape(one.shape[0] // 2, 2, one.shape[1] // 2, 2, *one.shape[2:]).mean((1, 3))
        found.append(half.astype(full.dtype))
    return found


def write_pyramids(folder: Path) -> dict[str, Path]:
    """``rgb.tif`` and ``uint16.tif`` of 8192 x 8192 pixels and five smaller levels."""
    base = _texture()
    rgb = np.stack([base, base[::-1], base.T], -1)
    files = {"rgb": folder / "rgb.tif", "uint16": folder / "uint16.tif"}
    options: dict[str, dict[str, Any]] = {
        "rgb": {"photometric": "rgb", "compression": "jpeg", "compressionargs": {"level": 85}},
        "uint16": {"photometric": "minisblack", "compression": "zlib", "predictor": True},
    }
    for name, pixels in (("rgb", (rgb * 255).astype(np.uint8)), ("uint16", (base * 4095).astype(np.uint16))):
        with tifffile.TiffWriter(files[name]) as tiff:
            for number, level in enumerate(_levels(pixels)):
                tiff.write(level, tile=(TILE, TILE), subfiletype=int(number > 0), metadata=None, **options[name])
    return files
