"""What a RenderingEngine has chosen so far: pixels, settings, and a renderer of both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import omero
import omero._generated
from omero_server.control.config import Config
from omero_server.pixels.buffer import PixelBuffer
from omero_server.rendering.defaults import open_pixels, renderer_of
from omero_server.rendering.encode import DEFAULT_QUALITY
from omero_server.rendering.metadata import PixelsInfo
from omero_server.rendering.renderer import Renderer
from omero_server.rendering.settings import ChannelSettings, RenderSettings
from omero_server.rendering.stored import StoredSettings
from omero_server.services.pixels.errors import pixel_errors
from omero_server.services.pixels.pyramids import PyramidOperations
from omero_server.sessions.call import Call

__all__ = ["RenderingState"]


class RenderingState(PyramidOperations):
    """Steps in order: pixels, settings, renderer. Whoever needs a step that is missing gets an ApiUsageException.

    requested: the settings were asked for by id, so that saving overwrites them, whosoever they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pixels: PixelsInfo | None = None
        self._stored: StoredSettings | None = None
        self._buffer: PixelBuffer | None = None
        self._renderer: Renderer | None = None
        self._config: Config | None = None
        self.requested = False
        self.quality = DEFAULT_QUALITY

    def pixels(self) -> PixelsInfo:
        """The pixels chosen."""
        if self._pixels is None:
            raise omero.ApiUsageException(message="No pixels are chosen: call lookupPixels first.")
        return self._pixels

    def stored(self) -> StoredSettings:
        """The settings chosen, with what was changed since."""
        if self._stored is None:
            raise omero.ApiUsageException(
                message="No rendering settings are loaded: call lookupRenderingDef or loadRenderingDef first."
            )
        return self._stored

    def renderer(self) -> Renderer:
        """The renderer of the pixels with the settings as they are."""
        self.pixels()
        self.stored()
        if self._renderer is None:
            raise omero.ApiUsageException(message="The engine is not ready: call load first.")
        return self._renderer

    def opened(self) -> tuple[PixelsInfo, PixelBuffer]:
        """The pixels and their open buffer."""
        self.renderer()
        assert self._buffer is not None
        return self.pixels(), self._buffer

    @property
    def settings(self) -> RenderSettings:
        """The settings as they are, of a ready engine."""
        return self.renderer().settings

    def channel(self, w: int) -> ChannelSettings:
        """The settings of one channel."""
        channels = self.settings.channels
        if not 0 <= w < len(channels):
            raise omero.InternalException(message=f"There is no channel {w}: these pixels have 0..{len(channels) - 1}.")
        return channels[w]

    def choose_pixels(self, pixels: PixelsInfo) -> None:
        """Start anew with other pixels."""
        self.unload()
        self._pixels, self.level = pixels, None

    def choose_settings(self, stored: StoredSettings | None, requested: bool = False) -> None:
        """Settings to load next; None takes away the present ones."""
        self.unload()
        self._stored, self.requested = stored, requested

    def reopen(self, call: Call) -> None:
        """Open the pixels and make the renderer."""
        pixels, stored = self.pixels(), self.stored()
        buffer = self._buffer or open_pixels(call, pixels)
        self._config = call.engine.config
        try:
            with pixel_errors():
                self._renderer = renderer_of(call.engine.config, buffer, pixels, stored.settings)
        except BaseException:
            buffer.close()
            self._buffer = None
            raise
        self._buffer = buffer

    def change(self, settings: RenderSettings) -> None:
        """Go on with other settings, once they are known to be allowed."""
        self.renderer()
        assert self._config is not None and self._buffer is not None
        with pixel_errors():
            self._renderer = renderer_of(self._config, self._buffer, self.pixels(), settings)
        self._stored = replace(self.stored(), settings=settings)

    def change_channel(self, w: int, **changes: Any) -> None:
        """Go on with one channel changed."""
        self.channel(w)
        self.change(self.settings.with_channel(w, **changes))

    def unload(self) -> None:
        """Close the pixels; load is needed again."""
        buffer, self._buffer, self._renderer = self._buffer, None, None
        if buffer is not None:
            buffer.close()

    def on_close(self) -> None:
        """Close the pixels."""
        self.unload()
