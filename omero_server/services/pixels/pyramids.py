"""The operations that all services with resolution levels share.

Clients count levels from the smallest, 0; pixel buffers from the full size.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import omero
import omero._generated
import omero.api
from omero_server.pixels.buffer import PixelBuffer
from omero_server.pixels.large import is_large
from omero_server.rendering.defaults import needs_pyramid
from omero_server.rendering.metadata import PixelsInfo
from omero_server.services.service import StatefulService, reads
from omero_server.sessions.call import Call

__all__ = ["PyramidOperations"]


class PyramidOperations(StatefulService, ABC):
    """Levels and tiles of the buffer that the service has open."""

    def __init__(self) -> None:
        self.level: int | None = None

    @abstractmethod
    def opened(self) -> tuple[PixelsInfo, PixelBuffer]:
        """The open pixels. Raises ApiUsageException when there are none."""

    def buffer_level(self) -> int:
        """The current level as the buffer counts."""
        levels = len(self.opened()[1].levels)
        return 0 if self.level is None else levels - 1 - self.level

    @reads
    def requiresPixelsPyramid(self, call: Call) -> bool:
        """Whether clients should ask for tiles instead of planes.

        Floating planes may be excepted by the configuration, but only as long as there are no levels to show them by.
        """
        config, (pixels, buffer) = call.engine.config, self.opened()
        return needs_pyramid(config, pixels) or (
            len(buffer.levels) > 1 and is_large(config, pixels.size_x, pixels.size_y)
        )

    @reads
    def getResolutionLevels(self, call: Call) -> int:
        """How many levels there are."""
        return len(self.opened()[1].levels)

    @reads
    def getResolutionDescriptions(self, call: Call) -> list[Any]:
        """Sizes of the levels, the full size first."""
        sizes = self.opened()[1].level_sizes
        return [omero.api.ResolutionDescription(sizeX=width, sizeY=height) for width, height in sizes]

    @reads
    def getResolutionLevel(self, call: Call) -> int:
        """The current level."""
        return len(self.opened()[1].levels) - 1 - self.buffer_level()

    @reads
    def setResolutionLevel(self, call: Call, resolutionLevel: int) -> None:
        """Choose a level; 0 is the smallest."""
        levels = len(self.opened()[1].levels)
        if not 0 <= resolutionLevel < levels:
            raise omero.ApiUsageException(
                message=f"There is no resolution level {resolutionLevel}: these pixels have 0..{levels - 1}."
            )
        self.level = resolutionLevel

    @reads
    def getTileSize(self, call: Call) -> list[int]:
        """Width and height of tiles that are read at the least cost."""
        return list(self.opened()[1].tile_size)
