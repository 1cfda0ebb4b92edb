"""What is learnt from the pixels at import: smallest and largest values, digest, default settings, a thumbnail."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from omero_server.formats.base import Reader
from omero_server.formats.info import ImageInfo
from omero_server.imports.optics import display_optics
from omero_server.pixels.buffer import ReaderBuffer
from omero_server.rendering.colors import Color, import_channels
from omero_server.rendering.defaults import full_reset, needs_pyramid, renderer_of
from omero_server.rendering.metadata import PixelsInfo
from omero_server.rendering.quantum import Range
from omero_server.rendering.scale import longest_side_size
from omero_server.rendering.settings import ChannelInfo as ChannelDisplay
from omero_server.rendering.settings import RenderSettings
from omero_server.rendering.stats import fixed_range, import_statistics
from omero_server.rendering.thumbnail import thumbnail_jpeg

__all__ = ["PENDING", "THUMBNAIL_SIDE", "Measured", "Thumbnail", "measure"]

PENDING = "Pending..."
"""Stands in the place of a digest that was not computed."""
THUMBNAIL_SIDE = 96


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture and the size that its row has."""

    width: int
    height: int
    jpeg: bytes


@dataclass(slots=True)
class Measured:
    """One image. `pixels` has ids of 0 until it is saved; settings and thumbnail are None when they were declined."""

    info: ImageInfo
    pixels: PixelsInfo
    names: list[str | None] = field(default_factory=list)
    sha1: str = PENDING
    settings: RenderSettings | None = None
    thumbnail: Thumbnail | None = None


Timed = Callable[[str], AbstractContextManager[None]]


def measure(
    call: Any, reader: Reader, series: int, *, stats: bool, pictures: bool, check: Callable[[], None], timed: Timed
) -> Measured:
    """Read one image, in bounded memory. `check` is called between the parts and may raise to stop; `timed` counts the
    time of each.

    Planes too large to be handled as a whole get neither statistics nor a digest.
    """
    info = reader.image(series)
    buffer = ReaderBuffer(reader, series)
    found = Measured(info, _pixels_info(info))
    found.names = _display(found, reader.info().format, [None] * info.size_c)
    check()
    if stats and not needs_pyramid(call.engine.config, found.pixels):
        with timed("pixels"):
            known = import_statistics(buffer)
        found.sha1 = known.sha1
        fixed = fixed_range(reader.info().format, info.pixel_type)
        _display(found, reader.info().format, [fixed or pair for pair in known.channels])
        check()
    if pictures:
        with timed("rdefs"):
            found.settings = full_reset(call, found.pixels, buffer)
        with timed("thumbnails"):
            found.thumbnail = _thumbnail(call, buffer, found.pixels, found.settings)
        check()
    return found


def _pixels_info(info: ImageInfo) -> PixelsInfo:
    return PixelsInfo(
        id=0, image_id=0, owner_id=0, group_id=0, group_bits=0, pixel_type=info.pixel_type,
        size_x=info.size_x, size_y=info.size_y, size_z=info.size_z, size_c=info.size_c, size_t=info.size_t,
        significant_bits=info.significant_bits, sha1=PENDING, imported=True, channels=(),
    )  # fmt: skip


def _display(found: Measured, format_name: str, stats: list[Range | None]) -> list[str | None]:
    """Give the channels their colours, and statistics if known; returns the names that the optics suggest."""
    optics = [display_optics(found.info, channel) for channel in found.info.channels]
    wanted = [(_color(channel.color), one) for channel, one in zip(found.info.channels, optics, strict=True)]
    chosen = import_channels(wanted, graphics=found.info.graphics)
    channels = tuple(
        ChannelDisplay(color=color, stats=pair, optics=one)
        for (color, _), pair, one in zip(chosen, stats, optics, strict=True)
    )
    found.pixels = replace(found.pixels, channels=channels)
    return [name for _, name in chosen]


def _color(packed: int | None) -> Color | None:
    if packed is None:
        return None
    unsigned = packed & 0xFFFFFFFF
    return unsigned >> 24, unsigned >> 16 & 0xFF, unsigned >> 8 & 0xFF, unsigned & 0xFF


def _thumbnail(call: Any, buffer: ReaderBuffer, pixels: PixelsInfo, settings: RenderSettings) -> Thumbnail:
    width, height = longest_side_size(pixels.size_x, pixels.size_y, THUMBNAIL_SIDE)
    renderer = renderer_of(call.engine.config, buffer, pixels, settings)
    return Thumbnail(width, height, thumbnail_jpeg(renderer, width, height))
