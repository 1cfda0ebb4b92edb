"""What rendering needs of a pixel buffer, and reading it piecewise in bounded memory."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from omero_server.rendering.errors import PlaneError

__all__ = ["MAX_BLOCK_PIXELS", "Plane", "PlaneSource", "check_plane", "strips"]

Plane = npt.NDArray[Any]

MAX_BLOCK_PIXELS = 4 * 1024 * 1024


class PlaneSource(Protocol):
    """Five-dimensional pixels, with level 0 at full size and each further level smaller.

    `level_sizes` holds (width, height) per level. Planes are arrays of shape (height, width) and of `dtype`, in any
    byte order.
    """

    @property
    def size_x(self) -> int: ...
    @property
    def size_y(self) -> int: ...
    @property
    def size_z(self) -> int: ...
    @property
    def size_c(self) -> int: ...
    @property
    def size_t(self) -> int: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def level_sizes(self) -> Sequence[tuple[int, int]]: ...

    def plane(self, z: int, c: int, t: int, level: int = 0) -> Plane: ...

    def region(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int, level: int = 0) -> Plane: ...


def check_plane(source: PlaneSource, *, z: int = 0, c: int = 0, t: int = 0, level: int = 0) -> None:
    """Raise PlaneError, naming the index and its bound, when one of the indices is outside the pixels."""
    bounds = (
        ("z", z, source.size_z),
        ("c", c, source.size_c),
        ("t", t, source.size_t),
        ("level", level, len(source.level_sizes)),
    )
    for name, value, size in bounds:
        if not 0 <= value < size:
            raise PlaneError(f"{name} = {value} is outside 0..{size - 1}")


def strips(source: PlaneSource, z: int, c: int, t: int, level: int = 0) -> Iterator[Plane]:
    """One plane from top to bottom in full-width strips of at most MAX_BLOCK_PIXELS pixels (one row at least)."""
    check_plane(source, z=z, c=c, t=t, level=level)
    width, height = source.level_sizes[level]
    rows = max(1, MAX_BLOCK_PIXELS // width)
    if rows >= height:
        yield source.plane(z, c, t, level)
        return
    for y in range(0, height, rows):
        yield source.region(z, c, t, 0, y, width, min(rows, height - y), level)
