"""PerkinElmer/Akoya: QPTIFF slides and inForm component data. Each page's description says what it is.

Pages of full resolution are channels (or one RGB page), reduced ones levels, `Thumbnail`, `Overview` and `Label`
further images.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from tifffile import TiffPage

from omero_server.formats.base import FormatError
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo, ObjectiveInfo
from omero_server.formats.tiff import image_of, page_image
from omero_server.formats.tiffbase import PagedReader, load_pages, page_acquired, page_calibration
from omero_server.formats.tiffpages import first_page
from omero_server.formats.xmlnotes import flat_xml, number_of, parse_xml, text_of

__all__ = ["VectraReader"]

_EXTRAS = {"Thumbnail": "thumbnail", "Overview": "Overview", "Label": "Label"}
"""Names of further images, by their kind."""


@dataclass(slots=True)
class _Page:
    page: TiffPage
    notes: Element
    kind: str


class VectraReader(PagedReader):
    """QPTIFF and component data."""

    name = "vectra"
    format = "VectraQPTIFF"
    suffixes = (".qptiff", ".tif", ".tiff")

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not super().detect(path):
            return False
        page = first_page(path)
        return (
            page is not None and page.software.startswith("PerkinElmer-QPI") and "<PerkinElmer-QPI" in page.description
        )

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        loaded = load_pages(path)
        with loaded.tif:
            pages = [_noted(page, path) for page in loaded.pages]
            images = [_slide(pages, path)]
            for kind, name in _EXTRAS.items():
                images += [page_image(one.page, path, name) for one in pages if one.kind == kind]
            notes = flat_xml(pages[0].notes)
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=notes)


def _noted(page: TiffPage, path: Path) -> _Page:
    # tifffile has decoded the text already, whatever encoding its declaration names.
    notes = parse_xml(re.sub(r"^\s*<\?xml[^>]*\?>", "", page.description), path)
    return _Page(page, notes, text_of(notes, "ImageType") or "")


def _slide(pages: list[_Page], path: Path) -> ImageInfo:
    full = [one for one in pages if one.kind == "FullResolution"]
    if not full:
        raise FormatError(path, "has no page of full resolution")
    first = full[0].page
    if any(_size(one.page) != _size(first) or _kind(one.page) != _kind(first) for one in full):
        raise FormatError(path, "has channels of different sizes")
    image = image_of([[one.page for one in full], *_levels(pages, full)], path, "resolution #1")
    samples = image.size_c
    image.size_c *= len(full)
    image.graphics = False
    image.channels = [_channel(one.notes, samples) for one in full for _ in range(samples)]
    image.physical_size_x, image.physical_size_y = page_calibration(first)
    image.acquired = page_acquired(first)
    image.description = text_of(full[0].notes, "SlideID")
    power = re.match(r"\s*(\d+(\.\d+)?)x", text_of(full[0].notes, "Objective") or "")
    magnification = float(power[1]) if power else number_of(full[0].notes, ".//Magnification")
    if magnification and magnification > 0:
        image.objective = ObjectiveInfo("Objective:0", nominal_magnification=magnification)
    return image


def _levels(pages: list[_Page], full: list[_Page]) -> list[list[TiffPage]]:
    """Reduced pages of one size each, from large to small, as long as all channels are there."""
    sizes: dict[tuple[int, int], list[TiffPage]] = {}
    for one in pages:
        if one.kind == "ReducedResolution":
            sizes.setdefault(_size(one.page), []).append(one.page)
    kind = _kind(full[0].page)
    levels = [sizes[size] for size in sorted(sizes, reverse=True)]
    return [level for level in levels if len(level) == len(full) and all(_kind(page) == kind for page in level)]


def _size(page: TiffPage) -> tuple[int, int]:
    return page.imagewidth, page.imagelength


def _kind(page: TiffPage) -> tuple[int, str]:
    return page.samplesperpixel, str(page.dtype)


def _channel(notes: Element, samples: int) -> ChannelInfo:
    """Name and colour of a channel; those of RGB pages have none."""
    if samples > 1:
        return ChannelInfo(samples_per_pixel=samples)
    colour = re.fullmatch(r"(\d{1,3}),(\d{1,3}),(\d{1,3})", text_of(notes, "Color") or "")
    packed = None
    if colour and all(int(part) < 256 for part in colour.groups()):
        packed = int.from_bytes(bytes([*map(int, colour.groups()), 255]), "big", signed=True)
    return ChannelInfo(text_of(notes, "Name"), packed)
