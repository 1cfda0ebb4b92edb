"""Draws the shapes of :mod:`omero.util.ROI_utils` into a picture (of Pillow)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["DrawingCanvas"]

Settings = tuple[tuple[int | None, float], int | None]
Pair = tuple[float, float]


class DrawingCanvas:
    """A picture to draw into: ``canvas.drawElements(shapes)``; ``canvas.image`` is the picture.

    ``shapeSettings`` are (colour and width of lines), colour of areas; colours are packed numbers RRGGBB, None for
    nothing. ``affineTransform``: the six numbers a, b, c, d, e, f that move (x, y) to (a x + c y + e, b x + d y + f).
    """

    def __init__(self) -> None:
        self.width = 0
        self.height = 0
        self.image: Any = None
        self.draw: Any = None

    def createImage(self, width: int, height: int) -> None:
        """Begin a black picture."""
        from PIL import Image

        self.setImage(Image.new("RGB", (width, height)), width, height)

    def setImage(self, image: Any, width: int, height: int) -> None:
        """Draw into a picture that there is."""
        from PIL import ImageDraw

        self.image, self.width, self.height = image, width, height
        self.draw = ImageDraw.Draw(image)

    def drawElements(self, elementList: Iterable[Any]) -> Any:
        """Draw shapes; returns the picture."""
        for element in elementList:
            element.acceptVisitor(self)
        return self.image

    def getFillColour(self, shapeSettings: Settings) -> str | None:
        """The colour of areas, as Pillow takes it."""
        return _colour(shapeSettings[1])

    def getStrokeColour(self, shapeSettings: Settings) -> str | None:
        """The colour of lines, as Pillow takes it."""
        return _colour(shapeSettings[0][0])

    def getStrokeWidth(self, shapeSettings: Settings) -> int:
        """The width of lines in pixels, 1 at least."""
        return max(1, round(shapeSettings[0][1]))

    def drawEllipse(
        self,
        x: float,
        y: float,
        radiusx: float,
        radiusy: float,
        shapeSettings: Settings,
        affineTransform: Sequence[float] | None = None,
    ) -> None:
        """An ellipse around its centre."""
        if affineTransform is not None:
            self.drawPolygon(_around(x, y, radiusx, radiusy), shapeSettings, affineTransform)
            return
        box = (x - radiusx, y - radiusy, x + radiusx, y + radiusy)
        self.draw.ellipse(
            box,
            fill=self.getFillColour(shapeSettings),
            outline=self.getStrokeColour(shapeSettings),
            width=self.getStrokeWidth(shapeSettings),
        )

    def drawRectangle(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        shapeSettings: Settings,
        affineTransform: Sequence[float] | None = None,
    ) -> None:
        """A rectangle from its upper left corner."""
        self.drawPolygon([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], shapeSettings, affineTransform)

    def drawPolygon(
        self,
        pointTupleList: Sequence[Pair],
        shapeSettings: Settings,
        affineTransform: Sequence[float] | None = None,
    ) -> None:
        """A closed line through points, and the area in it."""
        self.draw.polygon(
            _moved(pointTupleList, affineTransform),
            fill=self.getFillColour(shapeSettings),
            outline=self.getStrokeColour(shapeSettings),
            width=self.getStrokeWidth(shapeSettings),
        )

    def drawLine(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        shapeSettings: Settings,
        affineTransform: Sequence[float] | None = None,
    ) -> None:
        """A straight line."""
        self.drawPolyline([(x1, y1), (x2, y2)], shapeSettings, affineTransform)

    def drawPolyline(
        self,
        pointTupleList: Sequence[Pair],
        shapeSettings: Settings,
        affineTransform: Sequence[float] | None = None,
    ) -> None:
        """An open line through points."""
        points = _moved(pointTupleList, affineTransform)
        self.draw.line(points, fill=self.getStrokeColour(shapeSettings), width=self.getStrokeWidth(shapeSettings))

    def drawMask(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        bytes: bytes,
        shapeSettings: Settings,
        affineTransform: Sequence[float] | None = None,
    ) -> None:
        """Pixels of a rectangle: a bit for each, rows first, the highest bit of a byte first."""
        import numpy

        columns, rows = int(width), int(height)
        bits = numpy.unpackbits(numpy.frombuffer(bytes, numpy.uint8))[: columns * rows]
        set_rows, set_columns = numpy.nonzero(bits.reshape(rows, columns))
        points = [(x + int(column), y + int(row)) for column, row in zip(set_columns, set_rows, strict=True)]
        self.draw.point(_moved(points, affineTransform), fill=self.getFillColour(shapeSettings))

    def drawText(
        self, x: float, y: float, text: str, shapeSettings: Settings, affineTransform: Sequence[float] | None = None
    ) -> None:
        """A text from its upper left corner, in the colour of lines."""
        ((left, top),) = _moved([(x, y)], affineTransform)
        self.draw.text((left, top), text, fill=self.getStrokeColour(shapeSettings))


def _colour(packed: int | None) -> str | None:
    return None if packed is None else f"#{packed & 0xFFFFFF:06x}"


def _moved(points: Iterable[Pair], transform: Sequence[float] | None) -> list[Pair]:
    if transform is None:
        return [(x, y) for x, y in points]
    a, b, c, d, e, f = transform
    return [(a * x + c * y + e, b * x + d * y + f) for x, y in points]


def _around(x: float, y: float, radius_x: float, radius_y: float) -> list[Pair]:
    """Points of an ellipse, near enough for pictures."""
    import numpy

    angles = numpy.linspace(0, 2 * numpy.pi, 90, endpoint=False)
    return [(x + radius_x * float(numpy.cos(a)), y + radius_y * float(numpy.sin(a))) for a in angles]
