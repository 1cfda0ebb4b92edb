"""Hamamatsu NDPI slides: TIFF with offsets of 64 bits in the places of 32, pages are whole JPEG pictures.

tifffile takes the restart intervals of a JPEG for tiles, so a region decodes only what it touches.
"""

from __future__ import annotations

from pathlib import Path

from tifffile import TiffPage

from omero_server.formats.base import FormatError
from omero_server.formats.info import FilesetInfo, ImageInfo, MicroscopeInfo, ObjectiveInfo
from omero_server.formats.tiff import image_of, page_image, tag_metadata
from omero_server.formats.tiffbase import PagedReader, load_pages, page_acquired, page_calibration
from omero_server.formats.tiffpages import first_page

__all__ = ["NdpiReader"]

_FORMAT, _LENS, _DEPTH, _PROPERTIES, _SERIAL = 65420, 65421, 65424, 65449, 65442
_MACRO = -1.0
_NANOMETRES_PER_MICROMETRE = 1000


class NdpiReader(PagedReader):
    """Slides with their pyramid, focal planes and overview; the map of what was scanned is left out."""

    name = "ndpi"
    format = "NDPI"
    suffixes = (".ndpi",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not super().detect(path):
            return False
        page = first_page(path)
        return page is not None and _FORMAT in page.tags and _LENS in page.tags

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        loaded = load_pages(path)
        with loaded.tif:
            images = [_slide([page for page in loaded.pages if _number(page, _LENS) > 0], path)]
            overviews = [page for page in loaded.pages if _number(page, _LENS) == _MACRO]
            images += [page_image(page, path, "macro image") for page in overviews]
            notes = _notes(loaded.pages[0])
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=notes)


def _number(page: TiffPage, tag: int) -> float:
    value = page.tags.valueof(tag)
    return float(value) if isinstance(value, int | float) else 0.0


def _slide(pages: list[TiffPage], path: Path) -> ImageInfo:
    """Pages of one size are focal planes, smaller ones levels."""
    sizes: dict[tuple[int, int], list[TiffPage]] = {}
    for page in pages:
        sizes.setdefault((page.imagewidth, page.imagelength), []).append(page)
    if not sizes:
        raise FormatError(path, "has no page of the slide")
    ordered = [sorted(sizes[size], key=lambda page: _number(page, _DEPTH)) for size in sorted(sizes, reverse=True)]
    first, kind = ordered[0][0], (ordered[0][0].samplesperpixel, ordered[0][0].dtype)
    levels = [
        level for level in ordered
        if len(level) == len(ordered[0]) and all((page.samplesperpixel, page.dtype) == kind for page in level)
    ]  # fmt: skip
    if not levels or levels[0] is not ordered[0]:
        raise FormatError(path, "has focal planes of different kinds")
    image = image_of(levels, path, "")
    image.size_z = len(levels[0])
    image.graphics = False
    image.physical_size_x, image.physical_size_y = page_calibration(first)
    image.acquired = page_acquired(first)
    step = _number(levels[0][1], _DEPTH) - _number(levels[0][0], _DEPTH) if image.size_z > 1 else 0
    image.physical_size_z = (step / _NANOMETRES_PER_MICROMETRE, "µm") if step > 0 else None
    image.objective = ObjectiveInfo("Objective:0", nominal_magnification=_number(first, _LENS))
    maker, model, serial = (first.tags.valueof(tag) for tag in ("Make", "Model", _SERIAL))
    if model:
        image.microscope = MicroscopeInfo("Microscope:0", None, str(maker or ""), str(model), str(serial or "") or None)
    return image


def _notes(page: TiffPage) -> dict[str, str]:
    """Tags, and the `key=value` lines of the properties."""
    lines = str(page.tags.valueof(_PROPERTIES) or "").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return tag_metadata(page) | {key.strip(): value.strip() for key, value in pairs}
