"""The codomain chain: what happens to a channel's levels 0..255 after quantisation.

The remote interface reaches reverse intensity only; the other two exist in stored descriptions of the pipeline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from omero_server.rendering.errors import SettingError

__all__ = ["CodomainMap", "ContrastStretching", "PlaneSlicing", "ReverseIntensity", "chain", "check_interval"]

Levels = npt.NDArray[np.int64]

_BIT_PLANES = (0, 2, 4, 8, 16, 32, 64, 128, 255)


class CodomainMap(Protocol):
    """One step of the chain: levels to levels, within the interval start..end."""

    def apply(self, levels: Levels, start: int, end: int) -> Levels: ...


@dataclass(frozen=True)
class ReverseIntensity:
    """Bright becomes dark: end - x, which mirrors the interval only when it starts at 0."""

    def apply(self, levels: Levels, start: int, end: int) -> Levels:
        return end - levels


@dataclass(frozen=True)
class ContrastStretching:
    """Two straight pieces through (x_start, y_start) and (x_end, y_end); from x_end on, the interval's start."""

    x_start: int
    y_start: int
    x_end: int
    y_end: int

    def apply(self, levels: Levels, start: int, end: int) -> Levels:
        rise = 0.0 if self.x_start == start else (self.y_start - start) / (self.x_start - start)
        below = np.trunc(rise * levels + start * (1 - rise))
        slope = (self.y_end - self.y_start) / (self.x_end - self.x_start) if self.x_end != self.x_start else 0.0
        inside = np.trunc(slope * levels + (self.y_start - slope * self.x_start))
        stretched = np.where(levels < self.x_start, below, np.where(levels < self.x_end, inside, start))
        return stretched.astype(np.int64)


@dataclass(frozen=True)
class PlaneSlicing:
    """Highlights the levels of one bit plane; with limits, everything else becomes `lower` or `upper`."""

    previous: int
    selected: int
    limits: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        planes = self.previous, self.selected
        if not set(planes) <= set(_BIT_PLANES) or self.previous > self.selected:
            raise SettingError(f"bit planes {planes} must ascend and be among {_BIT_PLANES}")

    def apply(self, levels: Levels, start: int, end: int) -> Levels:
        if self.limits is None:
            return np.where((levels > self.previous) & (levels <= self.selected), self.selected, levels)
        lower, upper = self.limits
        return np.where(levels < self.selected, lower, np.where(levels > self.selected + 1, upper, self.selected))


def check_interval(start: int, end: int) -> None:
    """Raise SettingError unless 0 <= start < end <= 255."""
    if not 0 <= start < end <= 255:
        raise SettingError(f"the codomain interval {start}..{end} must satisfy 0 <= start < end <= 255")


def chain(maps: Sequence[CodomainMap], levels: npt.NDArray[np.integer], start: int = 0, end: int = 255) -> Levels:
    """Clamp levels into start..end and apply the maps in order, each kind once. Raises SettingError on the interval."""
    check_interval(start, end)
    result = np.clip(levels.astype(np.int64), start, end)
    for step in {type(one): one for one in maps}.values():
        result = step.apply(result, start, end)
    return result
