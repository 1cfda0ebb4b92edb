"""Pictures as files: JPEG and PNG."""

import io
from functools import lru_cache
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import Image

from omero_server.rendering.errors import SettingError

__all__ = ["DEFAULT_QUALITY", "jpeg", "picture_of", "png", "wanted_bands"]

DEFAULT_QUALITY = 0.85

# Annex K of the JPEG standard (ITU-T T.81): quantisation of luminance and of chrominance, row by row.
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
)


def picture_of(pixels: npt.NDArray[np.uint8]) -> Image.Image:
    """A Pillow image of RGB or RGBA pixels, shape (height, width, 3 or 4), alpha dropped."""
    if pixels.shape[2] == 3:
        return Image.fromarray(np.ascontiguousarray(pixels))
    height, width = pixels.shape[:2]
    # Pillow keeps RGB in four bytes too, so this shares the memory instead of copying it.
    return Image.frombuffer("RGBX", (width, height), np.ascontiguousarray(pixels), "raw", "RGBX", 0, 1)


def jpeg(pixels: npt.NDArray[np.uint8], quality: float = DEFAULT_QUALITY) -> bytes:
    """Baseline JPEG, YCbCr 4:2:0, of (height, width, 3 or 4) pixels; alpha is dropped.

    `quality` runs from 0 to 1 and scales the standard quantisation tables. Raises SettingError outside.
    """
    if not 0 <= quality <= 1:
        raise SettingError(f"the compression level must be within 0 and 1, not {quality}")
    level = _common_level(quality)
    if level and pixels.shape[2] == 3:
        data: Any = np.ascontiguousarray(pixels)
        return bytes(imagecodecs.jpeg8_encode(data, level=level, subsampling="420"))
    tables = [_scaled(table, quality) for table in (_LUMINANCE, _CHROMINANCE)]
    stream = io.BytesIO()
    picture_of(pixels).save(stream, "JPEG", qtables=tables)
    return stream.getvalue()


def wanted_bands(quality: float) -> int:
    """How many bands `jpeg` takes without copying them: with libjpeg's own tables it is called directly, with three."""
    return 3 if 0 <= quality <= 1 and _common_level(quality) else 4


@lru_cache(maxsize=64)
def _common_level(quality: float) -> int:
    """The level, 1..100, for which libjpeg's own tables are ours; 0 when there is none."""
    level = max(1, round(quality * 100))
    percent = 5000 // level if level < 50 else 200 - 2 * level
    ours = [_scaled(table, quality) for table in (_LUMINANCE, _CHROMINANCE)]
    theirs = [
        [min(max((entry * percent + 50) // 100, 1), 255) for row in table for entry in row]
        for table in (_LUMINANCE, _CHROMINANCE)
    ]
    return level if ours == theirs else 0


@lru_cache(maxsize=64)
def _scaled(table: tuple[tuple[int, ...], ...], quality: float) -> list[int]:
    """64 table entries times 0.5/q below one half and 2 - 2q above, in single precision, within 1..255."""
    q = np.float32(max(quality, 0.01))
    factor = np.float32(0.5) / q if q < 0.5 else np.float32(2) - q * np.float32(2)
    scaled = np.trunc(np.array(table, np.float32) * factor + np.float32(0.5))
    return [int(entry) for entry in np.clip(scaled, 1, 255).ravel()]


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """PNG of (height, width, 3) or (height, width, 4) pixels, the latter with their alpha."""
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG")
    return stream.getvalue()
