"""AmiraMesh volumes: a text header, then the values of a lattice: plain, zipped, run lengths of bytes, or as text.

Lengths are micrometres, as users of microscopes mean them; the format knows no unit.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import Array, FormatError
from omero_server.formats.info import FilesetInfo, ImageInfo, Quantity
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["AmiraReader"]

_MARK = re.compile(rb"# (AmiraMesh|Avizo)\b[^\n]*\n")
_LONGEST_HEADER = 1 << 20
_LARGEST_SIDE = 1 << 20
_LARGEST_WHOLE = 1 << 29
"""Bytes of a volume that has to be unpacked whole."""
_TYPES = {"byte": "u1", "short": "i2", "ushort": "u2", "int": "i4", "int32": "i4", "uint32": "u4", "float": "f4",
          "double": "f8"}  # fmt: skip
_PIXELS = {"u1": "uint8", "i2": "int16", "u2": "uint16", "i4": "int32", "u4": "uint32", "f4": "float", "f8": "double"}
_BOX = re.compile(r"BoundingBox\s+" + r"\s+".join([r"([-+.\deE]+)"] * 6))
_LATTICE = re.compile(r"Lattice\s*\{\s*(\w+)(?:\[(\d+)\])?\s+\w+\s*\}\s*=?\s*@(\d+)(?:\((\w+),(\d+)\))?")


@dataclass(slots=True)
class _Header:
    text: str
    sizes: tuple[int, int, int]
    code: str
    vector: int
    packing: str
    start: int
    length: int


class AmiraReader(StoredReader):
    """Lattices of uniform coordinates; of several the first."""

    name = "amira"
    format = "Amira"
    suffixes = (".am", ".amiramesh", ".grey", ".hx", ".labels")

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._whole: Array | None = None

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return _MARK.match(file.read(200)) is not None

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        header = _header(path)
        x, y, z = header.sizes
        steps = _steps(header)
        image = ImageInfo(
            name=path.name,
            size_x=x,
            size_y=y,
            size_z=z,
            size_c=header.vector,
            dimension_order="XYCZT",
            pixel_type=_PIXELS[header.code[1:]],
            significant_bits=np.dtype(header.code).itemsize * 8,
            physical_size_x=steps[0],
            physical_size_y=steps[1],
            physical_size_z=steps[2],
            metadata=_notes(header.text),
        )
        dtype = np.dtype(header.code)
        if header.packing in ("plain", "zip"):
            packing = "plain" if header.packing == "plain" else "gzip"
            strides = contiguous(dtype.itemsize, "cxyz", {"c": header.vector, "x": x, "y": y})
            image.index = stored(dtype, strides, packing=packing, start=header.start)
            cls.check(image, [path])
        else:
            _unpacked(path, header)
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        if self._info.images[0].index is not None:
            return super()._read(series, level, zct, region)
        with self._lock:
            if self._whole is None:
                self._whole = _unpacked(self._info.entry, _header(self._info.entry))
            whole = self._whole
        x, y, w, h = region
        return whole[zct[0], y : y + h, x : x + w, zct[1]]

    def close(self) -> None:
        self._whole = None


def _header(path: Path) -> _Header:
    with path.open("rb") as file:
        data = file.read(_LONGEST_HEADER)
    found = re.search(rb"\n@1[ \t]*\r?\n", data)
    text = data[: found.start() if found else len(data)].decode("latin-1")
    lattice, box = _LATTICE.search(text), re.search(r"define\s+Lattice\s+(\d+)\s+(\d+)(?:\s+(\d+))?", text)
    if found is None or lattice is None or box is None:
        raise FormatError(path, "has no lattice of values, or is truncated", "Only volumes can be imported.")
    x, y, z = (int(size or 1) for size in box.groups())
    kind, vector, place, packing, length = lattice.groups()
    if place != "1" or kind not in _TYPES:
        raise FormatError(path, f"has values of the type {kind}, or another lattice first")
    samples = int(vector or 1)
    if not all(0 < size < _LARGEST_SIDE for size in (x, y, z)) or not 0 < samples <= 16:
        raise FormatError(path, f"declares {x} x {y} x {z} values of {samples} numbers")
    first = text.splitlines()[0]
    order = "<" if "LITTLE-ENDIAN" in first else ">"
    how = "ascii" if "ASCII" in first else {None: "plain", "HxZip": "zip", "HxByteRLE": "rle"}.get(packing)
    if how is None or (how == "rle" and kind != "byte"):
        raise FormatError(path, f"is packed as {packing}, which is not known here", "Save it without compression.")
    start = found.end()
    count = int(length or 0) or path.stat().st_size - start
    if start + count > path.stat().st_size:
        raise FormatError(path, f"is truncated: values end at byte {start + count}", "Copy it again.")
    return _Header(text, (x, y, z), np.dtype(order + _TYPES[kind]).str, samples, how, start, count)


def _unpacked(path: Path, header: _Header) -> Array:
    """All values of run lengths or text as (z, y, x, c)."""
    dtype = np.dtype(header.code)
    values = math.prod(header.sizes) * header.vector
    if values * dtype.itemsize > _LARGEST_WHOLE or values > header.length * 127:
        raise FormatError(path, f"declares {values} values, more than can be unpacked from {header.length} bytes")
    with path.open("rb") as file:
        file.seek(header.start)
        data = file.read(header.length)
    found = _runs(data, values) if header.packing == "rle" else _numbers(data, values, dtype, path)
    if found.size < values:
        raise FormatError(path, f"is truncated: {values} values wanted, {found.size} there", "Copy it again.")
    x, y, z = header.sizes
    return found[:values].reshape(z, y, x, header.vector)


def _runs(data: bytes, wanted: int) -> Array:
    """Run lengths: a count below 128 repeats the next byte, others are followed by so many bytes less 128."""
    out, at = bytearray(), 0
    while at + 1 < len(data) and len(out) < wanted:
        count = data[at]
        if count & 128:
            out += data[at + 1 : at + 1 + (count & 127)]
            at += 1 + (count & 127)
        else:
            out += data[at + 1 : at + 2] * count
            at += 2
    return np.frombuffer(bytes(out), np.uint8)


def _numbers(data: bytes, wanted: int, dtype: np.dtype[Any], path: Path) -> Array:
    words = data.split(maxsplit=wanted)[:wanted]
    try:
        return np.asarray([float(word) for word in words]).astype(dtype)
    except (ValueError, OverflowError) as error:
        raise FormatError(path, "holds something else than numbers") from error


def _steps(header: _Header) -> list[Quantity | None]:
    """Distances of values: the box reaches from the middle of the first to that of the last."""
    found = _BOX.search(header.text)
    steps: list[Quantity | None] = [None, None, None]
    if found is None:
        return steps
    try:
        ends = [float(one) for one in found.groups()]
    except ValueError:
        return steps
    for axis, size in enumerate(header.sizes):
        step = (ends[2 * axis + 1] - ends[2 * axis]) / max(1, size - 1)
        if 0 < step < float("inf"):
            steps[axis] = step, "µm"
    return steps


def _notes(text: str) -> dict[str, str]:
    """`Name value` lines of the parameters."""
    found = {}
    for line in text.splitlines():
        key, value = [*line.split(None, 1), "", ""][:2]
        value = value.strip().removesuffix(",").strip()
        if value and key != "define" and re.fullmatch(r"\w+", key) and not {"{", "}"} & set(value):
            found[key] = value.strip('"')
    return found
