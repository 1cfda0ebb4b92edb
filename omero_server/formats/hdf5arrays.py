"""Planes of arrays in HDF5 files: the rows or chunks that a rectangle touches, unpacked."""

from __future__ import annotations

import itertools
import math
import struct
import zlib
from functools import partial
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from omero_server.formats.base import Array, FormatError
from omero_server.formats.hdf5 import ArrayPlace, Hdf5File
from omero_server.formats.rawbytes import PieceCache, check_room, plane_region, read_at

__all__ = ["check_array", "read_plane"]

_DEFLATE, _SHUFFLE, _CHECKSUM, _SCALED, _LZ4, _ZSTD = 1, 2, 3, 6, 32004, 32015
_KNOWN = (_DEFLATE, _SHUFFLE, _CHECKSUM, _SCALED, _LZ4, _ZSTD)
_FILTER_BYTES = 64
"""By which filters make a chunk longer, at most."""
_SCALED_HEAD = 21
_LARGEST_CHUNK = 1 << 29
_UNDEFINED = 0xFFFFFFFFFFFFFFFF


def check_array(place: ArrayPlace, path: Path) -> None:
    """FormatError unless the array can be read: it lies in the file, its chunks are small and packed in known ways."""
    unknown = [number for number, _ in place.filters if number not in _KNOWN]
    if unknown:
        raise FormatError(path, f"packs its pixels with the unknown filter {unknown[0]}", "Write it with gzip.")
    if place.chunks is None:
        if place.address != _UNDEFINED:
            check_room(path, place.address, *place.shape, place.dtype.itemsize)
    elif min(place.chunks) < 1 or math.prod(place.chunks) * place.dtype.itemsize > _LARGEST_CHUNK:
        raise FormatError(path, f"has chunks of {place.chunks} pixels", "Write it with smaller chunks.")


def read_plane(
    file: Hdf5File, place: ArrayPlace, outer: tuple[int, ...], region: tuple[int, int, int, int], cache: PieceCache
) -> Array:
    """`region` of the plane of the last two dimensions at the indices `outer` of all others, as (height, width)."""
    x, y, w, h = region
    if place.address == _UNDEFINED:
        return np.zeros((h, w), place.dtype)
    height, width = place.shape[-2:]
    if place.chunks is None:
        number = int(np.ravel_multi_index(outer, place.shape[:-2])) if outer else 0
        offset = place.address + number * height * width * place.dtype.itemsize
        return plane_region(file.path, offset, place.dtype, (height, width), region)
    found = np.zeros((h, w), place.dtype)
    tall, wide = place.chunks[-2:]
    lead = tuple(index // size * size for index, size in zip(outer, place.chunks[:-2], strict=True))
    inside = tuple(index - corner for index, corner in zip(outer, lead, strict=True))
    tops, lefts = range(y // tall * tall, y + h, tall), range(x // wide * wide, x + w, wide)
    for top, left in itertools.product(tops, lefts):
        corner = (*lead, top, left)
        chunk = cache.get((place.address, corner), partial(_chunk, file, place, corner))[inside]
        y0, y1, x0, x1 = max(y, top), min(y + h, top + tall), max(x, left), min(x + w, left + wide)
        found[y0 - y : y1 - y, x0 - x : x1 - x] = chunk[y0 - top : y1 - top, x0 - left : x1 - left]
    return found


def _chunk(file: Hdf5File, place: ArrayPlace, corner: tuple[int, ...]) -> Array:
    """A chunk; zeros when it was never written."""
    shape = place.chunks or ()
    at = file.find_chunk(place, corner)
    if at is None:
        return np.zeros(shape, place.dtype)
    address, size, mask = at
    needed = math.prod(shape) * place.dtype.itemsize
    data = read_at(file.path, address, size)
    for number, (kind, values) in reversed(list(enumerate(place.filters))):
        if not mask >> number & 1:
            data = _unfiltered(data, kind, values, needed, file.path)
    if len(data) < needed:
        raise FormatError(file.path, f"has a chunk of {len(data)} bytes instead of {needed}", "The file is damaged.")
    return np.frombuffer(data, place.dtype, math.prod(shape)).reshape(shape)


def _unfiltered(data: bytes, kind: int, values: tuple[int, ...], needed: int, path: Path) -> bytes:
    """What was there before a filter, which may be followed by a check sum of four bytes."""
    if kind == _DEFLATE:
        return zlib.decompressobj().decompress(data, needed + _FILTER_BYTES)
    if kind == _SCALED:
        return _rescaled(data, values, needed, path)
    if kind == _CHECKSUM:
        return data[:-4]
    if kind == _ZSTD:
        return bytes(imagecodecs.zstd_decode(data, out=needed))
    if kind == _LZ4:
        return _lz4(data, needed, path)
    size = values[0] if values else 1
    count = len(data) // size if size else 0
    head = np.frombuffer(data, np.uint8, count * size).reshape(size, -1)
    return np.ascontiguousarray(head.T).tobytes() + data[count * size :]


def _rescaled(data: bytes, values: tuple[int, ...], needed: int, path: Path) -> bytes:
    """Integers that are stored less the smallest of them, with as few bits as hold the largest."""
    bits, least = struct.unpack_from("<IxQ", data)
    if len(values) < 8 or values[0] != 2 or values[4] not in (1, 2, 4) or bits > values[4] * 8:
        raise FormatError(path, "packs its pixels with scales for fractions", "Write it with gzip.")
    dtype = np.dtype(f"{'>' if values[6] else '<'}u{values[4]}")
    if bits == values[4] * 8:
        return data[_SCALED_HEAD:]
    count = needed // values[4]
    packed = np.frombuffer(data, np.uint8, -(-count * bits // 8), _SCALED_HEAD)
    each = np.unpackbits(packed, count=count * bits).reshape(count, bits)
    found = np.zeros(count, np.uint64)
    for bit in range(bits):
        found = found << np.uint64(1) | each[:, bit]
    # A value of nothing but ones stands for pixels that were never written.
    written = (found + np.uint64(least)).astype(dtype)
    if values[7] and bits:
        written[found == (1 << bits) - 1] = values[8] if len(values) > 8 else 0
    return written.tobytes()


def _lz4(data: bytes, needed: int, path: Path) -> bytes:
    """Blocks of LZ4, each behind its size; one that did not become smaller is there as it was."""
    total, block = struct.unpack_from(">QI", data)
    if total > needed + 4 or block < 1:
        raise FormatError(path, f"has a packed chunk of {total} bytes instead of {needed}", "The file is damaged.")
    found, at = bytearray(), 12
    while len(found) < total:
        size = struct.unpack_from(">I", data, at)[0]
        whole = min(block, total - len(found))
        part: Any = data[at + 4 : at + 4 + size]
        found += part if size == whole else imagecodecs.lz4_decode(part, out=whole)
        at += 4 + size
    return bytes(found)
