"""What all readers of TIFF files share: images whose planes are pages.

`ImageInfo.index` of these images is a dict:
- `levels`: for each resolution level the page of each plane (`PageRef`, or None for a plane that was never written);
- `order`: how planes follow each other, e.g. "XYCZT"; `samples`: samples per plane, counted within C;
- `lut`: "rgb" or "grey" when pixels are indices into the page's colour map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from tifffile import TiffFile, TiffPage

from omero_server.formats.base import PIXEL_DTYPES, Array, Reader, decoding, pixel_type_of, plane_number
from omero_server.formats.info import FilesetInfo, ImageInfo, Level, Quantity
from omero_server.formats.tiffpages import PageRef, TiffFiles, ifd_offsets, is_tiff, pages_of

__all__ = ["PagedReader", "load_pages", "page_acquired", "page_calibration", "page_lut", "page_pixel_type", "tile_of"]

_PALETTE = 3
_UNITS_PER = {2: 25400.0, 3: 10000.0}
"""Micrometres in a ResolutionUnit: inch, centimetre."""


class PagedReader(Reader):
    """A reader of images whose planes are TIFF pages."""

    version = f"1 (tifffile {tifffile.__version__})"
    suffixes: tuple[str, ...] = (".tif", ".tiff", ".tf2", ".tf8", ".btf")

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._files = TiffFiles(info.used_files)

    def pixel_files(self) -> list[set[Path]]:
        return [
            {self._info.used_files[page[0]] for level in image.index["levels"] for page in level if page is not None}
            for image in self._info.images
        ]

    @classmethod
    def detect(cls, path: Path) -> bool:
        return is_tiff(path)

    def close(self) -> None:
        self._files.close()

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        index: dict[str, Any] = image.index
        lut, sample = index.get("lut"), zct[1] % index["samples"]
        ref = self._page(image, level, zct)
        x, y, w, h = region
        if ref is None:
            return np.zeros((h, w), np.uint8)
        pixels = self._files.region(ref, 0 if lut else sample, x, y, w, h)
        return pixels if lut is None else _table(self._files.palette(ref), sample, image)[pixels]

    def read_channels(
        self, series: int, level: int, z: int, channels: Sequence[int], t: int, x: int, y: int, w: int, h: int
    ) -> list[Array]:
        image = self.image(series)
        samples = image.index["samples"]
        together = samples > 1 and not image.index.get("lut") and len({c // samples for c in channels}) == 1
        if together:
            for c in channels:
                self._check(image, level, (z, c, t), (x, y, w, h))
            ref = self._page(image, level, (z, channels[0], t))
            with decoding(self._info.entry, f"reading plane z={z} c={channels[0]} t={t} of image {series}"):
                found = None if ref is None else self._files.samples(ref, x, y, w, h)
            fits = found is not None and found.shape == (h, w, samples)
            if found is not None and fits and found.dtype == PIXEL_DTYPES[image.pixel_type]:
                return [found[..., c % samples] for c in channels]
        return super().read_channels(series, level, z, channels, t, x, y, w, h)

    @staticmethod
    def _page(image: ImageInfo, level: int, zct: tuple[int, int, int]) -> PageRef | None:
        """Where the page of a plane lies; None when it was never written."""
        index: dict[str, Any] = image.index
        z, c, t = zct
        samples = index["samples"]
        sizes = (image.size_z, image.size_c // samples, image.size_t)
        ref: PageRef | None = index["levels"][level][plane_number(index["order"], (z, c // samples, t), sizes)]
        return ref


def _table(palette: Array, sample: int, image: ImageInfo) -> Array:
    """Column `sample` of a colour map; its 16-bit entries scaled to the pixel type."""
    column: Array = palette[sample]
    shift = 8 if image.pixel_type == "uint8" and palette.max() > 255 else 0
    return np.asarray(column >> shift)


@dataclass(slots=True)
class LoadedPages:
    """The checked pages of one file."""

    tif: TiffFile
    pages: list[TiffPage]


def load_pages(path: Path) -> LoadedPages:
    """All pages of the main chain; the caller closes `tif`."""
    with decoding(path, "opening the file"):
        offsets = ifd_offsets(path)
        tif = TiffFile(path)
    try:
        with decoding(path, "reading its pages"):
            return LoadedPages(tif, list(pages_of(tif, offsets, path)))
    except BaseException:
        tif.close()
        raise


def page_pixel_type(page: TiffPage, path: Path) -> tuple[str, int]:
    """OME pixel type and significant bits of a page. One-bit pixels are uint8 with one significant bit."""
    dtype = np.dtype(page.dtype)
    bits = page.bitspersample if dtype.kind in "biu" and page.bitspersample else dtype.itemsize * 8
    return pixel_type_of(dtype, path), min(int(bits), dtype.itemsize * 8)


def page_lut(page: TiffPage) -> str | None:
    """How pixels of a palette page are shown: "rgb", "grey" when all colours are grey, None without a palette."""
    if page.photometric != _PALETTE or page.colormap is None or np.dtype(page.dtype).kind != "u":
        return None
    red, green, blue = page.colormap
    return "grey" if np.array_equal(red, green) and np.array_equal(red, blue) else "rgb"


def page_calibration(page: TiffPage) -> tuple[Quantity | None, Quantity | None]:
    """Pixel size from the resolution tags, when they are per inch or per centimetre."""
    scale = _UNITS_PER.get(int(page.resolutionunit)) if "ResolutionUnit" in page.tags else None
    if scale is None or "XResolution" not in page.tags:
        return None, None
    x, y = (float(value) for value in page.get_resolution())
    return ((scale / x, "µm") if x > 0 else None), ((scale / y, "µm") if y > 0 else None)


def page_acquired(page: TiffPage) -> datetime | None:
    """Time stamp of the DateTime tag."""
    text = page.tags.valueof("DateTime")
    try:
        return datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None


def tile_of(page: TiffPage) -> tuple[int, int] | None:
    """Size of the page's tiles."""
    return (page.tilewidth, page.tilelength) if page.is_tiled else None


def levels_of(pages: Sequence[TiffPage]) -> list[Level]:
    """Sizes of the pages of one plane, full size first."""
    return [Level(page.imagewidth, page.imagelength) for page in pages]
