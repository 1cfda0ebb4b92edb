"""Regions of interest and annotations that come with an image file."""

from __future__ import annotations

import base64
import binascii
import logging
import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from omero_server.formats.info import AnnotationInfo, RoiInfo, ShapeInfo
from omero_server.imports.objects import add, make, parse
from omero_server.imports.references import Enumerations
from omero_server.model.schema import MODEL

__all__ = ["Annotations", "add_rois", "link_annotation"]

log = logging.getLogger(__name__)

COMMON = {
    "FillColor": "fillColor", "FillRule": "fillRule", "StrokeColor": "strokeColor", "StrokeWidth": "strokeWidth",
    "StrokeDashArray": "strokeDashArray", "FontFamily": "fontFamily", "FontSize": "fontSize", "FontStyle": "fontStyle",
    "Locked": "locked", "Text": "textValue",
}  # fmt: skip
GEOMETRY = {
    "Ellipse": ("X", "Y", "RadiusX", "RadiusY"),
    "Label": ("X", "Y"),
    "Line": ("X1", "Y1", "X2", "Y2", "MarkerStart", "MarkerEnd"),
    "Mask": ("X", "Y", "Width", "Height"),
    "Point": ("X", "Y"),
    "Polygon": ("Points",),
    "Polyline": ("Points", "MarkerStart", "MarkerEnd"),
    "Rectangle": ("X", "Y", "Width", "Height"),
}
VALUES = {
    "BooleanAnnotation": "boolValue",
    "CommentAnnotation": "textValue",
    "DoubleAnnotation": "doubleValue",
    "LongAnnotation": "longValue",
    "MapAnnotation": "mapValue",
    "TagAnnotation": "textValue",
    "TermAnnotation": "termValue",
    "TimestampAnnotation": "timeValue",
    "XmlAnnotation": "textValue",
}


class Annotations:
    """Annotations of a fileset; those of one id are made once, however many things have them."""

    def __init__(self, enums: Enumerations) -> None:
        self._enums = enums
        self._made: dict[str, Any] = {}

    def add(self, thing: Any, annotations: Iterable[AnnotationInfo]) -> None:
        """Put annotations on an object, if its class has any; those of kinds that need a file are left out."""
        if "annotationLinks" not in MODEL.classes[type(thing).__name__].properties:
            return
        for info in annotations:
            if info.kind not in VALUES or info.value is None:
                log.warning("an annotation of the kind %s is left out", info.kind)
                continue
            link_annotation(self._enums, thing, self._annotation(info))

    def _annotation(self, info: AnnotationInfo) -> Any:
        if info.id is not None and info.id in self._made:
            return self._made[info.id]
        values = {VALUES[info.kind]: _value(info)}
        made = make(self._enums, info.kind, ns=info.namespace, description=info.description, **values)
        if info.id is not None:
            self._made[info.id] = made
        return made


def link_annotation(enums: Enumerations, thing: Any, annotation: Any) -> None:
    """Link an annotation to an object."""
    link = MODEL.classes[type(thing).__name__].properties["annotationLinks"].type
    add(thing, "annotationLinks", make(enums, link, child=annotation), "parent")


def add_rois(enums: Enumerations, image: Any, rois: Iterable[RoiInfo], annotations: Annotations) -> None:
    """Put regions on an image; shapes of unknown kinds, and regions without any, are left out."""
    for roi in rois:
        made = make(enums, "Roi", name=roi.name, description=roi.description)
        for shape in roi.shapes:
            found = _shape(enums, shape)
            if found is not None:
                annotations.add(found, shape.annotations)
                add(made, "shapes", found, "roi")
        if made._shapesSeq:
            annotations.add(made, roi.annotations)
            add(image, "rois", made, "image")


def _shape(enums: Enumerations, shape: ShapeInfo) -> Any:
    if shape.kind not in GEOMETRY:
        log.warning("a shape of the unknown kind %s is left out", shape.kind)
        return None
    names = {attribute: attribute[0].lower() + attribute[1:] for attribute in GEOMETRY[shape.kind]} | COMMON
    values = parse(shape.kind, shape.values, names)
    if shape.kind == "Mask":
        values["bytes"] = _mask_bytes(shape.values.get("BinData", ""))
    return make(
        enums, shape.kind, theZ=shape.z, theC=shape.c, theT=shape.t,
        transform=_transform(enums, shape.values.get("Transform")), **values,
    )  # fmt: skip


def _mask_bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text) or None
    except binascii.Error:
        return None


def _transform(enums: Enumerations, text: str | None) -> Any:
    try:
        numbers = [float(part) for part in (text or "").split()]
    except ValueError:
        return None
    if len(numbers) != 6 or not all(map(math.isfinite, numbers)):
        return None
    names = ("a00", "a10", "a01", "a11", "a02", "a12")
    return make(enums, "AffineTransform", **dict(zip(names, numbers, strict=True)))


def _value(info: AnnotationInfo) -> Any:
    value = info.value
    if not isinstance(value, str):
        return value
    try:
        if info.kind == "DoubleAnnotation":
            return float(value)
        if info.kind == "LongAnnotation":
            return int(value)
        if info.kind == "TimestampAnnotation":
            return datetime.fromisoformat(value)
    except ValueError:
        return None
    return value.lower() == "true" if info.kind == "BooleanAnnotation" else value
