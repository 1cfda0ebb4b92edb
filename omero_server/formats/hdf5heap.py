"""Members that HDF5 files keep in a heap with an index: attributes and links of objects that have many of them.

The index is a B-tree of version 2 whose records name objects of a fractal heap: blocks that double in size row by row.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from omero_server.formats.base import FormatError
from omero_server.formats.rawbytes import MAX_PIECE_BYTES, read_at

__all__ = ["heap_objects"]

_HEAP_BYTES = 142
_MOST_RECORDS = 1_000_000
_DEEPEST = 16
_LINKS, _ATTRIBUTES = 5, 8
_ID_AT = {_LINKS: 4, _ATTRIBUTES: 0}
"""Where the name of the heap's object lies in a record."""


def heap_objects(path: Path, heap: int, tree: int) -> Iterator[tuple[int, bytes]]:
    """Place and bytes of all members. FormatError when heap or index are damaged, or members are huge."""
    blocks = _Heap(path, heap)
    for count, name in enumerate(_names(path, tree)):
        if count > _MOST_RECORDS:
            raise FormatError(path, "has an index that never ends", "The file is damaged.")
        yield blocks.member(name)


def _names(path: Path, tree: int) -> Iterator[bytes]:
    """Names of the heap's objects, from the records of the index."""
    head = read_at(path, tree, 34)
    magic, kind, node, size, depth, root, count = struct.unpack_from("<4sxBIHHxxQH", head)
    if magic != b"BTHD" or kind not in _ID_AT or depth > _DEEPEST or not 8 < size < node < MAX_PIECE_BYTES:
        raise FormatError(path, f"has no index at byte {tree}", "The file is damaged.")
    # How many records a node may have says how many bytes their number takes.
    most, totals, pointers = [(node - 10) // size], [(node - 10) // size], [0]
    for level in range(1, depth + 1):
        pointers.append(8 + _width(most[-1]) + (_width(totals[-1]) if level > 1 else 0))
        most.append((node - 10 - pointers[-1]) // (size + pointers[-1]))
        totals.append((most[-1] + 1) * totals[-1] + most[-1])
    waiting = [(root, count, depth)]
    while waiting:
        at, count, level = waiting.pop()
        if count > most[level]:
            raise FormatError(path, f"has a damaged index at byte {at}", "The file is damaged.")
        data = read_at(path, at, node if level else 6 + count * size)
        if data[:4] != (b"BTIN" if level else b"BTLF"):
            raise FormatError(path, f"has no node of an index at byte {at}", "The file is damaged.")
        start = _ID_AT[kind]
        for number in range(count):
            yield data[6 + number * size + start : 6 + (number + 1) * size]
        for number in range(count + 1 if level else 0):
            place = 6 + count * size + number * pointers[level]
            child = struct.unpack_from("<Q", data, place)[0]
            wide = _width(most[level - 1])
            waiting.append((child, int.from_bytes(data[place + 8 : place + 8 + wide], "little"), level - 1))


def _width(number: int) -> int:
    """Bytes that hold numbers up to this one."""
    return max(1, (number.bit_length() + 7) // 8)


class _Heap:
    """A fractal heap without filters."""

    def __init__(self, path: Path, at: int) -> None:
        self._path = path
        head = read_at(path, at, _HEAP_BYTES)
        filters = struct.unpack_from("<H", head, 7)[0]
        width, first, largest, bits = struct.unpack_from("<HQQH", head, 110)
        root, rows = struct.unpack_from("<QH", head, 132)
        if head[:4] != b"FRHP" or filters or not 0 < first <= largest < MAX_PIECE_BYTES or not 0 < width <= 1024:
            raise FormatError(path, f"has no heap at byte {at}", "The file is damaged.")
        self._offset_bytes = (bits + 7) // 8
        self._length_bytes = _width(min(largest, struct.unpack_from("<I", head, 10)[0]))
        self._width, self._first, self._largest = width, first, largest
        self._blocks = list(self._direct(root, rows)) if rows else [(0, first, root)]

    def _direct(self, at: int, rows: int) -> Iterator[tuple[int, int, int]]:
        """Offset, size and place of the blocks of the first rows, which is where members lie."""
        head = 13 + self._offset_bytes
        offset = 0
        for row in range(rows):
            size = self._first << max(0, row - 1)
            if size > self._largest:
                raise FormatError(self._path, "has a heap of too many members", "Write it with the earliest format.")
            places = struct.unpack(f"<{self._width}Q", read_at(self._path, at + head + row * self._width * 8,
                                                               self._width * 8))  # fmt: skip
            for place in places:
                yield offset, size, place
                offset += size

    def member(self, name: bytes) -> tuple[int, bytes]:
        """Place and bytes of an object."""
        kind = name[0] >> 4 & 3
        if kind != 0:
            raise FormatError(self._path, "has members of an unknown kind in a heap", "Write it again.")
        at = int.from_bytes(name[1 : 1 + self._offset_bytes], "little")
        end = 1 + self._offset_bytes
        length = int.from_bytes(name[end : end + self._length_bytes], "little")
        for offset, size, place in self._blocks:
            if offset <= at < offset + size:
                return place + at - offset, read_at(self._path, place + at - offset, length)
        raise FormatError(self._path, f"has no member at {at} of its heap", "The file is damaged.")
