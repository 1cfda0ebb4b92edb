"""TIFF files written by ImageJ: dimensions and calibration are in the image description of the first page."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from tifffile import TiffPage

from omero_server.formats.base import FormatError
from omero_server.formats.info import FilesetInfo, ImageInfo, Quantity, plain_channels
from omero_server.formats.tiff import image_of, tag_metadata
from omero_server.formats.tiffbase import PagedReader, load_pages, page_acquired
from omero_server.formats.tiffpages import PageRef, first_page

__all__ = ["ImageJReader"]

_UNITS = {
    "um": "µm", "µm": "µm", "μm": "µm", "micron": "µm", "microns": "µm", "micrometer": "µm", "nm": "nm", "mm": "mm",
    "cm": "cm", "m": "m", "inch": "in", "in": "in", "nanometer": "nm", "millimeter": "mm",
}  # fmt: skip


class ImageJReader(PagedReader):
    """ImageJ stacks and hyperstacks, also those beyond 4 GB that have a single page."""

    name = "imagej-tiff"
    format = "Tiff"

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not super().detect(path):
            return False
        page = first_page(path)
        return page is not None and page.description.startswith("ImageJ=")

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        loaded = load_pages(path)
        with loaded.tif:
            page = loaded.pages[0]
            notes = loaded.tif.imagej_metadata or {}
            # A colour map of ImageJ is a display colour, never the pixels' meaning.
            image = image_of([loaded.pages], path, path.name, palette=False)
            image.index["levels"] = [_planes(loaded.pages, notes, path)]
            _dimensions(image, notes, len(image.index["levels"][0]))
            _calibrate(image, page, notes)
            _display(image, notes)
            image.metadata = {key: str(value)[:4000] for key, value in notes.items() if key not in ("LUTs", "Ranges")}
            metadata = tag_metadata(page)
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image], metadata=metadata)


def _planes(pages: list[TiffPage], notes: dict[str, Any], path: Path) -> list[PageRef]:
    """Pages of the stack; of a single page followed by raw planes, that page with byte offsets."""
    page, count = pages[0], int(notes.get("images", 1))
    kinds = {(item.imagewidth, item.imagelength, str(item.dtype), item.samplesperpixel) for item in pages}
    if len(kinds) > 1:
        raise FormatError(path, "is an ImageJ stack with pages of different kinds")
    if len(pages) > 1 or count <= 1:
        return [[0, int(item.offset)] for item in pages]
    size = page.imagewidth * page.imagelength * page.samplesperpixel * page.bitspersample // 8
    if page.compression != 1 or page.dataoffsets[0] + size * count > path.stat().st_size:
        raise FormatError(path, f"is truncated: {count} planes are declared, not all of them are there")
    return [[0, int(page.offset), size * number] for number in range(count)]


def _dimensions(image: ImageInfo, notes: dict[str, Any], planes: int) -> None:
    """Channels, slices and frames when they explain the number of planes; else all planes are time points."""
    c, z, t = (int(notes.get(key, 1)) for key in ("channels", "slices", "frames"))
    if c * z * t != planes:
        c, z, t = 1, 1, planes
    samples = image.index["samples"]
    image.size_c, image.size_z, image.size_t = c * samples, z, t
    image.channels = plain_channels(image.size_c, samples)
    image.dimension_order = image.index["order"] = "XYCZT"


def _calibrate(image: ImageInfo, page: TiffPage, notes: dict[str, Any]) -> None:
    """Pixel sizes in the unit of the description; none when that is pixels or unknown."""
    unit = _UNITS.get(str(notes.get("unit", "")).replace("\\u00B5", "µ").strip().lower())
    image.acquired = page_acquired(page)
    interval = _positive(notes.get("finterval"))
    image.time_increment = (interval, "s") if interval else None
    if unit is None:
        return
    x, y = (_positive(value) for value in page.get_resolution()) if "XResolution" in page.tags else (None, None)
    image.physical_size_x = (1 / x, unit) if x else None
    image.physical_size_y = (1 / y, unit) if y else None
    image.physical_size_z = _spacing(notes, unit)


def _spacing(notes: dict[str, Any], unit: str) -> Quantity | None:
    spacing = _positive(abs(float(notes.get("spacing", 0) or 0)))
    return (spacing, unit) if spacing else None


def _positive(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number > 0 and math.isfinite(number) else None


def _display(image: ImageInfo, notes: dict[str, Any]) -> None:
    """Colours and windows of a composite; grey lookup tables leave the colour to the importer."""
    tables, ranges = notes.get("LUTs") or [], notes.get("Ranges") or ()
    for number, channel in enumerate(image.channels):
        if number < len(tables):
            red, green, blue = (int(value) for value in tables[number][:, -1])
            if not red == green == blue:
                packed = red << 24 | green << 16 | blue << 8 | 255
                channel.color = packed - (1 << 32) if packed >= 1 << 31 else packed
        if 2 * number + 1 < len(ranges):
            channel.window = float(ranges[2 * number]), float(ranges[2 * number + 1])
