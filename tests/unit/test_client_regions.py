"""Shapes of regions: made, read, drawn."""

from __future__ import annotations

from typing import Any

import pytest

import omero.model
from omero.rtypes import rint, rstring, unwrap
from omero.util import ROI_utils
from omero.util.ROI_utils import (
    EllipseData,
    LineData,
    MaskData,
    PointData,
    PolygonData,
    PolylineData,
    RectangleData,
    ROICoordinate,
    ShapeData,
    ShapeSettingsData,
)
from omero.util.ROIDrawingUtils import DrawingCanvas

RED, BLUE = (255, 0, 0), (0, 0, 255)
PLACE = ROICoordinate(5, 6)
SHAPES = [
    (EllipseData(PLACE, 20, 20, 8, 4), "EllipseI", {"x": 20.0, "y": 20.0, "radiusX": 8.0, "radiusY": 4.0}),
    (LineData(PLACE, 1, 2, 3, 4), "LineI", {"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0}),
    (RectangleData(PLACE, 10, 12, 8, 4), "RectangleI", {"x": 10.0, "y": 12.0, "width": 8.0, "height": 4.0}),
    (PointData(PLACE, 7, 8), "PointI", {"x": 7.0, "y": 8.0}),
    (PolygonData(PLACE, [1, 2, 9, 2, 9, 8]), "PolygonI", {"points": "1,2 9,2 9,8"}),
    (PolylineData(PLACE, [(1, 2), (9, 2)]), "PolylineI", {"points": "1,2 9,2"}),
    (MaskData(PLACE, b"\xa0", 3, 4, 3, 1), "MaskI", {"x": 3.0, "width": 3.0, "bytes": b"\xa0"}),
]


def settings(stroke: int = 0xFF0000, fill: int = 0x0000FF, width: float = 1) -> ShapeSettingsData:
    made = ShapeSettingsData()
    made.setStrokeSettings(stroke, width)
    made.setFillSettings(fill)
    return made


@pytest.mark.parametrize(("shape", "model", "wanted"), SHAPES)
def test_shapes_become_those_of_the_model_and_back(shape: Any, model: str, wanted: dict[str, Any]) -> None:
    shape.setShapeSettings(settings(width=3))
    made = shape.getROI()
    assert type(made) is getattr(omero.model, model)
    assert {name: unwrap(getattr(made, name)) for name in wanted} == wanted
    assert (made.theZ.val, made.theT.val, made.strokeColor.val, made.fillColor.val) == (5, 6, 0xFF0000, 0x0000FF)
    assert made.strokeWidth.getValue() == 3
    assert shape.getROI() is made
    again = type(shape)()
    again.fromROI(made)
    assert (again.coord.theZ.val, again.shapeSettings.getSettings()) == (5, ((0xFF0000, 3), 0x0000FF))
    assert {name: unwrap(getattr(again, "bytesdata" if name == "bytes" else name)) for name in wanted} == wanted


def test_shapes_without_colours() -> None:
    shape = RectangleData()
    shape.fromROI(omero.model.RectangleI())
    assert shape.shapeSettings.getSettings() == ((None, 1), None)


def test_shapes_do_not_share_their_place() -> None:
    first, second = PointData(), PointData()
    first.coord.theZ = rint(9)
    assert second.coord.theZ.val == 0


def test_points() -> None:
    assert ROI_utils.pointsStringToXYlist("points[1,2, 3,4] points1[1,2]") == [(1, 2), (3, 4)]
    assert ROI_utils.xyListToBbox([(1, 2), (5, 3)]) == (1, 2, 4, 1)
    shape = omero.model.PolygonI()
    shape.points = rstring("1.5,2 3,4")
    polygon = PolygonData()
    polygon.getGeometryFromROI(shape)
    assert polygon.stringToTupleList(polygon.points.val) == [(1.5, 2), (3, 4)]
    for call in (ShapeData().createBaseType, ROI_utils.abstract, lambda: ShapeData().acceptVisitor(None)):
        with pytest.raises(NotImplementedError):
            call()


@pytest.mark.parametrize(
    ("shape", "stroke", "fill", "nothing"),
    [
        (EllipseData(None, 20, 20, 8, 4), (12, 20), (20, 20), (12, 16)),
        (LineData(None, 2, 5, 30, 5), (10, 5), None, (10, 8)),
        (RectangleData(None, 10, 12, 8, 4), (10, 12), (14, 14), (20, 14)),
        (PointData(None, 7, 8), (4, 8), (7, 8), (12, 8)),
        (PolygonData(None, [2, 2, 20, 2, 20, 20]), (10, 2), (18, 6), (4, 18)),
        (PolylineData(None, [2, 2, 20, 2, 20, 20]), (10, 2), None, (18, 6)),
        (MaskData(None, b"\xa0", 3, 4, 3, 1), None, (5, 4), (4, 4)),
    ],
)
def test_drawing(shape: Any, stroke: Any, fill: Any, nothing: Any) -> None:
    canvas = DrawingCanvas()
    canvas.createImage(40, 30)
    shape.setShapeSettings(settings())
    picture = canvas.drawElements([shape])
    assert picture.size == (40, 30)
    assert stroke is None or picture.getpixel(stroke) == RED
    assert fill is None or picture.getpixel(fill) == BLUE
    assert picture.getpixel(nothing) == (0, 0, 0)


def test_drawing_elsewhere() -> None:
    canvas = DrawingCanvas()
    canvas.createImage(60, 60)
    moved = (1, 0, 0, 1, 30, 30)
    colours = settings().getSettings()
    canvas.drawEllipse(10, 10, 5, 5, colours, moved)
    canvas.drawRectangle(20, 20, 5, 5, colours, moved)
    assert (canvas.image.getpixel((40, 40)), canvas.image.getpixel((52, 52))) == (BLUE, BLUE)
    assert canvas.image.crop((0, 0, 30, 30)).getbbox() is None
    canvas.drawText(0, 0, "abc", colours)
    assert canvas.image.crop((0, 0, 30, 30)).getbbox() is not None
