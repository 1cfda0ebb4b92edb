"""Reading pyramids: our own, and those that OMERO made.

OMERO's hold a page per plane in tiles of JPEG 2000, which can be decoded smaller by powers of two, and after these the
pages of two reduced sizes. Both kinds lie beside the pixels file, see `Layout.pyramid`.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from tifffile import TiffPage

from omero_server.formats.base import Array, FormatError, Reader, check_sizes, decoding
from omero_server.formats.info import FilesetInfo, ImageInfo, Level
from omero_server.formats.tiffbase import PagedReader, load_pages, page_pixel_type
from omero_server.formats.tiffpages import PageRef, first_page, is_tiff
from omero_server.pixels.pyramid_sizes import LEVELS, level_sizes
from omero_server.pixels.tile_file import SOFTWARE

__all__ = ["OldPyramidReader", "OwnPyramidReader", "open_pyramid"]

_OLD_MARK = "OmeroPixelsPyramid"
_PLANES = "the planes that it has are not those of the image"


def open_pyramid(path: Path, zct: tuple[int, int, int], pixel_type: str) -> Reader:
    """A reader of the pyramid of pixels with so many planes. FormatError for another file."""
    with decoding(path, "opening the pyramid"):
        page = _first_page(path)
        if page.description.startswith("{"):
            reader: Reader = OwnPyramidReader(_own(path, page, _known(path, page), zct, pixel_type))
        else:
            reader = OldPyramidReader(_old(path, zct, pixel_type))
        check_sizes(reader.info())
    return reader


def _first_page(path: Path) -> TiffPage:
    page = first_page(path) if is_tiff(path) else None
    if page is None:
        raise FormatError(path, "is no pyramid of an image", "Remove it: it is made again.")
    return page


def _known(path: Path, page: TiffPage) -> dict[str, Any]:
    """What the pyramid says about itself."""
    with decoding(path, "reading its description"):
        known: dict[str, Any] = json.loads(page.description)
        if known["kind"] != SOFTWARE:
            raise ValueError(f"it is of the kind {known['kind']!r}")
    return known


class OwnPyramidReader(PagedReader):
    """Its first level is the full size or half of it, see `has_full`."""

    name = "pyramid"
    format = "OMEROPyramid"

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        page = _first_page(path)
        known = _known(path, page)
        return _own(path, page, known, tuple(known["zct"]), known["type"])

    @property
    def has_full(self) -> bool:
        """Whether the full size is among the levels."""
        return bool(self.image(0).index["with_full"])


def _own(path: Path, page: TiffPage, known: dict[str, Any], zct: tuple[int, int, int], pixel_type: str) -> FilesetInfo:
    if known["zct"] != list(zct) or known["type"] != pixel_type:
        raise FormatError(path, _PLANES, "Remove it: it is made again.")
    pages = known["pages"]
    pages[0] = [page.offset, *pages[0]]
    levels = [[[0, plane[level]] for plane in pages] for level in range(len(known["sizes"]))]
    width, height = known["sizes"][0]
    image = ImageInfo(
        name=path.name, size_x=width, size_y=height, size_z=zct[0], size_c=zct[1], size_t=zct[2],
        pixel_type=pixel_type, levels=[Level(*size) for size in known["sizes"]], tile_size=tuple(known["tile"]),
        index={"levels": levels, "order": "XYZCT", "samples": 1, "with_full": known["with_full"]},
    )  # fmt: skip
    return FilesetInfo(OwnPyramidReader.format, OwnPyramidReader.name, "1", [path], [image])


class OldPyramidReader(PagedReader):
    """A pyramid that OMERO made."""

    name = "omero-pyramid"
    format = "OMEROPyramid"
    has_full = True

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        """As a stack: the file does not say which plane is which channel or time."""
        loaded = load_pages(path)
        loaded.tif.close()
        first = loaded.pages[0]
        same = [page for page in loaded.pages if page.shape == first.shape]
        return _old(path, (len(same), 1, 1), page_pixel_type(first, path)[0])

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self.image(series)
        ready = image.index["ready"]
        if str(level) in ready:
            return super()._read(series, ready[str(level)], zct, region)
        plane = zct[0] + image.size_z * (zct[1] + image.size_c * zct[2])
        ref: PageRef = image.index["levels"][0][plane]
        return self._reduced(ref, level, image, region)

    def _reduced(self, ref: PageRef, level: int, image: ImageInfo, region: tuple[int, int, int, int]) -> Array:
        """A rectangle of a level, from tiles that are decoded smaller."""
        x, y, w, h = region
        tile = image.tile_size
        assert tile is not None
        columns, rows = _edges(image.size_x, tile[0], level), _edges(image.size_y, tile[1], level)
        out = np.zeros((h, w), image.index["dtype"])
        for row in range(len(rows) - 1):
            if rows[row + 1] <= y or rows[row] >= y + h:
                continue
            for column in range(len(columns) - 1):
                if columns[column + 1] <= x or columns[column] >= x + w:
                    continue
                box = columns[column], rows[row], columns[column + 1], rows[row + 1]
                piece = self._tile(ref, row * (len(columns) - 1) + column, level, box)
                top, left = max(y, box[1]), max(x, box[0])
                bottom, right = min(y + h, box[3]), min(x + w, box[2])
                out[top - y : bottom - y, left - x : right - x] = piece[
                    top - box[1] : bottom - box[1], left - box[0] : right - box[0]
                ]
        return out

    def _tile(self, ref: PageRef, number: int, level: int, box: tuple[int, int, int, int]) -> Array:
        data = self._files.segment_bytes(ref, number)
        with Jpeg2KImageFile(io.BytesIO(data)) as picture:
            setattr(picture, "reduce", level)  # noqa: B010 - Pillow's own way, though a method has this name
            pixels = np.asarray(picture)
        width, height = box[2] - box[0], box[3] - box[1]
        return np.pad(pixels, ((0, max(0, height - pixels.shape[0])), (0, max(0, width - pixels.shape[1]))), "edge")


def _edges(size: int, tile: int, level: int) -> list[int]:
    """Where the tiles of a reduced level begin, and the end of the last one."""
    return [level_sizes(min(start, size), 1, (tile, 1))[level][0] for start in range(0, size + tile, tile)]


def _old(path: Path, zct: tuple[int, int, int], pixel_type: str) -> FilesetInfo:
    loaded = load_pages(path)
    loaded.tif.close()
    pages = loaded.pages
    count = zct[0] * zct[1] * zct[2]
    full = pages[:count]
    with decoding(path, "opening the pyramid"):
        first = full[0]
        width, height = first.imagewidth, first.imagelength
        tile = first.tilewidth, first.tilelength
        found = page_pixel_type(first, path)[0]
    if _OLD_MARK not in first.description or found.lstrip("u") != pixel_type.lstrip("u") or len(full) < count:
        raise FormatError(path, _PLANES, "Remove it: it is made again.")
    sizes = level_sizes(width, height, tile)
    levels, ready = [_refs(full)], {"0": 0}
    for level in range(1, LEVELS):
        same = [page for page in pages[count:] if (page.imagewidth, page.imagelength) == sizes[level]]
        if len(same) == count:
            ready[str(level)] = len(levels)
            levels.append(_refs(same))
    image = ImageInfo(
        name=path.name, size_x=width, size_y=height, size_z=zct[0], size_c=zct[1], size_t=zct[2],
        pixel_type=pixel_type, levels=[Level(*size) for size in sizes], tile_size=tile,
        index={"levels": levels, "order": "XYZCT", "samples": 1, "ready": ready, "dtype": pixel_type},
    )  # fmt: skip
    return FilesetInfo(OldPyramidReader.format, OldPyramidReader.name, "1", [path], [image])


def _refs(pages: list[TiffPage]) -> list[PageRef]:
    return [[0, page.offset] for page in pages]
