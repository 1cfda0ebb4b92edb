"""PNG pictures in memory with all their bits, which Pillow would shorten."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
from PIL import Image

from omero_server.formats.base import Array

__all__ = ["png_pixels"]


def png_pixels(data: bytes) -> Array:
    """The decoded picture. Any error of Pillow or libpng for a damaged one.

    Checksums are checked first: libpng goes on after wrong ones, and prints about them.
    """
    with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
        picture.verify()
    return np.asarray(imagecodecs.png_decode(data))
