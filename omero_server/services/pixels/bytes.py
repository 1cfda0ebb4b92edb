"""Pixels as the bytes that clients get: big-endian, x fastest, then y, z, c and t."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import omero
import omero._generated
from omero_server.pixels.buffer import PixelBuffer, RomioBuffer
from omero_server.rendering.metadata import PixelsInfo

__all__ = ["Extent", "big_endian", "check_size", "hypercube", "plane_bytes", "planes", "row_span", "span"]

Array = npt.NDArray[Any]

MAX_BYTES = 2**31 - 1


def big_endian(pixels: Array) -> bytes:
    """The pixels' bytes, big-endian."""
    if pixels.dtype.itemsize == 1:
        return pixels.tobytes()
    return pixels.byteswap().tobytes() if pixels.dtype.isnative else np.ascontiguousarray(pixels).tobytes()


def plane_bytes(buffer: PixelBuffer, z: int, c: int, t: int) -> bytes:
    """A whole plane; server-written ones go out as they are stored."""
    check_size(buffer.size_x * buffer.size_y * buffer.dtype.itemsize)
    return buffer.plane_data(z, c, t) if isinstance(buffer, RomioBuffer) else big_endian(buffer.plane(z, c, t))


@dataclass(frozen=True, slots=True)
class Extent:
    """Sizes in bytes of the parts of an image, and where they start."""

    row: int
    plane: int
    stack: int
    timepoint: int
    total: int

    @classmethod
    def of(cls, pixels: PixelsInfo | PixelBuffer) -> Extent:
        """Of the full size."""
        row = pixels.size_x * pixels.dtype.itemsize
        plane = row * pixels.size_y
        stack = plane * pixels.size_z
        timepoint = stack * pixels.size_c
        return cls(row, plane, stack, timepoint, timepoint * pixels.size_t)

    def offset(self, y: int = 0, z: int = 0, c: int = 0, t: int = 0) -> int:
        """Where the row begins."""
        return y * self.row + z * self.plane + c * self.stack + t * self.timepoint


def check_size(count: int) -> None:
    """ApiUsageException when so many bytes do not fit one answer."""
    if count > MAX_BYTES:
        raise omero.ApiUsageException(
            message=f"{count} bytes are more than one call can carry ({MAX_BYTES}). Ask for planes or tiles."
        )


def planes(buffer: PixelBuffer, zct: Sequence[tuple[int, int, int]]) -> bytes:
    """Whole planes one after the other."""
    size = buffer.size_x * buffer.size_y * buffer.dtype.itemsize
    check_size(size * len(zct))
    return b"".join(plane_bytes(buffer, z, c, t) for z, c, t in zct)


def row_span(buffer: PixelBuffer, z: int, c: int, t: int, offset: int, count: int) -> bytes:
    """``count`` pixels of a plane from pixel number ``offset`` on. IndexError outside of the plane."""
    width, item = buffer.size_x, buffer.dtype.itemsize
    if offset < 0 or count < 0 or offset + count > width * buffer.size_y:
        raise IndexError(f"pixels {offset}..{offset + count} of a plane of {width * buffer.size_y}")
    if not count:
        return b""
    first, last = offset // width, (offset + count - 1) // width
    rows = big_endian(buffer.region(z, c, t, 0, first, width, last - first + 1))
    start = (offset - first * width) * item
    return rows[start : start + count * item]


def span(buffer: PixelBuffer, offset: int, count: int) -> bytes:
    """``count`` bytes of the whole image from byte ``offset`` on. IndexError outside of the image."""
    extent = Extent.of(buffer)
    if offset < 0 or count < 0 or offset + count > extent.total:
        raise IndexError(f"bytes {offset}..{offset + count} of {extent.total}")
    check_size(count)
    parts: list[bytes] = []
    at, end = offset, offset + count
    while at < end:
        number, within = divmod(at, extent.plane)
        ct, z = divmod(number, buffer.size_z)
        t, c = divmod(ct, buffer.size_c)
        length = min(end - at, extent.plane - within)
        item = buffer.dtype.itemsize
        first, last = within // item, (within + length - 1) // item
        pixels = row_span(buffer, z, c, t, first, last - first + 1)
        parts.append(pixels[within - first * item :][:length])
        at += length
    return b"".join(parts)


def hypercube(buffer: PixelBuffer, offset: Sequence[int], size: Sequence[int], step: Sequence[int]) -> bytes:
    """Every ``step``-th pixel of a box in five dimensions; each list is in the order X, Y, Z, C, T.

    IndexError for a box outside of the image, lists of another length and steps below 1.
    """
    limits = buffer.size_x, buffer.size_y, buffer.size_z, buffer.size_c, buffer.size_t
    _check_box(limits, offset, size, step)
    counts = [-(-length // stride) for length, stride in zip(size, step, strict=True)]
    check_size(int(np.prod(counts, dtype=object)) * buffer.dtype.itemsize)
    out = np.empty(counts[::-1], buffer.dtype.newbyteorder(">"))
    ranges = [range(at, at + length, stride) for at, length, stride in zip(offset, size, step, strict=True)]
    (x, y), (w, h), (dx, dy) = offset[:2], size[:2], step[:2]
    for i, t in enumerate(ranges[4]):
        for j, c in enumerate(ranges[3]):
            for k, z in enumerate(ranges[2]):
                out[i, j, k] = buffer.region(z, c, t, x, y, w, h)[::dy, ::dx]
    return out.tobytes()


def _check_box(limits: Sequence[int], offset: Sequence[int], size: Sequence[int], step: Sequence[int]) -> None:
    if not len(offset) == len(size) == len(step) == len(limits):
        raise IndexError("offset, size and step each need five numbers, for X, Y, Z, C and T")
    for axis, limit, at, length, stride in zip("XYZCT", limits, offset, size, step, strict=True):
        if stride < 1:
            raise IndexError(f"the step along {axis} must be 1 at least, not {stride}")
        if at < 0 or length < 1 or at + length > limit:
            raise IndexError(f"{axis} from {at}, {length} long, where the size is {limit}")
