"""Annotations of an image, its channels, regions of interest and shapes."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from omero_server import queries
from omero_server.services.exporting.values import FLAG, FLOAT, INTEGER, TEXT, Names, add_text, plain, timestamp

__all__ = ["Annotations"]

log = logging.getLogger(__name__)

LINKS = {
    "Image": "ImageAnnotationLink l join fetch l.child where l.parent.id = :id",
    "Channel": "ChannelAnnotationLink l join fetch l.child where l.parent.pixels.image.id = :id",
    "Roi": "RoiAnnotationLink l join fetch l.child where l.parent.image.id = :id",
    "Shape": "ShapeAnnotationLink l join fetch l.child where l.parent.roi.image.id = :id",
}


class Annotations:
    """The annotations of a document; each is written once, however many objects have it."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._of: dict[tuple[str, int], list[Any]] = defaultdict(list)
        self._used: dict[int, Any] = {}

    def load(self, image_id: int) -> None:
        """Find those of an image and of what belongs to it."""
        for cls, source in LINKS.items():
            for link in queries.run(self._names.call, f"select l from {source} order by l.id", {"id": image_id}):
                self._of[cls, link._parent._id._val].append(link._child)

    def refer(self, parent: Element, cls: str, row_id: int) -> None:
        """References from an element to the annotations of its object."""
        for annotation in self._of.pop((cls, row_id), ()):
            if type(annotation).__name__ not in WRITERS:
                continue
            SubElement(parent, "AnnotationRef", ID=self._names.lsid(annotation, "Annotation"))
            self._used[annotation._id._val] = annotation

    def write(self, root: Element) -> None:
        """All annotations that were referred to."""
        if not self._used:
            return
        element = SubElement(root, "StructuredAnnotations")
        for _, annotation in sorted(self._used.items()):
            tag, fill = WRITERS[type(annotation).__name__]
            item = SubElement(element, tag, ID=self._names.lsid(annotation, "Annotation"))
            if annotation._ns is not None:
                item.set("Namespace", TEXT(annotation._ns._val))
            add_text(item, "Description", annotation._description)
            fill(SubElement(item, "Value"), annotation)


def _text(value: Element, annotation: Any) -> None:
    value.text = TEXT(plain(annotation._textValue) or "")


def _long(value: Element, annotation: Any) -> None:
    value.text = INTEGER(plain(annotation._longValue) or 0)


def _double(value: Element, annotation: Any) -> None:
    value.text = FLOAT(plain(annotation._doubleValue) or 0)


def _boolean(value: Element, annotation: Any) -> None:
    value.text = FLAG(plain(annotation._boolValue))


def _time(value: Element, annotation: Any) -> None:
    value.text = timestamp(annotation._timeValue)


def _term(value: Element, annotation: Any) -> None:
    value.text = TEXT(plain(annotation._termValue) or "")


def _map(value: Element, annotation: Any) -> None:
    for pair in annotation._mapValue or ():
        if pair is not None:
            SubElement(value, "M", K=TEXT(pair.name)).text = TEXT(pair.value)


def _xml(value: Element, annotation: Any) -> None:
    """The text as XML; as text when it is none."""
    text = plain(annotation._textValue) or ""
    try:
        content: Element = fromstring(text)
    except (ParseError, DefusedXmlException, ValueError):
        log.info("the XML annotation %d is no XML; it is exported as text", annotation._id._val)
        value.text = TEXT(text)
        return
    if not content.tag.startswith("{"):
        # Else it would become part of the namespace of the document.
        content.set("xmlns", "")
    value.append(content)


WRITERS: dict[str, tuple[str, Callable[[Element, Any], None]]] = {
    "XmlAnnotation": ("XMLAnnotation", _xml),
    "LongAnnotation": ("LongAnnotation", _long),
    "DoubleAnnotation": ("DoubleAnnotation", _double),
    "CommentAnnotation": ("CommentAnnotation", _text),
    "BooleanAnnotation": ("BooleanAnnotation", _boolean),
    "TimestampAnnotation": ("TimestampAnnotation", _time),
    "TagAnnotation": ("TagAnnotation", _text),
    "TermAnnotation": ("TermAnnotation", _term),
    "MapAnnotation": ("MapAnnotation", _map),
}
