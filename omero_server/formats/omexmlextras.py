"""Regions of interest and annotations in OME-XML."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, tostring

from omero_server.formats.info import AnnotationInfo, RoiInfo, ShapeInfo

__all__ = ["annotations_of", "original_metadata", "rois_of"]

_PLANE_KEYS = {"TheZ", "TheC", "TheT", "ID"}


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _named(element: Element, name: str) -> list[Element]:
    return [item for item in element if _local(item) == name]


def _text(element: Element, name: str) -> str | None:
    found = _named(element, name)
    return (found[0].text or "").strip() or None if found else None


def original_metadata(root: Element) -> dict[str, str]:
    """The key-value pairs that converters keep of the file that an OME-XML was made from."""
    entries = (item for item in root.iter() if _local(item) == "OriginalMetadata")
    pairs = ((_text(entry, "Key"), _text(entry, "Value")) for entry in entries)
    return {key: value or "" for key, value in pairs if key}


def rois_of(root: Element, elements: Mapping[str, Element], image: Element) -> list[RoiInfo]:
    """The ROIs that an Image element refers to (or, in older schemas, holds)."""
    rois = [elements[ref.get("ID", "")] for ref in _named(image, "ROIRef") if ref.get("ID", "") in elements]
    return [_roi(element) for element in [*rois, *_named(image, "ROI")] if len(element)]


def _roi(element: Element) -> RoiInfo:
    shapes = [_shape(item) for union in _named(element, "Union") for item in union]
    return RoiInfo(element.get("Name"), _text(element, "Description"), shapes)


def _shape(element: Element) -> ShapeInfo:
    kind, values = _local(element), dict(element.attrib)
    if kind == "Shape":  # schemas before 2012-06 wrap the geometry
        geometry = next((item for item in element if _local(item) not in ("Transform", "Description")), element)
        kind, values = _local(geometry), values | dict(geometry.attrib)
    for item in element:
        if _local(item) == "BinData":
            values["BinData"] = (item.text or "").strip()
        if _local(item) == "Transform" and item.attrib:
            values["Transform"] = " ".join(item.get(key, "0") for key in ("A00", "A10", "A01", "A11", "A02", "A12"))
    z, c, t = (_plane(element, key) for key in ("TheZ", "TheC", "TheT"))
    return ShapeInfo(kind, z, c, t, values={k: v for k, v in values.items() if k not in _PLANE_KEYS})


def _plane(element: Element, key: str) -> int | None:
    text = element.get(key, "")
    return int(text) if text.isdigit() else None


def annotations_of(elements: Mapping[str, Element], image: Element) -> list[AnnotationInfo]:
    """The structured annotations that an Image element refers to."""
    found = []
    for reference in _named(image, "AnnotationRef"):
        element = elements.get(reference.get("ID", ""))
        if element is not None and _named(element, "Value"):
            found.append(_annotation(element))
    return found


def _annotation(element: Element) -> AnnotationInfo:
    kind, holder = _local(element), _named(element, "Value")[0]
    value: str | list[tuple[str, str]] = (holder.text or "").strip()
    if kind == "MapAnnotation":
        value = [(pair.get("K", ""), pair.text or "") for pair in _named(holder, "M")]
    elif kind == "XMLAnnotation":
        kind, value = "XmlAnnotation", "".join(tostring(item, encoding="unicode").strip() for item in holder)
    return AnnotationInfo(kind, element.get("Namespace"), _text(element, "Description"), value)
