"""What only Bio-Formats reads, through Bio-Formats itself: an optional extra for machines with a Java runtime.

Java runs in a process of its own (`bioformatsprocess`). Metadata come as OME-XML. `ImageInfo.index`: `dtype` with the
byte order of the planes.
"""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import MAX_REGION_PIXELS, PIXEL_DTYPES, Array, FormatError, Reader
from omero_server.formats.bioformatsprocess import PROCESS, missing
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo, Level
from omero_server.formats.omexml import image_info
from omero_server.formats.omexmldocument import parse
from omero_server.formats.omexmlplates import add_plates

__all__ = ["BioFormatsReader"]

log = logging.getLogger(__name__)

_BAND = 32 << 20
"""Bytes that are asked for at once; larger regions come in bands of rows."""
_MOST_IMAGES = 20_000
# Text and packages; Bio-Formats would have a look into each for nothing.
_PASSED_OVER = (".txt", ".csv", ".tsv", ".json", ".md", ".py", ".log", ".yaml", ".yml", ".html", ".pdf", ".zip", ".gz")


class BioFormatsReader(Reader):
    """Files that only Bio-Formats reads; each has the Format that Bio-Formats gives it."""

    name = "bioformats"
    format = "Bio-Formats"
    # Those that mean images and nothing else, of formats that no reader here knows.
    suffixes = (
        ".1sc", ".2fl", ".acff", ".afi", ".afm", ".aim", ".al3d", ".apl", ".arf", ".bif", ".bip", ".cr2",
        ".crw", ".cxd", ".dm2", ".fff", ".ffr", ".flex", ".fli", ".gel", ".his", ".hx", ".i2i", ".im3", ".inr",
        ".ipl", ".ipm", ".ipw", ".jpk", ".l2d", ".lei", ".lim", ".lms", ".lof", ".mng", ".mrw", ".msr", ".mvd2",
        ".naf", ".ndpis", ".nef", ".obf", ".oir", ".pcoraw", ".pct", ".pict", ".pnl", ".pst", ".rcpnl", ".sif",
        ".sld", ".sldy", ".sm2", ".sm3", ".sxm", ".tfr", ".vff", ".vms", ".vws", ".wat", ".xdce", ".xlef",
        ".xqd", ".xqf", ".zfp", ".zfr",
    )  # fmt: skip

    @classmethod
    def detect(cls, path: Path) -> bool:
        """Asks Bio-Formats, if it is installed; its first answer takes seconds."""
        if path.name.lower().endswith(_PASSED_OVER) or not path.is_file() or path.stat().st_size == 0 or missing():
            return False
        try:
            return bool(PROCESS.ask(path, "detect")[0]["mine"])
        except FormatError as error:
            log.warning("%s", error)
            return False

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        told = _told(path)
        files = _files(path, told)
        document = parse(told["xml"], path)
        if not 1 <= len(told["series"]) <= _MOST_IMAGES or len(document.images) < len(told["series"]):
            raise FormatError(path, f"holds {len(told['series'])} images, {len(document.images)} with metadata")
        images = [
            _image(image_info(document, number, path), series, path) for number, series in enumerate(told["series"])
        ]
        info = FilesetInfo(told["format"], cls.name, cls.version, files, images, metadata=told["notes"])
        add_plates(document, info, {item.get("ID", ""): at for at, item in enumerate(document.images[: len(images)])})
        return info

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        return _files(path, _told(path))

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        x, y, w, h = region
        dtype = np.dtype(self._info.images[series].index["dtype"])
        pixels = np.empty((h, w), dtype)
        rows = max(1, _BAND // (w * dtype.itemsize))
        for top in range(0, h, rows):
            band = pixels[top : top + rows]
            part = [x, y + top, w, len(band)]
            data = PROCESS.ask(self._info.entry, "read", at=[series, level, *zct], region=part)[1]
            if len(data) != band.nbytes:
                raise FormatError(self._info.entry, f"Bio-Formats gave {len(data)} bytes for a region of {band.nbytes}")
            band[:] = np.frombuffer(data, dtype).reshape(band.shape)
        return pixels


def _told(path: Path) -> dict[str, Any]:
    """What Bio-Formats says of a file; asked once for grouping and describing."""
    if not path.is_file():
        raise FormatError(path, "no such file", "Check the path.")
    state = path.stat()
    return _asked(Path(os.path.abspath(path)), state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=4)
def _asked(path: Path, size: int, changed: int) -> dict[str, Any]:
    return PROCESS.ask(path, "describe")[0]


def _files(path: Path, told: dict[str, Any]) -> list[Path]:
    """The fileset, the file that opens it first. FormatError when a file lies outside of the folder of `path`.

    Files name others; none may lead to files of somebody else.
    """
    folder = Path(os.path.abspath(path)).parent
    found = [Path(os.path.normpath(file)) for file in dict.fromkeys([told["entry"], *told["files"]])]
    for file in found:
        if not file.is_relative_to(folder) or not file.is_file():
            raise FormatError(path, f"names {file.name}, which is not in its folder", "Put all files together.")
    return found


def _image(image: ImageInfo, series: dict[str, Any], path: Path) -> ImageInfo:
    """Metadata as OME-XML has them, sizes as planes are read."""
    x, y, z, c, t = series["sizes"]
    kind = {"bit": "uint8"}.get(series["type"], series["type"])
    if kind not in PIXEL_DTYPES or min(x, y, z, c, t) < 1 or x * y >= MAX_REGION_PIXELS * 1024:
        raise FormatError(path, f"declares {x}x{y} pixels of the type {series['type']}, {z}x{c}x{t} planes")
    samples = [channel.samples_per_pixel for channel in image.channels]
    image.is_rgb = kind == "uint8" and c in (3, 4) and samples[:1] == [c]
    image.size_x, image.size_y, image.size_z, image.size_c, image.size_t = x, y, z, c, t
    image.pixel_type, image.dimension_order = kind, series["order"]
    image.significant_bits = series["bits"] or None
    image.channels = (image.channels + [ChannelInfo() for _ in range(c)])[:c]
    for channel in image.channels:
        channel.samples_per_pixel = 1
    image.planes = [plane for plane in image.planes if plane.z < z and plane.c < c and plane.t < t]
    image.levels = [Level(width, height) for width, height in series["levels"]]
    image.metadata = series["notes"]
    width, height = series["tile"]
    image.tile_size = (width, height) if 0 < width < x and 0 < height < y else None
    dtype = PIXEL_DTYPES[kind].newbyteorder("<" if series["little"] else ">")
    image.index = {"dtype": dtype.str}
    return image
