"""Shapes of regions, as plain objects around those of ``omero.model``, and which pixels they cover."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import omero.model
from omero.rtypes import rdouble, rint, rstring, unwrap
from omero.util.OmeroPopo.basics import DataObject, ROICoordinate

if TYPE_CHECKING:
    from numpy import ndarray

__all__ = ["EllipseData", "MaskData", "RectData", "ShapeData"]

Pair = tuple[float, float]
Pixels = dict[tuple[int, int], int]
MATRIX = re.compile(r"matrix\(([^)]*)\)")
FIELDS = ("a00", "a10", "a01", "a11", "a02", "a12")


class ShapeData(DataObject):
    """What all shapes share."""

    def getZ(self) -> int:
        """The section; 0 when it is in all."""
        return self._get("theZ", 0)  # type: ignore[no-any-return]

    def setZ(self, theZ: int) -> None:
        """Put it into a section."""
        self._set("theZ", rint(theZ))

    def getT(self) -> int:
        """The time point; 0 when it is in all."""
        return self._get("theT", 0)  # type: ignore[no-any-return]

    def setT(self, theT: int) -> None:
        """Put it into a time point."""
        self._set("theT", rint(theT))

    def getROICoordinate(self) -> ROICoordinate:
        """Section and time point."""
        return ROICoordinate(self.getZ(), self.getT())

    def setROICoordinate(self, coord: ROICoordinate) -> None:
        """Put it into a section and time point."""
        self.setZ(coord.getZSection())
        self.setT(coord.getTimepoint())

    def getText(self) -> str:
        """The text at the shape."""
        return self._get("textValue", "")  # type: ignore[no-any-return]

    def setText(self, text: str) -> None:
        """Write a text at the shape."""
        self._set("textValue", rstring(text))

    def getTransform(self) -> Any:
        """How the shape is moved, an AffineTransform; "" when it is not."""
        return self.value.transform or ""

    def setTransform(self, transform: Any) -> None:
        """Move the shape: an AffineTransformI, or the text "matrix(a b c d e f)"."""
        if isinstance(transform, str):
            matrix = self.transformToMatrix(transform)
            transform = omero.model.AffineTransformI()
            for field in FIELDS:
                setattr(transform, field, rdouble(float(matrix[int(field[1]), int(field[2])])))
        self._set("transform", transform)

    def transformToMatrix(self, str: str) -> ndarray[Any, Any]:
        """The matrix (3, 3) of "matrix(a b c d e f)". Raises ValueError for another text."""
        import numpy

        found = MATRIX.fullmatch(str.strip())
        numbers = [float(number) for number in re.split(r"[,\s]+", found[1].strip())] if found else []
        if len(numbers) != len(FIELDS):
            raise ValueError(f"Not a transform: {str}. Use matrix(a b c d e f)")
        return numpy.vstack([numpy.array(numbers).reshape(3, 2).T, [0, 0, 1]])

    def _matrix(self) -> Any:
        """The matrix of the shape's transform, None when it has none."""
        import numpy

        transform = self.value.transform
        if transform is None:
            return None
        matrix = numpy.eye(3)
        for field in FIELDS:
            matrix[int(field[1]), int(field[2])] = unwrap(getattr(transform, field))
        return matrix

    def _untransformed(self, x: float, y: float) -> Pair:
        """Where a point of the image lies in the shape's own coordinates."""
        import numpy

        matrix = self._matrix()
        if matrix is None:
            return x, y
        moved = numpy.linalg.solve(matrix, [x, y, 1])
        return float(moved[0]), float(moved[1])

    def _corners(self) -> list[Pair]:
        """Points, in the shape's own coordinates, that enclose it."""
        raise NotImplementedError("To be implemented in subclass")

    def _covers(self, x: float, y: float) -> bool:
        """Whether a point, in the shape's own coordinates, is in it."""
        raise NotImplementedError("To be implemented in subclass")

    def contains(self, point: Pair) -> bool:
        """Whether a point (x, y) of the image is in the shape."""
        return self._covers(*self._untransformed(*point))

    def containsPoints(self) -> Pixels:
        """The pixels (x, y) in the shape, each with 1."""
        import numpy

        matrix, corners = self._matrix(), self._corners()
        if matrix is not None:
            corners = [tuple((matrix @ numpy.array([x, y, 1]))[:2]) for x, y in corners]
        if not corners:
            return {}
        xs, ys = zip(*corners, strict=True)
        columns = range(math.floor(min(xs)), math.ceil(max(xs)) + 1)
        rows = range(math.floor(min(ys)), math.ceil(max(ys)) + 1)
        return {(x, y): 1 for x in columns for y in rows if self.contains((x, y))}


class _PlacedData(ShapeData):
    """A shape that has a place, x and y."""

    def getX(self) -> float:
        """The place from the left, in pixels."""
        return self._get("x", 0.0)  # type: ignore[no-any-return]

    def setX(self, x: float) -> None:
        """Set the place from the left, in pixels."""
        self._set("x", rdouble(x))

    def getY(self) -> float:
        """The place from above, in pixels."""
        return self._get("y", 0.0)  # type: ignore[no-any-return]

    def setY(self, y: float) -> None:
        """Set the place from above, in pixels."""
        self._set("y", rdouble(y))

    def _made(self, kind: str, fields: Sequence[str]) -> Any:
        made = getattr(omero.model, kind)()
        for field in fields:
            setattr(made, field, rdouble(0))
        return made


class _SizedData(_PlacedData):
    """A shape that has a width and a height."""

    def getWidth(self) -> float:
        """The width, in pixels."""
        return self._get("width", 0.0)  # type: ignore[no-any-return]

    def setWidth(self, width: float) -> None:
        """Set the width, in pixels."""
        self._set("width", rdouble(width))

    def getHeight(self) -> float:
        """The height, in pixels."""
        return self._get("height", 0.0)  # type: ignore[no-any-return]

    def setHeight(self, height: float) -> None:
        """Set the height, in pixels."""
        self._set("height", rdouble(height))


class RectData(_SizedData):
    """A rectangle from its upper left corner."""

    def __init__(self, rectShape: Any = None) -> None:
        super().__init__()
        fields = ("x", "y", "width", "height")
        self.setValue(self._made("RectangleI", fields) if rectShape is None else rectShape)

    def _corners(self) -> list[Pair]:
        x, y, width, height = self.getX(), self.getY(), self.getWidth(), self.getHeight()
        return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]

    def _covers(self, x: float, y: float) -> bool:
        left, top = self.getX(), self.getY()
        return bool(left <= x < left + self.getWidth() and top <= y < top + self.getHeight())

    def transformPoint(self, transform: Any, point: Pair) -> Pair:
        """A point moved by a matrix (3, 3)."""
        return _moved(transform, point)


class EllipseData(_PlacedData):
    """An ellipse around its centre."""

    def getRadiusX(self) -> float:
        """Half the width, in pixels."""
        return self._get("radiusX", 0.0)  # type: ignore[no-any-return]

    def setRadiusX(self, radiusx: float) -> None:
        """Set half the width, in pixels."""
        self._set("radiusX", rdouble(radiusx))

    def getRadiusY(self) -> float:
        """Half the height, in pixels."""
        return self._get("radiusY", 0.0)  # type: ignore[no-any-return]

    def setRadiusY(self, radiusy: float) -> None:
        """Set half the height, in pixels."""
        self._set("radiusY", rdouble(radiusy))

    def __init__(self, shape: Any = None) -> None:
        super().__init__()
        self.setValue(self._made("EllipseI", ("x", "y", "radiusX", "radiusY")) if shape is None else shape)

    def _corners(self) -> list[Pair]:
        x, y, across, down = self.getX(), self.getY(), self.getRadiusX(), self.getRadiusY()
        return [(x - across, y - down), (x + across, y - down), (x + across, y + down), (x - across, y + down)]

    def _covers(self, x: float, y: float) -> bool:
        across, down = self.getRadiusX(), self.getRadiusY()
        if not across or not down:
            return False
        return bool(((x - self.getX()) / across) ** 2 + ((y - self.getY()) / down) ** 2 <= 1)

    def transformPoint(self, transform: Any, point: Pair) -> Pair:
        """A point moved by a matrix (3, 3)."""
        return _moved(transform, point)


def _moved(transform: Any, point: Pair) -> Pair:
    import numpy

    moved = numpy.asarray(transform) @ numpy.array([*point, 1])
    return float(moved[0]), float(moved[1])


class MaskData(_SizedData):
    """A rectangle with a bit for each pixel, rows first, the highest bit of a byte first."""

    def __init__(self, maskShape: Any = None) -> None:
        super().__init__()
        self.setValue(self._made("MaskI", ("x", "y", "width", "height")) if maskShape is None else maskShape)

    def getMask(self) -> bytes | None:
        """The bits."""
        return self.value.bytes  # type: ignore[no-any-return]

    def setMask(self, mask: bytes) -> None:
        """Set the bits."""
        self._set("bytes", mask)

    def _corners(self) -> list[Pair]:
        x, y = self.getX(), self.getY()
        return [(x, y), (x + self.getWidth(), y + self.getHeight())] if self.getMask() else []

    def _covers(self, x: float, y: float) -> bool:
        column, row = math.floor(x - self.getX()), math.floor(y - self.getY())
        width, mask = int(self.getWidth()), self.getMask() or b""
        place = row * width + column
        inside = 0 <= column < width and 0 <= row < int(self.getHeight()) and place // 8 < len(mask)
        return inside and bool(mask[place // 8] >> (7 - place % 8) & 1)
