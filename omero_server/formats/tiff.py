"""Plain TIFF: pages of one shape are an image's time points, reduced copies of a page are its resolution levels.

Pages of another shape start a further image. Reduced pages that are no level (previews) are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tifffile import TiffFile, TiffPage

from omero_server.formats.base import FormatError
from omero_server.formats.info import FilesetInfo, ImageInfo, plain_channels
from omero_server.formats.tiffbase import (
    PagedReader,
    levels_of,
    load_pages,
    page_acquired,
    page_calibration,
    page_lut,
    page_pixel_type,
    tile_of,
)
from omero_server.formats.tiffpages import pages_of
from omero_server.formats.tiffvendors import vendor_calibration, vendor_notes

__all__ = ["TiffReader", "image_of", "page_image", "subifd_levels", "tag_metadata"]

_RGB = (2, 6)
_MORE_THAN_TIFF = (".vsi", ".stk", ".ndpi", ".scn", ".bif", ".dng", ".cr2", ".nef", ".arw")
"""Formats with a TIFF header whose pages are not all of the image: a part must not pass for the whole."""
_SHOWN_TAGS = 400
"""Longest tag text taken into the original metadata."""


class TiffReader(PagedReader):
    """TIFF and BigTIFF, strips or tiles, any pixel type, single or many pages, pyramids."""

    name = "tiff"
    format = "Tiff"

    @classmethod
    def detect(cls, path: Path) -> bool:
        return super().detect(path) and path.suffix.lower() not in _MORE_THAN_TIFF

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        loaded = load_pages(path)
        with loaded.tif:
            groups = _grouped(loaded.pages)
            images = [_image(loaded.tif, group, path) for group in groups]
            for number, image in enumerate(images if len(images) > 1 else [], 1):
                image.name = f"{path.name} #{number}"
            metadata = tag_metadata(loaded.pages[0]) | vendor_notes(loaded.pages[0])
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=metadata)


def _shape(page: TiffPage) -> tuple[Any, ...]:
    return page.imagewidth, page.imagelength, *_kind(page)


def _kind(page: TiffPage) -> tuple[Any, ...]:
    return str(page.dtype), page.samplesperpixel, int(page.photometric) == 3


def _grouped(pages: list[TiffPage]) -> list[list[list[TiffPage]]]:
    """Pages as images, each a list of levels, each a list of planes."""
    groups: list[list[list[TiffPage]]] = []
    for page in pages:
        last = groups[-1] if groups else None
        if last is not None and _shape(last[-1][0]) == _shape(page) and len(last) == 1:
            last[0].append(page)
        elif last is not None and len(last[0]) == 1 and _is_level(last[-1][0], page):
            last.append([page])
        elif not page.is_reduced or not groups:
            groups.append([[page]])
    return groups


def _is_level(above: TiffPage, page: TiffPage) -> bool:
    """Whether `page` is the next smaller copy of `above`: marked as reduced or tiled alike, same proportions."""
    if _kind(above) != _kind(page) or not (page.is_reduced or (page.is_tiled and above.is_tiled)):
        return False
    factor = above.imagewidth / page.imagewidth
    expected = above.imagelength / factor
    return factor > 1.5 and abs(expected - page.imagelength) <= max(1.0, 0.01 * expected)


def subifd_levels(tif: TiffFile, planes: list[TiffPage], path: Path) -> list[list[TiffPage]]:
    """Levels kept in SubIFDs: all planes must have as many, of the same sizes; else none."""
    counts = {len(page.subifds or ()) for page in planes}
    if len(counts) != 1 or counts == {0}:
        return []
    columns = [list(pages_of(tif, page.subifds or (), path)) for page in planes]
    levels = [[column[level] for column in columns] for level in range(counts.pop())]
    usable = all(len({_shape(page) for page in level}) == 1 and _kind(level[0]) == _kind(planes[0]) for level in levels)
    return levels if usable else []


def _image(tif: TiffFile, group: list[list[TiffPage]], path: Path) -> ImageInfo:
    levels = group if len(group) > 1 else [*group, *subifd_levels(tif, group[0], path)]
    image = image_of(levels, path, path.name)
    page = group[0][0]
    image.size_t = len(group[0])
    image.acquired = page_acquired(page)
    image.description = page.description.strip() or None
    image.physical_size_x, image.physical_size_y = vendor_calibration(page) or page_calibration(page)
    return image


def page_image(page: TiffPage, path: Path, name: str) -> ImageInfo:
    """A page as an image of its own, with the pixel size that it has."""
    image = image_of([[page]], path, name)
    image.physical_size_x, image.physical_size_y = page_calibration(page)
    return image


def image_of(levels: list[list[TiffPage]], path: Path, name: str, *, palette: bool = True) -> ImageInfo:
    """An image over pages given as [level][plane]: sizes in X and Y, pixel type, samples as channels.

    Without `palette` a colour map counts as display hint and pixels stay what they are.
    """
    page = levels[0][0]
    pixel_type, bits = page_pixel_type(page, path)
    lut = page_lut(page) if palette else None
    samples = 3 if lut == "rgb" else page.samplesperpixel
    if lut and page.samplesperpixel != 1:
        raise FormatError(path, "mixes a palette with several samples per pixel")
    rgb = lut == "rgb" or (int(page.photometric) in _RGB and samples in (3, 4))
    refs = [[[0, int(plane.offset)] for plane in level] for level in levels]
    index: dict[str, Any] = {"levels": refs, "order": "XYCZT", "samples": samples}
    if lut:
        index["lut"] = lut
    return ImageInfo(
        name=name,
        size_x=page.imagewidth,
        size_y=page.imagelength,
        size_c=samples,
        pixel_type=pixel_type,
        significant_bits=bits,
        dimension_order="XYCZT",
        is_rgb=rgb,
        graphics=rgb,
        levels=levels_of([level[0] for level in levels]),
        tile_size=tile_of(page),
        channels=plain_channels(samples, samples if rgb else 1),
        index=index,
    )


def tag_metadata(page: TiffPage) -> dict[str, str]:
    """Tags of a page as original metadata: short values only."""
    found: dict[str, str] = {}
    for tag in page.tags:
        value = tag.value
        if isinstance(value, str | int | float | tuple):
            text = str(value)
            if len(text) <= _SHOWN_TAGS:
                found[tag.name] = text
    return found
