"""Olympus FluoView TIFF: a private tag tells what the pages are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tifffile import TiffPage

from omero_server.formats.base import FormatError
from omero_server.formats.info import FilesetInfo, ImageInfo, Quantity, plain_channels
from omero_server.formats.tiff import image_of, tag_metadata
from omero_server.formats.tiffbase import PagedReader, load_pages, page_acquired
from omero_server.formats.tiffpages import first_page

__all__ = ["FluoViewReader"]

_HEADER, _STAMP = 34361, 34362
_AXES = {"Z": "Z", "T": "T", "TIME": "T", "CH": "C", "WAVELENGTH": "C"}
_LENGTHS = {"um": "µm", "µm": "µm", "nm": "nm", "mm": "mm"}


@dataclass(slots=True)
class _Axis:
    """A dimension of the header; `letter` is None for those that are no axis of an image."""

    name: str
    size: int
    step: float
    unit: str

    @property
    def letter(self) -> str | None:
        return self.name if self.name in ("X", "Y") else _AXES.get(self.name)


class FluoViewReader(PagedReader):
    """FluoView stacks; pages count the axes in the order of the header, positions are images."""

    name = "fluoview"
    format = "Fluoview"

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not super().detect(path):
            return False
        page = first_page(path)
        return page is not None and _STAMP in page.tags and _HEADER in page.tags

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        loaded = load_pages(path)
        with loaded.tif:
            axes = _axes(loaded.pages[0], path)
            images = _images(loaded.pages, axes, path)
            metadata = tag_metadata(loaded.pages[0]) | {
                f"{axis.name} {what}": str(value)
                for axis in axes for what, value in (("size", axis.size), ("step", axis.step), ("unit", axis.unit))
            }  # fmt: skip
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=metadata)


def _axes(page: TiffPage, path: Path) -> list[_Axis]:
    header: Any = page.tags.valueof(_HEADER)
    if not isinstance(header, Mapping):
        raise FormatError(path, "has a FluoView header that cannot be read")
    found = []
    for name, size, _, step, unit in header.get("Dimensions", ()):
        axis = _Axis(_text(name).upper(), int(size), float(step), _text(unit))
        if axis.name and axis.size > 0:
            found.append(axis)
    if [axis.letter for axis in found[:2]] != ["X", "Y"]:
        raise FormatError(path, "has a FluoView header that does not begin with X and Y")
    letters = [axis.letter for axis in found if axis.letter]
    if len(set(letters)) < len(letters):
        raise FormatError(path, f"has the axes {letters} in its FluoView header")
    return found


def _text(value: Any) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text.split("\0")[0].strip()


def _images(pages: list[TiffPage], axes: list[_Axis], path: Path) -> list[ImageInfo]:
    """One image, or one for each place along axes that an image has not."""
    inner, outer = axes[2:], [axis for axis in axes[2:] if axis.letter is None]
    total = math.prod(axis.size for axis in inner)
    if total > len(pages):
        raise FormatError(path, f"should have {total} pages but has {len(pages)}", "Copy it again.")
    kinds = {(page.imagewidth, page.imagelength, str(page.dtype), page.samplesperpixel) for page in pages[:total]}
    if len(kinds) != 1:
        raise FormatError(path, "has pages of different sizes")
    groups: dict[tuple[int, ...], list[TiffPage]] = {}
    for number, page in enumerate(pages[:total]):
        groups.setdefault(_places(number, inner, outer), []).append(page)
    order = "".join(axis.letter for axis in inner if axis.letter)
    order = "XY" + order + "".join(letter for letter in "CZT" if letter not in order)
    names = [path.name if len(groups) == 1 else f"{path.name} #{number + 1}" for number in range(len(groups))]
    return [_image(group, axes, order, name, path) for group, name in zip(groups.values(), names, strict=True)]


def _places(number: int, inner: list[_Axis], outer: list[_Axis]) -> tuple[int, ...]:
    """Where a page lies along the outer axes."""
    found = []
    for axis in inner:
        number, at = divmod(number, axis.size)
        if axis in outer:
            found.append(at)
    return tuple(found)


def _image(pages: list[TiffPage], axes: list[_Axis], order: str, name: str, path: Path) -> ImageInfo:
    image = image_of([pages], path, name, palette=False)
    samples = image.size_c
    sizes = {axis.letter: axis.size for axis in axes}
    image.size_z, image.size_t = sizes.get("Z", 1), sizes.get("T", 1)
    image.size_c = sizes.get("C", 1) * samples
    image.channels = plain_channels(image.size_c, samples)
    image.dimension_order = image.index["order"] = order
    image.graphics = False
    image.acquired = page_acquired(pages[0])
    image.physical_size_x, image.physical_size_y, image.physical_size_z = (_step(axes, letter) for letter in "XYZ")
    time = next((axis for axis in axes if axis.letter == "T"), None)
    if time is not None and time.size > 1 and time.step > 0 and time.unit in ("s", "ms"):
        image.time_increment = (time.step, time.unit)
    return image


def _step(axes: list[_Axis], letter: str) -> Quantity | None:
    axis = next((axis for axis in axes if axis.letter == letter), None)
    if axis is None or axis.unit not in _LENGTHS or not 0 < abs(axis.step) < float("inf"):
        return None
    return abs(axis.step), _LENGTHS[axis.unit]
