"""Colours, lines and places of the shapes of :mod:`omero.util.ROI_utils`."""

from __future__ import annotations

from typing import Any

import omero.model
from omero.rtypes import rint, rstring, unwrap

__all__ = ["ROICoordinate", "ShapeSettingsData"]


class ShapeSettingsData:
    """Colours and lines of a shape, as RTypes; colours are packed numbers."""

    def __init__(self) -> None:
        self.WHITE, self.BLACK, self.GREY = 0xFFFFFF, 0, 0xAAAAAA
        self.strokeColour: Any = rint(self.GREY)
        self.strokeWidth: Any = omero.model.LengthI(1, omero.model.enums.UnitsLength.POINT)
        self.strokeDashArray: Any = rstring("")
        self.fillColour: Any = rint(self.GREY)
        self.fillRule: Any = rstring("")

    def setROIShapeSettings(self, shape: Any) -> None:
        """Give them to a shape of ``omero.model``."""
        shape.strokeColor, shape.strokeWidth = self.strokeColour, self.strokeWidth
        shape.strokeDashArray = self.strokeDashArray
        shape.fillColor, shape.fillRule = self.fillColour, self.fillRule

    def getShapeSettingsFromROI(self, roi: Any) -> None:
        """Take those of a shape of ``omero.model``."""
        self.strokeColour, self.strokeWidth = roi.getStrokeColor(), roi.getStrokeWidth()
        self.strokeDashArray = roi.getStrokeDashArray()
        self.fillColour, self.fillRule = roi.getFillColor(), roi.getFillRule()

    def setStrokeSettings(self, colour: int, width: float = 1) -> None:
        """Draw lines in a colour; ``width`` is in points."""
        self.strokeColour = rint(colour)
        self.strokeWidth = omero.model.LengthI(width, omero.model.enums.UnitsLength.POINT)

    def setFillSettings(self, colour: int) -> None:
        """Fill areas with a colour."""
        self.fillColour = rint(colour)

    def getStrokeSettings(self) -> tuple[int | None, float]:
        """Colour and width of lines."""
        return unwrap(self.strokeColour), 1 if self.strokeWidth is None else self.strokeWidth.getValue()

    def getFillSettings(self) -> int | None:
        """Colour of areas."""
        return unwrap(self.fillColour)  # type: ignore[no-any-return]

    def getSettings(self) -> tuple[tuple[int | None, float], int | None]:
        """(colour and width of lines), colour of areas."""
        return self.getStrokeSettings(), self.getFillSettings()


class ROICoordinate:
    """Section and time point of a shape, as RTypes."""

    def __init__(self, z: int = 0, t: int = 0) -> None:
        self.theZ: Any = rint(z)
        self.theT: Any = rint(t)

    def setROICoord(self, roi: Any) -> None:
        """Give them to a shape of ``omero.model``."""
        roi.theZ, roi.theT = self.theZ, self.theT

    def setCoordFromROI(self, roi: Any) -> None:
        """Take those of a shape of ``omero.model``."""
        self.theZ, self.theT = roi.getTheZ(), roi.getTheT()
