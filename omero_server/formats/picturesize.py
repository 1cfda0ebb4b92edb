"""How large a packed picture says it is, before anything is decoded: decoders make room for what the header says.

JPEG, JPEG-LS, JPEG 2000, PNG, JPEG XR, WebP, JPEG XL and LERC, known by how they begin.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from omero_server.formats.codestream import CODESTREAM, SIGNATURE

__all__ = ["picture_size"]

Size = tuple[int, int, int]

_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
"""Markers that begin a frame: SOF0 to SOF15 and that of JPEG-LS."""
_BARE = {0x01, *range(0xD0, 0xDA)}
"""Markers without a length."""
_PNG_SAMPLES = {0: 1, 2: 3, 3: 4, 4: 2, 6: 4}
_COLOURS = 4
"""Samples of pictures whose header does not begin with their number."""
_JXL = b"\xff\x0a"
_JXL_BOX = b"\0\0\0\x0cJXL \r\n\x87\n"
_JXL_RATIOS = ((1, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_JXL_BITS = (9, 13, 18, 30)


def picture_size(data: bytes) -> Size | None:
    """Width, height and samples; None when it is no such picture, or ends within its header."""
    try:
        for start, read in _KINDS.items():
            if data.startswith(start):
                return read(data)
        return _codestream_size(data)
    except (struct.error, KeyError, ValueError):
        return None


def _jpeg_size(data: bytes) -> Size | None:
    at = 2
    while at >= 0 and at + 4 <= len(data):
        if data[at] != 0xFF:
            at = data.find(b"\xff", at)  # as decoders do
            continue
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _BARE or marker == 0:
            at += 2
        elif marker in _FRAMES and at + 10 <= len(data):
            height, width, samples = struct.unpack_from(">HHB", data, at + 5)
            return width, height, samples
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _codestream_size(data: bytes) -> Size | None:
    at = _box(data, b"jp2c") if data.startswith(SIGNATURE) else data.find(CODESTREAM, 0, 4096)
    if at is None or at < 0:
        return None
    right, bottom, left, top = struct.unpack_from(">4I", data, at + 8)
    return right - left, bottom - top, struct.unpack_from(">H", data, at + 40)[0]


def _box(data: bytes, *kinds: bytes) -> int | None:
    """Where the content of the first box of these kinds begins."""
    at = 0
    while at + 16 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1:
            length, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        if kind in kinds:
            return at + head
        if length < head:
            return None
        at += length
    return None


def _png_size(data: bytes) -> Size:
    width, height, _, colours = struct.unpack_from(">IIBB", data, 16)
    return width, height, _PNG_SAMPLES[colours]


def _jpegxr_size(data: bytes) -> Size:
    """From the container, which is made like a TIFF page."""
    at = struct.unpack_from("<I", data, 4)[0]
    tags = {}
    for number in range(struct.unpack_from("<H", data, at)[0]):
        tag, kind, _, value = struct.unpack_from("<HHII", data, at + 2 + number * 12)
        tags[tag] = value & 0xFFFF if kind == 3 else value
    return tags[0xBC80], tags[0xBC81], _COLOURS


def _webp_size(data: bytes) -> Size | None:
    kind = data[12:16]
    if data[8:12] != b"WEBP":
        return None
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1, _COLOURS
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, _COLOURS
    width, height = struct.unpack_from("<2H", data, 26)
    return width & 0x3FFF, height & 0x3FFF, _COLOURS


def _jxl_box_size(data: bytes) -> Size | None:
    at = _box(data, b"jxlc", b"jxlp")
    if at is None:
        return None
    return _jxl_size(data[at if data[at : at + 2] == _JXL else at + 4 :][:32])


def _jxl_size(data: bytes) -> Size | None:
    """The lengths of ISO/IEC 18181-1, D.2: bits from the lowest on; the width may be a ratio of the height."""
    if len(data) < 12 or data[:2] != _JXL:
        return None
    bits = int.from_bytes(data[2:32], "little")

    def take(count: int) -> int:
        nonlocal bits
        value, bits = bits & ((1 << count) - 1), bits >> count
        return value

    def length() -> int:
        return 8 * (1 + take(5)) if small else 1 + take(_JXL_BITS[take(2)])

    small = take(1)
    height, ratio = length(), take(3)
    width = height * _JXL_RATIOS[ratio][0] // _JXL_RATIOS[ratio][1] if ratio else length()
    return width, height, _COLOURS


def _lerc_size(data: bytes) -> Size:
    """All bands: each is a picture of its own behind the one before."""
    version = struct.unpack_from("<i", data, 6)[0]
    rows, columns, depth = struct.unpack_from("<3i", data, 14 if version >= 3 else 10)
    return columns, rows, max(1, depth if version >= 4 else 1) * data.count(b"Lerc2 ")


def _old_lerc_size(data: bytes) -> Size:
    height, width = struct.unpack_from("<2i", data, 18)
    return width, height, data.count(b"CntZImage ")


_KINDS: dict[bytes, Callable[[bytes], Size | None]] = {
    b"\xff\xd8": _jpeg_size, CODESTREAM: _codestream_size, b"\x89PNG": _png_size, b"II\xbc": _jpegxr_size,
    b"RIFF": _webp_size, _JXL: _jxl_size, _JXL_BOX: _jxl_box_size, b"Lerc2 ": _lerc_size, b"CntZImage ": _old_lerc_size,
}  # fmt: skip
