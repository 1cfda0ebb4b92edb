"""The tree of properties in an Olympus VSI file: groups, numbers, texts, quantities with units.

A group has a count of fields and the place of the first one; each field tells where the next is. What a tag means was
found by comparing files with what cellSens shows of them.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omero_server.formats.base import FormatError
from omero_server.formats.info import Quantity
from omero_server.formats.rawbytes import file_size, read_at

__all__ = ["Group", "notes_of", "read_properties"]

_START = 8
_MARK = 21321
_DEEPEST, _MOST_FIELDS = 40, 500_000
_LARGEST_FILE = 1 << 30
"""Pixels lie elsewhere, so the file itself is small."""
_SECOND_TAG, _EXTENDED, _INLINE, _TYPE = 1 << 27, 1 << 28, 1 << 30, 0xFFFFFF
_GROUPS = (0, 1, 2)
_NUMBERS = {1: "b", 2: "B", 3: "h", 4: "H", 5: "i", 6: "I", 7: "q", 8: "Q", 9: "f", 10: "d", 12: "?", 14: "I"}
_TEXTS = (13, 8192)
_LISTS = {256: "i", 259: "i", 260: "d", 268: "d", 8195: "i", 8199: "d", 8200: "i"}
_UNIT, _VALUE = 268435456, 268435458
_PREFIXES = {"10^-6m^1": "µm", "10^-9m^1": "nm", "10^-3s^1": "ms", "10^-6s^1": "µs", "10^0s^1": "s", "10^-3m^1": "mm"}


_NAMES = {
    11: "File Name", 12: "Original Path", 15: "User", 16: "Description", 34: "Product Name", 35: "Product Version",
    2003: "Sizes", 2015: "Creation Time", 2019: "Pixel Size", 2020: "Pixel Unit", 2021: "Channel Name",
    2030: "Stack Name", 2053: "Rectangle", 2419: "Dye", 100002: "Exposure Time", 120060: "Objective Magnification",
    120061: "Objective Aperture", 120063: "Objective Type", 120065: "Objective Name", 120079: "Refractive Index",
    120116: "Device Name", 120129: "Device Serial", 120132: "Device Subtype", 120133: "Device Manufacturer",
}  # fmt: skip
_MOST_NOTES, _LONGEST_NOTE = 5_000, 2_000


@dataclass(slots=True)
class Group:
    """Fields in the order of the file: tag, second tag (None without), value; a value may be a group."""

    fields: list[tuple[int, int | None, Any]] = field(default_factory=list)

    def groups(self, tag: int) -> list[Group]:
        """Groups of a tag, in order of their second tags."""
        found = [(second or 0, value) for name, second, value in self.fields if name == tag]
        return [value for _, value in sorted(found, key=lambda item: item[0]) if isinstance(value, Group)]

    def get(self, tag: int) -> Any:
        """Value of the first field with this tag."""
        return next((value for name, _, value in self.fields if name == tag), None)

    def walk(self) -> Iterator[tuple[int, Any]]:
        """All fields that are no groups, of this group and those in it."""
        for tag, _, value in self.fields:
            if isinstance(value, Group):
                yield from value.walk()
            else:
                yield tag, value

    def first(self, tag: int) -> Any:
        """The first value of this tag here or in a group within."""
        return next((value for name, value in self.walk() if name == tag), None)

    def find(self, tag: int) -> Group | None:
        """The first group of this tag here or within."""
        for name, _, value in self.fields:
            if isinstance(value, Group):
                if name == tag:
                    return value
                found = value.find(tag)
                if found is not None:
                    return found
        return None

    def quantity(self, tag: int) -> Quantity | None:
        """A number and its unit."""
        found = self.find(tag)
        if found is None:
            return None
        value, unit = found.get(_VALUE), _PREFIXES.get(str(found.get(_UNIT) or "").replace(" ", ""))
        return (value, unit) if isinstance(value, float) and math.isfinite(value) and unit else None


def read_properties(path: Path) -> Group:
    """The tree of a file. FormatError when it is damaged."""
    size = file_size(path)
    if size > _LARGEST_FILE:
        raise FormatError(path, f"has {size} bytes of properties")
    return _Tree(path, read_at(path, 0, size)).group(_START, 0)


class _Tree:
    def __init__(self, path: Path, data: bytes) -> None:
        self._path, self._data, self._fields = path, data, 0

    def group(self, at: int, depth: int) -> Group:
        """The group at `at`, and all in it."""
        if depth > _DEEPEST or at + 24 > len(self._data):
            raise FormatError(self._path, f"has no properties at byte {at}", "The file is damaged: copy it again.")
        mark, first, count = struct.unpack_from("<2xhxxxxqi4x", self._data, at)
        if mark != _MARK:
            raise FormatError(self._path, f"has no properties at byte {at}", "The file is damaged: copy it again.")
        found, place = Group(), at + first
        for _ in range(count & 0xFFFFFFF):
            following = self._field(place, found, depth)
            if not following:
                break
            place = at + following
        return found

    def _field(self, place: int, found: Group, depth: int) -> int:
        """Add the field at `place`; returns where the next one is, counted from the group."""
        self._fields += 1
        if self._fields > _MOST_FIELDS or not 0 <= place <= len(self._data) - 16:
            raise FormatError(self._path, "has properties that never end", "The file is damaged: copy it again.")
        kind, tag, following, size = struct.unpack_from("<IiIi", self._data, place)
        place += 16
        second = None
        if kind & _SECOND_TAG:
            second = struct.unpack("<i", self._data[place : place + 4].ljust(4, b"\0"))[0]
            place += 4
        real = kind & _TYPE
        value: Any = None
        if kind & _EXTENDED:
            value = self.group(place, depth + 1) if real in _GROUPS and place + 24 <= len(self._data) else None
        elif kind & _INLINE:
            value = size
        elif 0 <= size <= len(self._data) - place:
            value = _value(real, self._data[place : place + size])
        found.fields.append((tag, second, value))
        return int(following)


def _value(kind: int, data: bytes) -> Any:
    """A number, a text or a list; None for anything else."""
    if kind in _TEXTS:
        return data.decode("utf-16-le", "replace").rstrip("\0 ")
    code = _NUMBERS.get(kind)
    if code is not None:
        return struct.unpack_from("<" + code, data)[0] if len(data) >= struct.calcsize(code) else None
    code = _LISTS.get(kind)
    if code is None or len(data) > 4096:
        return None
    return list(struct.unpack_from(f"<{len(data) // struct.calcsize(code)}{code}", data))


def notes_of(properties: Group) -> dict[str, str]:
    """Original metadata; of the second of a kind `<name> #2`."""
    found: dict[str, str] = {}
    seen: dict[str, int] = {}
    for tag, value in properties.walk():
        name = _NAMES.get(tag)
        if name is None or value in (None, "", []) or len(found) == _MOST_NOTES:
            continue
        seen[name] = seen.get(name, 0) + 1
        text = " ".join(str(item) for item in value) if isinstance(value, list) else str(value)
        found[name if seen[name] == 1 else f"{name} #{seen[name]}"] = text[:_LONGEST_NOTE]
    return found
