"""Very large planes: when they are, and their pixels together with the smaller levels of a pyramid."""

from __future__ import annotations

from omero_server.control.config import Config
from omero_server.formats.base import Array
from omero_server.pixels.buffer import PixelBuffer

__all__ = ["LargeBuffer", "is_large", "plane_limits", "pyramid_tile"]

_TILE_UNIT, _SMALLEST_TILE = 32, 64


def plane_limits(config: Config) -> tuple[int, int]:
    """Width and height of the largest plane that is handled as a whole."""
    return config.get_int("omero.pixeldata.max_plane_width"), config.get_int("omero.pixeldata.max_plane_height")


def is_large(config: Config, size_x: int, size_y: int) -> bool:
    """Whether a plane has more pixels than those that are handled as a whole; its sides do not matter."""
    width, height = plane_limits(config)
    return size_x * size_y > width * height


def pyramid_tile(config: Config) -> tuple[int, int]:
    """Size of the tiles of pyramids: as configured, in steps of 32, so that tiles can be halved five times."""
    sides = (config.get_int(f"omero.pixeldata.tile_{side}") for side in ("width", "height"))
    width, height = (max(_SMALLEST_TILE, side // _TILE_UNIT * _TILE_UNIT) for side in sides)
    return width, height


class LargeBuffer:
    """Pixels of very large planes. Who asks gets tiles, and not rows of the whole width; with a pyramid also levels.

    pyramid: its levels; the first of them is the full size when ``has_full``, else half of it. It serves the full size
    where ``source`` is None.
    """

    def __init__(
        self, source: PixelBuffer | None, pyramid: PixelBuffer | None, has_full: bool, tile: tuple[int, int]
    ) -> None:
        shown = source or pyramid
        assert shown is not None and (source is not None or has_full)
        self._source, self._pyramid = source, pyramid
        self._skipped = 0 if has_full else 1
        self.size_x, self.size_y = shown.size_x, shown.size_y
        self.size_z, self.size_c, self.size_t = shown.size_z, shown.size_c, shown.size_t
        self.byte_order = shown.byte_order
        self.pixel_type, self.dtype = shown.pixel_type, shown.dtype
        below = pyramid.levels[1 - self._skipped :] if pyramid is not None else []
        self.levels = [shown.levels[0], *below]
        tiled = source is not None and source.tile_size[0] < source.size_x
        self.tile_size = source.tile_size if source is not None and tiled else tile

    @property
    def level_sizes(self) -> list[tuple[int, int]]:
        """(width, height) of each level."""
        return [(level.width, level.height) for level in self.levels]

    def plane(self, z: int, c: int, t: int, level: int = 0) -> Array:
        """One whole plane."""
        held, level = self._at(level)
        return held.plane(z, c, t, level)

    def region(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int, level: int = 0) -> Array:
        """w x h pixels at (x, y) of one plane."""
        held, level = self._at(level)
        return held.region(z, c, t, x, y, w, h, level)

    def _at(self, level: int) -> tuple[PixelBuffer, int]:
        if not 0 <= level < len(self.levels):
            raise IndexError(f"level {level} of {len(self.levels)}")
        if level == 0 and self._source is not None:
            return self._source, 0
        assert self._pyramid is not None
        return self._pyramid, level - self._skipped

    def close(self) -> None:
        """Close both."""
        for held in (self._source, self._pyramid):
            if held is not None:
                held.close()
