"""Tiles of Olympus ETS files, which hold the pixels of a VSI file, found by their place in each dimension.

Dimensions are x, y (counted in tiles), those the image has besides, and the resolution level.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from omero_server.formats.base import Array, FormatError
from omero_server.formats.picturesize import picture_size
from omero_server.formats.pngpixels import png_pixels
from omero_server.formats.rawbytes import check_room, file_size, read_at

__all__ = ["EtsTiles", "is_ets"]

_SIS, _ETS = b"SIS\0", b"ETS\0"
_TYPES = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 9: "<f4", 10: "<f8"}
_RAW, _JPEG, _JPEG_2000, _JPEG_LOSSLESS, _PNG, _BMP = 0, 2, 3, 5, 8, 9
_KNOWN = (_RAW, _JPEG, _JPEG_2000, _JPEG_LOSSLESS, _PNG, _BMP)
_LARGEST_TILE = 1 << 29
_MOST_TILES = 20_000_000
_MOST_SAMPLES = 4
_BACKGROUND_AT, _SIZES_AT = 27 * 4, 49 * 4
"""Places in the second header: values of pixels without a tile, and the number of dimensions before their sizes."""


def is_ets(path: Path) -> bool:
    """Whether the file begins like an ETS file."""
    return path.is_file() and read_at(path, 0, min(4, path.stat().st_size)) == _SIS


@dataclass(slots=True)
class _Header:
    dimensions: int
    at: int
    bytes: int
    directory: int
    tiles: int


class EtsTiles:
    """The tiles of a file, each of which lies in it. FormatError when headers or directory are damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        head = read_at(path, 0, 64)
        values = (
            struct.unpack_from("<II", head, 8),
            struct.unpack_from("<QI", head, 16),
            struct.unpack_from("<QI", head, 32),
        )
        header = _Header(values[0][1], *values[1], *values[2])
        if head[:4] != _SIS or not 3 <= header.dimensions <= 16 or not 0 < header.tiles <= _MOST_TILES:
            raise FormatError(path, "has a damaged header", "Copy the file again.")
        second = read_at(path, header.at, min(header.bytes, 4096))
        if second[:4] != _ETS or len(second) < 40:
            raise FormatError(path, "has no second header", "Copy the file again.")
        pixels, self.samples, _, self.compression, _, self.width, self.height = struct.unpack_from("<7I", second, 8)
        if pixels not in _TYPES or self.compression not in _KNOWN or not 1 <= self.samples <= 4:
            raise FormatError(path, f"has pixels of type {pixels} packed in the unknown way {self.compression}")
        self.dtype = np.dtype(_TYPES[pixels])
        self.tile_bytes = self.width * self.height * self.samples * self.dtype.itemsize
        if not 0 < self.tile_bytes <= _LARGEST_TILE:
            raise FormatError(path, f"has tiles of {self.width}x{self.height} pixels")
        self.background = _background(second, self.samples)
        self._read_directory(header)
        self.sizes = self._sizes(second, header.dimensions)

    def _read_directory(self, header: _Header) -> None:
        """Coordinates, offsets and lengths of all tiles."""
        count = header.dimensions
        entry = np.dtype([("kind", "<u4"), ("at", "<i4", (count,)), ("offset", "<u8"), ("bytes", "<u4"), ("n", "<u4")])
        check_room(self.path, header.directory, header.tiles, entry.itemsize)
        rows = np.frombuffer(read_at(self.path, header.directory, header.tiles * entry.itemsize), entry)
        self.places = np.ascontiguousarray(rows["at"])
        ends = rows["offset"].astype(np.float64) + rows["bytes"]
        if self.places.min() < 0 or self.places.max() >= 1 << 24 or ends.max() > file_size(self.path):
            raise FormatError(self.path, "names tiles beyond its end", "The file is cut short: copy it again.")
        if self.compression == _RAW and int(rows["bytes"].min()) < self.tile_bytes:
            raise FormatError(self.path, "has tiles that are too short", "Copy the file again.")
        self._offsets, self._lengths = rows["offset"].tolist(), rows["bytes"].tolist()
        self._numbers = {tuple(place): number for number, place in enumerate(self.places.tolist())}

    def _sizes(self, second: bytes, count: int) -> list[int]:
        """Sizes of all dimensions but the level: as the header says, if tiles agree; else as tiles say."""
        full = self.places[self.places[:, -1] == 0]
        most = [int(value) + 1 for value in full.max(axis=0)[:-1]] if len(full) else []
        if not most:
            raise FormatError(self.path, "has no tiles of full size", "Copy the file again.")
        tiled = [most[0] * self.width, most[1] * self.height, *most[2:]]
        if len(second) >= _SIZES_AT + 4 * count:
            stated, *sizes = struct.unpack_from(f"<{count}I", second, _SIZES_AT)
            if stated == count - 1 and all(low <= size for low, size in zip(most[2:], sizes[2:], strict=True)):
                whole = tiled[0] - self.width < sizes[0] <= tiled[0] and tiled[1] - self.height < sizes[1] <= tiled[1]
                if whole and int(np.prod(sizes[2:], dtype=object)) < 1 << 31:
                    return [int(size) for size in sizes]
        return tiled

    @property
    def levels(self) -> int:
        """Number of resolution levels without a gap, each half as large as the one before."""
        found = {int(level) for level in np.unique(self.places[:, -1])}
        return next(level for level in range(len(found) + 1) if level not in found)

    def tile(self, place: tuple[int, ...]) -> Array | None:
        """The tile at a place as (height, width, samples), red first; None when there is none."""
        number = self._numbers.get(place)
        if number is None:
            return None
        data = read_at(self.path, self._offsets[number], self._lengths[number])
        shape = self.height, self.width, self.samples
        if self.compression == _RAW:
            pixels: Array = np.frombuffer(data, self.dtype, self.tile_bytes // self.dtype.itemsize).reshape(shape)
            return pixels[..., [2, 1, 0, 3][: self.samples]] if self.samples >= 3 else pixels
        found = self._decoded(data)
        return found.reshape(found.shape[0], found.shape[1], -1)

    def _decoded(self, data: bytes) -> Array:
        """A packed picture, which must say that it is as large as a tile before it is unpacked."""
        if self.compression == _BMP:
            with Image.open(io.BytesIO(data), formats=["BMP"]) as picture:
                size = *picture.size, len(picture.getbands())
        else:
            size = picture_size(data) or (0, 0, 0)
        if size[:2] != (self.width, self.height) or size[2] > _MOST_SAMPLES:
            found = f"{size[:2]} pixels with {size[2]} samples"
            raise FormatError(self.path, f"has a tile of {found} where {(self.width, self.height)} are declared")
        decode: Any = {
            _JPEG: imagecodecs.jpeg8_decode, _JPEG_2000: imagecodecs.jpeg2k_decode, _PNG: png_pixels,
            _JPEG_LOSSLESS: imagecodecs.ljpeg_decode, _BMP: imagecodecs.bmp_decode,
        }[self.compression]  # fmt: skip
        pixels = np.asarray(decode(data))
        if pixels.size != self.width * self.height * self.samples:
            raise FormatError(self.path, f"has a tile of {pixels.shape} values", "The file is damaged.")
        return pixels


def _background(second: bytes, samples: int) -> list[int]:
    if len(second) < _BACKGROUND_AT + 4 * samples:
        return [0] * samples
    return list(struct.unpack_from(f"<{samples}I", second, _BACKGROUND_AT))
