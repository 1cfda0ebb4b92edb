"""AVI: plain, MJPEG, PNG and Cinepak frames; others through PyAV. Empty frames repeat the one before and are left out.

Files of more than one RIFF (OpenDML) are read to their end; indices are not needed, chunks are walked through.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import imagecodecs
import numpy as np

from omero_server.formats.base import FormatError
from omero_server.formats.info import FilesetInfo
from omero_server.formats.movie import MovieReader, movie_image, picture
from omero_server.formats.rawbytes import has_magic, read_at

__all__ = ["AviReader"]

_PLAIN = (b"\0\0\0\0", b"DIB ", b"RGB ", b"RAW ")
_GREY = (b"Y800", b"GREY", b"Y8  ")
_PICTURES = (b"MJPG", b"JPEG", b"MPNG", b"PNG1", b"PNG ")
_CINEPAK = b"CVID"
_HEADER = 40
_MOST_CHUNKS = 10_000_000
_LISTS = (b"hdrl", b"strl", b"movi", b"rec ", b"AVI ", b"AVIX", b"INFO")
_NOTES = {b"ISFT": "Software", b"INAM": "Name", b"ICRD": "Created", b"ICMT": "Comment", b"IART": "Artist"}


@dataclass(slots=True)
class _Movie:
    """What was met in the file so far; `number` is that of the first track of pictures."""

    header: bytes = b""
    format: bytes = b""
    tracks: int = 0
    number: int = -1
    seconds: float = 0.0
    chunks: int = 0
    frames: list[list[int]] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)


class AviReader(MovieReader):
    """Movies of Video for Windows."""

    name = "avi"
    format = "AVI"
    version = f"1 (imagecodecs {imagecodecs.__version__})"
    suffixes = (".avi",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        return has_magic(path, b"RIFF") and has_magic(path, b"AVI ", 8)

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        movie = _walked(path)
        width, height = struct.unpack_from("<ii", movie.format, 4)
        size, codec = (width, abs(height)), movie.format[16:20].upper()
        movie.notes["Codec"] = codec.decode("latin-1").strip("\0") or "uncompressed"
        if codec in (*_PLAIN, *_GREY):
            channels, index = _plain(movie.format, size, path)
            _check_frames(movie.frames, index["stride"] * size[1], path)
        elif codec == _CINEPAK:
            channels, index = 3, {"codec": "cinepak"}
        elif codec in _PICTURES and movie.frames:
            channels = picture(path, read_at(path, *movie.frames[0]), size).shape[2]
            index = {"codec": "picture"}
        else:
            return cls.through_library(path, movie.notes)
        image = movie_image(path, size, channels, index | {"frames": movie.frames}, movie.moments)
        image.metadata = movie.notes
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])


def _walked(path: Path) -> _Movie:
    """The first track of pictures and its frames."""
    movie = _Movie()
    size = path.stat().st_size
    waiting = [(0, size)]
    with path.open("rb") as file:
        for _ in range(_MOST_CHUNKS):
            if not waiting:
                break
            at, end = waiting.pop()
            if at + 8 > end:
                continue
            file.seek(at)
            kind, length, inner = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
            stop = at + 8 + length
            waiting.append((stop + length % 2, end))
            if kind in (b"RIFF", b"LIST"):
                # The outermost length of a file that was never finished is wrong: the file's end counts.
                waiting.append((at + 12, min(stop, end) if inner in _LISTS else 0))
            elif stop > size:
                raise FormatError(path, f"is truncated: a chunk ends at byte {stop} of {size}", "Copy it again.")
            else:
                _note(movie, file, kind, (at + 8, length))
    if len(movie.format) < _HEADER:
        raise FormatError(path, "has no track with pictures, or is truncated", "Copy it again.")
    return movie


def _note(movie: _Movie, file: BinaryIO, kind: bytes, where: tuple[int, int]) -> None:
    """Take from a chunk what matters of it."""
    at, length = where
    if kind == b"strh":
        movie.tracks += 1
        movie.header = _part(file, at, min(length, 64))
    elif kind == b"strf" and movie.header[:4] == b"vids" and not movie.format:
        movie.format, movie.number = _part(file, at, min(length, 40 + 1024)), movie.tracks - 1
        scale, rate = struct.unpack_from("<II", movie.header.ljust(64, b"\0"), 20)
        movie.seconds = scale / rate if scale and rate else 0.0
    elif kind[:2] == b"%02d" % movie.number and kind[2:] in (b"db", b"dc") and movie.format:
        if length:
            movie.frames.append([at, length])
            movie.moments.append(movie.chunks * movie.seconds)
        movie.chunks += 1
    elif kind in _NOTES and 0 < length < 4096:
        movie.notes[_NOTES[kind]] = _part(file, at, length).split(b"\0")[0].decode("latin-1").strip()


def _part(file: BinaryIO, at: int, count: int) -> bytes:
    """Bytes of an open file."""
    file.seek(at)
    return file.read(count)


def _plain(header: bytes, size: tuple[int, int], path: Path) -> tuple[int, dict[str, Any]]:
    """Channels of uncompressed frames and where their pixels lie (BITMAPINFOHEADER)."""
    bits, used = struct.unpack_from("<H", header, 14)[0], struct.unpack_from("<I", header, 32)[0]
    if header[16:20].upper() in _GREY:
        bits, used = 8, 0
    if bits not in (8, 24, 32):
        raise FormatError(path, f"has uncompressed pixels of {bits} bits", "Save it with 8 or 24 bits.")
    up = struct.unpack_from("<i", header, 8)[0] > 0 and header[16:20].upper() not in _GREY
    stride = (size[0] * bits // 8 + 3) // 4 * 4
    index: dict[str, Any] = {
        "codec": "raw", "bytes": bits // 8, "stride": stride, "up": up, "order": [2, 1, 0] if bits > 8 else [0],
        "palette": None,
    }  # fmt: skip
    if bits > 8:
        return 3, index
    entries = np.frombuffer(header[40:], np.uint8)[: 4 * (used or 256) if header[16:20].upper() not in _GREY else 0]
    entries = entries[: len(entries) // 4 * 4].reshape(-1, 4)[:, 2::-1]
    grey = len(entries) == 0 or bool(np.all(entries == entries[:, :1]))
    if len(entries) == 0 or (grey and np.array_equal(entries[:, 0], np.arange(len(entries)))):
        return 1, index
    table = np.zeros((256, 3), np.uint8)
    table[: len(entries)] = entries[:256]
    index["palette"] = table.T[:1].tolist() if grey else table.T.tolist()
    return (1 if grey else 3), index


def _check_frames(frames: list[list[int]], length: int, path: Path) -> None:
    if any(frame[1] < length for frame in frames):
        raise FormatError(path, f"has frames of fewer than {length} bytes", "Copy it again.")
