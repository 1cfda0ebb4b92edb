"""Thumbnails: a rendered plane, scaled down and encoded, without holding the plane in memory."""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw

from omero_server.rendering.encode import DEFAULT_QUALITY, jpeg
from omero_server.rendering.planes import PlaneDef, Region
from omero_server.rendering.renderer import Bytes, Renderer
from omero_server.rendering.scale import fitted_size, longest_side_size, scale_strips
from omero_server.rendering.source import MAX_BLOCK_PIXELS, check_plane

__all__ = ["DEFAULT_SIDE", "in_progress_jpeg", "thumbnail_jpeg", "thumbnail_level", "thumbnail_pixels"]

DEFAULT_SIDE = 48
MOST_PIXELS = 32 * 1024 * 1024
"""Of larger planes only some rows are read: those without smaller levels would take seconds or minutes."""
SAMPLES = 4
"""Sampled pixels per pixel of the thumbnail in each direction."""


def thumbnail_level(level_sizes: Sequence[tuple[int, int]], width: int, height: int) -> int:
    """The largest level not wider or not higher than the thumbnail, or the smallest; sizes start at the largest."""
    for level, (level_x, level_y) in enumerate(level_sizes):
        if level_x <= width or level_y <= height:
            return level
    return len(level_sizes) - 1


def thumbnail_pixels(
    renderer: Renderer, width: int, height: int, *, z: int | None = None, t: int | None = None
) -> Bytes:
    """RGB pixels, about (height, width, 3) and at least 3 x 3, of a section; by default the settings' one.

    Raises PlaneError for a section outside the pixels.
    """
    source = renderer.source
    section = PlaneDef(
        z=renderer.settings.default_z if z is None else z,
        t=renderer.settings.default_t if t is None else t,
        level=thumbnail_level(source.level_sizes, width, height),
    )
    check_plane(source, z=section.z, t=section.t)
    size = source.level_sizes[section.level]
    if size[0] * size[1] > MOST_PIXELS:
        step = max(1, min(size[0] // (SAMPLES * max(width, 1)), size[1] // (SAMPLES * max(height, 1))))
        picture = _sample(renderer, section, size, step)
        size = picture.shape[1], picture.shape[0]
        return scale_strips([picture], size, *fitted_size(*size, width, height))
    return scale_strips(_strips(renderer, section, size), size, *fitted_size(*size, width, height))


def _sample(renderer: Renderer, section: PlaneDef, size: tuple[int, int], step: int) -> Bytes:
    """Every ``step``-th pixel in both directions of a plane that would take too long to read."""
    rows = [
        renderer.render_rgb(PlaneDef(section.z, section.t, Region(0, y, size[0], 1), section.level))[:, ::step]
        for y in range(step // 2, size[1], step)
    ]
    return np.concatenate(rows)


def _strips(renderer: Renderer, section: PlaneDef, size: tuple[int, int]) -> Iterator[Bytes]:
    width, height = size
    rows = max(1, MAX_BLOCK_PIXELS // width)
    if rows >= height:
        yield renderer.render_rgb(section)
        return
    for y in range(0, height, rows):
        yield renderer.render_rgb(PlaneDef(section.z, section.t, Region(0, y, width, rows), section.level))


def thumbnail_jpeg(renderer: Renderer, width: int, height: int, *, z: int | None = None, t: int | None = None) -> bytes:
    """thumbnail_pixels as a JPEG."""
    return jpeg(thumbnail_pixels(renderer, width, height, z=z, t=t), DEFAULT_QUALITY)


def in_progress_jpeg(size_x: int, size_y: int, width: int, height: int) -> bytes:
    """The picture shown while an image of size_x x size_y is still being prepared: a clock, in the thumbnail's size."""
    longest = width if size_x > size_y else height
    columns, rows = (max(3, side) for side in longest_side_size(size_x, size_y, longest))
    return jpeg(_clock(columns, rows), DEFAULT_QUALITY)


def _clock(columns: int, rows: int) -> Bytes:
    picture = Image.new("RGB", (columns, rows), (40, 40, 40))
    draw = ImageDraw.Draw(picture)
    x, y, radius = columns / 2, rows / 2, min(columns, rows) * 0.35
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=(200, 200, 200))
    draw.line((x, y, x, y - radius * 0.8), fill=(200, 200, 200))
    draw.line((x, y, x + radius * 0.5, y), fill=(200, 200, 200))
    return np.asarray(picture)
