"""Segments of Zeiss CZI files: file header, sub-block directory, metadata, sub-blocks.

A segment is a header of 32 bytes (name, allocated and used size) and its data. All numbers are little-endian.
Facts: Zeiss' published description of the format, version 1.2.2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np

from omero_server.formats.base import Array, FormatError, decoding
from omero_server.formats.picturesize import picture_size
from omero_server.formats.rawbytes import MAX_PIECE_BYTES, check_room, file_size, plane_region, read_at, unpack_at

__all__ = [
    "PIXELS",
    "SubBlock",
    "check_attachments",
    "decode_block",
    "metadata_xml",
    "read_region",
    "sub_blocks",
    "tags_of",
]

PIXELS: dict[int, tuple[str, int]] = {
    0: ("<u1", 1), 1: ("<u2", 1), 2: ("<f4", 1), 3: ("<u1", 3), 4: ("<u2", 3), 8: ("<f4", 3), 9: ("<u1", 4),
    10: ("<c8", 1), 12: ("<i4", 1),
}  # fmt: skip
"""Element type and samples per pixel of each PixelType; samples lie in the order blue, green, red, alpha."""
_HEAD = 32
_RAW, _JPEG, _JPEG_XR, _ZSTD, _ZSTD_HEADED = 0, 1, 4, 5, 6
_ENTRY = "<2siqiiB5si"
_ENTRY_BYTES = struct.calcsize(_ENTRY)
_DIMENSION_BYTES = 20
_MOST_BLOCKS = 5_000_000
_MOST_ATTACHMENTS = 10_000
_ATTACHMENT_ENTRY_BYTES = 128


@dataclass(slots=True)
class SubBlock:
    """A directory entry: a rectangle of one plane. `start` and `size` are by dimension letter."""

    pixels: int
    position: int
    compression: int
    start: dict[str, int]
    size: dict[str, int]
    width: int
    height: int
    """Stored pixels; fewer than `size` says in a resolution level."""


def _segment(path: Path, position: int, name: bytes) -> int:
    """Position of the data of the segment called `name` at `position`."""
    found = read_at(path, position, _HEAD)[:16].rstrip(b"\0")
    if found != name:
        raise FormatError(path, f"has no {name.decode()} at byte {position}", "The file is damaged.")
    return position + _HEAD


def _header(path: Path) -> tuple[int, int]:
    """Positions of the directory and of the metadata."""
    at = _segment(path, 0, b"ZISRAWFILE")
    directory, metadata, _ = unpack_at(path, at + 52, "<qqi")
    if directory <= 0:
        raise FormatError(path, "has no directory of its pixels", "The acquisition was not finished: save it again.")
    return directory, metadata


def check_attachments(path: Path) -> None:
    """FormatError when the file ends before its attachments do, which lie behind the pixels: it was cut."""
    at = unpack_at(path, _segment(path, 0, b"ZISRAWFILE") + 72, "<q")[0]
    if at <= 0:
        return
    start = _segment(path, at, b"ZISRAWATTDIR")
    count = unpack_at(path, start, "<i")[0]
    if not 0 <= count <= _MOST_ATTACHMENTS:
        raise FormatError(path, f"has a directory of {count} attachments")
    body = read_at(path, start + 256, count * _ATTACHMENT_ENTRY_BYTES)
    for number in range(count):
        position = struct.unpack_from("<q", body, number * _ATTACHMENT_ENTRY_BYTES + 12)[0]
        used = unpack_at(path, _segment(path, position, b"ZISRAWATTACH"), "<i")[0]
        check_room(path, position + _HEAD, used)


def metadata_xml(path: Path) -> bytes:
    """The XML document about the file; empty when it has none."""
    position = _header(path)[1]
    if position <= 0:
        return b""
    at = _segment(path, position, b"ZISRAWMETADATA")
    return read_at(path, at + 256, unpack_at(path, at, "<i")[0])


def sub_blocks(path: Path) -> list[SubBlock]:
    """All entries of the directory, each of which lies in the file."""
    at = _segment(path, _header(path)[0], b"ZISRAWDIRECTORY")
    count, end = unpack_at(path, at, "<i")[0], file_size(path)
    if not 0 < count <= _MOST_BLOCKS:
        raise FormatError(path, f"has a directory of {count} sub-blocks", "The file is damaged.")
    used = unpack_at(path, at - 16, "<qq")[1]
    body = read_at(path, at + 128, min(max(0, used - 128), end - at - 128))
    found, offset = [], 0
    for number in range(count):
        block, offset = _entry(body, offset, path, number)
        if block.position < 0 or block.position + _HEAD > end:
            raise FormatError(path, f"ends before sub-block {number}", "The file is cut short: copy it again.")
        if block.compression == _RAW:
            check_room(path, block.position, *_raw_size(block))
        found.append(block)
    return found


def _raw_size(block: SubBlock) -> tuple[int, int, int]:
    kind, samples = PIXELS[block.pixels]
    return block.width, block.height, np.dtype(kind).itemsize * samples


def _entry(body: bytes, offset: int, path: Path, number: int) -> tuple[SubBlock, int]:
    """The entry at `offset` of the directory, and where the next one begins."""
    with decoding(path, f"reading directory entry {number}"):
        schema, pixels, position, part, compression, _, _, dimensions = struct.unpack_from(_ENTRY, body, offset)
        offset += _ENTRY_BYTES
        parts = [struct.unpack_from("<4siifi", body, offset + n * _DIMENSION_BYTES) for n in range(dimensions)]
    if schema != b"DV" or dimensions < 0:
        raise FormatError(path, f"has an unknown directory entry {number}", "The file is damaged.")
    if part != 0:
        raise FormatError(path, "keeps pixels in further files", "Save it as one file from ZEN.")
    if pixels not in PIXELS:
        raise FormatError(path, f"has pixels of the unknown type {pixels}", "Convert it in ZEN.")
    names = [name.rstrip(b"\0").decode("ascii", "replace") for name, *_ in parts]
    stored = {name: values[4] or values[2] for name, values in zip(names, parts, strict=True)}
    block = SubBlock(
        pixels, position, compression,
        start={name: values[1] for name, values in zip(names, parts, strict=True)},
        size={name: values[2] for name, values in zip(names, parts, strict=True)},
        width=stored.get("X", 0), height=stored.get("Y", 0),
    )  # fmt: skip
    _check_entry(block, path, number)
    return block, offset + dimensions * _DIMENSION_BYTES


def _check_entry(block: SubBlock, path: Path, number: int) -> None:
    if min(block.width, block.height, block.size.get("X", 0), block.size.get("Y", 0)) < 1:
        raise FormatError(path, f"has a sub-block {number} without pixels", "The file is damaged.")
    if np.prod(_raw_size(block), dtype=object) > MAX_PIECE_BYTES:
        raise FormatError(path, f"has a sub-block of {block.width}x{block.height} pixels", "The file is damaged.")
    if any(size > 1 for name, size in block.size.items() if name not in "XY"):
        raise FormatError(path, "has sub-blocks of several planes", "Save it again from ZEN.")
    if block.compression not in (_RAW, _JPEG, _JPEG_XR, _ZSTD, _ZSTD_HEADED):
        raise FormatError(path, f"uses the unknown compression {block.compression}", "Save it again from ZEN.")


def _data(path: Path, position: int) -> tuple[int, int, int]:
    """Where a sub-block's own metadata lies, how many bytes it has, and how many its pixels."""
    at = _segment(path, position, b"ZISRAWSUBBLOCK")
    notes, _, count = unpack_at(path, at, "<iiq")
    dimensions = unpack_at(path, at + 16 + _ENTRY_BYTES - 4, "<i")[0]
    if notes < 0 or count < 0 or not 0 <= dimensions < 100:
        raise FormatError(path, f"has a damaged sub-block at byte {position}")
    return at + max(256, 16 + _ENTRY_BYTES + dimensions * _DIMENSION_BYTES), notes, count


def tags_of(path: Path, position: int) -> str:
    """The XML text of one sub-block, about stage and time."""
    at, notes, _ = _data(path, position)
    return read_at(path, at, notes).decode("utf-8", "replace")


def read_region(
    path: Path, position: int, kind: str, shape: tuple[int, int, int], region: tuple[int, int, int, int]
) -> Array:
    """`region` of an uncompressed sub-block of (height, width, samples)."""
    at, notes, count = _data(path, position)
    dtype = np.dtype(kind)
    if count < int(np.prod(shape)) * dtype.itemsize:
        raise FormatError(path, f"has too few pixels in the sub-block at byte {position}")
    part = plane_region(path, at + notes, dtype, shape[:2], region, shape[2])
    return part.reshape(region[3], region[2], shape[2])


def decode_block(path: Path, position: int, compression: int, kind: str, shape: tuple[int, int, int]) -> Array:
    """All of a compressed sub-block as (height, width, samples), samples in stored order blue, green, red."""
    at, notes, count = _data(path, position)
    data, dtype = read_at(path, at + notes, count), np.dtype(kind)
    if compression in (_JPEG, _JPEG_XR):
        _check_declared(data, shape, path)
        decode = imagecodecs.jpeg_decode if compression == _JPEG else imagecodecs.jpegxr_decode
        pixels: Array = np.asarray(decode(data)).reshape(shape)
        return pixels[..., [2, 1, 0, 3][: shape[2]]] if shape[2] > 1 else pixels
    needed = int(np.prod(shape)) * dtype.itemsize
    head, split = _zstd_head(data) if compression == _ZSTD_HEADED else (0, False)
    plain = bytes(imagecodecs.zstd_decode(data[head:], out=needed))
    if split:
        halves = np.frombuffer(plain, np.uint8).reshape(2, -1)
        plain = np.ascontiguousarray(halves.T).tobytes()
    return np.frombuffer(plain, dtype).reshape(shape)


def _zstd_head(data: bytes) -> tuple[int, bool]:
    """Size of the head before the frame, and whether low and high bytes are stored apart."""
    size = data[0]
    return size, size >= 3 and data[1] == 1 and bool(data[2] & 1)


def _check_declared(data: bytes, shape: tuple[int, int, int], path: Path) -> None:
    """The picture must say that it has the declared size, before anything is decoded."""
    found = (picture_size(data) or (0, 0))[:2]
    if found != (shape[1], shape[0]):
        raise FormatError(path, f"has a picture of {found} pixels where {(shape[1], shape[0])} are declared")
