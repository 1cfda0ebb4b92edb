"""Plain objects around images, namespaces, regions and their shapes.

Kept for the scripts that use them; new ones take the gateway's wrappers or ``omero.model``.
"""

from __future__ import annotations

from omero.util.OmeroPopo.basics import DataObject, ImageData, ROICoordinate, WorkflowData, toCSV, toList
from omero.util.OmeroPopo.polygons import PolygonData, shapeWrapper
from omero.util.OmeroPopo.regions import ROIData
from omero.util.OmeroPopo.shapes import EllipseData, MaskData, RectData, ShapeData

__all__ = [
    "DataObject",
    "EllipseData",
    "ImageData",
    "MaskData",
    "PolygonData",
    "ROICoordinate",
    "ROIData",
    "RectData",
    "ShapeData",
    "WorkflowData",
    "shapeWrapper",
    "toCSV",
    "toList",
]
