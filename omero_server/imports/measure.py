"""What is learnt from the pixels at import: smallest and largest values, digest, default settings, a thumbnail.

This is done by a process for reading (`worker`), which knows neither the database nor the configuration.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from omero_server.formats.base import Array, Reader
from omero_server.formats.info import ImageInfo
from omero_server.pixels.buffer import ReaderBuffer
from omero_server.rendering.renderer import Renderer
from omero_server.rendering.scale import longest_side_size
from omero_server.rendering.settings import ChannelInfo, RenderSettings, default_settings
from omero_server.rendering.stats import fixed_range, import_statistics, window_scan
from omero_server.rendering.thumbnail import thumbnail_jpeg

__all__ = ["PENDING", "THUMBNAIL_SIDE", "Measured", "Thumbnail", "Wanted", "measure"]

PENDING = "Pending..."
"""Stands in the place of a digest that was not computed."""
THUMBNAIL_SIDE = 96


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to learn of one image. channels: how they are shown. whole: its planes are small enough to be handled as a
    whole; others get neither statistics nor a digest.
    """

    series: int
    channels: tuple[ChannelInfo, ...]
    stats: bool
    pictures: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture and the size that its row has."""

    width: int
    height: int
    jpeg: bytes


@dataclass(slots=True)
class Measured:
    """One image: channels with statistics if there are any; settings and thumbnail are None when they were declined;
    `seconds` that each phase took.
    """

    channels: tuple[ChannelInfo, ...]
    sha1: str = PENDING
    settings: RenderSettings | None = None
    thumbnail: Thumbnail | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Count the time of the block as that of a phase."""
        started = time.monotonic()
        yield
        self.seconds[phase] = time.monotonic() - started


class _WatchedBuffer(ReaderBuffer):
    """Tells about each piece that is going to be read."""

    def __init__(self, reader: Reader, series: int, going: Callable[[], None]) -> None:
        super().__init__(reader, series)
        self._going = going

    def region(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int, level: int = 0) -> Array:
        self._going()
        return super().region(z, c, t, x, y, w, h, level)

    def regions(
        self, z: int, channels: Sequence[int], t: int, x: int, y: int, w: int, h: int, level: int = 0
    ) -> list[Array]:
        self._going()
        return super().regions(z, channels, t, x, y, w, h, level)


def measure(reader: Reader, wanted: Wanted, going: Callable[[], None]) -> Measured:
    """Read one image, in bounded memory; `going` is called before each piece. Errors are those of reading."""
    info, kind = reader.image(wanted.series), reader.info().format
    buffer = _WatchedBuffer(reader, wanted.series, going)
    found = Measured(wanted.channels)
    if wanted.stats and wanted.whole:
        with found.timed("pixels"):
            known = import_statistics(buffer)
        fixed = fixed_range(kind, info.pixel_type)
        seen = zip(wanted.channels, known.channels, strict=True)
        found.channels = tuple(replace(channel, stats=fixed or pair) for channel, pair in seen)
        found.sha1 = known.sha1
    if wanted.pictures:
        with found.timed("rdefs"):
            found.settings = _settings(info, found.channels, buffer, wanted.whole)
        with found.timed("thumbnails"):
            found.thumbnail = _thumbnail(info, found, buffer)
    return found


def _settings(info: ImageInfo, channels: tuple[ChannelInfo, ...], buffer: ReaderBuffer, whole: bool) -> RenderSettings:
    """Windows from statistics; without these from the middle planes, or a part of very large ones."""
    return default_settings(
        channels, info.pixel_type, info.size_z, significant_bits=info.significant_bits,
        plane_range=window_scan(buffer, info.pixel_type, info.significant_bits, whole=whole),
    )  # fmt: skip


def _thumbnail(info: ImageInfo, found: Measured, buffer: ReaderBuffer) -> Thumbnail:
    assert found.settings is not None
    width, height = longest_side_size(info.size_x, info.size_y, THUMBNAIL_SIDE)
    stats = [channel.stats for channel in found.channels]
    renderer = Renderer(buffer, found.settings, stats=stats, significant_bits=info.significant_bits)
    return Thumbnail(width, height, thumbnail_jpeg(renderer, width, height))
