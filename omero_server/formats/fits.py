"""FITS: each header with an image (primary or extension) is an image; axes are X, Y, Z, T in their order.

Rows are shown in the order of the file. Values stay as they are stored, except unsigned ones, which FITS stores less
half of their range (BZERO): they become unsigned again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import FormatError, pixel_type_of
from omero_server.formats.info import FilesetInfo, ImageInfo
from omero_server.formats.packed import ByteSource, byte_source, unpacked_head
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["FitsReader"]

_BLOCK, _CARD = 2880, 80
_MOST_BLOCKS = 4000
"""Blocks of one header; a header without END is not read further."""
_MOST_IMAGES = 10_000
_DTYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_AXES = "xyztc"

Cards = dict[str, str]


@dataclass(slots=True)
class _Unit:
    """A header and where its data lie."""

    cards: Cards
    data: int
    shape: list[int]
    dtype: np.dtype[Any]
    length: int


class FitsReader(StoredReader):
    """Images of astronomy."""

    name = "fits"
    format = "FITS"
    suffixes = (".fits", ".fts", ".fit", ".fits.gz")

    @classmethod
    def detect(cls, path: Path) -> bool:
        head = unpacked_head(path, 30)[1]
        return head.startswith(b"SIMPLE  =") and head[10:30].strip() in (b"T", b"T /")

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        packing, _ = unpacked_head(path, 1)
        images = []
        for number, unit in enumerate(_units(byte_source(path, packing), path)):
            if unit.shape and all(unit.shape) and unit.cards.get("XTENSION", "IMAGE") == "IMAGE":
                images.append(_image(unit, path, number, packing))
                cls.check(images[-1], [path])
        if not images:
            raise FormatError(path, "holds tables or compressed images, but no plain image", "Unpack it with funpack.")
        if len(images) == 1:
            images[0].name = path.name
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images)


def _units(source: ByteSource, path: Path) -> Iterator[_Unit]:
    """The headers of a file, to its end or to what is no header."""
    at = 0
    for _ in range(_MOST_IMAGES):
        if not _is_header(source, at):
            return
        cards, data = _header(source, at, path)
        unit = _unit(cards, data, path)
        yield unit
        at = data + -(-unit.length // _BLOCK) * _BLOCK


def _is_header(source: ByteSource, at: int) -> bool:
    """Whether a header begins here; the file may end or hold other things behind its last unit."""
    try:
        head = source.read(at, _BLOCK)
    except FormatError:
        return False
    return head.startswith((b"SIMPLE  =", b"XTENSION="))


def _header(source: ByteSource, at: int, path: Path) -> tuple[Cards, int]:
    cards: Cards = {}
    for number in range(_MOST_BLOCKS):
        block = source.read(at + number * _BLOCK, _BLOCK)
        for start in range(0, _BLOCK, _CARD):
            card = block[start : start + _CARD].decode("ascii", "replace")
            key = card[:8].strip()
            if key == "END":
                return cards, at + (number + 1) * _BLOCK
            if key in ("COMMENT", "HISTORY"):
                cards[key] = (cards.get(key, "") + "\n" + card[8:].rstrip()).strip("\n")
            elif key and card[8:10] == "= ":
                cards.setdefault(key, _value(card[10:]))
    raise FormatError(path, "is damaged: a header has no end")


def _value(text: str) -> str:
    """A card's value without quotes and comment."""
    text = text.strip()
    if not text.startswith("'"):
        return text.split("/")[0].strip()
    end = 1
    while (end := text.find("'", end)) >= 0 and text[end : end + 2] == "''":
        end += 2
    return text[1 : end if end > 0 else None].replace("''", "'").rstrip()


def _integer(cards: Cards, key: str, path: Path, default: int = 0) -> int:
    try:
        value = int(cards.get(key, default))
    except ValueError as error:
        raise FormatError(path, f"has {cards[key][:30]!r} for {key}, which is no number") from error
    if not -(2**40) < value < 2**40:
        raise FormatError(path, f"has {value} for {key}")
    return value


def _unit(cards: Cards, data: int, path: Path) -> _Unit:
    bits, axes = _integer(cards, "BITPIX", path), _integer(cards, "NAXIS", path)
    if bits not in _DTYPES or not 0 <= axes <= 999:
        raise FormatError(path, f"declares {axes} axes of values of {bits} bits")
    shape = [_integer(cards, f"NAXIS{number + 1}", path) for number in range(axes)]
    if any(size < 0 or size >= 2**31 for size in shape):
        raise FormatError(path, f"declares axes of sizes {shape[:8]}")
    values = int(np.prod(shape, dtype=object)) if shape else 0
    groups, heap = _integer(cards, "GCOUNT", path, 1), _integer(cards, "PCOUNT", path)
    length = abs(bits) // 8 * groups * (heap + values)
    if length < 0:
        raise FormatError(path, "declares data of negative length")
    return _Unit(cards, data, shape, np.dtype(_DTYPES[bits]), length)


def _image(unit: _Unit, path: Path, number: int, packing: str) -> ImageInfo:
    cards = unit.cards
    if int(np.prod(unit.shape[len(_AXES) :], dtype=object) or 1) > 1:
        raise FormatError(path, f"has {len(unit.shape)} axes, more than an image has", "Split it.")
    sizes = dict(zip(_AXES, [*unit.shape, 1, 1, 1, 1], strict=False))
    unsigned = unit.dtype.kind == "i" and _is_offset(cards, unit.dtype.itemsize * 8)
    shown = np.dtype(f"u{unit.dtype.itemsize}") if unsigned else unit.dtype
    name = cards.get("EXTNAME") or f"image {number + 1}"
    return ImageInfo(
        name=f"{path.name} [{name} {cards.get('EXTVER', '')}".rstrip() + "]",
        size_x=sizes["x"],
        size_y=sizes["y"],
        size_z=sizes["z"],
        size_c=sizes["c"],
        size_t=sizes["t"],
        dimension_order="XYZTC",
        pixel_type=pixel_type_of(shown, path),
        significant_bits=shown.itemsize * 8,
        description=cards.get("OBJECT") or None,
        acquired=_date(cards),
        metadata=cards,
        index=stored(
            unit.dtype, contiguous(unit.dtype.itemsize, _AXES, sizes), offset=unit.data, packing=packing,
            unsigned=unsigned,
        ),
    )  # fmt: skip


def _is_offset(cards: Cards, bits: int) -> bool:
    try:
        return float(cards.get("BZERO", "0")) == 2.0 ** (bits - 1) and float(cards.get("BSCALE", "1")) == 1.0
    except ValueError:
        return False


def _date(cards: Cards) -> datetime | None:
    try:
        return datetime.fromisoformat(cards.get("DATE-OBS", "")).replace(tzinfo=None)
    except ValueError:
        return None
