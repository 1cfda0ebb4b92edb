"""What the addresses of raw tiles ask for."""

from __future__ import annotations

from collections.abc import Mapping

from omero_web.errors import NotFound
from omero_web.ngff.chunks import TILE_FORMATS
from omero_web.ngff.image import Chunk, ZarrImage
from omero_web.webgateway.params import ParameterError, parse_region

__all__ = ["tile_format", "tile_region"]

LARGEST_TILE_PIXELS = 4096 * 4096


def tile_format(query: Mapping[str, str]) -> str:
    """The value of ``format``. Raises ParameterError for one that there is not."""
    form = query.get("format", "npy")
    if form not in TILE_FORMATS:
        raise ParameterError(f"format={form} must be one of {', '.join(TILE_FORMATS)}")
    return form


def tile_region(query: Mapping[str, str], found: ZarrImage, zct: tuple[int, int, int]) -> Chunk:
    """The pixels that ``level`` and ``region`` ask for.

    Raises NotFound outside of the image, ParameterError for what cannot be read or is too large.
    """
    text = query.get("level", "0")
    if not text.isdecimal():
        raise ParameterError(f"level={text} must be a whole number, 0 for the full size")
    z, c, t = zct
    sizes = found.pixels
    if int(text) >= len(found.levels) or z >= sizes.size_z or c >= sizes.size_c or t >= sizes.size_t:
        raise NotFound(f"Image:{sizes.image_id} has no plane z={z}, c={c}, t={t} at level {text}")
    width, height = found.levels[int(text)]
    region = parse_region(query.get("region") or f"0,0,{width},{height}")
    if region.x >= width or region.y >= height:
        raise NotFound(f"The region begins outside of the plane of {width} x {height} pixels")
    width, height = min(region.width, width - region.x), min(region.height, height - region.y)
    if width * height > LARGEST_TILE_PIXELS:
        raise ParameterError(f"{width} x {height} pixels are too many at once: ask for at most {LARGEST_TILE_PIXELS}")
    return Chunk(int(text), t, c, z, region.x, region.y, width, height)
