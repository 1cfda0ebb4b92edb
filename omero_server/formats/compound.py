"""Compound files (OLE 2): storages and streams within one file, as Olympus OIB and Zeiss ZVI use them.

A table tells for each sector which one follows it; streams below a limit lie in small sectors of a stream of their own.
Streams are read in part, at any place. Facts: Microsoft's published description [MS-CFB].
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omero_server.formats.base import FormatError
from omero_server.formats.rawbytes import MAX_PIECE_BYTES, file_size, has_magic, read_at

__all__ = ["CompoundFile", "Stream", "is_compound"]

_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_HEADER_BYTES = 512
_ENTRY_BYTES = 128
_NONE = 0xFFFFFFFA
"""Sector numbers from here on mean something else than a sector."""
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_MOST_ENTRIES = 2_000_000


def is_compound(path: Path) -> bool:
    """Whether the file begins like a compound file."""
    return has_magic(path, _MAGIC)


@dataclass(slots=True)
class _Entry:
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


class Stream:
    """Bytes that lie in pieces of a file."""

    def __init__(self, path: Path, name: str, runs: list[tuple[int, int]]) -> None:
        self._path, self._name, self._runs = path, name, runs
        self._starts: list[int] = []
        self.size = 0
        for _, length in runs:
            self._starts.append(self.size)
            self.size += length

    def read(self, at: int, count: int) -> bytes:
        """`count` bytes from `at`; FormatError when the stream is shorter."""
        if at < 0 or not 0 <= count <= MAX_PIECE_BYTES or at + count > self.size:
            raise FormatError(
                self._path, f"wants {count} bytes at {at} of {self._name}, which has {self.size}", "Copy it again."
            )
        pieces = []
        while count > 0:
            number = bisect_right(self._starts, at) - 1
            inside = at - self._starts[number]
            length = min(count, self._runs[number][1] - inside)
            pieces.append(read_at(self._path, self._runs[number][0] + inside, length))
            at, count = at + length, count - length
        return b"".join(pieces)

    def unpack(self, at: int, layout: str) -> tuple[Any, ...]:
        """Values of a `struct` layout at `at`."""
        return struct.unpack(layout, self.read(at, struct.calcsize(layout)))

    def runs(self, at: int, count: int) -> list[tuple[int, int]]:
        """Where `count` bytes of the stream, or of what lies in it of another one, are in the file."""
        found = []
        while count > 0:
            number = bisect_right(self._starts, at) - 1
            inside = at - self._starts[number]
            length = min(count, self._runs[number][1] - inside)
            found.append((self._runs[number][0] + inside, length))
            at, count = at + length, count - length
        return found


class CompoundFile:
    """The streams of a compound file by their path (`Storage/Stream`); FormatError when it is damaged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        head = read_at(path, 0, _HEADER_BYTES)
        if head[:8] != _MAGIC:
            raise FormatError(path, "is no compound file")
        shift, small_shift = struct.unpack_from("<HH", head, 30)
        if not 7 <= shift <= 16 or not 4 <= small_shift <= shift:
            raise FormatError(path, f"has sectors of 2^{shift} and 2^{small_shift} bytes")
        self._sector, self._small = 1 << int(shift), 1 << int(small_shift)
        self._limit = struct.unpack_from("<I", head, 56)[0]
        self._table = self._read_table(head)
        entries = self._read_entries(struct.unpack_from("<I", head, 48)[0])
        first_small, count_small = struct.unpack_from("<II", head, 60)
        self._small_table = self._numbers(self._chain(first_small, min(count_small, len(self._table))))
        self._root = self._stream(entries[0], small=False)
        self._entries = self._tree(entries)

    @property
    def names(self) -> list[str]:
        """Paths of all streams, sorted."""
        return sorted(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def open(self, name: str) -> Stream:
        """The stream called `name`; FormatError when there is none, or when it leaves the file."""
        if name not in self._entries:
            raise FormatError(self._path, f"has no part called {name}", "Copy it again.")
        return self._stream(self._entries[name], small=True)

    def _place(self, sector: int) -> int:
        return (sector + 1) * self._sector

    def _numbers(self, sectors: list[int]) -> npt.NDArray[np.uint32]:
        data = b"".join(read_at(self._path, self._place(sector), self._sector) for sector in sectors)
        return np.frombuffer(data, "<u4")

    def _read_table(self, head: bytes) -> npt.NDArray[np.uint32]:
        """The table of sectors, whose own sectors are listed in the header and in a chain of further lists."""
        most = file_size(self._path) // (self._sector * self._sector // 4) + 2
        listed = [int(number) for number in struct.unpack_from("<109I", head, 76) if number < _NONE]
        following = int(struct.unpack_from("<I", head, 68)[0])
        while following < _NONE and len(listed) <= most:
            numbers = self._numbers([following])
            listed += [int(number) for number in numbers[:-1] if number < _NONE]
            following = int(numbers[-1])
        if len(listed) > most:
            raise FormatError(self._path, "is damaged: its table of sectors is larger than itself")
        return self._numbers(listed)

    def _chain(self, start: int, most: int, table: npt.NDArray[np.uint32] | None = None) -> list[int]:
        """Up to `most` sectors from `start` on."""
        links = self._table if table is None else table
        found: list[int] = []
        at = start
        while at < _NONE and len(found) < most:
            if at >= len(links):
                raise FormatError(self._path, f"is damaged: there is no sector {at}", "Copy it again.")
            found.append(at)
            at = int(links[at])
        return found

    def _read_entries(self, start: int) -> list[_Entry]:
        sectors = self._chain(start, len(self._table))
        if not sectors or len(sectors) * self._sector // _ENTRY_BYTES > _MOST_ENTRIES:
            raise FormatError(self._path, "is damaged: it has no directory")
        found = []
        for sector in sectors:
            data = read_at(self._path, self._place(sector), self._sector)
            found += [_entry(data, at) for at in range(0, self._sector, _ENTRY_BYTES)]
        if found[0].kind != _ROOT:
            raise FormatError(self._path, "is damaged: its directory has no root")
        return found

    def _tree(self, entries: list[_Entry]) -> dict[str, _Entry]:
        found: dict[str, _Entry] = {}
        seen: set[int] = set()
        waiting = [(entries[0].child, "")]
        while waiting:
            number, above = waiting.pop()
            if number >= len(entries) or number in seen:
                continue
            seen.add(number)
            entry = entries[number]
            waiting += [(entry.left, above), (entry.right, above)]
            if entry.kind == _STORAGE:
                waiting.append((entry.child, f"{above}{entry.name}/"))
            elif entry.kind == _STREAM:
                found[f"{above}{entry.name}"] = entry
        return found

    def _stream(self, entry: _Entry, *, small: bool) -> Stream:
        if entry.size > file_size(self._path):
            raise FormatError(self._path, f"declares {entry.size} bytes of {entry.name}", "Copy it again.")
        if small and entry.size < self._limit:
            return Stream(self._path, entry.name, self._small_runs(entry))
        needed = -(-entry.size // self._sector)
        sectors = self._chain(entry.start, needed)
        return Stream(self._path, entry.name, self._runs(sectors, needed, self._sector, entry))

    def _runs(self, sectors: list[int], needed: int, width: int, entry: _Entry) -> list[tuple[int, int]]:
        """Neighbouring sectors together; the last one as far as the stream goes."""
        if len(sectors) < needed:
            raise FormatError(self._path, f"is damaged: {entry.name} ends too early", "Copy it again.")
        runs: list[tuple[int, int]] = []
        first = self._place(0) if width == self._sector else 0
        for number, sector in enumerate(sectors):
            length = min(width, entry.size - number * width)
            at = first + sector * width
            if runs and sum(runs[-1]) == at:
                runs[-1] = runs[-1][0], runs[-1][1] + length
            else:
                runs.append((at, length))
        if width == self._sector and any(at + length > file_size(self._path) for at, length in runs):
            raise FormatError(self._path, f"ends within {entry.name}", "The file is cut short: copy it again.")
        return runs

    def _small_runs(self, entry: _Entry) -> list[tuple[int, int]]:
        needed = -(-entry.size // self._small)
        sectors = self._chain(entry.start, needed, self._small_table)
        found = []
        for at, length in self._runs(sectors, needed, self._small, entry):
            if at + length > self._root.size:
                raise FormatError(self._path, f"is damaged: {entry.name} lies beyond its small sectors")
            found += self._root.runs(at, length)
        return found


def _entry(data: bytes, at: int) -> _Entry:
    name, length, kind, _, left, right, child = struct.unpack_from("<64sHBBIII", data, at)
    start, size, high = struct.unpack_from("<III", data, at + 116)
    text = name[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
    # Files with small sectors may have anything in the upper half of the size.
    return _Entry(text, kind, left, right, child, start, size if high > 0xFFFF else size | high << 32)
