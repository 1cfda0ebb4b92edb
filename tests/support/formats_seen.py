"""Images as somebody sees them, to be laid side by side: our readers, Bio-Formats, arrays of libraries."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import PIXEL_DTYPES, FormatError, Reader, pixel_type_of
from omero_server.formats.bioformatsprocess import PROCESS
from omero_server.formats.info import Quantity

__all__ = ["Array", "Seen", "bio_formats", "of_array", "ours", "probes"]

Array = np.ndarray[Any, Any]
Plane = tuple[int, int, int]
"""z, c, t."""
Region = tuple[int, int, int, int]
Reading = Callable[[Plane, Region], Array]

_MICROMETRES = {"m": 1e6, "cm": 1e4, "mm": 1e3, "µm": 1.0, "um": 1.0, "nm": 1e-3, "Å": 1e-4, "pm": 1e-6}
_LARGEST_SIDE = 2048


@dataclass
class Seen:
    """One image. `sizes` are X, Y, Z, C, T; `spacing` is in X, Y, Z. What the looker cannot tell is None.

    Of a looker that knows no pixels but their digest `sha1` has that of the whole first plane.
    """

    sizes: tuple[int, ...]
    kind: str
    read: Reading | None = None
    name: str | None = None
    channels: list[str | None] | None = None
    spacing: list[Quantity | None] | None = None
    sha1: str | None = None


def probes(sizes: Sequence[int]) -> list[tuple[Plane, Region]]:
    """The first plane and the middle one; of large planes a piece in their middle."""
    x, y, *zct = sizes
    width, height = min(x, _LARGEST_SIDE), min(y, _LARGEST_SIDE)
    region = (x - width) // 2, (y - height) // 2, width, height
    z, c, t = (size // 2 for size in zct)
    return [((0, 0, 0), region), ((z, c, t), region)]


def micrometres(quantity: Quantity | None) -> Quantity | None:
    """In micrometres where the unit is a length; None stays None."""
    if quantity is None or quantity[1] not in _MICROMETRES:
        return quantity
    return quantity[0] * _MICROMETRES[quantity[1]], "µm"


def ours(reader: Reader) -> list[Seen]:
    """The images of an open reader."""
    found = []
    for number, image in enumerate(reader.info().images):
        sizes = image.size_x, image.size_y, image.size_z, image.size_c, image.size_t
        lengths = image.physical_size_x, image.physical_size_y, image.physical_size_z
        found.append(Seen(
            sizes, image.pixel_type, _reading(reader, number), image.name,
            [channel.name for channel in image.channels], [micrometres(one) for one in lengths],
        ))  # fmt: skip
    return found


def _reading(reader: Reader, number: int) -> Reading:
    return lambda zct, region: reader.read(number, 0, *zct, *region)


def of_array(stack: Array) -> Seen:
    """An image of which a library knows (t, c, z, y, x) pixels and no more."""
    t, c, z, y, x = stack.shape

    def read(zct: Plane, region: Region) -> Array:
        left, top, width, height = region
        plane: Array = stack[zct[2], zct[1], zct[0], top : top + height, left : left + width]
        return plane

    return Seen((x, y, z, c, t), pixel_type_of(stack.dtype, "array"), read)


def bio_formats(files: Sequence[Path]) -> list[Seen]:
    """The images of the fileset, by the first of its files that Bio-Formats opens. FormatError: there is none."""
    failure: FormatError | None = None
    for path in files:
        try:
            return _images(path, PROCESS.ask(path, "describe")[0])
        except FormatError as error:
            failure = failure or error
    assert failure is not None
    raise failure


def _images(path: Path, told: dict[str, Any]) -> list[Seen]:
    root = ElementTree.fromstring(told["xml"])
    space = root.tag.partition("}")[0] + "}"
    found = []
    for number, (series, image) in enumerate(zip(told["series"], root.findall(space + "Image"), strict=False)):
        pixels = image.find(space + "Pixels")
        assert pixels is not None
        names: list[str | None] = []
        for channel in pixels.findall(space + "Channel"):
            names += [channel.get("Name") or None] * int(channel.get("SamplesPerPixel", "1"))
        lengths = [micrometres(_attribute(pixels, f"PhysicalSize{axis}")) for axis in "XYZ"]
        sizes, kind = tuple(series["sizes"]), series["type"]
        found.append(Seen(sizes, kind, _asking(path, number, series), image.get("Name") or "", names, lengths))
    return found


def _attribute(pixels: ElementTree.Element, name: str) -> Quantity | None:
    value = pixels.get(name)
    return None if value is None else (float(value), pixels.get(name + "Unit", "µm"))


def _asking(path: Path, number: int, series: dict[str, Any]) -> Reading:
    dtype = PIXEL_DTYPES[series["type"]].newbyteorder("<" if series["little"] else ">")

    def read(zct: Plane, region: Region) -> Array:
        data = PROCESS.ask(path, "read", at=[number, 0, *zct], region=list(region))[1]
        return np.frombuffer(data, dtype).reshape(region[3], region[2])

    return read
