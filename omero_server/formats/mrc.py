"""MRC and CCP4: volumes and movies of electron microscopes (`.mrc`, `.map`, `.st`, `.rec`, ...).

Rows are stored from the bottom of the picture to its top. Facts: the published MRC2014 format.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import FormatError, pixel_type_of
from omero_server.formats.info import FilesetInfo, ImageInfo, Quantity
from omero_server.formats.rawbytes import has_magic, read_at
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["MrcReader"]

_HEADER_BYTES = 1024
_MODES = {0: "i1", 1: "i2", 2: "f4", 4: "c8", 6: "u2", 7: "i4", 12: "f2", 16: "u1"}
_RGB = 16
_IMOD = 0x444F4D49
_VOLUME_STACKS = range(401, 631)
_MOST_PLANES = 5_000_000
_LARGEST_SIDE = 1 << 24


class MrcReader(StoredReader):
    """MRC of 2014 and before; half floats are not read."""

    name = "mrc"
    format = "MRC"
    suffixes = (".mrc", ".mrcs", ".map", ".ccp4", ".st", ".ali", ".rec", ".preali")

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file() or path.stat().st_size <= _HEADER_BYTES:
            return False
        # Files from before the year 2000 have no mark but their name; numbers must make sense in any case.
        if not has_magic(path, b"MAP", 208) and path.suffix.lower() not in cls.suffixes:
            return False
        head = read_at(path, 0, 92)
        return any(_plausible(head, order) for order in "<>")

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        head = read_at(path, 0, _HEADER_BYTES)
        order = ">" if head[212:213] == b"\x11" or not _plausible(head, "<") else "<"
        image = _image(head, order, path)
        cls.check(image, [path])
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image], metadata=_notes(head, order))


def _plausible(head: bytes, order: str) -> bool:
    width, height, depth, mode = struct.unpack_from(order + "4i", head)
    axes = struct.unpack_from(order + "3i", head, 64)
    sides = 0 < width < _LARGEST_SIDE and 0 < height < _LARGEST_SIDE and 0 < depth < _LARGEST_SIDE
    return sides and 0 <= mode <= 101 and (sorted(axes) == [1, 2, 3] or not any(axes))


def _type(head: bytes, order: str, path: Path) -> np.dtype[Any]:
    mode = struct.unpack_from(order + "i", head, 12)[0]
    if mode not in _MODES:
        raise FormatError(path, f"has pixels of mode {mode}", "Save it again with integers or floats.")
    kind = _MODES[mode]
    stamp, flags = struct.unpack_from(order + "2i", head, 152)
    # IMOD wrote bytes without a sign before it adopted the format of 2014.
    if mode == 0 and stamp == _IMOD and not flags & 1:
        kind = "u1"
    if kind == "f2":
        raise FormatError(path, "has pixels of half precision", "Save it again with 32-bit floats.")
    return np.dtype(order + kind)


def _image(head: bytes, order: str, path: Path) -> ImageInfo:
    width, height, depth, mode = struct.unpack_from(order + "4i", head)
    intervals = struct.unpack_from(order + "3i", head, 28)
    cell = struct.unpack_from(order + "3f", head, 40)
    group, extended = struct.unpack_from(order + "2i", head, 88)
    if not (0 < width < _LARGEST_SIDE and 0 < height < _LARGEST_SIDE and 0 < depth <= _MOST_PLANES) or extended < 0:
        raise FormatError(path, f"declares {depth} planes of {width}x{height} pixels")
    dtype, samples = _type(head, order, path), 3 if mode == _RGB else 1
    slices = intervals[2] if group in _VOLUME_STACKS and intervals[2] > 0 and depth % intervals[2] == 0 else depth
    sizes = {"c": samples, "x": width, "y": height, "z": slices, "t": depth // slices}
    strides = contiguous(dtype.itemsize, "cxyzt", sizes)
    spacings = [_spacing(length, count) for length, count in zip(cell, intervals, strict=True)]
    return ImageInfo(
        name=path.name,
        size_x=width,
        size_y=height,
        size_z=slices,
        size_c=samples,
        size_t=depth // slices,
        pixel_type=pixel_type_of(dtype, path),
        dimension_order="XYZTC" if samples == 1 else "XYCZT",
        is_rgb=samples == 3,
        physical_size_x=spacings[0],
        physical_size_y=spacings[1],
        physical_size_z=spacings[2],
        description="\n".join(_labels(head, order)) or None,
        index=stored(dtype, strides, offset=_HEADER_BYTES + extended, bottom_up=height),
    )


def _spacing(length: float, count: int) -> Quantity | None:
    """The cell is that many intervals long; in Ångström."""
    return (length / count, "Å") if math.isfinite(length) and length > 0 and count > 0 else None


def _labels(head: bytes, order: str) -> list[str]:
    count = min(10, max(0, struct.unpack_from(order + "i", head, 220)[0]))
    lines = (head[224 + 80 * n : 304 + 80 * n].split(b"\0")[0].decode("latin-1").strip() for n in range(count))
    return [line for line in lines if line]


def _notes(head: bytes, order: str) -> dict[str, str]:
    layout = {
        "Mode": (12, "i"), "Start": (16, "3i"), "Intervals": (28, "3i"), "Cell": (40, "3f"), "Angles": (52, "3f"),
        "Axes": (64, "3i"), "Minimum, maximum, mean": (76, "3f"), "Space group": (88, "i"),
        "Extended header bytes": (92, "i"), "Origin": (196, "3f"), "RMS": (216, "f"),
    }  # fmt: skip
    found = {}
    for key, (at, kind) in layout.items():
        found[key] = " ".join(f"{value:g}" for value in struct.unpack_from(order + kind, head, at))
    return found | {f"Label {number + 1}": text for number, text in enumerate(_labels(head, order))}
