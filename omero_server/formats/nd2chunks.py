"""Chunks of Nikon ND2 files: the map at the end of the file, and where the pixels of each frame lie.

A chunk is a head (magic, length of its name, length of its data), its name and its data. Facts: the `nd2` package.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import Array, FormatError
from omero_server.formats.rawbytes import MAX_PIECE_BYTES, file_size, read_at, unpack_at

__all__ = ["MAGIC", "check_chunks", "frame_places", "inflate"]

MAGIC = struct.pack("<I", 0x0ABECEDA)
_MAP_SIGNATURE = b"ND2 CHUNK MAP SIGNATURE 0000001!"
_FRAME = b"ImageDataSeq|"
_STAMP = 8
"""Bytes before the pixels of a frame: its time stamp."""


def _chunk(path: Path, position: int) -> tuple[int, int]:
    """Where the data of the chunk at `position` begin, and how many bytes they are; all of them in the file."""
    magic, name, count = unpack_at(path, position, "<4sIQ")
    if magic != MAGIC:
        raise FormatError(path, f"has no chunk at byte {position}", "The file is damaged: copy it again.")
    start = position + 16 + int(name)
    if start + count > file_size(path):
        raise FormatError(path, f"ends within the chunk at byte {position}", "The file is cut short: copy it again.")
    return start, int(count)


def check_chunks(path: Path) -> None:
    """FormatError unless all chunks but those of frames lie in the file; the `nd2` package reads what they declare."""
    for name, at in _map(path):
        if not name.startswith(_FRAME):
            _chunk(path, at)


def _map(path: Path) -> list[tuple[bytes, int]]:
    """Names and positions of all chunks, from the map at the end of the file."""
    signature, position = unpack_at(path, file_size(path) - 40, "<32sQ")
    if signature != _MAP_SIGNATURE:
        raise FormatError(path, "has no map of its chunks at its end", "The file is cut short: copy it again.")
    start, size = _chunk(path, position)
    if size > MAX_PIECE_BYTES:
        raise FormatError(path, f"has a map of {size} bytes", "The file is damaged.")
    return _entries(read_at(path, start, size), path)


def frame_places(path: Path, count: int) -> list[list[int]]:
    """Start and number of bytes of the pixels of the first `count` frames; [] for a frame that was never written."""
    places: list[list[int]] = [[] for _ in range(count)]
    for name, at in _map(path):
        if name.startswith(_FRAME):
            number = name[len(_FRAME) : -1]
            if number.isdigit() and int(number) < count:
                data, length = _chunk(path, at)
                if length > _STAMP:
                    places[int(number)] = [data + _STAMP, length - _STAMP]
    return places


def _entries(body: bytes, path: Path) -> list[tuple[bytes, int]]:
    """Names and positions of all chunks."""
    found: list[tuple[bytes, int]] = []
    at = 0
    while True:
        end = body.find(b"!", at) + 1
        if end == 0 or end + 16 > len(body):
            raise FormatError(path, "has a damaged map of its chunks", "The file is damaged: copy it again.")
        name = body[at:end]
        if name == _MAP_SIGNATURE:
            return found
        found.append((name, int(struct.unpack_from("<Q", body, end)[0])))
        at = end + 16


def inflate(data: bytes, shape: tuple[int, int], dtype: np.dtype[Any]) -> Array:
    """A losslessly compressed frame as rows of (height, values); never more bytes than declared."""
    needed = shape[0] * shape[1] * dtype.itemsize
    plain = zlib.decompressobj().decompress(data, needed)
    return np.frombuffer(plain[:needed], dtype).reshape(shape)
