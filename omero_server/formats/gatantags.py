"""Tags of Gatan DigitalMicrograph files (DM3, DM4): a tree of groups, numbers, texts and arrays.

Sizes and types are big-endian, values in the order that the header names. Large arrays are not read but located.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from omero_server.formats.base import FormatError

__all__ = ["Located", "Tags", "is_gatan", "read_tags"]

Tags = dict[str, Any]
"""Values by name; members without a name are called by their number. Groups are Tags again."""

_NUMBERS = {2: "h", 3: "i", 4: "H", 5: "I", 6: "f", 7: "d", 8: "?", 9: "b", 10: "B", 11: "q", 12: "Q"}
_STRUCT, _TEXT, _ARRAY = 15, 18, 20
_GROUP, _VALUE = 20, 21
_DEEPEST = 64
_MOST_TAGS = 500_000
_LONGEST_TEXT = 65536
_SMALL_ARRAY = 256
"""Arrays up to this many values are read."""
_PIXELS = "Data"


@dataclass(frozen=True, slots=True)
class Located:
    """An array that was not read: its place, its type (None for structures) and its number of values."""

    offset: int
    kind: str | None
    count: int


def is_gatan(path: Path) -> bool:
    """Whether the file begins like a DM3 or DM4 file."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(24)
    if len(head) < 24:
        return False
    version = struct.unpack_from(">I", head)[0]
    order, flags = (head[8:12], head[12:14]) if version == 3 else (head[12:16], head[16:18])
    return version in (3, 4) and order in (b"\0\0\0\0", b"\0\0\0\1") and max(flags) <= 1


def read_tags(path: Path) -> tuple[Tags, str]:
    """All tags, and the byte order of values. FormatError when the tree is damaged."""
    with path.open("rb") as file:
        reader = _TagReader(path, file)
        return reader.group(0), reader.order


class _TagReader:
    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._size, self._tags = path.stat().st_size, 0
        version = self._unpack(">I")
        self._wide = version == 4
        self._count = ">Q" if self._wide else ">I"
        self._unpack(self._count)
        self.order = "<" if self._unpack(">I") == 1 else ">"

    def group(self, depth: int) -> Tags:
        """The members of a group."""
        if depth > _DEEPEST:
            raise self._damaged("groups within groups without end")
        self._read(2)
        count = self._unpack(self._count)
        found: Tags = {}
        for number in range(count):
            kind = self._unpack(">B")
            if kind == 0:
                break
            name = self._read(self._unpack(">H")).decode("latin-1")
            if self._wide:
                self._read(8)
            self._tags += 1
            if self._tags > _MOST_TAGS or kind not in (_GROUP, _VALUE):
                raise self._damaged(f"a tag of the unknown kind {kind}")
            found[name or str(number)] = self.group(depth + 1) if kind == _GROUP else self._value(name)
        return found

    def _value(self, name: str) -> Any:
        if self._read(4) != b"%%%%":
            raise self._damaged("a tag without its mark")
        self._unpack(self._count)
        kind = self._unpack(self._count)
        if kind in _NUMBERS:
            return self._unpack(self.order + _NUMBERS[kind])
        if kind == _TEXT:
            return self._read(self._limited(self._unpack(self._count))).decode("utf-16", "replace")
        if kind == _STRUCT:
            return [self._unpack(self.order + code) for code in self._members()]
        if kind == _ARRAY:
            return self._array(read=name != _PIXELS)
        raise self._damaged(f"a value of the unknown type {kind}")

    def _members(self) -> str:
        """Types of the members of a structure."""
        self._unpack(self._count)
        codes = []
        for _ in range(self._limited(self._unpack(self._count))):
            self._unpack(self._count)
            kind = self._unpack(self._count)
            if kind not in _NUMBERS:
                raise self._damaged(f"a member of the unknown type {kind}")
            codes.append(_NUMBERS[kind])
        return "".join(codes)

    def _array(self, *, read: bool) -> Any:
        kind = self._unpack(self._count)
        codes = self._members() if kind == _STRUCT else _NUMBERS.get(kind)
        count, start = self._unpack(self._count), self._file.tell()
        if codes is None:
            raise self._damaged(f"an array of the unknown type {kind}")
        length = count * struct.calcsize("=" + codes)
        if start + length > self._size:
            raise FormatError(self._path, f"ends within an array of {count} values", "The file is cut short.")
        if kind == _STRUCT or count > _SMALL_ARRAY or not read:
            self._file.seek(start + length)
            return Located(start, None if kind == _STRUCT else codes, count)
        data = self._read(length)
        # Texts are arrays of 16-bit numbers.
        if codes == "H":
            return data.decode("utf-16-le" if self.order == "<" else "utf-16-be", "replace")
        return list(struct.unpack(f"{self.order}{count}{codes}", data))

    def _limited(self, count: int) -> int:
        if count > _LONGEST_TEXT:
            raise self._damaged(f"a value of {count} parts")
        return count

    def _read(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise FormatError(self._path, "ends within its tags", "The file is cut short: copy it again.")
        return data

    def _unpack(self, layout: str) -> Any:
        return struct.unpack(layout, self._read(struct.calcsize(layout)))[0]

    def _damaged(self, what: str) -> FormatError:
        return FormatError(self._path, f"has {what} at byte {self._file.tell()}", "The file is damaged: copy it again.")
