"""Regions of interest and their shapes."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from omero_server import queries
from omero_server.services.exporting.elements import Export
from omero_server.services.exporting.values import COUNT, FLAG, FLOAT, INTEGER, TEXT, Rules, add_text

__all__ = ["Regions"]

ROIS = """
    select r from Roi r left outer join fetch r.details.externalInfo
    join fetch r.shapes s left outer join fetch s.transform
    where r.image.id = :id order by r.id, s.id
"""
FAMILIES = frozenset(("serif", "sans-serif", "cursive", "fantasy", "monospace"))
STYLES = frozenset(("Bold", "BoldItalic", "Italic", "Normal"))
COMMON = {
    "FillColor": ("fillColor", INTEGER), "FillRule": ("fillRule", frozenset(("EvenOdd", "NonZero"))),
    "StrokeColor": ("strokeColor", INTEGER), "StrokeWidth": ("strokeWidth", FLOAT),
    "StrokeDashArray": ("strokeDashArray", TEXT), "Text": ("textValue", TEXT),
    "FontFamily": ("fontFamily", FAMILIES), "FontSize": ("fontSize", COUNT), "FontStyle": ("fontStyle", STYLES),
    "Locked": ("locked", FLAG), "TheZ": ("theZ", COUNT), "TheT": ("theT", COUNT), "TheC": ("theC", COUNT),
}  # fmt: skip
_BOX = {"X": ("x", FLOAT), "Y": ("y", FLOAT), "Width": ("width", FLOAT), "Height": ("height", FLOAT)}
_PLACE = {"X": ("x", FLOAT), "Y": ("y", FLOAT)}
_MARKERS = {"MarkerStart": ("markerStart", frozenset(("Arrow",))), "MarkerEnd": ("markerEnd", frozenset(("Arrow",)))}
GEOMETRY: dict[str, dict[str, Any]] = {
    "Ellipse": _PLACE | {"RadiusX": ("radiusX", FLOAT), "RadiusY": ("radiusY", FLOAT)},
    "Label": _PLACE,
    "Line": {"X1": ("x1", FLOAT), "Y1": ("y1", FLOAT), "X2": ("x2", FLOAT), "Y2": ("y2", FLOAT)},
    "Mask": _BOX,
    "Point": _PLACE,
    "Polygon": {"Points": ("points", TEXT)},
    "Polyline": {"Points": ("points", TEXT)},
    "Rectangle": _BOX,
}
EXTRA = {"Line": _MARKERS, "Polyline": _MARKERS}
RULES = {kind: Rules(COMMON | required | EXTRA.get(kind, {})) for kind, required in GEOMETRY.items()}
MATRIX = ("A00", "A10", "A01", "A11", "A02", "A12")


class Regions:
    """The regions of the images of a document. Shapes without geometry, and regions without shapes, are left
    out.
    """

    def __init__(self, export: Export) -> None:
        self._names, self._annotations = export.names, export.annotations
        self._found: list[tuple[Any, list[Any]]] = []

    def refer(self, image: Element, image_id: int) -> None:
        """References from an image to its regions."""
        found: dict[int, Any] = {}
        for roi in queries.run(self._names.call, ROIS, {"id": image_id}):
            found[roi._id._val] = roi
        for roi in found.values():
            shapes = [one for one in roi._shapesSeq if one is not None and _is_complete(one)]
            if shapes:
                SubElement(image, "ROIRef", ID=self._names.lsid(roi, "ROI"))
                self._found.append((roi, shapes))

    def write(self) -> list[Element]:
        """The regions that were referred to."""
        return [self._roi(roi, shapes) for roi, shapes in self._found]

    def _roi(self, roi: Any, shapes: list[Any]) -> Element:
        element = Element("ROI", ID=self._names.lsid(roi, "ROI"))
        if roi._name is not None:
            element.set("Name", TEXT(roi._name._val))
        union = SubElement(element, "Union")
        for shape in shapes:
            self._shape(union, shape)
        self._annotations.refer(element, "Roi", roi._id._val)
        add_text(element, "Description", roi._description)
        return element

    def _shape(self, union: Element, shape: Any) -> None:
        kind = type(shape).__name__
        element = SubElement(union, kind, ID=self._names.lsid(shape, "Shape"))
        RULES[kind].apply(self._names, shape, element)
        _transform(element, shape._transform)
        self._annotations.refer(element, "Shape", shape._id._val)
        if kind == "Mask":
            data = b64encode(bytes(shape._bytes or b"")).decode("ascii")
            bits = SubElement(element, "BinData", BigEndian="true", Length=str(len(data)))
            bits.text = data


def _is_complete(shape: Any) -> bool:
    required = GEOMETRY.get(type(shape).__name__)
    return required is not None and all(getattr(shape, f"_{prop}") is not None for prop, _ in required.values())


def _transform(parent: Element, transform: Any) -> None:
    if transform is None or not transform._loaded:
        return
    numbers = [getattr(transform, f"_{name.lower()}") for name in MATRIX]
    if None not in numbers:
        values = {name: FLOAT(number._val) for name, number in zip(MATRIX, numbers, strict=True)}
        SubElement(parent, "Transform", values)
