"""PNG and JPEG pictures through Pillow: one plane, samples as channels, palettes expanded.

A picture is decoded whole (these formats cannot be read in part) and the last one is kept for further regions.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import ClassVar

import imagecodecs
import numpy as np
import PIL
from PIL import Image

from omero_server.formats.base import Array, FormatError, Reader, decoding, pixel_type_of, quietly
from omero_server.formats.info import FilesetInfo, ImageInfo, plain_channels
from omero_server.formats.pngpixels import png_pixels

__all__ = ["JpegReader", "PngReader", "RasterReader"]

MAX_DECODED_BYTES = 2**31
"""A picture is held in memory whole; larger ones belong in a tiled format."""
_ALWAYS_FINE = 1 << 20
"""Pixels that are decoded however few bytes declare them."""
_MODES = {"1": "L", "P": "RGB", "PA": "RGBA", "CMYK": "RGB", "YCbCr": "RGB"}
_READ_MODES = ("L", "LA", "RGB", "RGBA", "I;16")


class RasterReader(Reader):
    """A picture of one plane."""

    magic: ClassVar[bytes]
    pillow_format: ClassVar[str] = ""
    """What Pillow calls the format, where that is not our name of it."""
    best_ratio: ClassVar[int] = 100_000
    """Pixels per byte of the file that are still believed: the codec's best, for codecs that have one."""

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._pixels: Array | None = None

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(cls.magic)) == cls.magic

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        pixels, metadata = cls._decode(path)
        height, width, samples = pixels.shape
        image = ImageInfo(
            name=path.name,
            size_x=width,
            size_y=height,
            size_c=samples,
            dimension_order="XYCZT",
            pixel_type=pixel_type_of(pixels.dtype, path),
            significant_bits=pixels.dtype.itemsize * 8,
            is_rgb=samples > 1,
            graphics=True,
            channels=plain_channels(samples, samples),
            metadata=metadata,
        )
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])

    @classmethod
    def _decode(cls, path: Path) -> tuple[Array, dict[str, str]]:
        """All pixels as (height, width, samples), and what the file says about itself."""
        with decoding(path, f"decoding the {cls.format} picture"):
            with quietly():
                opened = Image.open(path, formats=[cls.pillow_format or cls.format])
            with opened as picture:
                cls._check_size(picture, path)
                metadata = {str(k): str(v) for k, v in picture.info.items() if isinstance(v, str | int | float)}
                pixels = cls._pixels_of(picture, path)
        return pixels.reshape(*pixels.shape[:2], -1), metadata

    @classmethod
    def _check_size(cls, picture: Image.Image, path: Path) -> None:
        width, height = picture.size
        if width * height > _ALWAYS_FINE and width * height > path.stat().st_size * cls.best_ratio:
            raise FormatError(path, f"declares {width}x{height} pixels, more than its {path.stat().st_size} bytes hold")
        if width * height * len(picture.getbands()) * 2 > MAX_DECODED_BYTES:
            raise FormatError(
                path, f"declares {width}x{height} pixels, more than can be decoded at once", "Convert it to OME-TIFF."
            )

    @classmethod
    def _pixels_of(cls, picture: Image.Image, path: Path) -> Array:
        mode = _MODES.get(picture.mode, picture.mode)
        if mode == "RGB" and picture.mode == "P" and "transparency" in picture.info:
            mode = "RGBA"
        if mode not in _READ_MODES:
            raise FormatError(path, f"has pixels of the unknown kind {picture.mode}", "Convert it to 8 or 16 bit.")
        return np.asarray(picture if mode == picture.mode else picture.convert(mode))

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        with self._lock:
            if self._pixels is None:
                self._pixels = self._decode(self._info.entry)[0]
            pixels = self._pixels
        x, y, w, h = region
        return pixels[y : y + h, x : x + w, zct[1]]

    def close(self) -> None:
        self._pixels = None


class PngReader(RasterReader):
    """PNG of 1 to 16 bits; grey, RGB, palette, with or without alpha."""

    name = "png"
    format = "PNG"
    version = f"1 (Pillow {PIL.__version__}, imagecodecs {imagecodecs.__version__})"
    suffixes = (".png",)
    magic = b"\x89PNG\r\n\x1a\n"
    # Deflate makes a byte of at most 1032, which is eight pixels of one bit.
    best_ratio = 1032 * 8

    @classmethod
    def _pixels_of(cls, picture: Image.Image, path: Path) -> Array:
        # Pillow shortens 16-bit colour to 8 bit; libpng through imagecodecs does not.
        if _bit_depth(path) == 16:
            return png_pixels(path.read_bytes())
        return super()._pixels_of(picture, path)


class JpegReader(RasterReader):
    """JPEG, grey or colour, 8 bit."""

    name = "jpeg"
    format = "JPEG"
    version = f"1 (Pillow {PIL.__version__})"
    suffixes = (".jpg", ".jpeg", ".jpe")
    magic = b"\xff\xd8\xff"


def _bit_depth(path: Path) -> int:
    """Bits per sample in the header of a PNG file."""
    with path.open("rb") as file:
        head = io.BytesIO(file.read(26)).getvalue()
    return head[24] if len(head) == 26 else 8
