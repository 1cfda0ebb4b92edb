"""BMP, Targa, PCX and Photoshop pictures through Pillow: one plane, decoded whole."""

from __future__ import annotations

import struct
from pathlib import Path

import PIL
from PIL import Image

from omero_server.formats.base import Array, FormatError
from omero_server.formats.info import FilesetInfo, pixels_per_metre
from omero_server.formats.raster import RasterReader

__all__ = ["BmpReader", "PcxReader", "PsdReader", "TargaReader"]

_TARGA_FOOTER = b"TRUEVISION-XFILE.\0"
_TARGA_TYPES = (1, 2, 3, 9, 10, 11)
_GREY = 2
_PALETTE_BYTES = 769


class BmpReader(RasterReader):
    """Windows and OS/2 bitmaps of 1 to 32 bits."""

    name = "bmp"
    format = "BMP"
    version = f"1 (Pillow {PIL.__version__})"
    suffixes = (".bmp",)
    magic = b"BM"
    best_ratio = 256

    @classmethod
    def detect(cls, path: Path) -> bool:
        """'BM' alone is not much: the size of the next header must be one that exists."""
        if not super().detect(path):
            return False
        with path.open("rb") as file:
            head = file.read(18)
        return len(head) == 18 and struct.unpack_from("<I", head, 14)[0] in (12, 16, 40, 52, 56, 64, 108, 124)

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        info = super().describe(path)
        with path.open("rb") as file:
            head = file.read(46)
        if len(head) == 46 and struct.unpack_from("<I", head, 14)[0] >= 40:
            sizes = (pixels_per_metre(count) for count in struct.unpack_from("<2i", head, 38))
            info.images[0].physical_size_x, info.images[0].physical_size_y = sizes
        return info


class TargaReader(RasterReader):
    """Targa pictures. Only version 2 can be told by its content; others by their name and a header that makes sense."""

    name = "targa"
    format = "Targa"
    version = f"1 (Pillow {PIL.__version__})"
    suffixes = (".tga",)
    pillow_format = "TGA"
    best_ratio = 128

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file() or path.stat().st_size < 18:
            return False
        with path.open("rb") as file:
            head = file.read(18)
            file.seek(max(0, path.stat().st_size - len(_TARGA_FOOTER)))
            footer = file.read()
        width, height, depth = struct.unpack_from("<HHB", head, 12)
        sensible = (
            head[1] in (0, 1) and head[2] in _TARGA_TYPES and depth in (1, 8, 15, 16, 24, 32) and width and height
        )
        return bool(sensible and (footer == _TARGA_FOOTER or path.suffix.lower() == ".tga"))


class PcxReader(RasterReader):
    """PC Paintbrush pictures."""

    name = "pcx"
    format = "PCX"
    version = f"1 (Pillow {PIL.__version__})"
    suffixes = (".pcx",)
    magic = b"\x0a"
    best_ratio = 512

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not super().detect(path):
            return False
        with path.open("rb") as file:
            head = file.read(128)
        return (
            len(head) == 128 and head[1] in (0, 2, 3, 5) and head[2] <= 1 and head[3] in (1, 2, 4, 8) and not head[64]
        )

    @classmethod
    def _pixels_of(cls, picture: Image.Image, path: Path) -> Array:
        with path.open("rb") as file:
            head = file.read(70)
        # Pillow takes indices for grey values when the palette at the end is missing.
        if picture.mode == "L" and head[3] == 8 and head[68] != _GREY and not _has_palette(path):
            raise FormatError(path, "is truncated: its palette is missing", "Copy it again.")
        return super()._pixels_of(picture, path)


def _has_palette(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _PALETTE_BYTES))
        return file.read(1) == b"\x0c"


class PsdReader(RasterReader):
    """The flattened picture of a Photoshop file of 8 bits per sample; layers are not shown apart."""

    name = "psd"
    format = "PSD"
    version = f"1 (Pillow {PIL.__version__})"
    suffixes = (".psd",)
    magic = b"8BPS\0\1"
    best_ratio = 1024

    @classmethod
    def _pixels_of(cls, picture: Image.Image, path: Path) -> Array:
        if picture.mode == "LAB":
            raise FormatError(path, "has pixels in Lab colours", "Save it as RGB.")
        return super()._pixels_of(picture, path)
