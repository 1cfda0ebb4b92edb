"""Leica SCN slides: BigTIFF whose first page carries a table of images, their channels, slices and levels."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from tifffile import TiffPage

from omero_server.formats.base import FormatError
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo, MicroscopeInfo, ObjectiveInfo, Quantity
from omero_server.formats.tiff import image_of
from omero_server.formats.tiffbase import PagedReader, load_pages
from omero_server.formats.tiffpages import first_page
from omero_server.formats.xmlnotes import flat_xml, number_of, parse_xml, text_of

__all__ = ["ScnReader"]


@dataclass(slots=True)
class _Level:
    """Pages of one resolution by channel and slice."""

    pages: dict[tuple[int, int], TiffPage] = field(default_factory=dict)


class ScnReader(PagedReader):
    """Slides of the SCN400; the overview is the image that covers the whole collection."""

    name = "scn"
    format = "LeicaSCN"
    suffixes = (".scn",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not super().detect(path):
            return False
        page = first_page(path)
        return page is not None and page.description.rstrip().endswith("</scn>")

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        loaded = load_pages(path)
        with loaded.tif:
            root = parse_xml(loaded.pages[0].description, path)
            for element in root.iter():
                element.tag = element.tag.rpartition("}")[2]
            images = [
                _image(item, collection, loaded.pages, path)
                for collection in root.iter("collection")
                for item in collection.iter("image")
            ]
        if not images:
            raise FormatError(path, "has a table without images")
        images.sort(key=lambda image: image.name == "macro image")
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=flat_xml(root))


def _image(item: Element, collection: Element, pages: list[TiffPage], path: Path) -> ImageInfo:
    levels = _levels(item, pages, path)
    channels, slices = (max(key[axis] for key in levels[0].pages) + 1 for axis in (0, 1))
    few = len(levels[0].pages) == channels * slices
    wanted = [(c, z) for z in range(slices) for c in range(channels)] if few else []
    if not few or any(set(level.pages) != set(wanted) for level in levels):
        raise FormatError(path, f"names not all of {channels} channels and {slices} slices of an image")
    found = image_of([[level.pages[key] for key in wanted] for level in levels], path, _name(item, collection, path))
    samples = found.size_c
    found.size_c, found.size_z = channels * samples, slices
    found.graphics = False
    found.channels = _channels(item, channels, samples)
    _calibrate(found, item.find("view"))
    found.acquired = _date(text_of(item, "creationDate"))
    device = item.find("device")
    if device is not None:
        found.microscope = MicroscopeInfo("Microscope:0", None, "Leica", device.get("model"), device.get("version"))
    power = number_of(item, "scanSettings/objectiveSettings/objective")
    if power and power > 0:
        aperture = number_of(item, "scanSettings/illuminationSettings/numericalAperture")
        found.objective = ObjectiveInfo("Objective:0", nominal_magnification=power, lens_na=aperture)
    return found


def _levels(item: Element, pages: list[TiffPage], path: Path) -> list[_Level]:
    """Levels from large to small; all pages of one are of one size and type."""
    found: dict[int, _Level] = {}
    for dimension in item.iter("dimension"):
        c, z, r, ifd = (_integer(dimension.get(key, "0"), path) for key in ("c", "z", "r", "ifd"))
        if not 0 <= ifd < len(pages):
            raise FormatError(path, f"names page {ifd} of {len(pages)}", "Copy it again.")
        found.setdefault(r, _Level()).pages[c, z] = pages[ifd]
    levels = sorted(found.values(), key=lambda level: -max(page.imagewidth for page in level.pages.values()))
    kinds = [{(page.imagewidth, page.imagelength) for page in level.pages.values()} for level in levels]
    types = {(page.dtype, page.samplesperpixel) for level in levels for page in level.pages.values()}
    if not levels or len(types) != 1 or any(len(kind) != 1 for kind in kinds):
        raise FormatError(path, "has an image without pages, or of pages that do not fit together")
    return levels


def _integer(text: str, path: Path) -> int:
    if not text.isdecimal() or len(text) > 6:
        raise FormatError(path, f"has {text[:20]!r} in its table where a number is expected")
    return int(text)


def _name(item: Element, collection: Element, path: Path) -> str:
    """`macro image` for what covers the whole slide."""
    view = item.find("view")
    if (
        view is not None
        and view.get("sizeX") == collection.get("sizeX")
        and view.get("sizeY") == collection.get("sizeY")
    ):
        return "macro image"
    return item.get("name") or path.name


def _channels(item: Element, count: int, samples: int) -> list[ChannelInfo]:
    settings = {one.get("index"): one for one in item.iter("channel")}
    found = []
    for number in range(count):
        one = settings.get(str(number))
        name = one.get("name") if one is not None and samples == 1 else None
        found += [ChannelInfo(name, samples_per_pixel=samples) for _ in range(samples)]
    return found


def _calibrate(image: ImageInfo, view: Element | None) -> None:
    """The view's size in nanometres over the pixels, and the step between slices."""
    if view is None:
        return
    image.physical_size_x = _micrometres(view.get("sizeX"), image.size_x)
    image.physical_size_y = _micrometres(view.get("sizeY"), image.size_y)
    image.physical_size_z = _micrometres(view.get("spacingZ"), 1) if image.size_z > 1 else None


def _micrometres(nanometres: str | None, pixels: int) -> Quantity | None:
    try:
        value = float(nanometres or "") / pixels / 1000
    except ValueError:
        return None
    return (value, "µm") if 0 < value < float("inf") else None


def _date(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:
        return None
