"""Statistics of the pixel values that a shape covers, in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from omero_server.pixels.buffer import PixelBuffer
from omero_server.pixels.shapes import Covered, windows

__all__ = ["ChannelStats", "shape_stats"]


@dataclass
class ChannelStats:
    """Number, extremes and moments of the values of one channel; all zero without values."""

    count: int = 0
    total: float = 0.0
    low: float = field(default=inf)
    high: float = field(default=-inf)
    squares: float = 0.0
    """Sum of the squared distances from the mean."""

    @property
    def mean(self) -> float:
        """The mean."""
        return self.total / self.count if self.count else 0.0

    @property
    def deviation(self) -> float:
        """The standard deviation of a sample: the divisor is count - 1."""
        return sqrt(self.squares / (self.count - 1)) if self.count > 1 else 0.0

    def add(self, values: npt.NDArray[np.float64]) -> None:
        """Take in more values. What is known is joined with the new ones' own moments, which loses no digits."""
        if not len(values):
            return
        count, total = len(values), float(values.sum())
        mean = total / count
        squares = float(np.square(values - mean).sum())
        if self.count:
            distance = mean - self.mean
            squares += self.squares + distance**2 * self.count * count / (self.count + count)
        self.count, self.total, self.squares = self.count + count, self.total + total, squares
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))


def shape_stats(
    buffer: PixelBuffer, covered: Covered, planes: Sequence[tuple[int, int]], channels: Sequence[int]
) -> list[ChannelStats]:
    """The statistics of each channel over what a shape covers on all of the (z, t) planes.

    What lies outside of the image and values that are no numbers do not count. Errors are those of reading pixels.
    """
    found = [ChannelStats() for _ in channels]
    for window in windows(covered.bounds, (buffer.size_x, buffer.size_y)):
        mask = covered.mask(window)
        if not mask.any():
            continue
        for z, t in planes:
            for stats, channel in zip(found, channels, strict=True):
                stats.add(_values(buffer.region(z, channel, t, *window), mask))
    return found


def _values(pixels: npt.NDArray[Any], mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = pixels[mask].astype(np.float64)
    return values[~np.isnan(values)] if pixels.dtype.kind == "f" else values
