"""Pixels in memory to make pyramids of, and pyramids as OMERO writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from omero_server.formats.base import PIXEL_DTYPES
from omero_server.formats.info import Level
from omero_server.pixels.pyramid_sizes import level_sizes

__all__ = ["Source", "made_of", "write_old"]


class Source:
    """Planes in memory, axes t, c, z, y, x; counts the pixels that were read."""

    byte_order = "<"

    def __init__(self, data: Any, pixel_type: str) -> None:
        self.data, self.pixel_type = data, pixel_type
        self.size_t, self.size_c, self.size_z, self.size_y, self.size_x = data.shape
        self.dtype = PIXEL_DTYPES[pixel_type]
        self.levels = [Level(self.size_x, self.size_y)]
        self.tile_size = (self.size_x, 16)
        self.largest = self.read = 0

    @property
    def level_sizes(self) -> list[tuple[int, int]]:
        return [(self.size_x, self.size_y)]

    def plane(self, z: int, c: int, t: int, level: int = 0) -> Any:
        return self.data[t, c, z]

    def region(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int, level: int = 0) -> Any:
        self.largest, self.read = max(self.largest, w * h), self.read + w * h
        return self.data[t, c, z, y : y + h, x : x + w]

    def close(self) -> None:
        return


def made_of(pixel_type: str, *shape: int) -> Source:
    dtype = PIXEL_DTYPES[pixel_type]
    random = np.random.default_rng(1)
    if dtype.kind == "f":
        return Source(random.normal(size=shape).astype(dtype), pixel_type)
    limits = np.iinfo(dtype)
    return Source(random.integers(limits.min, limits.max, shape, dtype, endpoint=True), pixel_type)


def write_old(path: Path, planes: Any, tile: tuple[int, int], series: bool = True) -> None:
    """A pyramid as OMERO writes it."""
    with tifffile.TiffWriter(path, bigtiff=True) as tif:
        options: dict[str, Any] = {"tile": tile, "compression": "jpeg2000", "metadata": None}
        for number, plane in enumerate(planes):
            tif.write(plane, description="OmeroPixelsPyramid v1.0.0" if not number else None, **options)
        for level in (5, 4) if series else ():
            width, height = level_sizes(planes.shape[2], planes.shape[1], tile)[level]
            for plane in planes:
                tif.write(np.full((height, width), plane[0, 0], plane.dtype), **options)
