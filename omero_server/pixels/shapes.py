"""Which pixels a shape covers.

A pixel (x, y) stands for the point (x, y): an area covers it when the point lies inside, or on a left or upper edge.
So a rectangle at (0, 0) of width 3 covers the columns 0, 1, 2, and areas side by side share no pixel. Lines cover the
pixels that they pass, points one pixel. All work is done on arrays, window by window.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

__all__ = [
    "IDENTITY",
    "Area",
    "Covered",
    "Ellipse",
    "Mask",
    "Matrix",
    "Stroke",
    "Window",
    "corners",
    "points_of",
    "windows",
]

Bits = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.intp]
Window = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

EMPTY: Window = (0, 0, 0, 0)
WINDOW_PIXELS = 1 << 22
MOST_POINTS = 1 << 24


class Covered(Protocol):
    """The pixels of a shape."""

    @property
    def bounds(self) -> Window:
        """The smallest window that surely holds them all."""

    def mask(self, window: Window) -> Bits:
        """Which pixels of a window they are; shape (height, width)."""


@dataclass(frozen=True)
class Matrix:
    """An affine transformation: x' = a x + c y + e, y' = b x + d y + f."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def apply(self, points: Points) -> Points:
        """The images of points, an array of shape (n, 2)."""
        x, y = points[:, 0], points[:, 1]
        return np.column_stack((self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f))

    def inverse(self) -> Matrix | None:
        """The transformation back, None when there is none."""
        det = self.a * self.d - self.b * self.c
        if det == 0 or not np.isfinite(det):
            return None
        a, b, c, d = self.d / det, -self.b / det, -self.c / det, self.a / det
        return Matrix(a, b, c, d, -(a * self.e + c * self.f), -(b * self.e + d * self.f))


IDENTITY = Matrix()


def corners(x: float, y: float, width: float, height: float) -> Points:
    """The corners of a rectangle."""
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float64)


def windows(bounds: Window, within: tuple[int, int] | None = None) -> Iterator[Window]:
    """Windows of at most WINDOW_PIXELS pixels that make up ``bounds``, cut to an image of that width and height."""
    left, top, width, height = bounds
    right, bottom = left + width, top + height
    if within is not None:
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right, within[0]), min(bottom, within[1])
    if right <= left:
        return
    wide = min(right - left, WINDOW_PIXELS)
    rows = max(1, WINDOW_PIXELS // wide)
    for y in range(top, bottom, rows):
        for x in range(left, right, wide):
            yield x, y, min(wide, right - x), min(rows, bottom - y)


def _around(points: Points) -> Window:
    finite = points[np.isfinite(points).all(axis=1)]
    if not len(finite):
        return EMPTY
    low, high = finite.min(axis=0), finite.max(axis=0)
    x, y = floor(low[0]), floor(low[1])
    return x, y, floor(high[0]) - x + 1, floor(high[1]) - y + 1


class Area:
    """What closed outlines enclose; ``nonzero`` is SVG's fill rule of that name, else it is even-odd."""

    def __init__(self, outlines: Sequence[Points], *, nonzero: bool = False) -> None:
        self._nonzero = nonzero
        closed = [(line, np.roll(line, -1, axis=0)) for line in outlines if len(line) > 1 and np.isfinite(line).all()]
        self._from = np.concatenate([start for start, _ in closed]) if closed else np.empty((0, 2))
        self._to = np.concatenate([end for _, end in closed]) if closed else np.empty((0, 2))
        self.bounds = _around(self._from)

    def mask(self, window: Window) -> Bits:
        """Which pixels of a window lie inside.

        Every edge changes the winding number of all pixels to its right. The changes are noted where they happen, one
        for each edge and row, and summed up along the rows.
        """
        x0, y0, width, height = window
        change = np.zeros((height, width + 1), np.int32)
        for rows, edge in self._crossings(y0, height):
            start, end = self._from[edge], self._to[edge]
            slope = (end[:, 0] - start[:, 0]) / (end[:, 1] - start[:, 1])
            at = np.ceil(start[:, 0] + (rows - start[:, 1]) * slope) - x0
            turn = np.where(end[:, 1] > start[:, 1], 1, -1).astype(np.int32)
            np.add.at(change, (rows - y0, np.clip(at, 0, width).astype(np.intp)), turn)
        winding = np.cumsum(change[:, :width], axis=1, dtype=np.int32)
        return winding != 0 if self._nonzero else (winding & 1).astype(np.bool_)

    def _crossings(self, y0: int, height: int) -> Iterator[tuple[Indexes, Indexes]]:
        """Rows of the window that edges cross, and for each the edge; a bounded number at a time.

        An edge ends above its lower end.
        """
        low = np.minimum(self._from[:, 1], self._to[:, 1])
        high = np.maximum(self._from[:, 1], self._to[:, 1])
        first = np.clip(np.ceil(low), y0, y0 + height).astype(np.intp)
        counts = np.clip(np.ceil(high), y0, y0 + height).astype(np.intp) - first
        crossing = np.flatnonzero(counts)
        groups = np.cumsum(counts[crossing]) // WINDOW_PIXELS
        for edges in np.split(crossing, np.flatnonzero(np.diff(groups)) + 1):
            number = counts[edges]
            yield np.repeat(first[edges], number) + _runs(number), np.repeat(edges, number)


def _runs(counts: Indexes) -> Indexes:
    """0, 1, ... up to each count, one after the other: [2, 3] gives 0, 1, 0, 1, 2."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


@dataclass(frozen=True)
class Ellipse:
    """An ellipse around (x, y), transformed."""

    x: float
    y: float
    radius_x: float
    radius_y: float
    matrix: Matrix = IDENTITY

    @property
    def bounds(self) -> Window:
        """The smallest window."""
        m = self.matrix
        reach_x = np.hypot(m.a * self.radius_x, m.c * self.radius_y)
        reach_y = np.hypot(m.b * self.radius_x, m.d * self.radius_y)
        ((x, y),) = m.apply(np.array([(self.x, self.y)]))
        return _around(np.array([(x - reach_x, y - reach_y), (x + reach_x, y + reach_y)]))

    def mask(self, window: Window) -> Bits:
        """Which pixels of a window lie inside."""
        back = self.matrix.inverse()
        if back is None or self.radius_x <= 0 or self.radius_y <= 0:
            return np.zeros((window[3], window[2]), np.bool_)
        u, v = _back(window, back)
        inside: Bits = ((u - self.x) / self.radius_x) ** 2 + ((v - self.y) / self.radius_y) ** 2 < 1
        return inside


@dataclass(frozen=True)
class Mask:
    """A bitmap with its upper left corner at (x, y), transformed. bits: shape (height, width)."""

    x: float
    y: float
    bits: Bits
    matrix: Matrix = IDENTITY

    @property
    def bounds(self) -> Window:
        """The smallest window."""
        height, width = self.bits.shape
        return _around(self.matrix.apply(corners(self.x, self.y, width, height)))

    def mask(self, window: Window) -> Bits:
        """Which pixels of a window are set in the bitmap."""
        height, width = self.bits.shape
        back = self.matrix.inverse()
        if back is None or not self.bits.size:
            return np.zeros((window[3], window[2]), np.bool_)
        u, v = _back(window, back)
        column, row = np.floor(u - self.x), np.floor(v - self.y)
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        taken = self.bits[
            np.clip(row, 0, height - 1).astype(np.intp), np.clip(column, 0, width - 1).astype(np.intp)
        ]  # fmt: skip
        found: Bits = inside & taken
        return found


def _back(window: Window, matrix: Matrix) -> tuple[Points, Points]:
    """Where the pixels of a window come from, before the transformation."""
    x = np.arange(window[0], window[0] + window[2], dtype=np.float64)[None, :]
    y = np.arange(window[1], window[1] + window[3], dtype=np.float64)[:, None]
    return matrix.a * x + matrix.c * y + matrix.e, matrix.b * x + matrix.d * y + matrix.f


class Stroke:
    """The pixels that a line from point to point passes: one in each column or row, whichever are more.

    ValueError for a line that passes more than MOST_POINTS pixels.
    """

    def __init__(self, points: Points) -> None:
        finite = points[np.isfinite(points).all(axis=1)]
        cells = np.floor(finite)
        self._cells = np.unique(_between(cells), axis=0) if len(cells) else np.empty((0, 2), np.int64)
        self.bounds = _around(self._cells.astype(np.float64))

    def listed(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """x and y of the pixels, row by row."""
        cells = self._cells[np.lexsort((self._cells[:, 0], self._cells[:, 1]))].astype(np.int32)
        return np.ascontiguousarray(cells[:, 0]), np.ascontiguousarray(cells[:, 1])

    def mask(self, window: Window) -> Bits:
        """Which pixels of a window the line passes."""
        x0, y0, width, height = window
        x, y = self._cells[:, 0] - x0, self._cells[:, 1] - y0
        here = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        found = np.zeros((height, width), np.bool_)
        found[y[here], x[here]] = True
        return found


def _between(cells: Points) -> npt.NDArray[np.int64]:
    """All cells on the way from cell to cell."""
    steps = np.diff(cells, axis=0)
    spans = np.maximum(np.abs(steps).max(axis=1, initial=0), 1)
    if spans.sum() > MOST_POINTS:
        raise ValueError(f"a line over {spans.sum():.0f} pixels is too long")
    counts = spans.astype(np.intp)
    which = np.repeat(np.arange(len(counts)), counts)
    way = cells[which] + steps[which] * (_runs(counts) / spans[which])[:, None]
    rounded: npt.NDArray[np.int64] = np.floor(np.concatenate([way + 0.5, cells[-1:]])).astype(np.int64)
    return rounded


def points_of(covered: Covered) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """x and y of all pixels, row by row. ValueError when there are too many to be listed."""
    if isinstance(covered, Stroke):
        return covered.listed()
    _, _, width, height = covered.bounds
    if width * height > 16 * MOST_POINTS:
        raise ValueError(f"the shape spans {width} x {height} pixels, which are too many to be listed")
    xs: list[Any] = [np.empty(0, np.int32)]
    ys: list[Any] = [np.empty(0, np.int32)]
    for window in windows(covered.bounds):
        y, x = np.nonzero(covered.mask(window))
        xs.append((x + window[0]).astype(np.int32))
        ys.append((y + window[1]).astype(np.int32))
        if sum(map(len, xs)) > MOST_POINTS:
            raise ValueError(f"the shape covers more than {MOST_POINTS} pixels, which are too many to be listed")
    return np.concatenate(xs), np.concatenate(ys)
