"""Zeiss ZVI of AxioVision: a compound file with an item for each plane. Tiles of a mosaic are images.

`ImageInfo.index` is a dict: `items`, by time, slice and channel the number of the item; `dtype`; `samples`; `packing`.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from omero_server.formats.base import Array, FormatError, Reader, decoding, pixel_type_of
from omero_server.formats.compound import CompoundFile, Stream, is_compound
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo, PlaneInfo
from omero_server.formats.rawbytes import MAX_PIECE_BYTES, PieceCache
from omero_server.formats.zvitags import (
    TagValues,
    describe_channel,
    describe_image,
    describe_plane,
    moment_of,
    named,
    tags_of,
    variants,
)

__all__ = ["ZviReader"]

_ITEM = re.compile(r"Image/Item\((\d{1,7})\)/Contents")
_PIXELS = {1: ("u1", 3), 2: ("u1", 4), 3: ("u1", 1), 4: ("<u2", 1), 5: ("<i4", 1), 6: ("<f4", 1), 7: ("<f8", 1),
           8: ("<u2", 3), 11: ("<i4", 3)}  # fmt: skip
"""Type and samples by pixel format; samples are stored as blue, green, red, alpha."""
_COORDINATE_BYTES = 128
_HEAD = 4096
_MOST_TAGGED = 5000
_MARK = 0x10002000
_LONGEST_TAGS = 16 << 20


@dataclass(frozen=True, slots=True)
class _Item:
    """A plane: number, place (z, c, t, tile), width, height, pixel format, offset of its pixels, packing."""

    number: int
    place: tuple[int, int, int, int]
    width: int
    height: int
    pixels: int
    offset: int
    packing: str


class ZviReader(Reader):
    """ZVI."""

    name = "zvi"
    format = "ZeissZVI"
    suffixes = (".zvi",)

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._cache = PieceCache()
        self._compound: CompoundFile | None = None

    @classmethod
    def detect(cls, path: Path) -> bool:
        return path.suffix.lower() in cls.suffixes and is_compound(path)

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        with decoding(path, "reading its parts"):
            compound = CompoundFile(path)
            items = _items(compound, path)
            tags = _tags(compound, "Image/Tags/Contents")
            tiles = sorted({item.place[3] for item in items})
            images = [_image(compound, [item for item in items if item.place[3] == tile], path) for tile in tiles]
            for number, image in enumerate(images):
                describe_image(image, tags, image.index.pop("tags"))
                image.name = path.name if len(images) == 1 else f"{path.name} (tile {number + 1})"
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=named(tags))

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        index: dict[str, Any] = image.index
        samples, dtype = index["samples"], np.dtype(index["dtype"])
        channel, sample = divmod(zct[1], samples)
        stored = image.size_c // samples
        number, offset = index["items"][(zct[2] * image.size_z + zct[0]) * stored + channel]
        x, y, w, h = region
        stream, row = self._stream(number), image.size_x * samples * dtype.itemsize
        if index["packing"] == "plain":
            part = np.frombuffer(stream.read(offset + y * row, h * row), dtype)
            rows = part.reshape(h, image.size_x, samples)[:, x : x + w]
        else:
            shape = image.size_y, image.size_x, samples
            whole = self._cache.get(number, lambda: _decoded(stream, offset, index["packing"], dtype, shape))
            rows = whole[y : y + h, x : x + w]
        # JPEG comes out red first, all else is stored blue first.
        turned = samples >= 3 and sample < 3 and index["packing"] != "jpeg"
        return rows[..., 2 - sample if turned else sample]

    def _stream(self, number: int) -> Stream:
        with self._lock:
            if self._compound is None:
                self._compound = CompoundFile(self._info.entry)
            return self._compound.open(f"Image/Item({number})/Contents")

    def close(self) -> None:
        self._cache.clear()


def _items(compound: CompoundFile, path: Path) -> list[_Item]:
    """All planes; their pixels lie in the file, and they have one size and format."""
    numbers = sorted(int(match[1]) for match in map(_ITEM.fullmatch, compound.names) if match)
    items = [item for number in numbers if (item := _item(compound, number, path)) is not None]
    kinds = {(item.width, item.height, item.pixels, item.packing) for item in items}
    if len(kinds) != 1:
        raise FormatError(path, "holds no planes, or planes of different sizes", "Export it from AxioVision again.")
    return items


def _item(compound: CompoundFile, number: int, path: Path) -> _Item | None:
    """An item; None for one that is no plane."""
    stream = compound.open(f"Image/Item({number})/Contents")
    data = stream.read(0, min(stream.size, _HEAD))
    values = variants(data)
    places = [value for _, value in values if isinstance(value, bytes) and len(value) == _COORDINATE_BYTES]
    sizes = [value for _, value in values[4:6]]
    if not places or not all(isinstance(size, int) and 0 < size < 1 << 24 for size in sizes):
        return None
    at = data.find(struct.pack("<3I", _MARK, *sizes))
    if at < 0 or at + 40 > len(data):
        raise FormatError(path, f"has a plane {number} without pixels", "The file is damaged: copy it again.")
    width, height, _, _, pixels = struct.unpack_from("<5I", data, at + 4)
    if pixels not in _PIXELS:
        raise FormatError(path, f"has pixels of the unknown format {pixels}", "Export it from AxioVision as OME-TIFF.")
    kind, samples = _PIXELS[pixels]
    start = at + 28
    needed = width * height * samples * np.dtype(kind).itemsize
    packing = {b"WZL": "zlib", b"\xff\xd8\xff": "jpeg"}.get(data[start : start + 3], "plain")
    if (packing == "plain" and start + needed <= stream.size) or (packing != "plain" and needed <= MAX_PIECE_BYTES):
        z, c, t, _, tile = struct.unpack_from("<5i", places[0], 8)
        return _Item(number, (z, c, t, tile), width, height, pixels, start, packing)
    raise FormatError(path, f"declares {needed} bytes of pixels in plane {number} but stores fewer", "Copy it again.")


def _tags(compound: CompoundFile, name: str) -> TagValues:
    if name not in compound:
        return {}
    stream = compound.open(name)
    return tags_of(stream.read(0, min(stream.size, _LONGEST_TAGS)))


def _image(compound: CompoundFile, items: list[_Item], path: Path) -> ImageInfo:
    first = items[0]
    places = [sorted({item.place[axis] for item in items}) for axis in range(3)]
    size_z, stored, size_t = (len(numbers) for numbers in places)
    ranks = [{number: rank for rank, number in enumerate(numbers)} for numbers in places]
    at = {tuple(ranks[axis][item.place[axis]] for axis in range(3)): item for item in items}
    if len(at) != len(items) or len(items) != size_z * stored * size_t:
        raise FormatError(path, f"should have {size_z * stored * size_t} planes but has {len(items)}", "Copy it again.")
    kind, samples = _PIXELS[first.pixels]
    order = [(z, c, t) for t in range(size_t) for z in range(size_z) for c in range(stored)]
    tagged = {place: _tags(compound, f"Image/Item({at[place].number})/Tags/Contents") for place in order[:_MOST_TAGGED]}
    image = ImageInfo(
        name=path.name,
        size_x=first.width,
        size_y=first.height,
        size_z=size_z,
        size_c=stored * samples,
        size_t=size_t,
        pixel_type=pixel_type_of(np.dtype(kind), path),
        dimension_order="XYCZT",
        is_rgb=samples > 1,
        index={
            "items": [[at[place].number, at[place].offset] for place in order], "dtype": kind, "samples": samples,
            "packing": first.packing, "tags": tagged[order[0]],
        },
    )  # fmt: skip
    _describe_planes(image, tagged, samples)
    return image


def _describe_planes(image: ImageInfo, tagged: dict[tuple[int, int, int], TagValues], samples: int) -> None:
    """Channels from the first plane of each, and all planes."""
    channels: list[ChannelInfo] = []
    for c in range(image.size_c):
        channel = describe_channel(tagged.get((0, c // samples, 0), {}))
        if samples > 1:
            channel.color, channel.samples_per_pixel = None, samples
        channels.append(channel)
    image.channels = channels
    start = min((moment for tags in tagged.values() if (moment := moment_of(tags))), default=None)
    for (z, c, t), tags in tagged.items():
        for sample in range(samples):
            plane = PlaneInfo(z, c * samples + sample, t)
            describe_plane(plane, tags, start)
            if (plane.delta_t, plane.exposure_time, plane.position_x) != (None,) * 3:
                image.planes.append(plane)


def _decoded(stream: Stream, offset: int, packing: str, dtype: np.dtype[Any], shape: tuple[int, int, int]) -> Array:
    """All of a packed plane."""
    data = stream.read(offset, stream.size - offset)
    if packing == "jpeg":
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
            found: tuple[Any, Any] = picture.size
        if found != (shape[1], shape[0]):
            raise ValueError(f"a picture of {found} pixels where {(shape[1], shape[0])} are declared")
        return np.asarray(imagecodecs.jpeg_decode(data)).reshape(shape)
    needed = int(np.prod(shape)) * dtype.itemsize
    plain = zlib.decompressobj().decompress(data[8:], needed)
    return np.frombuffer(plain, dtype, int(np.prod(shape))).reshape(shape)
