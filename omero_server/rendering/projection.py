"""Projections of a z stack into one plane: largest, mean or summed intensity."""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from omero_server.rendering.errors import ProjectionError, SettingError
from omero_server.rendering.quantum import pixel_type_of, type_range
from omero_server.rendering.source import MAX_BLOCK_PIXELS, Plane, PlaneSource

__all__ = ["Projection", "dtype_of", "project", "project_bands", "project_stack", "store"]

Floats = npt.NDArray[np.float64]

_TILE = 256


class Projection(IntEnum):
    """Kind of projection, numbered as in the remote interface."""

    MAXIMUM = 0
    MEAN = 1
    SUM = 2


def project_stack(
    source: PlaneSource,
    c: int,
    t: int,
    algorithm: int,
    start: int,
    end: int,
    stepping: int = 1,
    pixel_type: str | None = None,
) -> Plane:
    """Planes start, start + stepping ... up to and including `end`, projected into one of `pixel_type`.

    The default type is the source's. With start above end there is nothing to project: zeros, or NaN for a mean of a
    floating type. Raises ProjectionError for indices outside the pixels and SettingError for an unknown algorithm.
    """
    out = np.zeros((source.size_y, source.size_x), dtype_of(pixel_type or pixel_type_of(source.dtype)))
    for y, band in project_bands(source, c, t, algorithm, start, end, stepping, pixel_type):
        out[y : y + len(band)] = band
    return out


def project_bands(
    source: PlaneSource,
    c: int,
    t: int,
    algorithm: int,
    start: int,
    end: int,
    stepping: int = 1,
    pixel_type: str | None = None,
) -> Iterator[tuple[int, Plane]]:
    """project_stack from top to bottom in full-width bands, each with its first row; one band of one plane at a time
    is in memory.
    """
    _check(source, c, t, algorithm, start, end, stepping)
    width, height = source.size_x, source.size_y
    rows = max(1, MAX_BLOCK_PIXELS // width)
    # Bands that end with the tiles do not read these twice.
    rows = rows // _TILE * _TILE or rows
    for y in range(0, height, rows):
        shape = min(rows, height - y), width
        pieces = (source.region(z, c, t, 0, y, width, shape[0]) for z in range(start, end + 1, stepping))
        yield y, project(pieces, algorithm, pixel_type or pixel_type_of(source.dtype), shape)


def project(planes: Iterable[Plane], algorithm: int, pixel_type: str, shape: tuple[int, int]) -> Plane:
    """Planes of `shape` (rows, columns) projected and stored as `pixel_type`, in native byte order.

    The maximum starts at 0, so negative pixels give 0, passes over NaN, and is stored by truncation; mean and sum are
    cut at the type's largest value.
    """
    total = np.zeros(shape, np.float64)
    combine = np.fmax if algorithm == Projection.MAXIMUM else np.add
    count = 0
    for plane in planes:
        combine(total, plane, out=total)
        count += 1
    if algorithm == Projection.MEAN:
        with np.errstate(invalid="ignore"):
            total /= count
    if algorithm != Projection.MAXIMUM:
        np.minimum(total, type_range(pixel_type)[1], out=total)
    return store(total, pixel_type)


def dtype_of(pixel_type: str) -> np.dtype[Any]:
    """The numpy type that holds a pixel type, in native byte order; bit is held in uint8."""
    return np.dtype({"float": "float32", "double": "float64", "bit": "uint8"}.get(pixel_type, pixel_type))


def store(values: Floats, pixel_type: str) -> Plane:
    """Values as a pixel type: fractions cut off, what does not fit keeps its low bits, NaN is 0 in integers."""
    dtype = dtype_of(pixel_type)
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return values.astype(dtype)
    bounds = (-(2.0**63), 2.0**63 - 1024) if pixel_type == "uint32" else (-(2.0**31), 2.0**31 - 1)
    return np.clip(np.nan_to_num(values), *bounds).astype(np.int64).astype(dtype)


def _check(source: PlaneSource, c: int, t: int, algorithm: int, start: int, end: int, stepping: int) -> None:
    bounds = (
        ("start", start, source.size_z),
        ("end", end, source.size_z),
        ("channel", c, source.size_c),
        ("timepoint", t, source.size_t),
    )
    for name, value, size in bounds:
        if not 0 <= value < size:
            raise ProjectionError(f"{name} {value} is outside 0..{size - 1}")
    if algorithm not in list(Projection):
        raise SettingError(f"projection {algorithm} is none of 0 (maximum), 1 (mean) and 2 (sum)")
    if stepping <= 0:
        raise ProjectionError(f"stepping must be at least 1, not {stepping}")
