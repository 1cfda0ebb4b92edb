"""QuickTime and MP4: the sample table of the first track of pictures; Motion JPEG, PNG, Cinepak and plain frames.

Other codecs are decoded through PyAV.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from omero_server.formats.base import FormatError
from omero_server.formats.info import FilesetInfo
from omero_server.formats.movie import MovieReader, movie_image, picture
from omero_server.formats.rawbytes import file_size, read_at

__all__ = ["QuickTimeReader"]

_TOP = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"uuid")
_INNER = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_TABLES = (b"stsd", b"stts", b"stsc", b"stsz", b"stco", b"co64", b"mdhd", b"hdlr", b"ctts")
_PICTURES = (b"jpeg", b"png ", b"MJPG")
_LARGEST_TABLE = 256 << 20
_MOST_FRAMES = 2_000_000
_GREY = 32
"""Added to the depth of grey pixels."""


@dataclass(slots=True)
class _Track:
    """Tables of a track by their names."""

    tables: dict[bytes, bytes] = field(default_factory=dict)


class QuickTimeReader(MovieReader):
    """Movies of QuickTime and MPEG-4."""

    name = "quicktime"
    format = "QT"
    version = f"1 (imagecodecs {imagecodecs.__version__})"
    suffixes = (".mov", ".qt", ".mp4", ".m4v")

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(16)
        if head[4:8] == b"ftyp":
            # Pictures have the same container.
            return head[8:12] not in (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"jp2 ", b"jpx ", b"crx ")
        return head[4:8] in _TOP and int.from_bytes(head[:4], "big") < 2**31 and path.suffix.lower() in cls.suffixes

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        track = next((one for one in _tracks(path) if one.tables.get(b"hdlr", b"")[8:12] == b"vide"), None)
        if track is None or len(track.tables.get(b"stsd", b"")) < 94:
            raise FormatError(path, "has no track with pictures, or is truncated", "Copy it again.")
        entry = track.tables[b"stsd"]
        codec, size = entry[12:16], struct.unpack_from(">2H", entry, 40)
        notes = {"Codec": codec.decode("latin-1").strip()}
        depth = struct.unpack_from(">H", entry, 90)[0]
        if codec not in (*_PICTURES, b"cvid") and not (codec == b"raw " and depth in (24, 32, 8 + _GREY)):
            return cls.through_library(path, notes)
        frames, moments = _frames(track, path), _moments(track)
        if not frames or len(moments) < len(frames):
            raise FormatError(path, "has no frames, or is truncated", "Copy it again.")
        channels, index = _index(path, codec, size, depth, frames)
        image = movie_image(path, size, channels, index, moments[: len(frames)])
        image.metadata = notes
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])


def _boxes(path: Path, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and end of the content of boxes that follow each other."""
    while at + 8 <= end:
        length, kind = struct.unpack(">I4s", read_at(path, at, 8))
        start = at + 8
        if length == 1:
            length, start = int.from_bytes(read_at(path, start, 8), "big"), start + 8
        stop = end if length == 0 else at + length
        if stop < start or stop > end:
            raise FormatError(path, f"is truncated: a box ends at byte {stop} of {end}", "Copy it again.")
        yield kind, start, stop
        at = stop


def _tracks(path: Path) -> list[_Track]:
    """The tracks with their tables."""
    tracks: list[_Track] = []
    waiting = [(0, file_size(path))]
    while waiting:
        start, end = waiting.pop(0)
        for kind, at, stop in _boxes(path, start, end):
            if kind == b"trak":
                tracks.append(_Track())
                _collect(path, at, stop, tracks[-1], 0)
            elif kind == b"moov":
                waiting.append((at, stop))
    return tracks


def _collect(path: Path, start: int, end: int, track: _Track, depth: int) -> None:
    for kind, at, stop in _boxes(path, start, end):
        if kind in _INNER and depth < 4:
            _collect(path, at, stop, track, depth + 1)
        elif kind in _TABLES and kind not in track.tables:
            if stop - at > _LARGEST_TABLE:
                raise FormatError(path, f"has a table of {stop - at} bytes, more than is read")
            track.tables[kind] = read_at(path, at, stop - at)


def _words(track: _Track, kind: bytes, skip: int = 8, code: str = ">u4") -> np.ndarray[Any, np.dtype[Any]]:
    """The numbers of a table behind its count; no more than there are."""
    data = track.tables.get(kind, b"")[skip:]
    width = np.dtype(code).itemsize
    return np.frombuffer(data[: len(data) // width * width], code).astype(np.int64)


def _frames(track: _Track, path: Path) -> list[list[int]]:
    """Place and length of each frame: chunks hold several, which follow each other."""
    head = _words(track, b"stsz", 4)
    if len(head) < 2 or not 0 <= head[1] <= _MOST_FRAMES or (not head[0] and len(head) < 2 + head[1]):
        raise FormatError(path, "has no table of the sizes of frames", "Copy it again.")
    lengths = [int(head[0])] * int(head[1]) if head[0] else [int(one) for one in head[2 : 2 + head[1]]]
    offsets = _words(track, b"co64", code=">i8") if b"co64" in track.tables else _words(track, b"stco")
    runs = _words(track, b"stsc")
    runs = runs[: len(runs) // 3 * 3].reshape(-1, 3)
    frames: list[list[int]] = []
    for number, (first, count, _) in enumerate(runs):
        last = runs[number + 1][0] if number + 1 < len(runs) else len(offsets) + 1
        for offset in offsets[max(0, first - 1) : max(0, last - 1)]:
            at = int(offset)
            for length in lengths[len(frames) : len(frames) + max(0, int(count))]:
                frames.append([at, length])
                at += length
    size = file_size(path)
    if len(frames) < len(lengths) or any(at < 0 or length < 1 or at + length > size for at, length in frames):
        raise FormatError(path, f"is truncated: frames lie beyond its {size} bytes", "Copy it again.")
    return frames


def _moments(track: _Track) -> list[float]:
    """When frames are shown, in seconds."""
    header = track.tables.get(b"mdhd", b"").ljust(32, b"\0")
    scale = struct.unpack_from(">I", header, 20 if header[0] else 12)[0] or 1
    pairs = _words(track, b"stts")
    pairs = pairs[: len(pairs) // 2 * 2].reshape(-1, 2)
    if pairs[:, 0].sum() > _MOST_FRAMES:
        return []
    steps = np.repeat(pairs[:, 1], pairs[:, 0])
    return [float(moment) / scale for moment in accumulate([0, *steps.tolist()])]


def _index(
    path: Path, codec: bytes, size: tuple[int, int], depth: int, frames: list[list[int]]
) -> tuple[int, dict[str, Any]]:
    """Channels, and how frames are decoded."""
    if codec == b"cvid":
        return 3, {"codec": "cinepak", "frames": frames}
    if codec in _PICTURES:
        return picture(path, read_at(path, *frames[0]), size).shape[2], {"codec": "picture", "frames": frames}
    count = depth // 8 if depth < _GREY or depth == 32 else 1
    stride = size[0] * count
    if any(length < stride * size[1] for _, length in frames):
        raise FormatError(path, f"has frames of fewer than {stride * size[1]} bytes", "Copy it again.")
    order = {1: [0], 3: [0, 1, 2], 4: [1, 2, 3]}[count]
    index = {
        "codec": "raw", "frames": frames, "bytes": count, "stride": stride, "up": False, "order": order,
        "palette": None,
    }  # fmt: skip
    return len(order), index
