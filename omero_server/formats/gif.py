"""GIF pictures and animations through Pillow: frames are time points, laid over each other as they are shown.

A frame can be decoded only after those before it, so frames are decoded in order and the last one is kept.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

from omero_server.formats.base import Array, FormatError, Reader, decoding, quietly
from omero_server.formats.info import FilesetInfo, ImageInfo, PlaneInfo, plain_channels

__all__ = ["GifReader"]

_SAMPLES = 3
_MILLISECONDS = 1000
_BEST_RATIO = 4000
"""Pixels per byte that LZW with codes of 12 bits can reach at most, with some room."""
_ALWAYS_FINE = 1 << 20
_MAX_FRAME_PIXELS = 1 << 28
_EXTENSION, _FRAME, _TRAILER = 0x21, 0x2C, 0x3B


class GifReader(Reader):
    """GIF87a and GIF89a, as RGB; transparent pixels have the colour that the palette gives them."""

    name = "gif"
    format = "GIF"
    version = f"1 (Pillow {PIL.__version__})"
    suffixes = (".gif",)

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._picture: Image.Image | None = None
        self._frame: tuple[int, Array] | None = None

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(6) in (b"GIF87a", b"GIF89a")

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        width, height, frames = _walk(path)
        largest = max(_ALWAYS_FINE, path.stat().st_size * _BEST_RATIO)
        if not 0 < width * height <= min(largest, _MAX_FRAME_PIXELS):
            raise FormatError(path, f"declares {width}x{height} pixels, more than its {path.stat().st_size} bytes hold")
        with decoding(path, "decoding the GIF picture"), quietly(), Image.open(path, formats=["GIF"]) as picture:
            image = _image(picture, path, frames)
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        with self._lock:
            if self._frame is None or self._frame[0] != zct[2]:
                self._frame = zct[2], self._decode(zct[2])
            pixels = self._frame[1]
        x, y, w, h = region
        return pixels[y : y + h, x : x + w, zct[1]]

    def _decode(self, frame: int) -> Array:
        if self._picture is None:
            self._picture = Image.open(self._info.entry, formats=["GIF"])
        self._picture.seek(frame)
        return np.asarray(self._picture.convert("RGB"))

    def close(self) -> None:
        with self._lock:
            if self._picture is not None:
                self._picture.close()
            self._picture = self._frame = None


def _image(picture: Image.Image, path: Path, frames: int) -> ImageInfo:
    """Decodes all frames once: a damaged one is found now, not when somebody looks at it."""
    shown = [0.0]
    for number in range(frames):
        picture.seek(number)
        picture.load()
        shown.append(shown[-1] + float(picture.info.get("duration") or 0) / _MILLISECONDS)
    times = [PlaneInfo(0, c, t, delta_t=(shown[t], "s")) for t in range(frames) for c in range(_SAMPLES)]
    rhythm = {round(b - a, 3) for a, b in pairwise(shown[:-1])}
    step = rhythm.pop() if len(rhythm) == 1 else 0
    return ImageInfo(
        name=path.name,
        size_x=picture.width,
        size_y=picture.height,
        size_c=_SAMPLES,
        size_t=frames,
        dimension_order="XYCTZ",
        pixel_type="uint8",
        significant_bits=8,
        is_rgb=True,
        graphics=True,
        time_increment=(step, "s") if step else None,
        channels=plain_channels(_SAMPLES, _SAMPLES),
        planes=times if shown[-1] else [],
        metadata=_notes(picture),
    )


def _notes(picture: Image.Image) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in picture.info.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        if isinstance(text, str | int | float):
            found[str(key)] = str(text)
    return found


def _walk(path: Path) -> tuple[int, int, int]:
    """Width, height and frames of the file, whose blocks must be complete."""
    data = path.read_bytes() if path.stat().st_size < 1 << 30 else b""
    width, height = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    try:
        at = 13 + _table_bytes(data[10])
        frames = 0
        while at < len(data) and data[at] != _TRAILER:
            if data[at] == _FRAME:
                frames += 1
                at = _behind_blocks(data, at + 11 + _table_bytes(data[at + 9]))
            elif data[at] == _EXTENSION:
                at = _behind_blocks(data, at + 2)
            else:
                raise FormatError(path, f"is damaged: block of the unknown kind {data[at]} at byte {at}")
    except IndexError as error:
        raise FormatError(path, "is truncated: its last block is not complete", "Copy it again.") from error
    if not frames:
        raise FormatError(path, "holds no frame")
    return width, height, frames


def _table_bytes(flags: int) -> int:
    """Length of the colour table that a descriptor's flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_blocks(data: bytes, at: int) -> int:
    """Place behind a chain of sub-blocks. IndexError when it leaves the file."""
    while data[at]:
        at += data[at] + 1
    return at + 1
