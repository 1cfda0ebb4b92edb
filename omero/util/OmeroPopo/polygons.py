"""Polygons, and the plain object for any shape."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import omero.model
from omero.rtypes import rstring
from omero.util.OmeroPopo.shapes import EllipseData, MaskData, RectData, ShapeData
from omero.util.roi_handling_utils import points_string_to_xy_list

__all__ = ["PolygonData", "shapeWrapper"]

Pair = tuple[float, float]


class PolygonData(ShapeData):
    """A closed line through points: "1,2 3,4", or the older "points[1,2, 3,4] points1[...] points2[...] mask[...]"."""

    def __init__(self, shape: Any = None) -> None:
        super().__init__()
        self.setValue(omero.model.PolygonI() if shape is None else shape)

    def getPointsString(self) -> str:
        """The text of the points."""
        return self._get("points", "")  # type: ignore[no-any-return]

    def setPointsString(self, pts: Any) -> None:
        """Set the text of the points."""
        self._set("points", rstring(pts))

    def setPointsFromList(
        self, points: Sequence[Any], points1: Sequence[Any] = (), point2: Sequence[Any] = (), mask: Sequence[Any] = ()
    ) -> None:
        """Set the points, pairs of numbers. The others belonged to the older text and are not used."""
        self.setPointsString(self.toString(points))

    def getPoints(self) -> list[Pair]:
        """The points (x, y)."""
        text = self.getPointsString()
        return points_string_to_xy_list(text) if text else []

    def getPoints1(self) -> list[Pair]:
        """Points that curved lines leave to, in the older text."""
        return self._older("points1")

    def getPoints2(self) -> list[Pair]:
        """Points that curved lines arrive from, in the older text."""
        return self._older("points2")

    def getMaskPoints(self) -> list[int]:
        """Which kind each point is, in the older text."""
        return [int(kind) for kind in self.parsePointsToList(self.fromPoints("mask"))]

    def _older(self, kind: str) -> list[Pair]:
        return self.toCoords([float(number) for number in self.parsePointsToList(self.fromPoints(kind))])

    def fromPoints(self, type: str) -> str:
        """What the older text holds in the brackets after "points", "points1", "points2" or "mask"."""
        return self.getContents(self.getPointsString(), f"{type}[", "]")

    def getContents(self, string: str, start: str, end: str) -> str:
        """What stands in a text between two others; "" when they are not there."""
        _, found, rest = string.partition(start)
        return rest.partition(end)[0] if found else ""

    def parsePointsToList(self, pts: str) -> list[str]:
        """The numbers in a text, as texts."""
        return [number for number in re.split(r"[,\s]+", pts.strip()) if number]

    def parseShapeStringToPoints(self) -> None:
        """Nothing to do: points are read from the text when they are asked for."""

    def toString(self, pointsList: Iterable[Any]) -> str:
        """Points, pairs of numbers, as text."""
        return " ".join(f"{x},{y}" for x, y in pointsList)

    def toCoords(self, ptsList: Sequence[Any]) -> list[tuple[Any, Any]]:
        """Pairs of numbers x, y, x, y, ..."""
        return list(zip(ptsList[::2], ptsList[1::2], strict=True))

    def getBoundingRectangle(self) -> tuple[Pair, Pair]:
        """Upper left and lower right corner around the points."""
        xs, ys = zip(*self.getPoints(), strict=True)
        return (min(xs), min(ys)), (max(xs), max(ys))

    def _corners(self) -> list[Pair]:
        return self.getPoints()

    def _covers(self, x: float, y: float) -> bool:
        return self.inPolygon((x, y))

    def inPolygon(self, p: Pair) -> bool:
        """Whether the line goes around a point of the shape's own coordinates."""
        points = [(x - p[0], y - p[1]) for x, y in self.getPoints()]
        turned = sum(
            self.Angle2D(*point, *following)
            for point, following in zip(points, [*points[1:], *points[:1]], strict=True)
        )
        return abs(turned) >= math.pi

    def Angle2D(self, x1: float, y1: float, x2: float, y2: float) -> float:
        """The angle from one direction to another, from -pi to pi."""
        angle = math.atan2(y2, x2) - math.atan2(y1, x1)
        return (angle + math.pi) % (2 * math.pi) - math.pi


_WRAPPERS = {
    "Rectangle": RectData,
    "Ellipse": EllipseData,
    "Polygon": PolygonData,
    "Mask": MaskData,
}


def shapeWrapper(serverSideShape: Any) -> ShapeData | None:
    """The plain object for a shape of ``omero.model``, None for a kind that has none."""
    kind = _WRAPPERS.get(serverSideShape.ice_id().rpartition("::")[2])
    return None if kind is None else kind(serverSideShape)
