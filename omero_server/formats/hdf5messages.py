"""The messages that make up an object of an HDF5 file: its type, extent, filters, attributes, links."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import FormatError

__all__ = ["Message", "attribute_of", "dataspace_of", "datatype_of", "filters_of", "link_of"]

_INTEGER, _FLOAT, _STRING = 0, 1, 3
_MOST_DIMENSIONS = 32
_LARGEST_SIDE = 1 << 40


@dataclass(slots=True)
class Message:
    """A message: its kind, its bytes, and where they lie in the file."""

    kind: int
    data: bytes
    at: int

    def unpack(self, layout: str, offset: int = 0) -> tuple[Any, ...]:
        """Values at `offset` of the message."""
        return struct.unpack_from(layout, self.data, offset)


def _damaged(path: Path, what: str) -> FormatError:
    return FormatError(path, f"has a damaged {what}", "The file is damaged: write it again.")


def dataspace_of(data: bytes, path: Path) -> tuple[int, ...]:
    """Sizes of the dimensions, slowest first."""
    if len(data) < 4 or data[0] not in (1, 2) or data[1] > _MOST_DIMENSIONS:
        raise _damaged(path, "extent of an array")
    try:
        shape: tuple[int, ...] = struct.unpack_from(f"<{data[1]}Q", data, 8 if data[0] == 1 else 4)
    except struct.error as error:
        raise _damaged(path, "extent of an array") from error
    if any(side > _LARGEST_SIDE for side in shape):
        raise _damaged(path, "extent of an array")
    return shape


def datatype_of(data: bytes, path: Path) -> np.dtype[Any] | None:
    """Type of numbers and fixed texts; None for others."""
    if len(data) < 8:
        raise _damaged(path, "type")
    kind, bits, size = data[0] & 15, data[1], struct.unpack_from("<I", data, 4)[0]
    order = ">" if bits & 1 else "<"
    if kind == _INTEGER and size in (1, 2, 4, 8):
        return np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}")
    if kind == _FLOAT and size in (4, 8):
        return np.dtype(f"{order}f{size}")
    return np.dtype(f"S{size}") if kind == _STRING and 0 < size <= 65536 else None


def filters_of(message: Message, path: Path) -> list[tuple[int, tuple[int, ...]]]:
    """Number and parameters of each filter, in the order of writing."""
    data, found = message.data, []
    version, count = data[0], data[1]
    at = 8 if version == 1 else 2
    try:
        for _ in range(count):
            number = struct.unpack_from("<H", data, at)[0]
            at += 2
            name = 0
            if version == 1 or number >= 256:
                name = struct.unpack_from("<H", data, at)[0]
                at += 2
            values = struct.unpack_from("<2xH", data, at)[0]
            at += 4 + (-(-name // 8) * 8 if version == 1 else name)
            found.append((int(number), struct.unpack_from(f"<{values}I", data, at)))
            at += 4 * values + (4 if version == 1 and values % 2 else 0)
    except struct.error as error:
        raise _damaged(path, "list of filters") from error
    return found


def link_of(message: Message, path: Path) -> tuple[str, int | None]:
    """Name and address of a member of a group; no address for links to other names or files."""
    data = message.data
    try:
        flags, at = data[1], 2
        kind = data[at] if flags & 8 else 0
        at += (1 if flags & 8 else 0) + (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
        width = 1 << (flags & 3)
        length = int.from_bytes(data[at : at + width], "little")
        name = data[at + width : at + width + length].decode("utf-8", "replace")
        return name, struct.unpack_from("<Q", data, at + width + length)[0] if kind == 0 else None
    except (struct.error, IndexError) as error:
        raise _damaged(path, "member of a group") from error


def attribute_of(message: Message, path: Path) -> tuple[str, Any]:
    """Name and value: a text, a number, a list of numbers; None for values of other types."""
    data = message.data
    try:
        version = data[0]
        sizes = struct.unpack_from("<3H", data, 2)
        at = 9 if version == 3 else 8
        parts = []
        for size in sizes:
            parts.append(data[at : at + size])
            at += -(-size // 8) * 8 if version == 1 else size
        name = parts[0].split(b"\0")[0].decode("utf-8", "replace")
        dtype, shape = datatype_of(parts[1], path), dataspace_of(parts[2], path)
    except (struct.error, IndexError) as error:
        raise _damaged(path, "attribute") from error
    count = int(np.prod(shape, dtype=object)) if shape else 1
    if dtype is None or count * dtype.itemsize > len(data) - at:
        return name, None
    values = np.frombuffer(data, dtype, count, at)
    if dtype.kind == "S":
        # Some programs write texts as arrays of single letters.
        return name, b"".join(values.tolist()).decode("utf-8", "replace")
    return name, values.tolist() if shape else values[0].item()
