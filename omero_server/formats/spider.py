"""SPIDER images and stacks: a header of floats, pixels of floats (https://spider.wadsworth.org, image_doc)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from omero_server.formats.base import FormatError
from omero_server.formats.info import FilesetInfo, ImageInfo, Quantity
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["SpiderReader"]

_WORDS = 256
_PLAIN, _VOLUME = 1, 3
_LARGEST = 1 << 20
_TITLE = slice(844, 1004)


@dataclass(frozen=True, slots=True)
class _Header:
    order: str
    sizes: tuple[int, int, int]
    header: int
    stack: int
    """Images of a stack; 0 for a single one."""
    step: float
    title: str


class SpiderReader(StoredReader):
    """Images of electron microscopy; images of a stack are slices."""

    name = "spider"
    format = "Spider"
    suffixes = (".spi", ".spider", ".stk")

    @classmethod
    def detect(cls, path: Path) -> bool:
        return _header(path) is not None

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        header = _header(path)
        if header is None:
            raise FormatError(path, "is no SPIDER image")
        x, y, z = header.sizes
        strides = contiguous(4, "xyz", {"x": x, "y": y})
        if header.stack:
            strides[0] = header.header + 4 * x * y
        dtype = np.dtype(header.order + "f4")
        step: Quantity | None = (header.step, "Å") if header.step > 0 else None
        image = ImageInfo(
            name=path.name,
            size_x=x,
            size_y=y,
            size_z=header.stack or z,
            pixel_type="float",
            significant_bits=32,
            description=header.title or None,
            physical_size_x=step,
            physical_size_y=step,
            physical_size_z=step if z > 1 else None,
            metadata={"Title": header.title} if header.title else {},
            index=stored(dtype, strides, offset=header.header * (2 if header.stack else 1)),
        )
        cls.check(image, [path])
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])


def _header(path: Path) -> _Header | None:
    """The header in either byte order, if its sizes agree with each other; the format has no mark."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        data = file.read(4 * _WORDS)
    if len(data) < 4 * _WORDS:
        return None
    for order in "<>":
        words = struct.unpack(f"{order}{_WORDS}f", data)
        numbers = [words[at] for at in (0, 1, 11, 12, 21, 22)]
        if words[4] not in (_PLAIN, _VOLUME) or not all(one == abs(one) and one % 1 == 0 for one in numbers):
            continue
        z, y, x, records, length, record = (int(one) for one in numbers)
        fits = record == 4 * x and length == records * record and records == -(-4 * _WORDS // max(1, record))
        if not (fits and 0 < x < _LARGEST and 0 < y < _LARGEST and 0 < z < _LARGEST):
            continue
        stack = max(1, int(words[25])) if words[23] > 0 and 0 <= words[25] < _LARGEST else 0
        if stack and z > 1:
            return None
        step = words[37] if np.isfinite(words[37]) else 0.0
        return _Header(order, (x, y, z), length, stack, step, _text(data[_TITLE]))
    return None


def _text(data: bytes) -> str:
    text = data.split(b"\0")[0].decode("latin-1").strip()
    return text if text.isprintable() else ""
