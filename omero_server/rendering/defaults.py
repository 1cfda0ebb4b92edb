"""The settings an image starts with and goes back to, and opening its pixels."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import omero
import omero._generated
from omero_server.control.config import Config
from omero_server.formats.info import ImageInfo
from omero_server.pixels.buffer import PixelBuffer
from omero_server.pixels.large import is_large
from omero_server.pixels.source import pixel_source
from omero_server.rendering.luts import SHIPPED, LutShelf
from omero_server.rendering.metadata import PixelsInfo, Reading
from omero_server.rendering.renderer import Renderer
from omero_server.rendering.settings import RenderSettings, default_settings
from omero_server.rendering.stats import window_scan

__all__ = [
    "full_reset",
    "needs_pyramid",
    "not_stored_yet",
    "open_pixels",
    "original_reset",
    "renderer_of",
]

FLOATING = ("float", "double")
RETRY_MS = 15_000


def needs_pyramid(config: Config, pixels: PixelsInfo | ImageInfo) -> bool:
    """Whether planes are too large to be handled as a whole; for floating ones the configuration may except that."""
    if pixels.pixel_type in FLOATING and config.get_bool("omero.pixeldata.max_plane_float_override"):
        return False
    return is_large(config, pixels.size_x, pixels.size_y)


def not_stored_yet(pixels: PixelsInfo) -> Exception:
    """The error for pixels that have no data yet; clients wait and try again."""
    error: Exception = omero.LockTimeout(
        message=f"The pixels {pixels.id} have not been stored yet: their import is in progress, or it failed.",
        backOff=RETRY_MS,
    )
    return error


def open_pixels(call: Any, pixels: PixelsInfo) -> PixelBuffer:
    """The pixels for reading, to be closed. LockTimeout when there are none yet, ResourceError for unreadable ones."""
    try:
        return pixel_source(call, pixels.id)
    except omero.ResourceError:
        if pixels.imported:
            raise
        raise not_stored_yet(pixels) from None


def original_reset(pixels: PixelsInfo) -> RenderSettings:
    """Defaults with windows from the stored statistics, or the type's range where there are none."""
    return default_settings(
        pixels.channels, pixels.pixel_type, pixels.size_z, significant_bits=pixels.significant_bits
    )  # fmt: skip


def full_reset(call: Reading, pixels: PixelsInfo, buffer: PixelBuffer | None = None) -> RenderSettings:
    """Defaults; without statistics the windows are those of the middle planes, of very large ones of a part of them.

    Reads from ``buffer`` or opens the pixels, whose errors are those of open_pixels and of reading.
    """
    engine = call.engine  # type: ignore[attr-defined]
    large = needs_pyramid(engine.config, pixels)
    if pixels.channels[0].stats is not None:
        return original_reset(pixels)
    try:
        opened = buffer or open_pixels(call, pixels)
    except (omero.LockTimeout, omero.ResourceError):
        if large:  # is written tile by tile, for hours perhaps, and may be looked at meanwhile
            return original_reset(pixels)
        raise
    try:
        return default_settings(
            pixels.channels,
            pixels.pixel_type,
            pixels.size_z,
            significant_bits=pixels.significant_bits,
            plane_range=window_scan(opened, pixels.pixel_type, pixels.significant_bits, whole=not large),
        )
    finally:
        if buffer is None:
            opened.close()


def renderer_of(config: Config, buffer: PixelBuffer, pixels: PixelsInfo, settings: RenderSettings) -> Renderer:
    """A renderer with the lookup tables of this server. SettingError for settings that are not allowed."""
    return Renderer(
        buffer,
        settings,
        stats=pixels.stats,
        significant_bits=pixels.significant_bits,
        luts=_luts(config.instance.root / "lib" / "scripts").tables(),
    )


@lru_cache(maxsize=4)
def _luts(scripts: Path) -> LutShelf:
    """The shelf of a server's lookup tables: the shipped ones, then those among the scripts."""
    return LutShelf((SHIPPED, scripts))
