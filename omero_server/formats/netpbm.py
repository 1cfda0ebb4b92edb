"""Netpbm pictures: PBM, PGM, PPM, PAM and PFM. Binary ones are read in part, those in text whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from omero_server.formats.base import Array, FormatError, pixel_type_of
from omero_server.formats.info import FilesetInfo, ImageInfo, plain_channels
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["NetpbmReader"]

_HEAD = re.compile(rb"P([1-6Ff])\s|P7\n")
_TOKEN = re.compile(rb"(?:\s|#[^\n]*\n)*([^\s#]+)")
_LONGEST_HEADER = 4096
_LARGEST_SIDE = 2**31 - 1
_LARGEST_TEXT = 16 << 20
"""Bytes of a picture in text, which is parsed whole."""
_TEXT = "123"
_BITS = "14"


@dataclass(slots=True)
class _Head:
    """What a header says: kind, sizes, largest value, where the pixels begin."""

    kind: str
    width: int
    height: int
    samples: int
    maximum: float
    start: int
    notes: dict[str, str] = field(default_factory=dict)


class NetpbmReader(StoredReader):
    """PBM, PGM, PPM in text or binary, PAM, and PFM (float, rows from the bottom)."""

    name = "netpbm"
    format = "PGM"
    suffixes = (".pgm", ".ppm", ".pbm", ".pnm", ".pam", ".pfm")

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return _HEAD.match(file.read(3)) is not None

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        head = _head(path)
        dtype = _dtype(head)
        rgb = head.samples in (3, 4) and dtype.kind == "u"
        image = ImageInfo(
            name=path.name,
            size_x=head.width,
            size_y=head.height,
            size_c=head.samples,
            dimension_order="XYCZT",
            pixel_type=pixel_type_of(dtype, path),
            significant_bits=_bits(head, dtype),
            is_rgb=rgb,
            graphics=rgb or dtype == np.uint8,
            channels=plain_channels(head.samples, head.samples),
            metadata={"Kind": f"P{head.kind}", "Maximum": f"{head.maximum:g}"} | head.notes,
            index=_index(head, dtype),
        )
        if head.kind in _TEXT or head.kind in _BITS:
            _whole(path, head)
        else:
            cls.check(image, [path])
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._pixels: Array | None = None

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        if self._info.images[series].index is not None:
            return super()._read(series, level, zct, region)
        with self._lock:
            if self._pixels is None:
                self._pixels = _whole(self._info.entry, _head(self._info.entry))
            pixels = self._pixels
        x, y, w, h = region
        return pixels[y : y + h, x : x + w, zct[1]]


def _head(path: Path) -> _Head:
    with path.open("rb") as file:
        start = file.read(_LONGEST_HEADER)
    head = _pam(start, path) if start.startswith(b"P7") else _classic(start, path)
    if not (0 < head.width <= _LARGEST_SIDE and 0 < head.height <= _LARGEST_SIDE and 0 < head.samples <= 64):
        raise FormatError(path, f"declares {head.width}x{head.height} pixels of {head.samples} samples")
    return head


def _classic(start: bytes, path: Path) -> _Head:
    kind, at = chr(start[1]), 2
    values = []
    for _ in range(2 if kind in _BITS else 3):
        found = _TOKEN.match(start, at)
        if found is None:
            raise FormatError(path, "is truncated: its header is not complete", "Copy it again.")
        values.append(_number(found[1], path))
        at = found.end()
    maximum = values[2] if len(values) == 3 else 1.0
    if kind not in "Ff" and not 1 <= maximum <= 65535:
        raise FormatError(path, f"has the largest value {maximum:g}; 1 to 65535 are possible")
    samples = 3 if kind in "36F" else 1
    return _Head(kind, int(values[0]), int(values[1]), samples, maximum, at + 1)


def _pam(start: bytes, path: Path) -> _Head:
    end = start.find(b"ENDHDR\n")
    if end < 0:
        raise FormatError(path, "is truncated: its header is not complete", "Copy it again.")
    pairs = (line.split(None, 1) for line in start[:end].split(b"\n")[1:] if line and not line.startswith(b"#"))
    notes = {pair[0].decode("latin-1"): pair[1].strip() for pair in pairs if len(pair) == 2}
    try:
        width, height, samples, top = (_number(notes[key], path) for key in ("WIDTH", "HEIGHT", "DEPTH", "MAXVAL"))
    except KeyError as error:
        raise FormatError(path, f"has no {error.args[0]} in its header") from error
    if not 1 <= top <= 65535:
        raise FormatError(path, f"has the largest value {top:g}; 1 to 65535 are possible")
    texts = {key: value.decode("latin-1") for key, value in notes.items() if key == "TUPLTYPE"}
    return _Head("7", int(width), int(height), int(samples), top, end + 7, texts)


def _number(text: bytes, path: Path) -> float:
    try:
        value = float(text)
        if abs(value) < 2**40:
            return value
    except ValueError:
        pass
    raise FormatError(path, f"has {text[:20].decode('latin-1')!r} in its header where a number is expected")


def _dtype(head: _Head) -> np.dtype[np.generic]:
    if head.kind in "Ff":
        return np.dtype("<f4" if head.maximum < 0 else ">f4")
    return np.dtype(np.uint8 if head.maximum < 256 else ">u2")


def _bits(head: _Head, dtype: np.dtype[np.generic]) -> int:
    return 32 if dtype.kind == "f" else 8 if head.kind in _BITS else int(head.maximum).bit_length()


def _index(head: _Head, dtype: np.dtype[np.generic]) -> dict[str, object] | None:
    """Where the pixels lie; None for those that have to be parsed."""
    if head.kind in _TEXT or head.kind in _BITS:
        return None
    strides = contiguous(dtype.itemsize, "cxy", {"c": head.samples, "x": head.width})
    offset = head.start
    if head.kind in "Ff":
        offset += strides[3] * (head.height - 1)
        strides[3] = -strides[3]
    return stored(dtype, strides, offset=offset)


def _whole(path: Path, head: _Head) -> Array:
    """Pixels of a picture in text or of single bits, (height, width, samples); bits as 0 (black) and 255."""
    count = head.width * head.height * head.samples
    packed = head.height * -(-head.width // 8)
    size = path.stat().st_size
    if size > _LARGEST_TEXT or (packed if head.kind == "4" else count) > size - head.start + 1:
        raise FormatError(path, f"declares {head.width}x{head.height} pixels, but is {size} bytes long")
    data = path.read_bytes()[head.start :]
    if head.kind == "4":
        rows = np.frombuffer(data, np.uint8, packed).reshape(head.height, -1)
        bits = np.unpackbits(rows, axis=1, count=head.width)
        return ((1 - bits) * 255).astype(np.uint8)[..., np.newaxis]
    data = re.sub(rb"#[^\n]*", b"", data)
    words = list(re.sub(rb"\s", b"", data)) if head.kind == "1" else data.split(maxsplit=count)
    if len(words) < count:
        raise FormatError(path, f"is truncated: {count} values wanted, {len(words)} there", "Copy it again.")
    if head.kind == "1":
        ink = np.asarray(words[:count]) == ord("1")
        return np.where(ink, 0, 255).astype(np.uint8).reshape(head.height, head.width, 1)
    try:
        values = np.asarray([int(word) for word in words[:count]], np.int64)
    except (ValueError, OverflowError) as error:
        raise FormatError(path, "holds something else than numbers") from error
    if values.min() < 0 or values.max() > head.maximum:
        raise FormatError(path, f"holds values beyond {head.maximum:g}")
    return values.astype(_dtype(head)).reshape(head.height, head.width, head.samples)
