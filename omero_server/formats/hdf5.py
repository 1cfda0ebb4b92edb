"""HDF5 files: groups, attributes and arrays, read without the HDF5 library.

The library keeps what a damaged file says in C, where it can bring the server down; and finding a chunk needs a handful
of small reads. Read are the structures of the library's default (earliest) format, and compact ones of later versions;
arrays that are contiguous, or chunked by a B-tree of version 1. Facts: the HDF Group's file format specification.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import FormatError
from omero_server.formats.hdf5heap import heap_objects
from omero_server.formats.hdf5messages import Message, attribute_of, dataspace_of, datatype_of, filters_of, link_of
from omero_server.formats.rawbytes import file_size, has_magic, read_at

__all__ = ["ArrayPlace", "Hdf5File", "Node", "is_hdf5"]

_MAGIC = b"\x89HDF\r\n\x1a\n"
_UNDEFINED = 0xFFFFFFFFFFFFFFFF
_MOST_BLOCKS, _MOST_MESSAGES, _MOST_MEMBERS = 1000, 20_000, 1_000_000
_DEEPEST = 32
_KEPT_NODES = 4096
_DATASPACE, _LINK_INFO, _DATATYPE, _LINK, _LAYOUT, _FILTERS, _ATTRIBUTE = 0x01, 0x02, 0x03, 0x06, 0x08, 0x0B, 0x0C
_CONTINUATION, _SYMBOLS, _ATTRIBUTE_INFO = 0x10, 0x11, 0x15
_COMPACT, _CONTIGUOUS, _CHUNKED = 0, 1, 2


def is_hdf5(path: Path) -> bool:
    """Whether the file begins like an HDF5 file."""
    return has_magic(path, _MAGIC)


@dataclass(slots=True)
class ArrayPlace:
    """Where an array lies: at `address`, or in chunks of the shape `chunks` that the B-tree at `address` knows."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    address: int
    chunks: tuple[int, ...] | None = None
    filters: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)


@dataclass(slots=True)
class Node:
    """A group (`members`: addresses by name) or an array, with attributes."""

    attributes: dict[str, Any]
    members: dict[str, int]
    array: ArrayPlace | None


class Hdf5File:
    """An HDF5 file; FormatError when it is damaged, or uses what is not read here. Thread-safe: it keeps no state."""

    def __init__(self, path: Path) -> None:
        self.path = path
        head = read_at(path, 0, 96)
        version = head[8]
        if head[:8] != _MAGIC or version > 3:
            raise FormatError(path, "is no HDF5 file of a known version")
        sizes, at = (head[13:15], 24 + (4 if version == 1 else 0)) if version < 2 else (head[9:11], 12)
        if sizes != b"\x08\x08":
            raise FormatError(path, "is an HDF5 file with addresses of less than 64 bits", "Write it again.")
        values = struct.unpack_from("<4Q", head, at)
        # Versions 0 and 1 name the root by an entry of a symbol table: first comes the place of its name.
        self._root = struct.unpack_from("<Q", head, at + 40)[0] if version < 2 else values[3]
        end = values[2]
        if end > file_size(path):
            raise FormatError(path, f"should have {end} bytes but has {file_size(path)}", "Copy the file again.")
        self.node_at = lru_cache(_KEPT_NODES)(self._node_at)
        self.chunk_node = lru_cache(_KEPT_NODES)(self._chunk_node)

    def find(self, name: str) -> Node | None:
        """The node at a path (`a/b/c`, "" for the root); None when there is none."""
        node = self.node_at(self._root)
        for part in name.split("/") if name else ():
            if part not in node.members:
                return None
            node = self.node_at(node.members[part])
        return node

    def get(self, name: str) -> Node:
        """The node at a path; FormatError when there is none."""
        found = self.find(name)
        if found is None:
            raise FormatError(self.path, f"has no {name}", "The file is damaged: write it again.")
        return found

    def array(self, name: str) -> ArrayPlace:
        """The array at a path; FormatError when there is none."""
        found = self.get(name).array
        if found is None:
            raise FormatError(self.path, f"has no array {name}", "The file is damaged: write it again.")
        return found

    def _node_at(self, address: int) -> Node:
        messages = [item for message in self._messages(address) for item in self._expanded(message)]
        attributes: dict[str, Any] = {}
        members: dict[str, int] = {}
        for message in messages:
            if message.kind == _ATTRIBUTE:
                name, value = attribute_of(message, self.path)
                attributes[name] = value
            elif message.kind == _LINK:
                name, target = link_of(message, self.path)
                if target is not None:
                    members[name] = target
            elif message.kind == _SYMBOLS:
                members |= self._symbols(*message.unpack("<QQ"))
        return Node(attributes, members, self._array(messages))

    def _expanded(self, message: Message) -> Iterator[Message]:
        """The message, or those of the heap that it names."""
        yield message
        meant = {_LINK_INFO: (_LINK, 8), _ATTRIBUTE_INFO: (_ATTRIBUTE, 2)}.get(message.kind)
        if meant is not None:
            heap, tree = message.unpack("<QQ", 2 + (meant[1] if message.data[1] & 1 else 0))
            if heap != _UNDEFINED:
                for at, data in heap_objects(self.path, heap, tree):
                    yield Message(meant[0], data, at)

    def _array(self, messages: list[Message]) -> ArrayPlace | None:
        parts = {message.kind: message for message in messages}
        if not {_DATASPACE, _DATATYPE, _LAYOUT} <= set(parts):
            return None
        dtype = datatype_of(parts[_DATATYPE].data, self.path)
        if dtype is None:
            return None
        shape = dataspace_of(parts[_DATASPACE].data, self.path)
        layout = parts[_LAYOUT]
        if layout.data[0] not in (3, 4):
            return None
        kind = layout.data[1]
        if kind == _COMPACT:
            return ArrayPlace(shape, dtype, layout.at + 4)
        if kind == _CONTIGUOUS:
            return ArrayPlace(shape, dtype, layout.unpack("<QQ", 2)[0])
        if kind != _CHUNKED or layout.data[0] != 3 or layout.data[2] != len(shape) + 1:
            return None
        address, *chunks = layout.unpack(f"<Q{len(shape)}I", 3)
        filters = filters_of(parts[_FILTERS], self.path) if _FILTERS in parts else []
        return ArrayPlace(shape, dtype, address, tuple(chunks), filters)

    def _messages(self, address: int) -> Iterator[Message]:
        """Messages of the object header at `address`, which may go on elsewhere."""
        modern = read_at(self.path, address, 4) == b"OHDR"
        waiting, flags = self._first_block(address, modern)
        count = 0
        for _ in range(_MOST_BLOCKS):
            if not waiting:
                return
            at, size = waiting.pop(0)
            for message in self._block(at, size, modern, flags):
                count += 1
                if count > _MOST_MESSAGES:
                    break
                if message.kind == _CONTINUATION:
                    start, length = message.unpack("<QQ")
                    # Later versions mark such a block, and end it with a check sum.
                    waiting.append((start + 4, length - 8) if modern else (start, length))
                else:
                    yield message
        raise FormatError(self.path, f"has an object at byte {address} that never ends", "The file is damaged.")

    def _first_block(self, address: int, modern: bool) -> tuple[list[tuple[int, int]], int]:
        if not modern:
            version, size = struct.unpack("<B7xI", read_at(self.path, address, 12))
            if version != 1:
                raise FormatError(self.path, f"has no object at byte {address}", "The file is damaged.")
            return [(address + 16, size)], 0
        version, flags = read_at(self.path, address + 4, 2)
        at = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        return [(at + width, int.from_bytes(read_at(self.path, at, width), "little"))], flags

    def _block(self, at: int, size: int, modern: bool, flags: int) -> Iterator[Message]:
        data = read_at(self.path, at, size)
        head = struct.Struct("<BHB") if modern else struct.Struct("<HHB3x")
        extra = 2 if modern and flags & 4 else 0
        place = 0
        while place + head.size + extra <= size:
            kind, length, shared = head.unpack_from(data, place)
            place += head.size + extra
            body = data[place : place + length]
            if len(body) < length:
                raise FormatError(self.path, f"has a damaged object at byte {at}", "The file is damaged.")
            # A shared message is kept elsewhere; only types that programs name use that, which no image needs.
            if not shared & 2:
                yield Message(kind, body, at + place)
            place += length

    def _symbols(self, tree: int, heap: int) -> dict[str, int]:
        """Members of a group of the older kind."""
        magic, size, start = struct.unpack("<4s4xQ8xQ", read_at(self.path, heap, 32))
        if magic != b"HEAP":
            raise FormatError(self.path, f"has no names at byte {heap}", "The file is damaged.")
        names = read_at(self.path, start, size)
        found: dict[str, int] = {}
        for leaf in self._leaves(tree, _DEEPEST):
            mark, count = struct.unpack("<4s2xH", read_at(self.path, leaf, 8))
            if mark != b"SNOD" or len(found) > _MOST_MEMBERS:
                raise FormatError(self.path, f"has no members at byte {leaf}", "The file is damaged.")
            data = read_at(self.path, leaf + 8, count * 40)
            for number in range(count):
                at, address = struct.unpack_from("<QQ", data, number * 40)
                found[names[at : names.find(b"\0", at)].decode("utf-8", "replace")] = address
        return found

    def _leaves(self, address: int, depth: int) -> Iterator[int]:
        magic, kind, level, count = struct.unpack("<4sBBH", read_at(self.path, address, 8))
        if magic != b"TREE" or kind != 0 or level > depth:
            raise FormatError(self.path, f"has no tree of members at byte {address}", "The file is damaged.")
        values = struct.unpack(f"<{2 * count}Q", read_at(self.path, address + 24, 16 * count))
        for child in values[1::2]:
            if level:
                yield from self._leaves(child, level - 1)
            else:
                yield child

    def find_chunk(self, place: ArrayPlace, corner: tuple[int, ...]) -> tuple[int, int, int] | None:
        """Address, stored bytes and filter mask of the chunk at `corner`; None when it was never written."""
        if place.address == _UNDEFINED:
            return None
        address, limit = place.address, _DEEPEST
        while True:
            level, keys, children = self.chunk_node(address, len(place.shape))
            if level > limit or not keys:
                raise FormatError(self.path, f"has no tree of chunks at byte {address}", "The file is damaged.")
            number = sum(1 for key in keys if key[0] <= corner) - 1
            if number < 0:
                return None
            if level == 0:
                found, size, mask = keys[number]
                return (children[number], size, mask) if found == corner else None
            address, limit = children[number], level - 1

    def _chunk_node(
        self, address: int, rank: int
    ) -> tuple[int, list[tuple[tuple[int, ...], int, int]], tuple[int, ...]]:
        """Level of a node, its keys (corner, bytes, mask) and children."""
        magic, kind, level, count = struct.unpack("<4sBBH", read_at(self.path, address, 8))
        if magic != b"TREE" or kind != 1:
            raise FormatError(self.path, f"has no tree of chunks at byte {address}", "The file is damaged.")
        entry = struct.Struct(f"<II{rank + 1}QQ")
        # The last number of a corner counts the bytes of a value.
        rows = list(entry.iter_unpack(read_at(self.path, address + 24, count * entry.size)))
        return level, [(row[2:-2], row[0], row[1]) for row in rows], tuple(row[-1] for row in rows)
