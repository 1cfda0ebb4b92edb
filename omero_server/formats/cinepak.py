"""Cinepak: frames of strips, each with two books of 2 x 2 pixels from which blocks of 4 x 4 are put together.

Frames may leave blocks as they were, so they are decoded in their order from one in which all is new.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from omero_server.formats.base import Array

__all__ = ["Cinepak", "is_complete"]

_FRAME, _STRIP, _CHUNK = 10, 12, 4
_INTRA = 0x1000
_MOST_STRIPS = 32
_KEEP_BOOKS = 1


@dataclass(slots=True)
class _Books:
    """Entries as 2 x 2 RGB pixels: for whole blocks (enlarged) and for quarters."""

    whole: Array = field(default_factory=lambda: np.zeros((256, 2, 2, 3), np.uint8))
    quarter: Array = field(default_factory=lambda: np.zeros((256, 2, 2, 3), np.uint8))


def _strips(data: bytes) -> Iterator[tuple[int, tuple[int, ...], bytes]]:
    """Kind, box (top, left, bottom, right as stored) and content of each strip."""
    count, at = struct.unpack_from(">H", data, 8)[0], _FRAME
    for _ in range(min(count, _MOST_STRIPS)):
        kind, size, *box = struct.unpack_from(">6H", data, at)
        yield kind, tuple(box), data[at + _STRIP : at + max(size, _STRIP)]
        at += max(size, _STRIP)


def is_complete(data: bytes) -> bool:
    """Whether a frame needs none before it. Damaged ones do not count."""
    try:
        return all(kind == _INTRA for kind, _, _ in _strips(data))
    except struct.error:
        return False


class Cinepak:
    """A decoder: `decode` takes frames in order and gives the picture after each."""

    def __init__(self, width: int, height: int) -> None:
        self._size = height, width
        self._picture = np.zeros((-(-height // 4) * 4, -(-width // 4) * 4, 3), np.uint8)
        self._books: list[_Books] = []

    def decode(self, data: bytes) -> Array:
        """The picture (height, width, 3) after one more frame; struct.error, IndexError, ValueError when damaged."""
        below = 0
        for number, (_, (top, left, bottom, right), content) in enumerate(_strips(data)):
            if number == len(self._books):
                self._books.append(_Books())
            if number and not data[0] & _KEEP_BOOKS:
                above = self._books[number - 1]
                self._books[number] = _Books(above.whole.copy(), above.quarter.copy())
            if top == 0:
                # Counted from the end of the strip above.
                top, bottom = below, below + bottom
            self._strip(self._books[number], content, self._picture[top:bottom, left:right])
            below = bottom
        return self._picture[: self._size[0], : self._size[1]].copy()

    def _strip(self, books: _Books, data: bytes, picture: Array) -> None:
        at = 0
        while at + _CHUNK <= len(data):
            kind, size = struct.unpack_from(">HH", data, at)
            content = data[at + _CHUNK : at + max(size, _CHUNK)]
            if 0x2000 <= kind < 0x2800:
                _learn(books.whole if kind & 0x200 else books.quarter, content, kind)
            elif 0x3000 <= kind < 0x3300:
                _paint(books, content, kind, picture)
            at += max(size, _CHUNK)


def _learn(book: Array, data: bytes, kind: int) -> None:
    """New entries of a book: all from the first on, or those whose bits are set; with or without colours."""
    width = 4 if kind & 0x400 else 6
    if not kind & 0x100:
        entries = np.frombuffer(data, np.uint8, len(data) // width * width).reshape(-1, width)[:256]
        book[: len(entries)] = _pixels(entries)
        return
    at = 0
    for group in range(0, 256, 32):
        if at + 4 > len(data):
            return
        bits = struct.unpack_from(">I", data, at)[0]
        at += 4
        for number in range(32):
            if bits >> (31 - number) & 1:
                entry = np.frombuffer(data, np.uint8, width, at).reshape(1, width)
                book[group + number] = _pixels(entry)[0]
                at += width


def _pixels(entries: Array) -> Array:
    """RGB of entries: four lumas, then two signed chromas."""
    luma = entries[:, :4].astype(np.int32).reshape(-1, 2, 2)
    chroma = entries[:, 4:6] if entries.shape[1] == 6 else np.zeros((len(entries), 2), np.uint8)
    u, v = (chroma[:, at].astype(np.int8).astype(np.int32)[:, None, None] for at in (0, 1))
    half = np.abs(u) // 2 * np.sign(u)
    pixels = np.stack([luma + 2 * v, luma - half - v, luma + 2 * u], axis=-1)
    return np.asarray(np.clip(pixels, 0, 255).astype(np.uint8))


class _Bits:
    """Flags in words of 32 bits between bytes of indices."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at, self._word, self._left = data, 0, 0, 0

    @property
    def ended(self) -> bool:
        """Whether nothing is left; what comes is as it was."""
        return self.at >= len(self._data) and not self._left

    def flag(self) -> bool:
        """The next flag."""
        if not self._left:
            self._word, self._left = struct.unpack_from(">I", self._data, self.at)[0], 32
            self.at += 4
        self._left -= 1
        return bool(self._word >> self._left & 1)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        self.at += count
        if self.at > len(self._data):
            raise ValueError("indices end early")
        return self._data[self.at - count : self.at]


def _paint(books: _Books, data: bytes, kind: int, picture: Array) -> None:
    """Blocks row by row: left as they are (0x31), of one entry, or of four (not 0x32)."""
    bits, changes, simple = _Bits(data), bool(kind & 0x100), bool(kind & 0x200)
    for y in range(0, picture.shape[0] - 3, 4):
        for x in range(0, picture.shape[1] - 3, 4):
            if bits.ended:
                return
            if changes and not bits.flag():
                continue
            block = picture[y : y + 4, x : x + 4]
            if simple or not bits.flag():
                block[...] = books.whole[bits.take(1)[0]].repeat(2, axis=0).repeat(2, axis=1)
            else:
                a, b, c, d = bits.take(4)
                block[:2, :2], block[:2, 2:] = books.quarter[a], books.quarter[b]
                block[2:, :2], block[2:, 2:] = books.quarter[c], books.quarter[d]
