"""What OME-Zarr has to say about one image: sizes, levels, chunks, type of numbers, places in the world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

import omero
from omero.rtypes import unwrap
from omero_web.blitz import Blitz, context
from omero_web.errors import NotFound, message_of
from omero_web.webgateway.rendering import PixelsOfImage, pixels_of

__all__ = ["Chunk", "ZarrImage", "opened_store", "read_region", "zarr_image"]

DTYPES = {
    "bit": "uint8", "int8": "int8", "uint8": "uint8", "int16": "int16", "uint16": "uint16", "int32": "int32",
    "uint32": "uint32", "float": "float32", "double": "float64", "complex": "complex64", "double-complex": "complex128",
}  # fmt: skip
UNTILED_CHUNK = 1024
SMALLEST_CHUNK = 256
LARGEST_CHUNK = 4096


@dataclass(frozen=True)
class Chunk:
    """A rectangle of a plane of a level: the first pixel, and the size without what lies outside of the plane."""

    level: int
    t: int
    c: int
    z: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class ZarrImage:
    """An image as five-dimensional arrays (t, c, z, y, x). levels: (width, height) of each, full size first.

    scale: micrometres per pixel and seconds per time point by axis, as far as they are known.
    """

    pixels: PixelsOfImage
    dtype: np.dtype[Any]
    levels: tuple[tuple[int, int], ...]
    tile: tuple[int, int]
    scale: dict[str, float]
    digest: str

    def shape(self, level: int) -> tuple[int, int, int, int, int]:
        """Sizes of the array of a level."""
        width, height = self.levels[level]
        return self.pixels.size_t, self.pixels.size_c, self.pixels.size_z, height, width

    def chunks(self, level: int) -> tuple[int, int, int, int, int]:
        """Sizes of a chunk: a rectangle of one plane, whole tiles of the file where it has tiles."""
        width, height = self.levels[level]
        across, down = chunk_size(self.tile, self.levels[0])
        return 1, 1, 1, min(down, height), min(across, width)

    def chunk(self, level: int, place: tuple[int, ...]) -> Chunk | None:
        """The chunk at a place in the grid of chunks; None outside of it."""
        if level >= len(self.levels) or len(place) != 5:
            return None
        first = [at * size for at, size in zip(place, self.chunks(level), strict=True)]
        left = [size - at for size, at in zip(self.shape(level), first, strict=True)]
        if min(left) <= 0:
            return None
        height, width = (min(one, most) for one, most in zip(left[3:], self.chunks(level)[3:], strict=True))
        t, c, z, y, x = first
        return Chunk(level, t, c, z, x, y, width, height)


def chunk_size(tile: tuple[int, int], plane: tuple[int, int]) -> tuple[int, int]:
    """Width and height of chunks: the file's tiles, small ones several together; squares where there are none.

    Servers give planes without tiles tiles of full width.
    """
    if tile[0] >= plane[0] or min(tile) < 1 or max(tile) > LARGEST_CHUNK:
        return UNTILED_CHUNK, UNTILED_CHUNK
    width, height = (size * -(-SMALLEST_CHUNK // size) for size in tile)
    return width, height


@contextmanager
def opened_store(blitz: Blitz, pixels: PixelsOfImage) -> Iterator[Any]:
    """A RawPixelsStore of the pixels, used by nobody else meanwhile. It stays open for the next chunk."""
    with blitz.stores.borrow(
        (pixels.image_id, pixels.pixels_id),
        lambda store: store.setPixelsId(pixels.pixels_id, False, context(pixels.group_id)),
    ) as store:
        yield store


def zarr_image(blitz: Blitz, image_id: int) -> ZarrImage:
    """Raises NotFound when there is no such image for the caller, or it has no pixels yet or of no known type."""
    pixels = pixels_of(blitz, image_id)
    stored = blitz.one("select p from Pixels p join fetch p.pixelsType where p.id = :id", {"id": pixels.pixels_id})
    if stored is None:
        raise NotFound(f"Image:{image_id} not found")
    dtype = np.dtype(DTYPES[unwrap(stored.pixelsType.value)])
    try:
        with opened_store(blitz, pixels) as store:
            levels = _levels(store, pixels)
            width, height = store.getTileSize()
    except (omero.ServerError, omero.LockTimeout) as error:
        raise NotFound(f"Image:{image_id} has no pixels that can be read: {message_of(error)}") from error
    return ZarrImage(pixels, dtype, levels, (width, height), _scale(stored), str(unwrap(stored.sha1) or ""))


def _levels(store: Any, pixels: PixelsOfImage) -> tuple[tuple[int, int], ...]:
    if store.getResolutionLevels() < 2:
        return ((pixels.size_x, pixels.size_y),)
    return tuple((level.sizeX, level.sizeY) for level in store.getResolutionDescriptions())


def _scale(pixels: Any) -> dict[str, float]:
    lengths = {axis.lower(): getattr(pixels, f"physicalSize{axis}") for axis in "XYZ"}
    found = {axis: _value(length, omero.model.LengthI, "MICROMETER") for axis, length in lengths.items()}
    found["t"] = _value(pixels.timeIncrement, omero.model.TimeI, "SECOND")
    return {axis: value for axis, value in found.items() if value}


def _value(quantity: Any, kind: Any, unit: str) -> float | None:
    if quantity is None:
        return None
    try:
        return float(kind(quantity, unit).getValue())
    except (omero.ClientError, ValueError):
        return None  # pixels and other units of no fixed size


def read_region(blitz: Blitz, image: ZarrImage, chunk: Chunk) -> np.ndarray[Any, np.dtype[Any]]:
    """The pixels of a chunk, shape (height, width), in this machine's byte order."""
    with opened_store(blitz, image.pixels) as store:
        if len(image.levels) > 1:
            store.setResolutionLevel(len(image.levels) - 1 - chunk.level)
        data = store.getTile(chunk.z, chunk.c, chunk.t, chunk.x, chunk.y, chunk.width, chunk.height)
    pixels = np.frombuffer(data, image.dtype.newbyteorder(">")).reshape(chunk.height, chunk.width)
    return pixels.astype(image.dtype)
