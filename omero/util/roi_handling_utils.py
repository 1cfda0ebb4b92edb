"""Shapes of regions: their points, and the pixels along a line."""

from __future__ import annotations

import re
from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["get_line_data", "points_string_to_xy_list"]

# How other clients once wrote points: "points[1,2, 3,4] points1[...] points2[...] mask[...]".
OLD_POINTS = re.compile(r"points\[([^\]]*)\]")
SEPARATOR = re.compile(r"[,\s]+")


def points_string_to_xy_list(string: str) -> list[tuple[float, float]]:
    """The points (x, y) of a polygon or polyline: "1,2 3,4", or the older "points[1,2, 3,4] ...".

    Raises ValueError for a text that is neither.
    """
    old = OLD_POINTS.search(string)
    text = (old[1] if old else string).strip()
    try:
        numbers = [float(number) for number in SEPARATOR.split(text.strip(", "))]
    except ValueError:
        numbers = []
    if not numbers or len(numbers) % 2:
        raise ValueError(f"Unrecognised ROI shape 'points' string: {string}")
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def get_line_data(
    pixels: Any,
    x1: float,
    y1: float,
    x2: float,
    y2: float,
    line_w: int = 2,
    the_z: int = 0,
    the_c: int = 0,
    the_t: int = 0,
) -> NDArray[Any]:
    """The pixels along a line as an array (``line_w``, length of the line), straightened; outside the image 0.

    ``pixels``: the gateway's wrapper. Only the part of the plane that the line crosses is asked for. Rows are as seen
    along the line, from its left side to its right.
    """
    length, width = max(1, round(float(numpy.hypot(x2 - x1, y2 - y1)))), max(1, int(line_w))
    along = numpy.array([x2 - x1, y2 - y1]) / (numpy.hypot(x2 - x1, y2 - y1) or 1)
    across = numpy.array([-along[1], along[0]])
    steps, offsets = numpy.arange(length), numpy.arange(width) - (width - 1) / 2
    # The nearest pixel; of two that are as near, the one before.
    points = [
        numpy.ceil(start + steps * along[axis] + offsets[:, None] * across[axis] - 0.5).astype(int)
        for axis, start in enumerate((x1, y1))
    ]
    sizes = (pixels.getSizeX(), pixels.getSizeY())
    inside = numpy.logical_and.reduce([(p >= 0) & (p < size) for p, size in zip(points, sizes, strict=True)])
    if not inside.any():
        return numpy.zeros((width, length), pixels.get_numpy_type())
    (left, right), (top, bottom) = ((int(p[inside].min()), int(p[inside].max()) + 1) for p in points)
    tile = pixels.getTile(the_z, the_c, the_t, (left, top, right - left, bottom - top))
    line = numpy.zeros((width, length), tile.dtype)
    line[inside] = tile[points[1][inside] - top, points[0][inside] - left]
    return line
