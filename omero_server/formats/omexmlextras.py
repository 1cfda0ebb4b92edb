"""Regions of interest and annotations in OME-XML."""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

from omero_server.formats.info import AnnotationInfo, RoiInfo, ShapeInfo
from omero_server.formats.omexmldocument import OmeXml, child, children, local, text_of

__all__ = ["annotations_of", "original_metadata", "rois_of"]

_PLANE_KEYS = {"TheZ", "TheC", "TheT", "ID"}


def original_metadata(root: Element) -> dict[str, str]:
    """The key-value pairs that converters keep of the file that an OME-XML was made from."""
    entries = (item for item in root.iter() if local(item) == "OriginalMetadata")
    pairs = ((text_of(child(entry, "Key")), text_of(child(entry, "Value"))) for entry in entries)
    return {key: value or "" for key, value in pairs if key}


def rois_of(document: OmeXml, image: Element) -> list[RoiInfo]:
    """The ROIs that an Image element refers to (or, in older schemas, holds)."""
    rois = [definition for _, definition in document.referenced(image, "ROIRef")]
    return [_roi(document, element) for element in [*rois, *children(image, "ROI")] if len(element)]


def _roi(document: OmeXml, element: Element) -> RoiInfo:
    shapes = [_shape(document, item) for union in children(element, "Union") for item in union]
    description = text_of(child(element, "Description"))
    return RoiInfo(element.get("Name"), description, shapes, annotations_of(document, element))


def _shape(document: OmeXml, element: Element) -> ShapeInfo:
    kind, values = local(element), dict(element.attrib)
    if kind == "Shape":  # schemas before 2012-06 wrap the geometry
        geometry = next((item for item in element if local(item) not in ("Transform", "Description")), element)
        kind, values = local(geometry), values | dict(geometry.attrib)
    for item in element:
        if local(item) == "BinData":
            values["BinData"] = (item.text or "").strip()
        if local(item) == "Transform" and item.attrib:
            values["Transform"] = " ".join(item.get(key, "0") for key in ("A00", "A10", "A01", "A11", "A02", "A12"))
    z, c, t = (_plane(element, key) for key in ("TheZ", "TheC", "TheT"))
    values = {key: value for key, value in values.items() if key not in _PLANE_KEYS}
    return ShapeInfo(kind, z, c, t, values, annotations_of(document, element))


def _plane(element: Element, key: str) -> int | None:
    text = element.get(key, "")
    return int(text) if text.isdigit() else None


def annotations_of(document: OmeXml, thing: Element) -> list[AnnotationInfo]:
    """The structured annotations that an element refers to."""
    found = [definition for _, definition in document.referenced(thing, "AnnotationRef")]
    return [_annotation(element) for element in found if child(element, "Value") is not None]


def _annotation(element: Element) -> AnnotationInfo:
    kind, holder = local(element), children(element, "Value")[0]
    value: str | list[tuple[str, str]] = (holder.text or "").strip()
    if kind == "MapAnnotation":
        value = [(pair.get("K", ""), pair.text or "") for pair in children(holder, "M")]
    elif kind == "XMLAnnotation":
        kind, value = "XmlAnnotation", "".join(tostring(item, encoding="unicode").strip() for item in holder) or value
    description = text_of(child(element, "Description"))
    return AnnotationInfo(kind, element.get("Namespace"), description, value, element.get("ID"))
