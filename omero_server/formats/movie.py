"""Movies: frames of one size at known places in a file are time points; containers are parsed by `avi`, `quicktime`.

`ImageInfo.index` is a dict: `codec`, `frames` (place and length of each), and of uncompressed ones `bytes` per pixel,
`stride` of a row, `up` (last row first), `order` (byte of each channel) and `palette`. Codec `library`
means that PyAV decodes (it comes with `omero-platform[video]`): frames are found by their `moments`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from omero_server.formats.avframes import LibraryFrames, library_movie
from omero_server.formats.base import Array, FormatError, Reader, decoding
from omero_server.formats.cinepak import Cinepak, is_complete
from omero_server.formats.info import FilesetInfo, ImageInfo, PlaneInfo, plain_channels
from omero_server.formats.picturesize import picture_size
from omero_server.formats.pngpixels import png_pixels
from omero_server.formats.rawbytes import PieceCache, plane_region, read_at

__all__ = ["LARGEST_SIDE", "MovieReader", "movie_image", "picture"]

LARGEST_SIDE = 32768
_MOST_FRAMES = 2_000_000
_LARGEST_FRAME = 1 << 27
"""Pixels of a frame that has to be decoded whole."""
_PNG = b"\x89PNG\r\n\x1a\n"


def movie_image(
    path: Path, size: tuple[int, int], channels: int, index: dict[str, Any], moments: Sequence[float]
) -> ImageInfo:
    """The image of a movie of which the frames are shown at these `moments` (seconds)."""
    width, height = size
    count = len(moments)
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE and 0 < count <= _MOST_FRAMES):
        raise FormatError(path, f"declares {count} frames of {width}x{height} pixels")
    if index["codec"] != "raw" and width * height > _LARGEST_FRAME:
        raise FormatError(path, f"has compressed frames of {width}x{height} pixels, too large to decode")
    steps = np.diff(np.asarray(moments, np.float64))
    step = float(np.median(steps)) if count > 1 else 0.0
    even = step > 0 and bool(np.all(np.abs(steps - step) < 0.01 * step))
    return ImageInfo(
        name=path.name,
        size_x=width,
        size_y=height,
        size_c=channels,
        size_t=count,
        dimension_order="XYCTZ",
        significant_bits=8,
        is_rgb=channels > 1,
        graphics=channels > 1,
        time_increment=(step, "s") if even else None,
        channels=plain_channels(channels, channels),
        planes=[] if even or step <= 0 else _planes(moments, channels),
        index=index,
    )


def _planes(moments: Sequence[float], channels: int) -> list[PlaneInfo]:
    """When each frame is shown, for movies in which time does not pass evenly."""
    return [
        PlaneInfo(0, c, t, delta_t=(float(moment), "s")) for t, moment in enumerate(moments) for c in range(channels)
    ]


class MovieReader(Reader):
    """A reader of movies of one track."""

    @classmethod
    def through_library(cls, path: Path, notes: dict[str, str]) -> FilesetInfo:
        """The movie as PyAV sees it."""
        size, channels, moments, unit = library_movie(path, notes["Codec"])
        index = {"codec": "library", "moments": moments}
        image = movie_image(path, size, channels, index, [(moment - moments[0]) * unit for moment in moments])
        image.metadata = notes
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._cache = PieceCache()
        self._library = LibraryFrames(info.entry)
        self._cinepak: tuple[int, Cinepak] | None = None

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        index: dict[str, Any] = self._info.images[series].index
        x, y, w, h = region
        if index["codec"] == "raw":
            return self._plain(index, zct[2], zct[1], region)
        return self._cache.get(zct[2], lambda: self._frame(zct[2]))[y : y + h, x : x + w, zct[1]]

    def _plain(self, index: dict[str, Any], t: int, c: int, region: tuple[int, int, int, int]) -> Array:
        x, y, w, h = region
        height, count = self._info.images[0].size_y, index["bytes"]
        top = height - y - h if index["up"] else y
        inside = (x * count, top, w * count, h)
        rows = plane_region(
            self._info.entry, index["frames"][t][0], np.dtype(np.uint8), (height, index["stride"]), inside
        )
        pixels = rows.reshape(h, w, count)[:: -1 if index["up"] else 1]
        if index["palette"]:
            return np.asarray(index["palette"][c], np.uint8)[pixels[..., 0]]
        return pixels[..., index["order"][c]]

    def _frame(self, number: int) -> Array:
        """A decoded frame as (height, width, channels)."""
        image, path = self._info.images[0], self._info.entry
        index: dict[str, Any] = image.index
        with self._lock:
            if index["codec"] == "library":
                pixels = self._library.frame(number, index["moments"])
            elif index["codec"] == "cinepak":
                pixels = self._sequence(number, index["frames"])
            else:
                pixels = picture(path, read_at(path, *index["frames"][number]), (image.size_x, image.size_y))
        if pixels.shape != (image.size_y, image.size_x, image.size_c):
            raise FormatError(path, f"has a frame of {pixels.shape} values, unlike the first one")
        return pixels

    def _sequence(self, number: int, frames: list[list[int]]) -> Array:
        """A Cinepak frame: decoded on from the last one, or from a complete one before it."""
        path, image = self._info.entry, self._info.images[0]
        start = number
        while start > 0 and not is_complete(read_at(path, *frames[start])):
            start -= 1
        if self._cinepak is None or not start <= self._cinepak[0] + 1 <= number:
            self._cinepak = start - 1, Cinepak(image.size_x, image.size_y)
        last, decoder = self._cinepak
        self._cinepak = None
        pixels = np.zeros((0, 0, 3), np.uint8)
        for at in range(last + 1, number + 1):
            pixels = decoder.decode(read_at(path, *frames[at]))
        self._cinepak = number, decoder
        return pixels

    def close(self) -> None:
        self._cache.clear()
        self._library.close()


def picture(path: Path, data: bytes, size: tuple[int, int]) -> Array:
    """A JPEG or PNG frame as (height, width, channels), which must be of the declared size before it is decoded."""
    with decoding(path, "decoding a frame"):
        found = (picture_size(data) or (0, 0))[:2]
        if found != size or size[0] * size[1] > _LARGEST_FRAME:
            raise FormatError(path, f"has a frame of {found} pixels where {size} are declared")
        decode = png_pixels if data.startswith(_PNG) else imagecodecs.jpeg_decode
        pixels = np.asarray(decode(data))
    if pixels.dtype != np.uint8:
        raise FormatError(path, f"has frames of {pixels.dtype} values", "Save it with 8 bits.")
    return pixels.reshape(*pixels.shape[:2], -1)
