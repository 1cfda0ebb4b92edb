"""Size of a JPEG, JPEG-LS or JPEG 2000 picture from its header, before anything is decoded."""

from __future__ import annotations

import struct

from omero_server.formats.codestream import CODESTREAM

__all__ = ["picture_size"]

_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
"""Markers that begin a frame: SOF0 to SOF15 and that of JPEG-LS."""
_BARE = {0x01, *range(0xD0, 0xDA)}
"""Markers without a length."""


def picture_size(data: bytes) -> tuple[int, int, int] | None:
    """Width, height and samples; None when it is no such picture."""
    if data.startswith(CODESTREAM) or b"\xff\x4f\xff\x51" in data[:256]:
        return _codestream_size(data)
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else None


def _jpeg_size(data: bytes) -> tuple[int, int, int] | None:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker in _FRAMES and at + 10 <= len(data):
            height, width, samples = struct.unpack_from(">HHB", data, at + 5)
            return width, height, samples
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _codestream_size(data: bytes) -> tuple[int, int, int] | None:
    at = data.index(CODESTREAM)
    if len(data) < at + 44:
        return None
    right, bottom, left, top = struct.unpack_from(">4I", data, at + 8)
    return right - left, bottom - top, struct.unpack_from(">H", data, at + 40)[0]
