"""From shapes of the model to the pixels that they cover, and the statistics of these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

import omero
import omero.api
from omero_server.pixels.outlines import parse_path, parse_points
from omero_server.pixels.shape_stats import ChannelStats, shape_stats
from omero_server.pixels.shapes import IDENTITY, Area, Covered, Ellipse, Mask, Matrix, Stroke, corners
from omero_server.queries import run
from omero_server.rendering.defaults import needs_pyramid, open_pixels
from omero_server.rendering.metadata import PixelsInfo, load_pixels
from omero_server.services.attaching import load
from omero_server.services.pixels.errors import pixel_errors
from omero_server.sessions.call import Call

__all__ = ["Selection", "covered_by", "load_shapes", "stats_of"]

SHAPE = " left outer join fetch o.transform join fetch o.roi"
NONZERO, EVEN_ODD = "nonzero", "evenodd"
MOST_MASK_PIXELS = 1 << 28


def load_shapes(call: Call, ids: Collection[int]) -> dict[int, Any]:
    """Shapes with transformation and ROI, by id. ApiUsageException when one is not there."""
    found = load(call, "Shape", ids, SHAPE)
    missing = sorted(set(ids) - found.keys())
    if missing:
        raise omero.ApiUsageException(message=f"There is no shape {missing[0]} that you may read.")
    return found


def covered_by(shape: Any) -> Covered:
    """The pixels that a shape covers. ApiUsageException for one without the numbers that it takes."""
    kind = type(shape).__name__
    try:
        return KINDS[kind](shape, _matrix(shape._transform))
    except (TypeError, ValueError, OverflowError) as error:
        key = f"{kind} {shape._id._val}"
        raise omero.ApiUsageException(message=f"The shape {key} cannot be drawn: {error}.") from error


def _number(shape: Any, *names: str) -> list[float]:
    missing = [name for name in names if getattr(shape, f"_{name}") is None]
    if missing:
        raise ValueError(f"it has no {missing[0]}")
    return [float(getattr(shape, f"_{name}")._val) for name in names]


def _text(shape: Any, name: str) -> str:
    value = getattr(shape, f"_{name}")
    if value is None:
        raise ValueError(f"it has no {name}")
    return str(value._val)


def _matrix(transform: Any) -> Matrix:
    if transform is None:
        return IDENTITY
    return Matrix(*_number(transform, "a00", "a10", "a01", "a11", "a02", "a12"))


def _nonzero(shape: Any, default: str) -> bool:
    """Whether the fill rule is "nonzero"; spelled in whatever case, with or without a hyphen."""
    rule = default if shape._fillRule is None else shape._fillRule._val
    return str(rule).lower().replace("-", "") == NONZERO


def _rectangle(shape: Any, matrix: Matrix) -> Covered:
    return Area([matrix.apply(corners(*_number(shape, "x", "y", "width", "height")))], nonzero=True)


def _ellipse(shape: Any, matrix: Matrix) -> Covered:
    x, y, radius_x, radius_y = _number(shape, "x", "y", "radiusX", "radiusY")
    return Ellipse(x, y, radius_x, radius_y, matrix)


def _polygon(shape: Any, matrix: Matrix) -> Covered:
    return Area([matrix.apply(parse_points(_text(shape, "points")))], nonzero=_nonzero(shape, EVEN_ODD))


def _polyline(shape: Any, matrix: Matrix) -> Covered:
    return Stroke(matrix.apply(parse_points(_text(shape, "points"))))


def _line(shape: Any, matrix: Matrix) -> Covered:
    ends = np.array(_number(shape, "x1", "y1", "x2", "y2"), np.float64).reshape(2, 2)
    return Stroke(matrix.apply(ends))


def _point(shape: Any, matrix: Matrix) -> Covered:
    return Stroke(matrix.apply(np.array([_number(shape, "x", "y")], np.float64)))


def _path(shape: Any, matrix: Matrix) -> Covered:
    outlines = [matrix.apply(line) for line in parse_path(_text(shape, "d"))]
    return Area(outlines, nonzero=_nonzero(shape, NONZERO))


def _mask(shape: Any, matrix: Matrix) -> Covered:
    x, y, width, height = _number(shape, "x", "y", "width", "height")
    columns, rows = int(width), int(height)
    if columns < 0 or rows < 0 or columns * rows > MOST_MASK_PIXELS:
        raise ValueError(f"a bitmap of {columns} x {rows} is not possible")
    packed = np.frombuffer(bytes(shape._bytes or b""), np.uint8)
    bits = np.unpackbits(packed, count=columns * rows).astype(np.bool_)
    return Mask(x, y, bits.reshape(rows, columns), matrix)


KINDS: dict[str, Callable[[Any, Matrix], Covered]] = {
    "Ellipse": _ellipse,
    "Label": _point,
    "Line": _line,
    "Mask": _mask,
    "Path": _path,
    "Point": _point,
    "Polygon": _polygon,
    "Polyline": _polyline,
    "Rectangle": _rectangle,
}


@dataclass(frozen=True)
class Selection:
    """The plane for shapes that name none, and the channels; None means all."""

    z: int | None = None
    t: int | None = None
    channels: Sequence[int] | None = None


def stats_of(call: Call, ids: Sequence[int], selection: Selection | None = None) -> tuple[list[Any], list[int]]:
    """Statistics of shapes in the order of ``ids``, and the ids of the pixels that they were taken from.

    With a selection the shapes must be of one image, whose planes are not too large to be read whole.
    ApiUsageException for shapes, planes and channels that are not there.
    """
    if not ids:
        raise omero.ApiUsageException(message="Give the ids of shapes.")
    shapes = load_shapes(call, ids)
    by_image: dict[int, list[int]] = defaultdict(list)
    for key, shape in shapes.items():
        if shape._roi._image is None:
            raise omero.ApiUsageException(message=f"The ROI {shape._roi._id._val} is on no image.")
        by_image[shape._roi._image._id._val].append(key)
    if selection is not None and len(by_image) > 1:
        raise omero.ApiUsageException(message="The shapes are on different images.")
    pixels = _pixels(call, list(by_image))
    found: dict[int, Any] = {}
    for image, keys in by_image.items():
        found |= _of_image(call, pixels[image], [shapes[key] for key in keys], selection)
    return [found[key] for key in ids], [one.id for one in pixels.values()]


def _pixels(call: Call, images: list[int]) -> dict[int, PixelsInfo]:
    """The first pixels of images. ApiUsageException for an image without."""
    query = "select p.image.id, p.id from Pixels p where p.image.id in (:ids) order by image_index desc"
    first = dict(run(call, query, {"ids": images}))
    infos = load_pixels(call, first.values())
    for image in images:
        if first.get(image) not in infos:
            raise omero.ApiUsageException(message=f"The image {image} has no pixels that you may read.")
    return {image: infos[first[image]] for image in images}


def _of_image(call: Call, pixels: PixelsInfo, shapes: Iterable[Any], selection: Selection | None) -> dict[int, Any]:
    chosen = selection or Selection()
    if pixels.dtype.kind == "c":
        raise omero.ApiUsageException(message=f"The pixels {pixels.id} are complex numbers, which have no order.")
    if selection is not None and needs_pyramid(call.engine.config, pixels):
        raise omero.ApiUsageException(message=f"The planes of the pixels {pixels.id} are too large; use getShapeStats.")
    channels = _channels(pixels, chosen)
    found: dict[int, Any] = {}
    with closing(open_pixels(call, pixels)) as buffer:
        for shape in shapes:
            planes = _planes(pixels, shape, chosen)
            with pixel_errors():
                stats = shape_stats(buffer, covered_by(shape), planes, channels)
            found[shape._id._val] = _answer(shape._id._val, channels, stats)
    return found


def _channels(pixels: PixelsInfo, selection: Selection) -> list[int]:
    chosen = list(selection.channels or range(pixels.size_c))
    for channel in chosen:
        _check("channel", channel, pixels.size_c)
    return chosen


def _planes(pixels: PixelsInfo, shape: Any, selection: Selection) -> list[tuple[int, int]]:
    """The (z, t) of the planes of a shape: its own, else those selected, else all."""
    ranges = []
    for axis, own, chosen, size in (
        ("z", shape._theZ, selection.z, pixels.size_z),
        ("t", shape._theT, selection.t, pixels.size_t),
    ):
        one = chosen if own is None or own._val < 0 else own._val
        if one is not None:
            _check(axis, one, size)
        ranges.append(range(size) if one is None else [one])
    return list(product(*ranges))


def _check(axis: str, value: int, size: int) -> None:
    if not 0 <= value < size:
        raise omero.ApiUsageException(message=f"{axis} = {value} is outside 0..{size - 1}.")


def _answer(shape_id: int, channels: Sequence[int], stats: Sequence[ChannelStats]) -> Any:
    return omero.api.ShapeStats(
        shapeId=shape_id,
        channelIds=list(channels),
        pointsCount=[one.count for one in stats],
        min=[one.low if one.count else 0.0 for one in stats],
        max=[one.high if one.count else 0.0 for one in stats],
        sum=[one.total for one in stats],
        mean=[one.mean for one in stats],
        stdDev=[one.deviation for one in stats],
    )
