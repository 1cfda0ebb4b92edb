"""Random, repeatable changes of the bytes of a file: what a bad disk, or somebody hostile, makes of it."""

from __future__ import annotations

import gzip
import re
import struct
from collections.abc import Callable
from random import Random

__all__ = ["changed"]

_HEAD = 1024
_EXTREMES = (
    0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**40, 2**63 - 1, 2**63, 2**64 - 1,
)  # fmt: skip
_NUMBERS = (
    b"0", b"-1", b"1", b"65536", b"2147483647", b"-2147483648", b"4294967297", b"9223372036854775807",
    b"99999999999999999999", b"1e308", b"-1e-320", b"NaN", b"inf", b"", b"9" * 5000,
)  # fmt: skip
_ENTITIES = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 9) for n in range(12)
)
_TEXTS = (
    _ENTITIES + b"]>", b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>', b"&m;", b"&a;", b"<a>" * 20_000,
    b"<a><b/>" * 3000, b"</", b"<!--", b"<![CDATA[", b"[" * 50_000, b'{"a":' * 30_000, b"]", b"}", b'"', b"\\", b"\0",
    b"\xff\xfe\xfd", b"../" * 12 + b"etc/passwd", b"/etc/passwd", b"%s%n", b"A" * 70_000, b"\n" * 3000, b"-", b" ",
    b"<!ENTITY % x SYSTEM 'http://192.0.2.1/x'>%x;",
)  # fmt: skip
_LARGE = (b"0", b"-1", b"3", b"70000", b"3000000", b"1000000000", b"2147483647", b"2147483648", b"9223372036854775807")
_DIMENSIONS = re.compile(
    rb"(?i)(?:size|width|height|count|number|rows|columns|channels|planes|frames|points|shape|dim|naxis)"
    rb"[\w. ]{0,12}[^\w\n]{1,6}(\d{1,9})"
)
_LARGEST_ADDITION = 1 << 20


def changed(data: bytes, random: Random) -> bytes:
    """One to three changes; those of a gzip file often below its compression, where they are not found so soon."""
    if data[:2] == b"\x1f\x8b" and random.random() < 0.6:
        return gzip.compress(changed(gzip.decompress(data), random), 1)
    result = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 3))):
        if result:
            random.choice(_CHANGES)(result, random)
    return bytes(result)


def _at(data: bytearray, random: Random) -> int:
    """A place, in half of all cases near the beginning, in some near the end: there lie the tables."""
    near = random.random()
    if near < 0.5:
        return random.randrange(min(_HEAD, len(data)))
    if near < 0.65:
        return random.randrange(max(0, len(data) - _HEAD), len(data))
    return random.randrange(len(data))


def _flip(data: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 2, 8, 32))):
        data[_at(data, random)] ^= 1 << random.randrange(8)


def _overwrite(data: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 4, 40))):
        data[_at(data, random)] = random.choice((0, 1, 127, 128, 255, random.randrange(256)))


def _truncate(data: bytearray, random: Random) -> None:
    del data[_at(data, random) :]


def _fill(data: bytearray, random: Random) -> None:
    at = _at(data, random)
    length = min(random.choice((4, 64, 1024, 65536)), len(data) - at)
    data[at : at + length] = bytes([random.choice((0, 0, 255))]) * length


def _splice(data: bytearray, random: Random) -> None:
    """A piece of the file again elsewhere: over what is there, or between."""
    piece = data[(at := _at(data, random)) : at + random.choice((4, 32, 512, 8192))]
    to = _at(data, random)
    data[to : to + (len(piece) if random.random() < 0.7 else 0)] = piece


def _swap(data: bytearray, random: Random) -> None:
    """Two blocks change places."""
    size = random.choice((2, 4, 8, 12, 64, 512, 4096))
    one, two = sorted((_at(data, random), _at(data, random)))
    size = min(size, two - one, len(data) - two)
    data[one : one + size], data[two : two + size] = data[two : two + size], data[one : one + size]


def _repeat(data: bytearray, random: Random) -> None:
    """An element, an entry of a table or another piece many times."""
    at = _at(data, random)
    piece = data[at : at + random.choice((2, 8, 12, 20, 200))]
    elements = [match.span() for match in re.finditer(rb"<\w[^<>]{0,300}/>|\{[^{}]{1,300}\},?", data[: 1 << 18])]
    if elements and random.random() < 0.7:
        at, end = random.choice(elements)
        piece = data[at:end]
    data[at:at] = (bytes(piece) * random.choice((1, 2, 40, 3000)))[:_LARGEST_ADDITION]


def _remove(data: bytearray, random: Random) -> None:
    at = _at(data, random)
    del data[at : at + random.choice((1, 2, 16, 700))]


def _extreme(data: bytearray, random: Random) -> None:
    """A length, an offset or a dimension that is as large, or as negative, as can be."""
    for _ in range(random.choice((1, 1, 3))):
        width = random.choice((2, 4, 4, 8))
        at = _at(data, random) // 2 * 2
        value = random.choice(_EXTREMES) & ((1 << 8 * width) - 1)
        written = value.to_bytes(width, random.choice(("little", "big")))
        data[at : at + width] = written[: max(0, len(data) - at)]


def _small_number(data: bytearray, random: Random) -> None:
    """An integer that looks like a size or an offset becomes another, only slightly wrong or huge."""
    order = random.choice("<>")
    places = [at for at in range(0, min(len(data) - 4, 4 * _HEAD), 2) if 0 < _integer(data, at, order) < 1 << 16]
    if places:
        at = random.choice(places)
        value = _integer(data, at, order)
        wrong = random.choice((value + 1, value - 1, value * 2, value << 8, value << 15, -value))
        struct.pack_into(order + "I", data, at, wrong & 0xFFFFFFFF)


def _loop(data: bytearray, random: Random) -> None:
    """Something that looks like the place of another part of the file leads back to itself, or to a third part."""
    order, start = random.choice("<>"), random.choice((0, 0, max(0, len(data) - 4 * _HEAD)))
    limit = min(len(data) - 4, start + 4 * _HEAD)
    places = [at for at in range(start // 2 * 2, limit, 2) if 8 <= _integer(data, at, order) < len(data)]
    if places:
        at = random.choice(places)
        target = random.choice((at, at // 4 * 4, _integer(data, random.choice(places), order), max(8, at - 20)))
        struct.pack_into(order + "I", data, at, target)


def _integer(data: bytearray, at: int, order: str) -> int:
    return int(struct.unpack_from(order + "I", data, at)[0])


def _text_number(data: bytearray, random: Random) -> None:
    """A number in text (XML, headers of lines) becomes an absurd one."""
    places = [match.span() for match in re.finditer(rb"(?<=[\s\"'=>,:\[])\d{1,9}(?=[\s\"'<,\]])", data[: 1 << 20])]
    if places:
        start, end = random.choice(places)
        data[start:end] = random.choice(_NUMBERS)


def _dimension(data: bytearray, random: Random) -> None:
    """A number in text that says how many there are of something."""
    places = [match.span(1) for match in _DIMENSIONS.finditer(data[: 1 << 20])]
    if places:
        start, end = random.choice(places)
        data[start:end] = random.choice(_LARGE)


def _insert_text(data: bytearray, random: Random) -> None:
    """Text that parsers stumble over, where text is if there is any."""
    places = [match.end() for match in re.finditer(rb"\?>|>|[\[{,=:\n]", data[: 1 << 18])]
    at = random.choice(places[: random.choice((1, 8, len(places)))]) if places else _at(data, random)
    data[at:at] = random.choice(_TEXTS)


_CHANGES: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip, _overwrite, _truncate, _fill, _splice, _swap, _repeat, _remove, _extreme, _extreme, _small_number, _loop,
    _text_number, _dimension, _insert_text,
)  # fmt: skip
