"""Plain objects around images, namespaces, regions and shapes."""

from __future__ import annotations

from typing import Any

import pytest

import omero
import omero.model
from omero.rtypes import rint, rstring
from omero.util.OmeroPopo import (
    EllipseData,
    ImageData,
    MaskData,
    PolygonData,
    RectData,
    ROICoordinate,
    ROIData,
    WorkflowData,
    shapeWrapper,
    toCSV,
    toList,
)

OLD_POINTS = "points[1,2, 8,2, 8,9] points1[1,2, 8,2, 8,9] points2[1,2, 8,2, 8,9] mask[0,0,0]"


def rectangle(x: float, y: float, width: float, height: float) -> RectData:
    made = RectData()
    made.setX(x)
    made.setY(y)
    made.setWidth(width)
    made.setHeight(height)
    return made


def test_images() -> None:
    image = ImageData()
    assert (image.getId(), image.getName(), image.getDescription(), image.getDirty()) == (-1, "", "", False)
    image.setName("n")
    image.setId(5)
    assert (image.getId(), image.getName(), image.getDirty(), image.asIObject().name.val) == (5, "n", True, "n")
    unloaded = ImageData(omero.model.ImageI(7, False))
    assert (unloaded.getId(), unloaded.isLoaded()) == (7, False)
    with pytest.raises(omero.UnloadedEntityException):
        unloaded.getName()


def test_namespaces() -> None:
    workflow = WorkflowData()
    workflow.setNamespace("ns")
    workflow.setKeywordsFromString("a, b")
    workflow.addKeyword("c")
    workflow.addKeyword("c")
    workflow.removeKeyword("a")
    assert (workflow.getNamespace(), workflow.getKeywords()) == ("ns", ["b", "c"])
    assert workflow.containsKeyword("c")
    assert workflow.asIObject().keywords == ["b", "c"]
    assert (toCSV(["a", 1]), toList("a, b")) == ("a,1", ["a", "b"])


@pytest.mark.parametrize(
    ("shape", "inside", "outside", "count"),
    [
        (rectangle(1, 2, 3, 4), (3, 5), (4, 5), 12),
        (rectangle(1, 2, 0, 4), None, (1, 2), 0),
    ],
)
def test_pixels_of_rectangles(shape: Any, inside: Any, outside: Any, count: int) -> None:
    pixels = shape.containsPoints()
    assert (len(pixels), set(pixels.values()) <= {1}) == (count, True)
    assert inside is None or inside in pixels
    assert outside not in pixels
    assert not shape.contains(outside)


def test_pixels_of_ellipses() -> None:
    ellipse = EllipseData()
    for setter, value in (("X", 5), ("Y", 5), ("RadiusX", 2), ("RadiusY", 1)):
        getattr(ellipse, f"set{setter}")(value)
    assert sorted(ellipse.containsPoints()) == [(3, 5), (4, 5), (5, 4), (5, 5), (5, 6), (6, 5), (7, 5)]
    assert ellipse.getRadiusX() == 2


def test_pixels_of_masks() -> None:
    mask = MaskData()
    mask.setX(10)
    mask.setY(20)
    mask.setWidth(3)
    mask.setHeight(2)
    assert mask.containsPoints() == {}
    mask.setMask(b"\xa4")
    assert sorted(mask.containsPoints()) == [(10, 20), (12, 20), (12, 21)]


def test_moved_shapes() -> None:
    shape = rectangle(0, 0, 2, 2)
    assert shape.getTransform() == ""
    shape.setTransform("matrix(1 0 0 1 10 20)")
    assert sorted(shape.containsPoints()) == [(10, 20), (10, 21), (11, 20), (11, 21)]
    assert shape.transformPoint(shape.transformToMatrix("matrix(0 1 -1 0 0 0)"), (2, 0)) == (0, 2)
    with pytest.raises(ValueError, match="Not a transform: rotate"):
        shape.setTransform("rotate(90)")


@pytest.mark.parametrize("text", ["1,2 8,2 8,9", OLD_POINTS])
def test_polygons(text: str) -> None:
    polygon = PolygonData()
    polygon.setPointsString(text)
    assert polygon.getPoints() == [(1, 2), (8, 2), (8, 9)]
    assert polygon.getBoundingRectangle() == ((1, 2), (8, 9))
    assert polygon.inPolygon((7, 4))
    assert not polygon.inPolygon((1, 8))
    assert len(polygon.containsPoints()) >= 15
    if text is OLD_POINTS:
        assert (polygon.getPoints2(), polygon.getMaskPoints()) == ([(1, 2), (8, 2), (8, 9)], [0, 0, 0])


def test_points_are_written_as_clients_read_them() -> None:
    polygon = PolygonData()
    assert polygon.getPoints() == []
    polygon.setPointsFromList([(1, 2), (3.5, 4)])
    assert polygon.asIObject().points.val == "1,2 3.5,4"


def test_kinds_of_shapes() -> None:
    kinds = {"RectangleI": RectData, "EllipseI": EllipseData, "PolygonI": PolygonData, "MaskI": MaskData}
    for name in ("RectangleI", "EllipseI", "PolygonI", "MaskI", "LineI", "LabelI"):
        made = shapeWrapper(getattr(omero.model, name)())
        assert type(made) is kinds.get(name, type(None))


def test_regions() -> None:
    roi, shape = omero.model.RoiI(), omero.model.RectangleI()
    shape.theZ, shape.theT, shape.textValue = rint(1), rint(2), rstring("text")
    roi.addShape(shape)
    roi.addShape(omero.model.LineI())
    region = ROIData(roi)
    assert (region.getPlaneCount(), region.getShapeCount()) == (1, 1)
    (found,) = region.getShapes(1, 2)
    assert (found.getText(), found.getROICoordinate()) == ("text", ROICoordinate(1, 2))
    assert region.getShapes(9, 9) == []
    added = rectangle(0, 0, 1, 1)
    added.setROICoordinate(ROICoordinate(3, 4))
    region.addShapeData(added)
    assert roi.sizeOfShapes() == 3
    assert region.getShapesInRange(ROICoordinate(2, 0), ROICoordinate(3, 4)) == [added]
    assert dict(region.getIterator()) == {ROICoordinate(1, 2): [found], ROICoordinate(3, 4): [added]}
    region.removeShapeData(added)
    assert (region.getShapeCount(), roi.sizeOfShapes(), region.getDirty()) == (1, 2, True)
    with pytest.raises(ValueError, match="not in this region"):
        region.removeShapeData(added)
    region.setImage(ImageData(omero.model.ImageI(4, False)))
    assert region.getImage().id.val == 4
