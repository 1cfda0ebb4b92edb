"""NRRD: a text header, pixels behind it or in a file beside it, plain or packed.

Axes of kind colour, vector or list are channels, `time` is T, the others are X, Y, Z in their order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import FormatError, pixel_type_of
from omero_server.formats.info import FilesetInfo, ImageInfo, Quantity, plain_channels
from omero_server.formats.rawbytes import beside
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["NrrdReader"]

_LONGEST_HEADER = 1 << 20
_LARGEST_AXIS = 2**31
_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_DTYPES = {name: code for code, names in _TYPES.items() for name in names}
_PACKINGS = {"raw": "plain", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
_SPATIAL = ("domain", "space")
_COLOURS = {"RGB-color": 3, "RGBA-color": 4, "3-color": 3, "4-color": 4}
_UNITS = {"mm": "mm", "um": "µm", "µm": "µm", "micron": "µm", "microns": "µm", "nm": "nm", "m": "m", "cm": "cm"}
_NO_COLOUR_BEYOND = 4


@dataclass(slots=True)
class _Header:
    """Fields and key/value pairs of a header, and where it ends."""

    fields: dict[str, str]
    pairs: dict[str, str]
    end: int


class NrrdReader(StoredReader):
    """NRRD files, and detached headers (.nhdr) with one data file."""

    name = "nrrd"
    format = "NRRD"
    suffixes = (".nrrd", ".nhdr")

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return re.match(rb"NRRD000\d\r?\n", file.read(10)) is not None

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        return _files(path, _header(path))

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        header = _header(path)
        files = _files(path, header)
        if not files[-1].is_file():
            raise FormatError(path, f"needs {files[-1].name}, which is missing", "Put both files together.")
        image = _image(path, files, header)
        cls.check(image, files)
        return FilesetInfo(cls.format, cls.name, cls.version, files, [image])


def _header(path: Path) -> _Header:
    with path.open("rb") as file:
        start = file.read(_LONGEST_HEADER)
    found = re.search(rb"\r?\n\r?\n", start)
    if found is None and len(start) == _LONGEST_HEADER:
        raise FormatError(path, "is damaged: its header never ends")
    end = len(start) if found is None else found.end()
    fields, pairs = {}, {}
    for line in start[:end].decode("utf-8", "replace").splitlines()[1:]:
        if line.startswith("#"):
            continue
        if ":=" in line:
            key, value = line.split(":=", 1)
            pairs[key] = value
        elif ": " in line:
            key, value = line.split(": ", 1)
            fields[key.lower().replace("datafile", "data file")] = value.strip()
    return _Header(fields, pairs, end)


def _files(path: Path, header: _Header) -> list[Path]:
    """The header and the file that holds the pixels, if that is another one; it must lie beside the header."""
    name = header.fields.get("data file")
    if name is None:
        return [path]
    if name.startswith("LIST") or "%" in name:
        raise FormatError(path, "has its pixels in several files", "Save it as one .nrrd file.")
    data = beside(path, name)
    if data == path:
        raise FormatError(path, "names itself as the file of its pixels")
    return [path, data]


def _numbers(text: str, path: Path, kind: type) -> list[Any]:
    try:
        return [kind(word) for word in text.split()]
    except ValueError as error:
        raise FormatError(path, f"has {text[:40]!r} in its header where numbers are expected") from error


def _dtype(fields: dict[str, str], path: Path) -> np.dtype[Any]:
    code = _DTYPES.get(fields.get("type", "").lower())
    if code is None:
        raise FormatError(path, f"has pixels of type {fields.get('type')!r}, for which there is no OME pixel type")
    order = fields.get("endian", "little").lower()
    if order not in ("little", "big"):
        raise FormatError(path, f"has the unknown byte order {order!r}")
    return np.dtype(("<" if order == "little" else ">") + code)


def _sizes(fields: dict[str, str], path: Path) -> list[int]:
    sizes = _numbers(fields.get("sizes", ""), path, int)
    dimension = _numbers(fields.get("dimension", ""), path, int)
    if not sizes or dimension != [len(sizes)] or not all(0 < size < _LARGEST_AXIS for size in sizes):
        raise FormatError(path, f"declares {dimension} axes of sizes {sizes[:16]}")
    return sizes


def _axes(fields: dict[str, str], sizes: list[int], path: Path) -> str:
    """A letter of xyzct for each axis; FormatError for more axes than there are."""
    kinds = fields.get("kinds", "").split()
    if len(kinds) != len(sizes):
        colour = len(sizes) > 2 and 1 < sizes[0] <= _NO_COLOUR_BEYOND and "space directions" not in fields
        kinds = ["list" if colour and number == 0 else "domain" for number in range(len(sizes))]
    spatial, letters = list("xyzt"), ""
    for kind, size in zip(kinds, sizes, strict=True):
        if kind == "time":
            letter = "t"
        elif kind in _SPATIAL or kind == "???":
            letter = next((one for one in spatial if one not in letters), "c")
        else:
            letter = "c"
        if letter in letters and size > 1:
            raise FormatError(path, f"has {len(sizes)} axes of kinds {kinds}, more than an image has")
        letters += letter if letter not in letters else "-"
    if "x" not in letters:
        raise FormatError(path, "has no spatial axis")
    return letters


def _image(path: Path, files: list[Path], header: _Header) -> ImageInfo:
    fields = header.fields
    dtype, shape = _dtype(fields, path), _sizes(fields, path)
    letters = _axes(fields, shape, path)
    sizes = {letter: size for letter, size in zip(letters, shape, strict=True) if letter != "-"}
    x, y, z = _spacing(fields, letters)
    channels = sizes.get("c", 1)
    colours = any(kind in _COLOURS for kind in fields.get("kinds", "").split()) and dtype.kind == "u"
    strides = contiguous(dtype.itemsize, letters, sizes)
    return ImageInfo(
        name=path.name,
        size_x=sizes["x"],
        size_y=sizes.get("y", 1),
        size_z=sizes.get("z", 1),
        size_c=channels,
        size_t=sizes.get("t", 1),
        dimension_order="XYCZT" if letters[0] == "c" else "XYZTC",
        pixel_type=pixel_type_of(dtype, path),
        significant_bits=dtype.itemsize * 8,
        is_rgb=colours,
        description=fields.get("content"),
        physical_size_x=x,
        physical_size_y=y,
        physical_size_z=z,
        channels=plain_channels(channels, channels if colours else 1),
        metadata=fields | header.pairs,
        index=_index(path, files, header, (dtype, strides, int(np.prod(shape, dtype=object)))),
    )


def _index(path: Path, files: list[Path], header: _Header, array: tuple[np.dtype[Any], list[int], int]) -> Any:
    """Where the pixels begin, behind lines and bytes that are to be skipped."""
    dtype, strides, count = array
    fields = header.fields
    packing = _PACKINGS.get(fields.get("encoding", "").lower())
    if packing is None:
        raise FormatError(path, f"is encoded as {fields.get('encoding')!r}", "Save it with encoding raw or gzip.")
    lines = _numbers(fields.get("line skip", fields.get("lineskip", "0")), path, int)[0]
    skip = _numbers(fields.get("byte skip", fields.get("byteskip", "0")), path, int)[0]
    start = _behind_lines(files[-1], header.end if len(files) == 1 else 0, lines, path)
    if skip < 0 and packing == "plain":
        start, skip = max(start, files[-1].stat().st_size - count * dtype.itemsize), 0
    return stored(dtype, strides, offset=max(0, skip), file=len(files) - 1, packing=packing, start=start)


def _behind_lines(data: Path, start: int, lines: int, path: Path) -> int:
    if not 0 <= lines <= _LONGEST_HEADER:
        raise FormatError(path, f"wants {lines} lines skipped")
    with data.open("rb") as file:
        file.seek(start)
        for _ in range(lines):
            if not file.readline(_LONGEST_HEADER):
                raise FormatError(path, "is truncated: lines to be skipped are not there", "Copy it again.")
        return file.tell()


def _spacing(fields: dict[str, str], letters: str) -> tuple[Quantity | None, ...]:
    """Sizes of a pixel along x, y, z, where the header has them with a unit."""
    units = re.findall(r'"([^"]*)"', fields.get("units", "")) or [""] * len(letters)
    steps = fields.get("spacings", "").split()
    vectors = re.findall(r"none|\([^()]*\)", fields.get("space directions", ""))
    if len(vectors) == len(letters):
        space = iter(re.findall(r'"([^"]*)"', fields.get("space units", "")) * 2)
        units = ["" if vector == "none" else next(space, "") for vector in vectors]
        steps = [_length(vector) for vector in vectors]
    found: dict[str, Quantity] = {}
    for letter, step, unit in zip(letters, steps, units, strict=False):
        symbol, value = _UNITS.get(unit), _positive(step)
        if symbol and value:
            found[letter] = value, symbol
    return tuple(found.get(letter) for letter in "xyz")


def _length(vector: str) -> str:
    try:
        return str(sum(float(word) ** 2 for word in vector.strip("()").split(",")) ** 0.5)
    except (ValueError, OverflowError):
        return ""


def _positive(text: str) -> float | None:
    try:
        value = abs(float(text))
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None
