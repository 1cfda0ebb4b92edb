"""Small movies, written after the descriptions of their containers."""

from __future__ import annotations

import struct
from pathlib import Path

from omero_server.formats.base import Array

__all__ = ["bottom_up", "write_avi", "write_mov"]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _list(kind: bytes, *parts: bytes) -> bytes:
    return _chunk(b"LIST", kind + b"".join(parts))


def write_avi(
    path: Path,
    size: tuple[int, int],
    codec: bytes,
    bits: int,
    frames: list[bytes],
    palette: bytes = b"",
    riffs: int = 1,
) -> None:
    """A movie of 25 frames per second behind a track of sound; its frames in as many RIFFs."""
    sound = _list(b"strl", _chunk(b"strh", b"auds" + bytes(52)), _chunk(b"strf", bytes(16)))
    header = struct.pack("<4s4s12xIIII20x", b"vids", codec, 1, 25, 0, len(frames))
    shape = struct.pack("<IiiHH4sIiiII", 40, *size, 1, bits, codec, 0, 0, 0, len(palette) // 4, 0) + palette
    video = _list(b"strl", _chunk(b"strh", header), _chunk(b"strf", shape))
    start = _list(b"hdrl", _chunk(b"avih", bytes(56)), sound, video) + _list(b"INFO", _chunk(b"ISFT", b"a writer\0"))
    kind = b"01db" if codec == bytes(4) else b"01dc"
    data = b""
    for number in range(riffs):
        mine = (
            frames[number::riffs]
            if riffs == 1
            else frames[number * len(frames) // riffs : (number + 1) * len(frames) // riffs]
        )
        body = b"".join(_chunk(b"00wb", b"noise") + _chunk(kind, frame) for frame in mine)
        data += _chunk(b"RIFF", (b"AVI " + start if number == 0 else b"AVIX") + _list(b"movi", body))
    path.write_bytes(data)


def bottom_up(pixels: Array) -> bytes:
    """Rows from the last one on, filled to four bytes; colours blue first."""
    rows = pixels[::-1] if pixels.ndim == 2 else pixels[::-1, :, ::-1].reshape(len(pixels), -1)
    return b"".join(row.tobytes() + bytes(-len(row.tobytes()) % 4) for row in rows)


def _box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I", len(data) + 8) + kind + data


def write_mov(path: Path, size: tuple[int, int], codec: bytes, depth: int, frames: list[bytes]) -> None:
    """A movie of 10 frames per second, two frames in each chunk."""
    entry = struct.pack(">I4s6xH16xHH14x32sHh", 86, codec, 1, *size, b"", depth, -1)
    sizes = struct.pack(f">III{len(frames)}I", 0, 0, len(frames), *map(len, frames))
    starts, at = [], 16
    for number, frame in enumerate(frames):
        starts += [at] if number % 2 == 0 else []
        at += len(frame)
    table = _box(
        b"stbl", _box(b"stsd", struct.pack(">II", 0, 1), entry),
        _box(b"stts", struct.pack(">4I", 0, 1, len(frames), 60)),
        _box(b"stsc", struct.pack(">5I", 0, 1, 1, 2, 1)), _box(b"stsz", sizes),
        _box(b"stco", struct.pack(f">II{len(starts)}I", 0, len(starts), *starts)),
    )  # fmt: skip
    media = _box(
        b"mdia", _box(b"mdhd", struct.pack(">IIIIII", 0, 0, 0, 600, 60 * len(frames), 0)),
        _box(b"hdlr", struct.pack(">I4s4s12x", 0, b"mhlr", b"vide")), _box(b"minf", table),
    )  # fmt: skip
    path.write_bytes(
        _box(b"wide") + _box(b"mdat", b"".join(frames)) + _box(b"moov", _box(b"mvhd", bytes(100)), _box(b"trak", media))
    )
