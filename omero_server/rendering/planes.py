"""Which part of the pixels is rendered: a plane along one of three axes, a region of it, or every n-th pixel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from omero_server.rendering.errors import PlaneError, SettingError
from omero_server.rendering.source import Plane, PlaneSource, check_plane

__all__ = ["PlaneDef", "Region", "Slice", "check_amount", "read_plane", "read_planes"]

MOST_PIXELS = 2**27
"""Pixels of a picture: about 11,500 x 11,500, which take up to a gigabyte while they are rendered."""
_MOST_TOGETHER = 2**24


class Slice(IntEnum):
    """Orientation of a plane, numbered as in the remote interface."""

    XY = 0
    ZY = 1
    XZ = 2


@dataclass(frozen=True)
class Region:
    """A rectangle in pixels of the level it is applied to; negative numbers count as 0."""

    x: int
    y: int
    width: int
    height: int

    def cut(self, size_x: int, size_y: int) -> "Region":
        """The part inside a plane of that size. Raises PlaneError when nothing is left."""
        x, y = max(self.x, 0), max(self.y, 0)
        width = min(max(self.width, 0), size_x - x)
        height = min(max(self.height, 0), size_y - y)
        if width <= 0 or height <= 0:
            raise PlaneError(f"region {self} holds no pixel of a plane of {size_x} x {size_y}")
        return Region(x, y, width, height)


@dataclass(frozen=True)
class PlaneDef:
    """One plane: z and t for XY, y and t for XZ, x and t for ZY.

    `region`, `stride` (that many pixels skipped between two) and `level` (0 is full size) apply to XY only. Raises
    SettingError for an unknown orientation or a negative index.
    """

    z: int = 0
    t: int = 0
    region: Region | None = None
    level: int = 0
    stride: int = 0
    slice: Slice = Slice.XY
    x: int = 0
    y: int = 0

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "slice", Slice(self.slice))
        except ValueError:
            raise SettingError(f"slice {self.slice} is none of 0 (XY), 1 (ZY) and 2 (XZ)") from None
        fixed = {Slice.XY: self.z, Slice.ZY: self.x, Slice.XZ: self.y}[self.slice]
        if fixed < 0 or self.t < 0:
            raise SettingError(f"indices of a plane must not be negative: {fixed}, t = {self.t}")


def check_amount(width: int, height: int) -> None:
    """SettingError for a picture that would take too much memory."""
    if width * height > MOST_PIXELS:
        raise SettingError(
            f"a picture of {width} x {height} pixels is too large: ask for a region, or a smaller resolution level"
        )


def read_planes(source: PlaneSource, plane: PlaneDef, channels: Sequence[int]) -> Mapping[int, Plane]:
    """Channels of a plane that can be read together at less cost than one by one: few pixels, stored together.

    Empty where that does not pay. The arrays are not to be changed. Raises PlaneError as `read_plane`.
    """
    regions = getattr(source, "regions", None)
    if regions is None or plane.region is None or plane.slice is not Slice.XY or plane.stride > 0 or len(channels) < 2:
        return {}
    check_plane(source, z=plane.z, t=plane.t, level=plane.level)
    part = plane.region.cut(*source.level_sizes[plane.level])
    if part.width * part.height * len(channels) > _MOST_TOGETHER:
        return {}
    found = regions(plane.z, channels, plane.t, part.x, part.y, part.width, part.height, plane.level)
    return dict(zip(channels, found, strict=True))


def read_plane(source: PlaneSource, plane: PlaneDef, c: int) -> Plane:
    """One channel of the plane, shape (rows, columns). Raises PlaneError for what lies outside the pixels, SettingError
    for more of it than can be rendered at once.
    """
    check_plane(source, z=plane.z if plane.slice is Slice.XY else 0, c=c, t=plane.t, level=plane.level)
    if plane.slice is Slice.XY:
        return _read_xy(source, plane, c)
    return _read_xz(source, plane, c) if plane.slice is Slice.XZ else _read_zy(source, plane, c)


def _read_xy(source: PlaneSource, plane: PlaneDef, c: int) -> Plane:
    if plane.region is None:
        check_amount(*source.level_sizes[plane.level])
        pixels = source.plane(plane.z, c, plane.t, plane.level)
    else:
        part = plane.region.cut(*source.level_sizes[plane.level])
        check_amount(part.width, part.height)
        pixels = source.region(plane.z, c, plane.t, part.x, part.y, part.width, part.height, plane.level)
    return _stride(pixels, plane.stride) if plane.stride > 0 else pixels


def _stride(pixels: Plane, stride: int) -> Plane:
    step = stride + 1
    rows, columns = (size // step * step for size in pixels.shape)
    if not rows or not columns:
        raise PlaneError(f"a stride of {stride} leaves nothing of {pixels.shape[1]} x {pixels.shape[0]} pixels")
    return pixels[:rows:step, :columns:step]


def _read_xz(source: PlaneSource, plane: PlaneDef, c: int) -> Plane:
    if plane.y >= source.size_y:
        raise PlaneError(f"y = {plane.y} is outside 0..{source.size_y - 1}")
    rows = [source.region(z, c, plane.t, 0, plane.y, source.size_x, 1) for z in range(source.size_z)]
    return np.concatenate(rows, axis=0)


def _read_zy(source: PlaneSource, plane: PlaneDef, c: int) -> Plane:
    if plane.x >= source.size_x:
        raise PlaneError(f"x = {plane.x} is outside 0..{source.size_x - 1}")
    columns = [source.region(z, c, plane.t, plane.x, 0, 1, source.size_y) for z in range(source.size_z)]
    return np.concatenate(columns, axis=1)
