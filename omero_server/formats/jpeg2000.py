"""JPEG 2000: tiles of the full size are decoded one by one, smaller sizes are those of the wavelets.

Full size is decoded by imagecodecs, smaller ones by Pillow, which can leave out the finest wavelets but shortens
several samples of more than 8 bits; such pictures, and those with palettes or other colours, have the full size only.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import imagecodecs
import numpy as np
import PIL
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from omero_server.formats.base import Array, FormatError, Reader, decoding, pixel_type_of
from omero_server.formats.codestream import CODESTREAM, SIGNATURE, Codestream, read_codestream, tile_stream
from omero_server.formats.info import FilesetInfo, ImageInfo, Level, Quantity, plain_channels

__all__ = ["Jpeg2000Reader"]

_MICROMETRES_PER_METRE = 1e6
_KEPT_BYTES = 64 << 20
_LARGEST_TILE = 1 << 28
"""Values of a tile; the decoder takes four to eight bytes for each."""
_ALWAYS_FINE, _BEST_RATIO = 1 << 24, 20_000
"""Values that are decoded from however few bytes, and values per byte that are believed beyond."""
_SMALLEST_LEVEL = 256
_LARGEST_LEVEL = 1 << 26
"""Values of a smaller size, which is decoded whole."""


class Jpeg2000Reader(Reader):
    """JP2 files and bare codestreams of up to 16 bits."""

    name = "jpeg2000"
    format = "JPEG2000"
    version = f"1 (imagecodecs {imagecodecs.__version__}, Pillow {PIL.__version__})"
    suffixes = (".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc")

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._stream: Codestream | None = None
        self._kept: OrderedDict[tuple[int, int], Array] = OrderedDict()

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(12).startswith((SIGNATURE, CODESTREAM))

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        stream = read_codestream(path)
        _check_amount(stream, path)
        width, height = stream.end[0] - stream.origin[0], stream.end[1] - stream.origin[1]
        samples = stream.components
        if not stream.plain:
            with decoding(path, "decoding the picture"):
                samples = _whole(path, 0).shape[2]
        dtype, reductions = np.dtype(_dtype(stream)), _reductions(stream)
        size_x, size_y = _resolution(stream)
        rgb = samples in (3, 4)
        image = ImageInfo(
            name=path.name,
            size_x=width,
            size_y=height,
            size_c=samples,
            dimension_order="XYCZT",
            pixel_type=pixel_type_of(dtype, path),
            significant_bits=stream.depth,
            is_rgb=rgb,
            graphics=rgb or dtype == np.uint8,
            physical_size_x=size_x,
            physical_size_y=size_y,
            levels=[Level(_halved(width, times), _halved(height, times)) for times in reductions],
            tile_size=stream.tile_size if len(stream.tiles) > 1 else None,
            channels=plain_channels(samples, samples),
            metadata=stream.notes,
            index={"reductions": reductions},
        )
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        x, y, w, h = region
        reduction = self._info.images[0].index["reductions"][level]
        stream = self._headers()
        if reduction or not stream.plain:
            return self._kept_piece(stream, -1, reduction)[y : y + h, x : x + w, zct[1]]
        left, top = stream.origin[0] + x, stream.origin[1] + y
        out = np.zeros((h, w), np.dtype(_dtype(stream)))
        for number in _touched(stream, (left, top, left + w, top + h)):
            x0, y0, x1, y1 = stream.tile_box(number)
            a, b, c, d = max(x0, left), min(x1, left + w), max(y0, top), min(y1, top + h)
            tile = self._kept_piece(stream, number, 0)
            if tile.shape[:2] != (y1 - y0, x1 - x0):
                raise FormatError(self._info.entry, f"is damaged: tile {number} decodes to {tile.shape} values")
            out[c - top : d - top, a - left : b - left] = tile[c - y0 : d - y0, a - x0 : b - x0, zct[1]]
        return out

    def _headers(self) -> Codestream:
        with self._lock:
            if self._stream is None:
                stream, image = read_codestream(self._info.entry), self._info.images[0]
                _check_amount(stream, self._info.entry)
                if (stream.end[0] - stream.origin[0], stream.end[1] - stream.origin[1]) != (image.size_x, image.size_y):
                    raise FormatError(self._info.entry, "has another size than before", "Import it again.")
                self._stream = stream
            return self._stream

    def _kept_piece(self, stream: Codestream, number: int, reduction: int) -> Array:
        """A decoded tile (-1: the whole picture) as (rows, columns, samples); the last ones are kept."""
        key = number, reduction
        with self._lock:
            piece = self._kept.pop(key, None)
        if piece is None:
            path = self._info.entry
            piece = _whole(path, reduction) if number < 0 else _tile(path, stream, number)
        with self._lock:
            self._kept[key] = piece
            while len(self._kept) > 1 and sum(kept.nbytes for kept in self._kept.values()) > _KEPT_BYTES:
                self._kept.popitem(last=False)
        return piece


def _tile(path: Path, stream: Codestream, number: int) -> Array:
    parts = []
    with path.open("rb") as file:
        for at, length in stream.tiles[number]:
            file.seek(at)
            parts.append(file.read(length))
    return _samples(imagecodecs.jpeg2k_decode(tile_stream(stream, number, parts)))


def _whole(path: Path, reduction: int) -> Array:
    """The whole picture, halved `reduction` times."""
    if not reduction:
        return _samples(imagecodecs.jpeg2k_decode(path.read_bytes()))
    # Not by Image.open, which would refuse large pictures that are wanted small.
    with Jpeg2KImageFile(path) as picture:
        setattr(picture, "reduce", reduction)  # noqa: B010 - Pillow's own way, though a method has this name
        return _samples(np.asarray(picture))


def _samples(pixels: Array) -> Array:
    return pixels.reshape(*pixels.shape[:2], -1)


def _dtype(stream: Codestream) -> str:
    return f"{'i' if stream.signed else 'u'}{1 if stream.depth <= 8 else 2}"


def _touched(stream: Codestream, box: tuple[int, int, int, int]) -> list[int]:
    """Tiles that a box on the grid touches."""
    width, height = stream.tile_size
    left, top = stream.tile_origin
    columns = range((box[0] - left) // width, (box[2] - left - 1) // width + 1)
    rows = range((box[1] - top) // height, (box[3] - top - 1) // height + 1)
    return [row * stream.across + column for row in rows for column in columns]


def _reductions(stream: Codestream) -> list[int]:
    """How often the picture can be halved, for those sizes that Pillow decodes exactly and not too large."""
    width, height = stream.end
    exact = (stream.depth <= 8 or stream.components == 1) and stream.components != 2 and not stream.signed
    found = [0]
    if not stream.plain or not exact or stream.origin != (0, 0):
        return found
    for reduction in range(1, stream.reductions + 1):
        before = max(_halved(width, reduction - 1), _halved(height, reduction - 1))
        values = _halved(width, reduction) * _halved(height, reduction) * stream.components
        if before > _SMALLEST_LEVEL and values <= _LARGEST_LEVEL:
            found.append(reduction)
    return found


def _halved(side: int, times: int) -> int:
    return (side + (1 << times) - 1) >> times


def _resolution(stream: Codestream) -> tuple[Quantity | None, Quantity | None]:
    if stream.resolution is None:
        return None, None
    x, y = (_MICROMETRES_PER_METRE / value for value in stream.resolution)
    return (x, "µm"), (y, "µm")


def _check_amount(stream: Codestream, path: Path) -> None:
    """Sizes that the file cannot hold, or that no decoder should be asked for."""
    width, height = stream.end[0] - stream.origin[0], stream.end[1] - stream.origin[1]
    values = width * height * stream.components
    if values > max(_ALWAYS_FINE, path.stat().st_size * _BEST_RATIO):
        raise FormatError(path, f"declares {width}x{height} pixels, more than its {path.stat().st_size} bytes hold")
    left, top, right, bottom = stream.tile_box(0)
    tile = (right - left) * (bottom - top) * stream.components if stream.plain else values
    if tile > _LARGEST_TILE:
        raise FormatError(path, f"is compressed in one piece of {width}x{height} pixels", "Convert it to tiles.")
