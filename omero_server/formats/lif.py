"""Leica LIF: each image of the project is an image; tiles of a mosaic too. Steps of a spectrum are time points.

The header says how far it is from one pixel, row, slice, ... to the next, so regions are read from their places.
`ImageInfo.index` is a dict: `start`; `steps` in bytes of x, y, z, t and of the spectrum; `channels`, the offset of each
stored channel; `bands`, how many steps of the spectrum each time has; `dtype`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from omero_server.formats.base import Array, FormatError, Reader, decoding, pixel_type_of
from omero_server.formats.info import FilesetInfo, ImageInfo
from omero_server.formats.lifblocks import header_of, is_lif, memory_blocks
from omero_server.formats.lifmetadata import Dimension, describe_image
from omero_server.formats.rawbytes import plane_region
from omero_server.formats.xmlnotes import flat_xml

__all__ = ["LifReader"]

_SLICES, _TIMES, _SPECTRA, _TILES = (3,), (4, 7, 8), (5, 9), (10,)
_MOST_TILES = 10_000


class LifReader(Reader):
    """LIF of LAS AF and LAS X."""

    name = "lif"
    format = "LIF"
    suffixes = (".lif",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        return is_lif(path)

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        root, start = header_of(path)
        try:
            version = int(root.get("Version") or 2)
        except ValueError:
            raise FormatError(path, "has a header of an unknown version") from None
        blocks = memory_blocks(path, start, version)
        images: list[ImageInfo] = []
        with decoding(path, "reading the header"):
            for names, element in _elements(root):
                name = " / ".join(names[1:] or names)
                images += _images(element, name, blocks, path)
        if not images:
            raise FormatError(path, "holds no images", "Export the images into the file again from LAS X.")
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images)

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        index: dict[str, Any] = image.index
        dtype, steps = np.dtype(index["dtype"]), index["steps"]
        time, band = divmod(zct[2], index["bands"])
        start = index["start"] + zct[0] * steps["z"] + time * steps["t"] + band * steps["band"]
        x, y, w, h = region
        apart, row = steps["x"] // dtype.itemsize, steps["y"] // dtype.itemsize
        values = (w - 1) * apart + 1
        place = start + index["channels"][zct[1]]
        found = plane_region(self._info.entry, place, dtype, (image.size_y, row), (x * apart, y, values, h))
        return found[:, ::apart]


def _elements(root: Element) -> Iterator[tuple[list[str], Element]]:
    """All elements of the project with an image, with the names on the way to them."""
    waiting: list[tuple[list[str], Element]] = [([], item) for item in reversed(root.findall("Element"))]
    while waiting:
        above, element = waiting.pop()
        names = [*above, element.get("Name") or "image"]
        if element.find("Data/Image/ImageDescription") is not None:
            yield names, element
        waiting += [(names, item) for item in reversed(element.findall("Children/Element"))]


@dataclass(slots=True)
class _Layout:
    """Dimensions in order of the file, channels, and how bytes are counted."""

    dimensions: list[Dimension]
    channels: list[Element]
    dtype: np.dtype[Any]

    def size(self, kinds: tuple[int, ...]) -> int:
        """Number of places along outer dimensions of these kinds."""
        return int(np.prod([item.count for item in self.dimensions[2:] if item.kind in kinds], dtype=np.int64))

    def step(self, kinds: tuple[int, ...]) -> int:
        """Bytes from one place to the next."""
        return next((item.step for item in self.dimensions[2:] if item.kind in kinds), 0)


def _layout(about: Element, path: Path, name: str) -> _Layout | None:
    """None for what is no image of at least two dimensions."""
    dimensions = [Dimension.of(item) for item in about.findall("Dimensions/DimensionDescription")]
    channels = about.findall("Channels/ChannelDescription")
    if len(dimensions) < 2 or not channels:
        return None
    bits, kind = int(channels[0].get("Resolution") or 8), channels[0].get("DataType")
    size = 1 if bits <= 8 else 2 if bits <= 16 else 4 if bits <= 32 else 8
    dtype = np.dtype(f"<f{size}" if kind == "1" and size > 2 else f"<u{size}")
    known = (*_SLICES, *_TIMES, *_SPECTRA, *_TILES)
    outer = [item.kind for item in dimensions[2:] if item.count > 1]
    roles = [next(group for group in (_SLICES, _TIMES, _SPECTRA, _TILES) if kind in group) for kind in outer
             if kind in known]  # fmt: skip
    if len(roles) != len(outer) or len(set(roles)) != len(roles):
        raise FormatError(path, f"has an unknown arrangement of planes in {name}: {outer}", "Export it as OME-TIFF.")
    return _Layout(dimensions, channels, dtype)


def _images(element: Element, name: str, blocks: dict[str, tuple[int, int]], path: Path) -> list[ImageInfo]:
    """The image of an element, or its tiles; none when its pixels are not in the file."""
    about, memory = element.find("Data/Image/ImageDescription"), element.find("Memory")
    block = blocks.get(memory.get("MemoryBlockID") or "") if memory is not None else None
    layout = _layout(about, path, name) if about is not None else None
    if layout is None or block is None or block[1] == 0:
        return []
    _check_room(layout, block[1], path, name)
    tiles = layout.size(_TILES)
    if tiles > _MOST_TILES:
        raise FormatError(path, f"declares {tiles} tiles in {name}")
    images = []
    for tile in range(tiles):
        title = name if tiles == 1 else f"{name} (tile {tile + 1})"
        image = _image(layout, title, block[0] + tile * layout.step(_TILES), path)
        image.metadata = flat_xml(element.find("Data/Image") or element)
        describe_image(element, image, layout.dimensions, layout.channels, tile)
        images.append(image)
    return images


def _check_room(layout: _Layout, size: int, path: Path, name: str) -> None:
    """Every pixel must lie in the block, and rows must not lie within each other."""
    x, y = layout.dimensions[:2]
    item = layout.dtype.itemsize
    offsets = [int(channel.get("BytesInc") or 0) for channel in layout.channels]
    last = sum((part.count - 1) * part.step for part in layout.dimensions) + max(offsets) + item
    lowest = min(min(part.count for part in layout.dimensions), min(part.step for part in layout.dimensions) + 1)
    wrong = x.step < item or x.step % item or y.step % item or y.step < (x.count - 1) * x.step + item
    if lowest < 1 or min(offsets) < 0 or wrong or last > size:
        raise FormatError(path, f"declares {last} bytes of pixels in {name} but stores {size}", "Copy the file again.")


def _image(layout: _Layout, name: str, start: int, path: Path) -> ImageInfo:
    x, y = layout.dimensions[:2]
    bands = layout.size(_SPECTRA)
    tags = [channel.get("ChannelTag") for channel in layout.channels]
    bits = int(layout.channels[0].get("Resolution") or 8)
    return ImageInfo(
        name=name,
        size_x=x.count,
        size_y=y.count,
        size_z=layout.size(_SLICES),
        size_c=len(layout.channels),
        size_t=layout.size(_TIMES) * bands,
        pixel_type=pixel_type_of(layout.dtype, path),
        significant_bits=max(1, min(bits, layout.dtype.itemsize * 8)),
        dimension_order="XYCZT",
        is_rgb=tags == ["1", "2", "3"],
        index={
            "start": start,
            "steps": {
                "x": x.step, "y": y.step, "z": layout.step(_SLICES), "t": layout.step(_TIMES),
                "band": layout.step(_SPECTRA),
            },
            "channels": [int(channel.get("BytesInc") or 0) for channel in layout.channels],
            "bands": bands,
            "dtype": layout.dtype.str,
        },
    )  # fmt: skip
