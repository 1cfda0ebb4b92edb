"""Shapes of regions with their colours, to be made, stored, read and drawn::

    shape = RectangleData(ROICoordinate(z=0, t=0), 10, 20, 100, 50)
    shape.setShapeSettings(settings)
    roi.addShape(shape.getROI())

Kept for the scripts that use it; new ones take the classes of ``omero.model``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NoReturn

import omero
import omero.model
from omero.rtypes import rdouble, rstring, unwrap
from omero.util._roi_settings import ROICoordinate, ShapeSettingsData
from omero.util.roi_handling_utils import points_string_to_xy_list

__all__ = [
    "EllipseData",
    "LineData",
    "MaskData",
    "PointData",
    "PolygonData",
    "PolylineData",
    "ROICoordinate",
    "ROIDrawingI",
    "RectangleData",
    "ShapeData",
    "ShapeSettingsData",
    "abstract",
    "pointsStringToXYlist",
    "xyListToBbox",
]

POINT_RADIUS = 3


def abstract() -> NoReturn:
    """Raise NotImplementedError: a subclass has to do what was called."""
    raise NotImplementedError("To be implemented in subclass")


def pointsStringToXYlist(string: str) -> list[tuple[float, float]]:
    """See :func:`omero.util.roi_handling_utils.points_string_to_xy_list`."""
    return points_string_to_xy_list(string)


def xyListToBbox(xyList: Iterable[tuple[float, float]]) -> tuple[float, float, float, float]:
    """(x, y, width, height) of the smallest rectangle around points."""
    xs, ys = zip(*xyList, strict=True)
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


class ROIDrawingI:
    """What can be drawn."""

    def acceptVisitor(self, visitor: Any) -> None:
        """Call the method of a canvas that draws this; see :mod:`omero.util.ROIDrawingUtils`."""
        abstract()


class ShapeData(ROIDrawingI):
    """What all shapes share. Coordinates are attributes, as RTypes.

    ``_model`` names the class of ``omero.model``, ``_fields`` its coordinates.
    """

    _model: ClassVar[str] = ""
    _fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, roicoord: ROICoordinate | None = None, *values: float) -> None:
        self.coord = ROICoordinate() if roicoord is None else roicoord
        self.shapeSettings = ShapeSettingsData()
        self.ROI: Any = None
        for field, value in zip(self._fields, values, strict=True):
            setattr(self, field, rdouble(value))

    def setCoord(self, coord: ROICoordinate) -> None:
        """Put it into another section and time point."""
        self.coord = coord

    def setShapeSettings(self, settings: ShapeSettingsData) -> None:
        """Give it other colours and lines."""
        self.shapeSettings = settings

    def createBaseType(self) -> Any:
        """An empty shape of ``omero.model``."""
        return getattr(omero.model, self._model)() if self._model else abstract()

    def setROICoord(self, roi: Any) -> None:
        """Give section and time point to a shape of ``omero.model``."""
        self.coord.setROICoord(roi)

    def setROIGeometry(self, roi: Any) -> None:
        """Give the coordinates to a shape of ``omero.model``."""
        for field in self._fields:
            setattr(roi, field, getattr(self, field))

    def setGeometry(self, roi: Any) -> None:
        """Another name of :meth:`setROIGeometry`."""
        self.setROIGeometry(roi)

    def setROIShapeSettings(self, roi: Any) -> None:
        """Give colours and lines to a shape of ``omero.model``."""
        self.shapeSettings.setROIShapeSettings(roi)

    def getROI(self) -> Any:
        """The shape of ``omero.model``, made once."""
        if self.ROI is None:
            made = self.createBaseType()
            self.setROICoord(made)
            self.setROIGeometry(made)
            self.setROIShapeSettings(made)
            self.ROI = made
        return self.ROI

    def getCoordFromROI(self, roi: Any) -> None:
        """Take section and time point of a shape of ``omero.model``."""
        self.coord.setCoordFromROI(roi)

    def getGeometryFromROI(self, roi: Any) -> None:
        """Take the coordinates of a shape of ``omero.model``."""
        for field in self._fields:
            setattr(self, field, getattr(roi, field))

    def getShapeSettingsFromROI(self, roi: Any) -> None:
        """Take colours and lines of a shape of ``omero.model``."""
        self.shapeSettings.getShapeSettingsFromROI(roi)

    def fromROI(self, roi: Any) -> None:
        """Take everything of a shape of ``omero.model``."""
        self.ROI = roi
        self.getShapeSettingsFromROI(roi)
        self.getCoordFromROI(roi)
        self.getGeometryFromROI(roi)

    def _values(self) -> list[float]:
        return [unwrap(getattr(self, field)) for field in self._fields]


class EllipseData(ShapeData):
    """An ellipse around its centre."""

    _model, _fields = "EllipseI", ("x", "y", "radiusX", "radiusY")

    def __init__(
        self, roicoord: ROICoordinate | None = None, x: float = 0, y: float = 0, radiusX: float = 0, radiusY: float = 0
    ) -> None:
        super().__init__(roicoord, x, y, radiusX, radiusY)

    def acceptVisitor(self, visitor: Any) -> None:
        """Draw it on a canvas."""
        visitor.drawEllipse(*self._values(), self.shapeSettings.getSettings())


class PointData(ShapeData):
    """A point, drawn as a small circle."""

    _model, _fields = "PointI", ("x", "y")

    def __init__(self, roicoord: ROICoordinate | None = None, x: float = 0, y: float = 0) -> None:
        super().__init__(roicoord, x, y)

    def acceptVisitor(self, visitor: Any) -> None:
        """Draw it on a canvas."""
        visitor.drawEllipse(*self._values(), POINT_RADIUS, POINT_RADIUS, self.shapeSettings.getSettings())


class LineData(ShapeData):
    """A straight line."""

    _model, _fields = "LineI", ("x1", "y1", "x2", "y2")

    def __init__(
        self, roicoord: ROICoordinate | None = None, x1: float = 0, y1: float = 0, x2: float = 0, y2: float = 0
    ) -> None:
        super().__init__(roicoord, x1, y1, x2, y2)

    def acceptVisitor(self, visitor: Any) -> None:
        """Draw it on a canvas."""
        visitor.drawLine(*self._values(), self.shapeSettings.getSettings())


class RectangleData(ShapeData):
    """A rectangle from its upper left corner."""

    _model, _fields = "RectangleI", ("x", "y", "width", "height")

    def __init__(
        self, roicoord: ROICoordinate | None = None, x: float = 0, y: float = 0, width: float = 0, height: float = 0
    ) -> None:
        super().__init__(roicoord, x, y, width, height)

    def acceptVisitor(self, visitor: Any) -> None:
        """Draw it on a canvas."""
        visitor.drawRectangle(*self._values(), self.shapeSettings.getSettings())


class MaskData(ShapeData):
    """A rectangle with a bit for each pixel, rows first, the highest bit of a byte first."""

    _model, _fields = "MaskI", ("x", "y", "width", "height")

    def __init__(
        self,
        roicoord: ROICoordinate | None = None,
        bytes: Any = None,
        x: float = 0,
        y: float = 0,
        width: float = 0,
        height: float = 0,
    ) -> None:
        super().__init__(roicoord, x, y, width, height)
        self.bytesdata = bytes

    def setROIGeometry(self, roi: Any) -> None:
        """Give the rectangle and the bits to a mask of ``omero.model``."""
        super().setROIGeometry(roi)
        roi.bytes = self.bytesdata

    def getGeometryFromROI(self, roi: Any) -> None:
        """Take the rectangle and the bits of a mask of ``omero.model``."""
        super().getGeometryFromROI(roi)
        self.bytesdata = roi.getBytes()

    def acceptVisitor(self, visitor: Any) -> None:
        """Draw it on a canvas."""
        visitor.drawMask(*self._values(), self.bytesdata, self.shapeSettings.getSettings())


class _PointsData(ShapeData):
    """A shape with points: ``points`` is their text, "1,2 3,4" as RString."""

    def __init__(self, roicoord: ROICoordinate | None = None, pointsList: Sequence[Any] = (0, 0)) -> None:
        """``pointsList``: numbers x, y, x, y, ... or pairs of them."""
        super().__init__(roicoord)
        self.points: Any = rstring(self.listToString(pointsList))

    def listToString(self, pointsList: Sequence[Any]) -> str:
        """Points as text, from numbers x, y, x, y, ... or pairs of them."""
        pairs = (
            pointsList if isinstance(pointsList[0], Sequence) else zip(pointsList[::2], pointsList[1::2], strict=True)
        )
        return " ".join(f"{x},{y}" for x, y in pairs)

    def stringToTupleList(self, pointString: str) -> list[tuple[float, float]]:
        """Points from their text."""
        return points_string_to_xy_list(pointString)

    def setROIGeometry(self, roi: Any) -> None:
        """Give the points to a shape of ``omero.model``."""
        roi.points = self.points

    def getGeometryFromROI(self, roi: Any) -> None:
        """Take the points of a shape of ``omero.model``."""
        self.points = roi.getPoints()

    def _pairs(self) -> list[tuple[float, float]]:
        return self.stringToTupleList(unwrap(self.points))


class PolygonData(_PointsData):
    """A closed line through points."""

    _model = "PolygonI"

    def acceptVisitor(self, visitor: Any) -> None:
        """Draw it on a canvas."""
        visitor.drawPolygon(self._pairs(), self.shapeSettings.getSettings())


class PolylineData(_PointsData):
    """An open line through points."""

    _model = "PolylineI"

    def acceptVisitor(self, visitor: Any) -> None:
        """Draw it on a canvas."""
        visitor.drawPolyline(self._pairs(), self.shapeSettings.getSettings())
