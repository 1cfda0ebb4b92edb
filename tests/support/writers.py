"""Writes small files of formats whose own samples are too large to keep, or do not show what is to be tested."""

from __future__ import annotations

import bz2
import struct
import zlib
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import tifffile

from omero_server.formats.base import Array

__all__ = ["UIC2", "Axes", "analyze_header", "klb_bytes", "write_fluoview", "write_stack"]

Axes = list[tuple[str, int, float, str]]
PACKINGS: list[Callable[[bytes], bytes]] = [bytes, bz2.compress, zlib.compress]
UIC1, UIC2, UIC3 = 33628, 33629, 33630


def klb_bytes(pixels: Array, block: tuple[int, ...], packing: int) -> bytes:
    """A file of `pixels` (t, c, z, y, x) in blocks along x, y, z, c, t."""
    sizes = pixels.shape[::-1]
    kinds = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32", "float64"]
    head = struct.pack(
        "<B5I5fBB256s5I", 2, *sizes, 0.5, 0.5, 2, 1, 1, kinds.index(pixels.dtype.name), packing, b"a note", *block
    )
    blocks = []
    for t, c, z, y, x in product(*(range(-(-size // one)) for size, one in zip(sizes[::-1], block[::-1], strict=True))):
        corner = [at * one for at, one in zip((t, c, z, y, x), block[::-1], strict=True)]
        part = pixels[tuple(slice(at, at + one) for at, one in zip(corner, block[::-1], strict=True))]
        blocks.append(PACKINGS[packing](np.ascontiguousarray(part).tobytes()))
    ends = np.cumsum([len(one) for one in blocks]).astype("<u8")
    return head + ends.tobytes() + b"".join(blocks)


def write_fluoview(path: Path, pages: Array, axes: Axes) -> Path:
    header = np.zeros(1, np.dtype(tifffile.TIFF.MM_HEADER).newbyteorder("<"))
    for number, (name, size, step, unit) in enumerate(axes):
        header["Dimensions"][0, number] = (name.encode(), size, 0, step, unit.encode())
    data = header.tobytes()
    tags = [(34361, 1, len(data), data, True), (34362, 12, 8, tuple(float(n) for n in range(8)), True)]
    with tifffile.TiffWriter(path, byteorder="<") as tif:
        for page in pages:
            tif.write(page, metadata=None, contiguous=False, extratags=tags)
    return path


def analyze_header(order: str, dims: list[int], datatype: int, magic: bytes = b"", offset: float = 0) -> bytes:
    """A header of 348 bytes: Analyze, or NIfTI-1 with `magic`."""
    head = bytearray(348)
    struct.pack_into(order + "i", head, 0, 348)
    struct.pack_into(order + "8h", head, 40, len(dims), *(dims + [1] * 7)[:7])
    struct.pack_into(order + "2h", head, 70, datatype, 8)
    struct.pack_into(order + "8f", head, 76, 1, 0.5, 0.25, 2, 3, 0, 0, 0)
    struct.pack_into(order + "f", head, 108, offset)
    head[123] = 2 | 8 if magic else 0
    head[344 : 344 + len(magic)] = magic
    return bytes(head)


def write_stack(path: Path, pixels: np.ndarray, distances: list[float], waves: list[int] | None = None) -> Path:
    """A stack as MetaMorph writes it; the values of a tag are longer than its type says."""
    planes = len(pixels)
    head = struct.pack("<2sHI", b"II", 42, 8 + pixels.nbytes)
    rows = [(256, 4, 1, pixels.shape[2]), (257, 4, 1, pixels.shape[1]), (258, 3, 1, pixels.itemsize * 8),
            (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, pixels.shape[1]),
            (279, 4, 1, pixels[0].nbytes)]  # fmt: skip
    uic2 = b"".join(
        struct.pack("<6I", round(step * 1000), 1000, 2459809, 1000 * n, 2459809, 0) for n, step in enumerate(distances)
    )
    uic3 = b"".join(struct.pack("<2I", wave, 1) for wave in waves or [0] * planes)
    notes = 8 + pixels.nbytes + 2 + (len(rows) + 3) * 12 + 4
    rows += [
        (UIC1, 4, 2, notes + len(uic2) + len(uic3)),
        (UIC2, 5, planes, notes),
        (UIC3, 5, planes, notes + len(uic2)),
    ]
    ifd = struct.pack("<H", len(rows)) + b"".join(struct.pack("<HHII", *row) for row in rows) + bytes(4)
    path.write_bytes(head + pixels.tobytes() + ifd + uic2 + uic3 + struct.pack("<4I", 0, 1, 1, 95))
    return path
