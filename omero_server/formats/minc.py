"""MINC volumes: version 1 (netCDF) and version 2 (HDF5). Values as stored; the last axis of the file is X.

The first row of the file is the bottom of the picture: Y grows upwards (towards the front of the head).

netCDF ("classic") is a header of dimensions and variables; values lie behind it in one piece, the highest byte first.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import Array, FormatError, decoding, pixel_type_of
from omero_server.formats.hdf5 import Hdf5File, is_hdf5
from omero_server.formats.hdf5arrays import check_array
from omero_server.formats.hdf5reader import Hdf5Reader, number, positive
from omero_server.formats.info import FilesetInfo, ImageInfo, Quantity
from omero_server.formats.rawbytes import file_size, has_magic, read_at
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["Minc1Reader", "Minc2Reader"]

_LONGEST_HEADER = 16 << 20
_DIMENSIONS, _VARIABLES, _ATTRIBUTES = 10, 11, 12
_TYPES = {1: "i1", 2: "S1", 3: ">i2", 4: ">i4", 5: ">f4", 6: ">f8"}
_IMAGE = "minc-2.0/image/0/image"
_AXES = "xyzt"
_UNITS = {"mm": "mm", "millimeters": "mm", "um": "µm", "cm": "cm", "m": "m"}


@dataclass(slots=True)
class _Variable:
    axes: list[int]
    attributes: dict[str, Any]
    kind: int
    begin: int


@dataclass(slots=True)
class _Classic:
    """A netCDF header."""

    dimensions: list[tuple[str, int]] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, _Variable] = field(default_factory=dict)


class Minc1Reader(StoredReader):
    """Volumes in netCDF."""

    name = "minc1"
    format = "MINC"
    suffixes = (".mnc",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        return (has_magic(path, b"CDF\1") or has_magic(path, b"CDF\2")) and path.suffix.lower() == ".mnc"

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        with decoding(path, "reading the netCDF header"):
            header = _parse(read_at(path, 0, min(file_size(path), _LONGEST_HEADER)))
        image = header.variables.get("image")
        if image is None or image.kind not in _TYPES or image.kind == 2:
            raise FormatError(path, "has no image of a known type")
        axes = [header.dimensions[axis] for axis in image.axes]
        dtype = np.dtype(_TYPES[image.kind])
        signed = str(image.attributes.get("signtype", "unsigned" if image.kind == 1 else "signed")).startswith("signed")
        if dtype.kind == "i" and not signed:
            dtype = np.dtype(dtype.str.replace("i", "u"))
        found = _image(path, axes, dtype)
        found.metadata = {
            key: str(value) for key, value in (header.attributes | image.attributes).items() if value != ""
        }
        _calibrate(found, axes, {name: variable.attributes for name, variable in header.variables.items()})
        sizes = dict(zip(_AXES, (found.size_x, found.size_y, found.size_z, found.size_t), strict=True))
        strides = contiguous(dtype.itemsize, _AXES, sizes)
        found.index = stored(dtype, strides, offset=image.begin, bottom_up=found.size_y)
        cls.check(found, [path])
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [found])


class Minc2Reader(Hdf5Reader):
    """Volumes in HDF5. `ImageInfo.index`: how many axes the array has."""

    name = "minc2"
    format = "MINC"
    suffixes = (".mnc",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not is_hdf5(path):
            return False
        try:
            return Hdf5File(path).find(_IMAGE) is not None
        except FormatError:
            return path.suffix.lower() == ".mnc"

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        file = Hdf5File(path)
        with decoding(path, "reading the HDF5 headers"):
            node, place = file.get(_IMAGE), file.array(_IMAGE)
            check_array(place, path)
            names = [one.strip() for one in str(node.attributes.get("dimorder", "")).strip("\0").split(",")]
            if len(names) != len(place.shape):
                names = ["time", "zspace", "yspace", "xspace"][-len(place.shape) :]
            axes = list(zip(names, place.shape, strict=True))
            image = _image(path, axes, place.dtype)
            nodes = {name: file.find(f"minc-2.0/dimensions/{name}") for name in names}
            _calibrate(image, axes, {name: one.attributes for name, one in nodes.items() if one is not None})
            image.metadata = {
                key: str(value) for key, value in node.attributes.items() if isinstance(value, str | float)
            }
        image.index = len(axes)
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        outer = {2: (), 3: (zct[0],), 4: (zct[2], zct[0])}[self._info.images[0].index]
        x, y, w, h = region
        return self._plane(_IMAGE, outer, (x, self._info.images[0].size_y - y - h, w, h))[::-1]


def _image(path: Path, axes: list[tuple[str, int]], dtype: np.dtype[Any]) -> ImageInfo:
    """Axes from the slowest to the fastest: t, z, y, x, of which the first may be missing."""
    sizes = [size for _, size in axes]
    if not 2 <= len(sizes) <= 4 or min(sizes) < 1 or max(sizes) >= 2**31:
        raise FormatError(path, f"has axes of sizes {sizes[:8]}")
    t, z, y, x = [1] * (4 - len(sizes)) + sizes
    return ImageInfo(
        name=path.name,
        size_x=x,
        size_y=y,
        size_z=z,
        size_t=t,
        dimension_order="XYZTC",
        pixel_type=pixel_type_of(dtype, path),
        significant_bits=dtype.itemsize * 8,
    )


def _calibrate(image: ImageInfo, axes: list[tuple[str, int]], attributes: dict[str, dict[str, Any]]) -> None:
    """Steps of the axes."""
    found: list[Quantity | None] = []
    for name, _ in reversed(axes):
        mine = attributes.get(name, {})
        told = number(mine.get("step"))
        step = positive(abs(told)) if told is not None else None
        unit = _UNITS.get(str(mine.get("units", "mm")).strip("\0 "))
        found.append((step, unit) if step and unit and name != "time" else None)
    found += [None, None]
    image.physical_size_x, image.physical_size_y, image.physical_size_z = found[:3]


class _Cursor:
    """Big-endian words of a header, one after the other; all is filled up to four bytes."""

    def __init__(self, data: bytes, wide: bool) -> None:
        self._data, self._at, self._wide = data, 4, wide

    def word(self) -> int:
        self._at += 4
        return int(struct.unpack_from(">I", self._data, self._at - 4)[0])

    def place(self) -> int:
        return self.word() << 32 | self.word() if self._wide else self.word()

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise ValueError("the header ends early")
        start, self._at = self._at, self._at + -(-count // 4) * 4
        return self._data[start : start + count]

    def name(self) -> str:
        return self.take(self.word()).decode("latin-1")

    def count(self, tag: int) -> int:
        """How many items of a list follow: none when it is absent."""
        found, count = self.word(), self.word()
        if found not in (0, tag) or count > len(self._data):
            raise ValueError(f"a list of kind {found} where {tag} is expected")
        return count if found else 0

    def attributes(self) -> dict[str, Any]:
        """Texts, and the first of numbers."""
        found: dict[str, Any] = {}
        for _ in range(self.count(_ATTRIBUTES)):
            name, kind, count = self.name(), self.word(), self.word()
            dtype = np.dtype(_TYPES[kind])
            data = self.take(count * dtype.itemsize)
            if kind == 2:
                found[name] = data.decode("latin-1").strip("\0 \n")
            elif count:
                found[name] = np.frombuffer(data, dtype)[0].item()
        return found


def _parse(data: bytes) -> _Classic:
    cursor, header = _Cursor(data, data[3] == 2), _Classic()
    cursor.word()
    for _ in range(cursor.count(_DIMENSIONS)):
        header.dimensions.append((cursor.name(), cursor.word()))
    header.attributes = cursor.attributes()
    for _ in range(cursor.count(_VARIABLES)):
        name, rank = cursor.name(), cursor.word()
        axes = [cursor.word() for _ in range(min(rank, 64))]
        variable = _Variable(axes, cursor.attributes(), cursor.word(), 0)
        cursor.word()
        variable.begin = cursor.place()
        header.variables[name] = variable
    return header
