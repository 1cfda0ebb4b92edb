"""All pixels of an image at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from omero_server.formats.base import Array, Reader
from omero_server.formats.registry import open_reader

__all__ = ["sha1_of_stack", "stack_of"]


def stack_of(path: Path, series: int = 0, level: int = 0) -> Array:
    """All planes of an image as (t, c, z, y, x)."""
    with open_reader(path) as reader:
        image = reader.image(series)
        size = image.levels[level]
        shape = image.size_t, image.size_c, image.size_z
        planes = [reader.read(series, level, z, c, t, 0, 0, size.width, size.height) for t, c, z in np.ndindex(*shape)]
    return np.stack(planes).reshape(*shape, size.height, size.width)


def sha1_of_stack(reader: Reader, series: int = 0) -> str:
    """SHA1 of all planes, t outermost, then c, then z, little-endian."""
    image = reader.image(series)
    digest = hashlib.sha1()
    for t, c, z in np.ndindex(image.size_t, image.size_c, image.size_z):
        plane = reader.read(series, 0, z, c, t, 0, 0, image.size_x, image.size_y)
        digest.update(plane.astype(plane.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()
