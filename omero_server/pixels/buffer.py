"""Pixel buffers: planes and regions of one image, over a reader or over a server-written file.

All arrays are (height, width) in native byte order. Level 0 is the full size, as in `formats`; services that count
levels from the smallest turn the number round.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from omero_server.formats.base import MAX_REGION_PIXELS, PIXEL_DTYPES, Array, Reader
from omero_server.formats.info import FilesetInfo, Level

__all__ = ["PixelBuffer", "ReaderBuffer", "RomioBuffer", "UnwrittenBuffer", "bands", "default_tile", "planes_sha1"]

_TILE_BYTES = 1 << 20
_BAND_BYTES = 16 << 20
_NEVER_WRITTEN = bytes((0x80, 0x7F)) * 32
"""Old servers marked planes that were allocated but never written by these first 64 bytes."""


class PixelBuffer(Protocol):
    """Read access to the pixels of one image. `byte_order`, "<" or ">", is that of its digest."""

    size_x: int
    size_y: int
    size_z: int
    size_c: int
    size_t: int
    pixel_type: str
    dtype: np.dtype[Any]
    levels: list[Level]
    tile_size: tuple[int, int]
    byte_order: str

    @property
    def level_sizes(self) -> list[tuple[int, int]]:
        """(width, height) of each level."""

    def plane(self, z: int, c: int, t: int, level: int = 0) -> Array:
        """One whole plane."""

    def region(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int, level: int = 0) -> Array:
        """w x h pixels at (x, y) of one plane. IndexError outside of the image."""

    def close(self) -> None:
        """Let go of files."""


def default_tile(size_x: int, size_y: int, pixel_bytes: int) -> tuple[int, int]:
    """Tile of planes that have none of their own: full rows, 1 MiB of them (0 rows when one row is larger)."""
    return size_x, min(size_y, _TILE_BYTES // pixel_bytes // size_x)


class _Levels:
    levels: list[Level]

    @property
    def level_sizes(self) -> list[tuple[int, int]]:
        """(width, height) of each level."""
        return [(level.width, level.height) for level in self.levels]


class ReaderBuffer(_Levels):
    """One image of a fileset, through its reader. The reader is closed with the buffer when `owns` is set."""

    byte_order = "<"

    def __init__(self, reader: Reader, series: int = 0, *, owns: bool = False) -> None:
        image = reader.image(series)
        self._reader, self._series, self._owns = reader, series, owns
        self.size_x, self.size_y = image.size_x, image.size_y
        self.size_z, self.size_c, self.size_t = image.size_z, image.size_c, image.size_t
        self.pixel_type = image.pixel_type
        self.dtype = PIXEL_DTYPES[image.pixel_type]
        self.levels = image.levels
        samples = max(1, image.channels[0].samples_per_pixel) if image.is_rgb else 1
        self.tile_size = image.tile_size or default_tile(self.size_x, self.size_y, self.dtype.itemsize * samples)

    @property
    def reader_name(self) -> str:
        """What the reader is called."""
        return self._reader.name

    @property
    def place(self) -> tuple[FilesetInfo, int]:
        """The fileset, and which of its images this is."""
        return self._reader.info(), self._series

    def plane(self, z: int, c: int, t: int, level: int = 0) -> Array:
        """One whole plane."""
        if not 0 <= level < len(self.levels):
            raise IndexError(f"level {level} of {len(self.levels)}")
        return self.region(z, c, t, 0, 0, self.levels[level].width, self.levels[level].height, level)

    def region(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int, level: int = 0) -> Array:
        """w x h pixels at (x, y) of one plane."""
        return self._reader.read(self._series, level, z, c, t, x, y, w, h)

    def regions(
        self, z: int, channels: Sequence[int], t: int, x: int, y: int, w: int, h: int, level: int = 0
    ) -> list[Array]:
        """As `region` for several channels; not to be changed."""
        return self._reader.read_channels(self._series, level, z, channels, t, x, y, w, h)

    def close(self) -> None:
        """Close the reader if it belongs to this buffer alone."""
        if self._owns:
            self._reader.close()


class RomioBuffer(_Levels):
    """A server-written pixels file: headerless, big-endian, planes in XYZCT order.

    A file shorter than the image reads as zeros behind its end. With `writable` the file (and its folder) is created
    when missing, and grows as planes are written.
    """

    byte_order = ">"

    def __init__(
        self, path: Path, sizes: tuple[int, int, int, int, int], pixel_type: str, *, writable: bool = False
    ) -> None:
        self.size_x, self.size_y, self.size_z, self.size_c, self.size_t = sizes
        if min(sizes) < 1:
            raise ValueError(f"impossible dimensions {sizes}")
        self.pixel_type = pixel_type
        self.dtype = PIXEL_DTYPES[pixel_type]
        self.levels = [Level(self.size_x, self.size_y)]
        self.tile_size = default_tile(self.size_x, self.size_y, self.dtype.itemsize)
        self.writable = writable
        self._stored = self.dtype.newbyteorder(">")
        self._lock = threading.Lock()
        if writable:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY, 0o664)

    @property
    def plane_bytes(self) -> int:
        """Size of a plane in the file."""
        return self.size_x * self.size_y * self.dtype.itemsize

    @property
    def total_bytes(self) -> int:
        """Size of the complete file."""
        return self.plane_bytes * self.size_z * self.size_c * self.size_t

    def offset(self, z: int, c: int, t: int, y: int = 0) -> int:
        """Where row y of a plane starts. IndexError outside of the image."""
        for axis, value, size in zip("zcty", (z, c, t, y), self._outer_sizes(), strict=True):
            if not 0 <= value < size:
                raise IndexError(f"{axis}={value} is outside of 0..{size - 1}")
        plane = z + self.size_z * (c + self.size_c * t)
        return plane * self.plane_bytes + y * self.size_x * self.dtype.itemsize

    def _outer_sizes(self) -> tuple[int, int, int, int]:
        return self.size_z, self.size_c, self.size_t, self.size_y

    def read_bytes(self, at: int, count: int) -> bytes:
        """Bytes of the file as stored; zeros where it is shorter. IndexError outside of the complete file."""
        if at < 0 or count < 0 or at + count > self.total_bytes:
            raise IndexError(f"bytes {at}..{at + count} are outside of {self.total_bytes}")
        data = os.pread(self._fd, count, at)
        if len(data) == count:
            return data
        parts, done = [data], len(data)
        while data:
            data = os.pread(self._fd, count - done, at + done)
            parts.append(data)
            done += len(data)
        return b"".join([*parts, bytes(count - done)])

    def plane_data(self, z: int, c: int, t: int) -> bytes:
        """The bytes of a plane as they are stored. ValueError for a plane that carries the never-written marker."""
        self._check_written(z, c, t)
        return self.read_bytes(self.offset(z, c, t), self.plane_bytes)

    def plane(self, z: int, c: int, t: int, level: int = 0) -> Array:
        """One whole plane. ValueError for a plane that carries the never-written marker."""
        return self.region(z, c, t, 0, 0, self.size_x, self.size_y, level)

    def region(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int, level: int = 0) -> Array:
        """w x h pixels at (x, y) of one plane."""
        if level != 0:
            raise IndexError(f"level {level} of 1")
        if x < 0 or y < 0 or w < 1 or h < 1 or x + w > self.size_x or y + h > self.size_y:
            raise IndexError(f"{w}x{h} pixels at ({x}, {y}) are outside of {self.size_x}x{self.size_y}")
        if w * h >= MAX_REGION_PIXELS:
            raise ValueError(f"a region of {w}x{h} pixels is too large; ask for tiles")
        self._check_written(z, c, t)
        out = np.empty((h, w), self.dtype)
        row_bytes = self.size_x * self.dtype.itemsize
        step = max(1, _BAND_BYTES // row_bytes)
        for top in range(0, h, step):
            rows = min(step, h - top)
            data = self.read_bytes(self.offset(z, c, t, y + top), rows * row_bytes)
            out[top : top + rows] = np.frombuffer(data, self._stored).reshape(rows, self.size_x)[:, x : x + w]
        return out

    def _check_written(self, z: int, c: int, t: int) -> None:
        start = self.offset(z, c, t)
        if self.plane_bytes >= len(_NEVER_WRITTEN) and self.read_bytes(start, len(_NEVER_WRITTEN)) == _NEVER_WRITTEN:
            raise ValueError(f"plane z={z} c={c} t={t} was never written")

    def write_plane(self, z: int, c: int, t: int, pixels: Array | bytes) -> None:
        """Store a plane: an array of (size_y, size_x), or its big-endian bytes. ValueError for another size."""
        self.write_rows(z, c, t, 0, self.size_y, pixels)

    def write_rows(self, z: int, c: int, t: int, y: int, rows: int, pixels: Array | bytes) -> None:
        """Store full rows y..y+rows of a plane."""
        data = pixels if isinstance(pixels, bytes) else np.ascontiguousarray(pixels, self._stored).tobytes()
        wanted = rows * self.size_x * self.dtype.itemsize
        if len(data) != wanted or y + rows > self.size_y:
            raise ValueError(f"{len(data)} bytes for {rows} rows at {y}, which take {wanted} bytes")
        self.write_bytes(self.offset(z, c, t, y), data)

    def write_bytes(self, at: int, data: bytes) -> None:
        """Store bytes as they are. IndexError outside of the complete file, PermissionError when read-only."""
        if not self.writable:
            raise PermissionError("this pixels file is open for reading only")
        if at < 0 or at + len(data) > self.total_bytes:
            raise IndexError(f"bytes {at}..{at + len(data)} are outside of {self.total_bytes}")
        with self._lock:
            view = memoryview(data)
            while view:
                written = os.pwrite(self._fd, view, at)
                view, at = view[written:], at + written

    def sync(self) -> None:
        """Make written planes durable."""
        os.fsync(self._fd)

    def close(self) -> None:
        """Close the file; may be called again."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class UnwrittenBuffer(_Levels):
    """Pixels that have no data yet, for those who ask how they shall be written. Reading raises ValueError."""

    byte_order = ">"

    def __init__(
        self, sizes: tuple[int, int, int, int, int], pixel_type: str, tile_size: tuple[int, int] | None = None
    ) -> None:
        self.size_x, self.size_y, self.size_z, self.size_c, self.size_t = sizes
        self.pixel_type, self.dtype = pixel_type, PIXEL_DTYPES[pixel_type]
        self.levels = [Level(self.size_x, self.size_y)]
        self.tile_size = tile_size or default_tile(self.size_x, self.size_y, self.dtype.itemsize)

    def plane(self, z: int, c: int, t: int, level: int = 0) -> Array:
        """There is none."""
        raise ValueError("these pixels have no data yet")

    def region(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int, level: int = 0) -> Array:
        """There is none."""
        raise ValueError("these pixels have no data yet")

    def close(self) -> None:
        """Nothing is open."""


def bands(buffer: PixelBuffer, z: int, c: int, t: int, level: int = 0) -> Iterator[tuple[int, Array]]:
    """A plane in pieces of bounded memory: (first row, pixels) of full-width bands in whole tile rows."""
    plane = buffer.levels[level]
    tile = max(1, buffer.tile_size[1])
    rows = max(1, _BAND_BYTES // (plane.width * buffer.dtype.itemsize) // tile) * tile
    for y in range(0, plane.height, rows):
        yield y, buffer.region(z, c, t, 0, y, plane.width, min(rows, plane.height - y), level)


def planes_sha1(buffer: PixelBuffer) -> str:
    """SHA-1 over all planes, t outermost, then c, then z."""
    digest = hashlib.sha1(usedforsecurity=False)
    dtype = buffer.dtype.newbyteorder(buffer.byte_order)  # type: ignore[arg-type]
    for t in range(buffer.size_t):
        for c in range(buffer.size_c):
            for z in range(buffer.size_z):
                for _, pixels in bands(buffer, z, c, t):
                    digest.update(np.ascontiguousarray(pixels, dtype).tobytes())
    return digest.hexdigest()
