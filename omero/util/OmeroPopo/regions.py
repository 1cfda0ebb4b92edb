"""Regions: shapes by the planes that they are in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import omero.model
from omero.util.OmeroPopo.basics import DataObject, ImageData, ROICoordinate
from omero.util.OmeroPopo.polygons import shapeWrapper
from omero.util.OmeroPopo.shapes import ShapeData

__all__ = ["ROIData"]


class ROIData(DataObject):
    """A region. ``roiShapes``: shapes by section and time point."""

    def __init__(self, roi: Any = None) -> None:
        super().__init__()
        self.setValue(omero.model.RoiI() if roi is None else roi)
        self.roiShapes: dict[ROICoordinate, list[ShapeData]] = {}
        self.initialise()

    def initialise(self) -> None:
        """Sort the shapes of the object by their planes; kinds without a plain object are left out."""
        self.roiShapes = {}
        for shape in self.value.copyShapes() if self.value.isShapesLoaded() else []:
            wrapped = shapeWrapper(shape)
            if wrapped is not None:
                self.roiShapes.setdefault(wrapped.getROICoordinate(), []).append(wrapped)

    def setImage(self, image: Any) -> None:
        """Put it on an image, a model object or ImageData."""
        self._set("image", image.asIObject() if isinstance(image, ImageData) else image)

    def getImage(self) -> Any:
        """The image, a model object."""
        return self.value.image

    def addShapeData(self, shape: ShapeData) -> None:
        """Add a shape."""
        self.value.addShape(shape.asIObject())
        self.roiShapes.setdefault(shape.getROICoordinate(), []).append(shape)
        self.setDirty(True)

    def removeShapeData(self, shape: ShapeData) -> None:
        """Take a shape away. Raises ValueError when it is not there."""
        place = shape.getROICoordinate()
        shapes = self.roiShapes.get(place, [])
        if shape not in shapes:
            raise ValueError("The shape is not in this region")
        shapes.remove(shape)
        if not shapes:
            del self.roiShapes[place]
        self.value.removeShape(shape.asIObject())
        self.setDirty(True)

    def getPlaneCount(self) -> int:
        """How many planes have shapes."""
        return len(self.roiShapes)

    def getShapeCount(self) -> int:
        """How many shapes there are."""
        return sum(map(len, self.roiShapes.values()))

    def getShapes(self, z: int, t: int) -> list[ShapeData]:
        """The shapes of a plane."""
        return self.roiShapes.get(ROICoordinate(z, t), [])

    def getIterator(self) -> Iterator[tuple[ROICoordinate, list[ShapeData]]]:
        """Planes and their shapes."""
        return iter(self.roiShapes.items())

    def getShapesInRange(self, start: ROICoordinate, end: ROICoordinate) -> list[ShapeData]:
        """The shapes of all planes from one to another, both included."""
        return [
            shape
            for place, shapes in self.roiShapes.items()
            if start.theZ <= place.theZ <= end.theZ and start.theT <= place.theT <= end.theT
            for shape in shapes
        ]
