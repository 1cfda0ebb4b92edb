"""MurmurHash3 of Austin Appleby (public domain) with seed 0: the 32-bit and the 128-bit variant for 64-bit machines.

The words of a block are scrambled for the whole block at once; only the chain that joins them runs in Python.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Murmur32", "Murmur128"]

MASK32 = 0xFFFFFFFF
MASK64 = 0xFFFFFFFFFFFFFFFF
C32 = (0xCC9E2D51, 0x1B873593)
C64 = (0x87C37B91114253D5, 0x4CF5AD432745937F)
Words = npt.NDArray[Any]


class _Murmur(ABC):
    """Cuts the input into whole blocks of `width` bytes and keeps the rest for the next call."""

    width: int

    def __init__(self) -> None:
        self._rest = b""
        self._length = 0

    def update(self, data: bytes | bytearray | memoryview, /) -> None:
        """Add bytes."""
        self._length += len(data)
        if self._rest or len(data) < self.width:
            data = self._rest + bytes(data)
        whole = len(data) // self.width * self.width
        self._rest = bytes(data[whole:])
        if whole:
            self._blocks(memoryview(data)[:whole])

    @abstractmethod
    def _blocks(self, data: memoryview) -> None: ...


class Murmur32(_Murmur):
    """MurmurHash3_x86_32."""

    width = 4

    def __init__(self) -> None:
        super().__init__()
        self._hash = 0

    def _blocks(self, data: memoryview) -> None:
        h = self._hash
        for k in _scramble(np.frombuffer(data, "<u4"), *C32, 15).tolist():
            h ^= k
            h = (h << 13 | h >> 19) & MASK32
            h = (h * 5 + 0xE6546B64) & MASK32
        self._hash = h

    def hexdigest(self) -> str:
        """The sum of all bytes so far."""
        h = self._hash
        if self._rest:
            h ^= int(_scramble(_padded(self._rest, 4, "<u4"), *C32, 15)[0])
        h ^= self._length & MASK32
        h = ((h ^ h >> 16) * 0x85EBCA6B) & MASK32
        h = ((h ^ h >> 13) * 0xC2B2AE35) & MASK32
        return (h ^ h >> 16).to_bytes(4, "little").hex()


class Murmur128(_Murmur):
    """MurmurHash3_x64_128."""

    width = 16

    def __init__(self) -> None:
        super().__init__()
        self._hash = (0, 0)

    def _blocks(self, data: memoryview) -> None:
        words = np.frombuffer(data, "<u8")
        first, second = _scramble(words[0::2], *C64, 31).tolist(), _scramble(words[1::2], *C64[::-1], 33).tolist()
        h1, h2 = self._hash
        for k1, k2 in zip(first, second, strict=True):
            h1 ^= k1
            h1 = ((h1 << 27 | h1 >> 37) & MASK64) + h2
            h1 = (h1 * 5 + 0x52DCE729) & MASK64
            h2 ^= k2
            h2 = ((h2 << 31 | h2 >> 33) & MASK64) + h1
            h2 = (h2 * 5 + 0x38495AB5) & MASK64
        self._hash = h1, h2

    def hexdigest(self) -> str:
        """The sum of all bytes so far."""
        h1, h2 = self._hash
        if self._rest:
            tail = _padded(self._rest, 16, "<u8")
            h1 ^= int(_scramble(tail[:1], *C64, 31)[0])
            h2 ^= int(_scramble(tail[1:], *C64[::-1], 33)[0])
        h1, h2 = h1 ^ self._length, h2 ^ self._length
        h1 = (h1 + h2) & MASK64
        h2 = (h2 + h1) & MASK64
        h1, h2 = _finish64(h1), _finish64(h2)
        h1 = (h1 + h2) & MASK64
        h2 = (h2 + h1) & MASK64
        return (h1.to_bytes(8, "little") + h2.to_bytes(8, "little")).hex()


def _scramble(words: Words, first: int, second: int, turn: int) -> Words:
    """Every word times `first`, turned left, times `second`; overflow is cut off."""
    bits = words.dtype.itemsize * 8
    one = words.dtype.type
    turned = words * one(first)
    turned = turned << one(turn) | turned >> one(bits - turn)
    scrambled: Words = turned * one(second)
    return scrambled


def _padded(rest: bytes, width: int, kind: str) -> Words:
    return np.frombuffer(rest.ljust(width, b"\0"), kind)


def _finish64(value: int) -> int:
    value = ((value ^ value >> 33) * 0xFF51AFD7ED558CCD) & MASK64
    value = ((value ^ value >> 33) * 0xC4CEB9FE1A85EC53) & MASK64
    return value ^ value >> 33
