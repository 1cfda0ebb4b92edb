"""Micro-Manager NDTiff: `NDTiff.index` names file, place and axes of each picture; axes are `channel`, `z`, `time`.

Pictures that differ in other axes (positions, rows, columns) are different images. `ImageInfo.index`: `dtype`,
`samples`, and `planes` by t, c, z: number of the file and place of the pixels, or None for one that was not taken.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import PIXEL_DTYPES, Array, FormatError, Reader, pixel_type_of
from omero_server.formats.flat import flat
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo, PlaneInfo, Quantity, check_planes
from omero_server.formats.rawbytes import beside, check_room, file_size, has_magic, plane_region, read_at

__all__ = ["NdTiffReader"]

_INDEX = "NDTiff.index"
_LARGEST_INDEX = 1 << 30
_LONGEST = 1 << 20
_TYPES = {0: ("u1", 1, 8), 1: ("<u2", 1, 16), 2: ("u1", 3, 8), 3: ("<u2", 1, 10), 4: ("<u2", 1, 12), 5: ("<u2", 1, 14),
          6: ("<u2", 1, 11)}  # fmt: skip
"""Type, samples and bits by the code of the index."""
_SUMMARY = struct.pack("<I", 2355492)
_MOST_PARSED = 5000
"""Pictures whose own notes are read for times and places."""


@dataclass(slots=True)
class _Entry:
    """A picture; values of axes as they are written."""

    axes: dict[str, Any]
    file: str
    place: int
    width: int
    height: int
    kind: int
    notes: tuple[int, int]


class NdTiffReader(Reader):
    """Data sets of Micro-Manager's acquisition engine (pycro-manager) at full resolution."""

    name = "ndtiff"
    format = "MicroManager"
    suffixes = (".index",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        if path.name == _INDEX:
            return path.is_file()
        return "_NDTiffStack" in path.name and path.with_name(_INDEX).is_file() and has_magic(path, b"II")

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        file_size(path)
        return _files(path.with_name(_INDEX), _entries(path.with_name(_INDEX)))

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        file_size(path)
        index = path.with_name(_INDEX)
        entries = _entries(index)
        files = _files(index, entries)
        for file in files[1:]:
            file_size(file)
        groups: dict[str, list[_Entry]] = {}
        for entry in entries:
            other = {axis: value for axis, value in entry.axes.items() if axis not in ("channel", "z", "time")}
            groups.setdefault(json.dumps(other, sort_keys=True), []).append(entry)
        images = [_image(group, files, name if len(groups) > 1 else "") for name, group in groups.items()]
        return FilesetInfo(cls.format, cls.name, cls.version, files, images, metadata=_summary(files[1]))

    def pixel_files(self) -> list[set[Path]]:
        found = []
        for image in self._info.images:
            planes = [plane for times in image.index["planes"] for channels in times for plane in channels if plane]
            found.append({self._info.used_files[number] for number, _ in planes})
        return found

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        index: dict[str, Any] = image.index
        samples, (z, c, t) = index["samples"], zct
        plane = index["planes"][t][c // samples][z]
        if plane is None:
            return np.zeros((region[3], region[2]), PIXEL_DTYPES[image.pixel_type])
        shape = image.size_y, image.size_x
        path = self._info.used_files[plane[0]]
        pixels = plane_region(path, plane[1], np.dtype(index["dtype"]), shape, region, samples)
        return pixels if samples == 1 else pixels[..., c % samples]


def _entries(index: Path) -> list[_Entry]:
    """All pictures; the last line of a run that was broken off may be missing its end."""
    if file_size(index) > _LARGEST_INDEX:
        raise FormatError(index, "is larger than an index can be")
    data, at, found = index.read_bytes(), 0, list[_Entry]()
    while at < len(data):
        axes, at = _text(data, at, index)
        file, at = _text(data, at, index)
        if at + 32 > len(data):
            raise FormatError(index, f"is truncated at byte {at}", "Copy it again.")
        place, width, height, kind, packing, *notes = struct.unpack_from("<8I", data, at)
        at += 32
        values = _json(axes)
        if not isinstance(values, dict) or not file or not (0 < width < 2**20 and 0 < height < 2**20):
            raise FormatError(index, f"is damaged before byte {at}", "Copy it again.")
        if kind not in _TYPES or packing:
            raise FormatError(index, f"has pixels of the kind {kind}, packed as {packing}, which is not known here")
        found.append(_Entry(values, file, place, width, height, kind, (notes[0], notes[1])))
    if not found:
        raise FormatError(index, "names no pictures")
    return found


def _text(data: bytes, at: int, index: Path) -> tuple[str, int]:
    """A text behind its length, and where it ends."""
    length = int.from_bytes(data[at : at + 4], "little")
    if at + 4 + length > len(data) or length > _LONGEST:
        raise FormatError(index, f"is truncated at byte {at}", "Copy it again.")
    return data[at + 4 : at + 4 + length].decode("utf-8", "replace"), at + 4 + length


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _files(index: Path, entries: list[_Entry]) -> list[Path]:
    return [index, *(beside(index, name) for name in dict.fromkeys(entry.file for entry in entries))]


def _summary(path: Path) -> dict[str, str]:
    """Notes of the data set in the head of its first file; newer versions have another number before them."""
    head = read_at(path, 0, min(file_size(path), 40))
    at = head.find(_SUMMARY)
    if at < 0 or at + 8 > len(head):
        return {}
    length = int.from_bytes(head[at + 4 : at + 8], "little")
    notes = _json(read_at(path, at + 8, length)) if at + 8 + length <= file_size(path) else None
    return flat(notes) if isinstance(notes, dict) else {}


def _order(values: set[Any]) -> list[Any]:
    return sorted(values, key=lambda value: (isinstance(value, str), value))


def _image(entries: list[_Entry], files: list[Path], other: str) -> ImageInfo:
    first = entries[0]
    numbers = {path.name: number for number, path in enumerate(files)}
    axes = {axis: _order({_value(entry, axis) for entry in entries}) for axis in ("time", "channel", "z")}
    sizes = [len(values) for values in axes.values()]
    check_planes(math.prod(sizes), len(entries))
    planes: list[list[list[list[int] | None]]] = [[[None] * sizes[2] for _ in range(sizes[1])] for _ in range(sizes[0])]
    code, samples, bits = _TYPES[first.kind]
    dtype = np.dtype(code)
    notes: dict[tuple[int, int, int], dict[str, Any]] = {}
    for entry in entries:
        if (entry.width, entry.height, entry.kind) != (first.width, first.height, first.kind):
            raise FormatError(files[0], "has pictures of different sizes in one image", "Export them apart.")
        t, c, z = (values.index(_value(entry, axis)) for axis, values in axes.items())
        number = numbers[Path(entry.file).name]
        check_room(files[number], entry.place, first.width, first.height, samples, dtype.itemsize)
        planes[t][c][z] = [number, entry.place]
        if len(notes) < _MOST_PARSED:
            notes[z, c, t] = _notes(files[number], entry)
    image = ImageInfo(
        name=_name(files[0].parent, other),
        size_x=first.width,
        size_y=first.height,
        size_z=sizes[2],
        size_c=sizes[1] * samples,
        size_t=sizes[0],
        dimension_order="XYCZT",
        pixel_type=pixel_type_of(dtype, files[0]),
        significant_bits=bits,
        is_rgb=samples > 1,
        index={"dtype": dtype.str, "samples": samples, "planes": planes},
    )
    _describe(image, notes, axes["channel"], samples)
    return image


def _name(folder: Path, other: str) -> str:
    """Of the data set, and of what is special about the image."""
    name = folder.parent.name if folder.name == "Full resolution" else folder.name
    told = ", ".join(f"{axis} {value}" for axis, value in json.loads(other).items()) if other else ""
    return f"{name} [{told}]" if told else name


def _value(entry: _Entry, axis: str) -> Any:
    value = entry.axes.get(axis, 0)
    return value if isinstance(value, int | str) else str(value)


def _notes(path: Path, entry: _Entry) -> dict[str, Any]:
    at, length = entry.notes
    if not 0 < length <= _LONGEST or at + length > file_size(path):
        return {}
    found = _json(read_at(path, at, length))
    return found if isinstance(found, dict) else {}


def _describe(
    image: ImageInfo, notes: dict[tuple[int, int, int], dict[str, Any]], channels: list[Any], samples: int
) -> None:
    """Names, pixel size, times and places from the notes of the pictures."""
    first = next(iter(notes.values()), {})
    size = _quantity(first, "PixelSizeUm", "µm") or _quantity(first, "PixelSize_um", "µm")
    image.physical_size_x = image.physical_size_y = size if size and size[0] > 0 else None
    names = {c: str(one["Channel"]) for (_, c, _), one in notes.items() if one.get("Channel")}
    image.channels = [
        ChannelInfo(value if isinstance(value, str) else names.get(number), samples_per_pixel=samples)
        for number, value in enumerate(channels) for _ in range(samples)
    ]  # fmt: skip
    bits = first.get("BitDepth")
    if isinstance(bits, int) and 0 < bits <= (image.significant_bits or 0):
        image.significant_bits = bits
    image.metadata = flat(first)
    image.planes = [
        _plane(one, (z, c * samples + sample, t))
        for (z, c, t), one in notes.items() if one for sample in range(samples)
    ]  # fmt: skip


def _plane(notes: dict[str, Any], zct: tuple[int, int, int]) -> PlaneInfo:
    x, y, z = (_quantity(notes, f"{axis}PositionUm", "µm") for axis in "XYZ")
    return PlaneInfo(*zct, _quantity(notes, "ElapsedTime-ms", "ms"), _quantity(notes, "Exposure", "ms"), x, y, z)


def _quantity(notes: dict[str, Any], key: str, unit: str) -> Quantity | None:
    try:
        value = float(notes.get(key, ""))
    except (TypeError, ValueError):
        return None
    return (value, unit) if abs(value) < float("inf") else None
