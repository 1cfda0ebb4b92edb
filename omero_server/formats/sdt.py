"""Becker & Hickl SDT: time-correlated photon counts. Steps of the decay are time points, blocks are channels.

The steps of one pixel lie together. Facts: the description that its maker publishes with the SPCM software.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import FormatError, pixel_type_of
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo
from omero_server.formats.rawbytes import check_room, has_magic, read_at, unpack_at
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["SdtReader"]

_HEADER = "<hihihihiihhHIHH"
_VALID = b"\x55\x55"
_BLOCK = "<hiiHhII"
_TYPES = {0x000: "<u2", 0x100: "<u4", 0x200: "<f8"}
_ZIPPED = 0x1000
_MOST_BLOCKS = 10_000
_SECONDS_IN_PICOSECOND = 1e-12


class SdtReader(StoredReader):
    """SDT images."""

    name = "sdt"
    format = "SDT"
    suffixes = (".sdt",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        return has_magic(path, _VALID, 32) and has_magic(path, b"*IDENTIFICATION", 42)

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        header = _Header(*unpack_at(path, 0, _HEADER)[1:11])
        check_room(path, header.info_at, header.info_bytes)
        about = read_at(path, header.info_at, header.info_bytes).decode("latin-1")
        notes = _notes(about)
        blocks = _blocks(path, header)
        images: list[ImageInfo] = []
        for alike in _grouped(blocks):
            image = _image(path, alike)
            image.acquired = _moment(notes)
            image.description = notes.get("Contents") or None
            images.append(image)
        for number, image in enumerate(images):
            image.name = path.name if len(images) == 1 else f"{path.name} #{number + 1}"
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=notes)

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Any:
        # Each channel has a place of its own, so it is looked up as an image of one channel.
        place = self._info.images[series].index["blocks"][zct[1]]
        return self._stored(place, (zct[0], 0, zct[2]), region)


@dataclass(slots=True)
class _Header:
    info_at: int
    info_bytes: int
    setup_at: int
    setup_bytes: int
    data_at: int
    blocks: int
    block_bytes: int
    measures_at: int
    measures: int
    measure_bytes: int


@dataclass(slots=True)
class _Block:
    """A block of pixels of (steps, width, height, channels within it)."""

    start: int
    packing: str
    dtype: np.dtype[Any]
    sizes: tuple[int, int, int, int]
    step: float


def _notes(text: str) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs if key.strip() and value.strip()}


def _moment(notes: dict[str, str]) -> datetime | None:
    text = f"{notes.get('Date', '')} {notes.get('Time', '')}"
    for layout in ("%m-%d-%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(re.sub(r"[./]", "-", text), layout)
        except ValueError:
            continue
    return None


def _blocks(path: Path, header: _Header) -> list[_Block]:
    """All blocks, which form a chain."""
    if not 0 < header.blocks <= _MOST_BLOCKS:
        raise FormatError(path, f"declares {header.blocks} blocks of data")
    found, at = [], header.data_at
    for _ in range(header.blocks):
        _, start, following, kind, measure, _, length = unpack_at(path, at, _BLOCK)
        if not 0 <= measure < header.measures:
            raise FormatError(path, f"has a block of the unknown measurement {measure}")
        description = read_at(path, header.measures_at + measure * header.measure_bytes, header.measure_bytes)
        dtype = _TYPES.get(kind & 0xF00)
        if dtype is None:
            raise FormatError(path, f"has a block of the unknown type {kind:#x}")
        sizes, step = _dimensions(path, description, length // np.dtype(dtype).itemsize)
        place, packing = (_unzipped(path, start), "deflate") if kind & _ZIPPED else (start, "plain")
        found.append(_Block(place, packing, np.dtype(dtype), sizes, step))
        at = following
    return found


def _dimensions(path: Path, description: bytes, values: int) -> tuple[tuple[int, int, int, int], float]:
    """Steps, width, height and channels of a block, and the seconds of a step."""
    if len(description) < 189:
        raise FormatError(path, "describes its measurement with too few bytes")
    steps = struct.unpack_from("<h", description, 82)[0]
    spans = [struct.unpack_from("<2i", description, 173)]
    if len(description) >= 211 + 8:
        spans.append(struct.unpack_from("<2i", description, 211))
    for width, height in spans:
        pixels = steps * width * height
        if min(steps, width, height) > 0 and values >= pixels and values % pixels == 0:
            span, gain = struct.unpack_from("<f", description, 64)[0], struct.unpack_from("<h", description, 68)[0]
            seconds = span / gain / steps if gain > 0 and 0 < span < 1 else 0.0
            return (steps, width, height, values // pixels), seconds
    raise FormatError(path, "holds decay curves but no image", "Only images can be imported.")


def _unzipped(path: Path, start: int) -> int:
    """Where the packed bytes of a block begin, which is a zip archive of one file."""
    mark, method, name, extra = unpack_at(path, start, "<4s4xH16xHH")
    if mark != b"PK\3\4" or method != 8:
        raise FormatError(path, "has a block that is packed in an unknown way", "Save it again without compression.")
    return start + 30 + int(name) + int(extra)


def _grouped(blocks: list[_Block]) -> list[list[_Block]]:
    """Blocks of the same sizes are channels of one image."""
    groups: list[list[_Block]] = []
    for block in blocks:
        if groups and (groups[-1][0].sizes, groups[-1][0].dtype) == (block.sizes, block.dtype):
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _image(path: Path, blocks: list[_Block]) -> ImageInfo:
    first = blocks[0]
    steps, width, height, channels = first.sizes
    strides = contiguous(first.dtype.itemsize, "txyc", {"t": steps, "x": width, "y": height, "c": channels})
    places = [
        stored(first.dtype, strides, offset=strides[1] * channel, packing=block.packing, start=block.start)
        for block in blocks
        for channel in range(channels)
    ]
    image = ImageInfo(
        name=path.name,
        size_x=width,
        size_y=height,
        size_c=len(places),
        size_t=steps,
        pixel_type=pixel_type_of(first.dtype, path),
        dimension_order="XYZTC",
        time_increment=(first.step / _SECONDS_IN_PICOSECOND, "ps") if first.step > 0 else None,
        channels=[ChannelInfo(acquisition_mode="FluorescenceLifetime") for _ in places],
        index={"blocks": places},
    )
    for place in places:
        one = ImageInfo("", width, height, size_t=steps, index=place)
        SdtReader.check(one, [path])
    return image
