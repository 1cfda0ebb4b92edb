"""Annotations of everything in a document, and of annotations."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, ParseError, SubElement

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from omero_server import queries
from omero_server.services.exporting.attachments import Attachments
from omero_server.services.exporting.values import (
    FLAG,
    FLOAT,
    INTEGER,
    TEXT,
    Names,
    add_pairs,
    add_text,
    plain,
    timestamp,
)

if TYPE_CHECKING:
    from omero_server.services.exporting.elements import Export

__all__ = ["Annotations"]

log = logging.getLogger(__name__)

LINKS = {
    "Image": "ImageAnnotationLink l join fetch l.child where l.parent.id = :id",
    "Channel": "ChannelAnnotationLink l join fetch l.child where l.parent.pixels.image.id = :id",
    "Roi": "RoiAnnotationLink l join fetch l.child where l.parent.image.id = :id",
    "PlaneInfo": "PlaneInfoAnnotationLink l join fetch l.child where l.parent.pixels.image.id = :id",
    "Shape": "ShapeAnnotationLink l join fetch l.child where l.parent.roi.image.id = :id",
}


class Annotations:
    """The annotations of a document; each is written once, however many objects have it."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._of: dict[tuple[str, int], list[Any]] = defaultdict(list)
        self._used: dict[int, Any] = {}
        self._files = Attachments(names)

    def load_image(self, image_id: int) -> None:
        """Find those of an image and of what belongs to it."""
        for cls, source in LINKS.items():
            self._load(cls, source, {"id": image_id})

    def load(self, cls: str, ids: list[int]) -> None:
        """Find those of some objects of a class."""
        if ids:
            self._load(cls, f"{cls}AnnotationLink l join fetch l.child where l.parent.id in (:ids)", {"ids": ids})

    def _load(self, cls: str, source: str, parameters: dict[str, Any]) -> None:
        for link in queries.run(self._names.call, f"select l from {source} order by l.id", parameters):
            self._of[cls, link._parent._id._val].append(link._child)

    def refer(self, parent: Element, cls: str, row_id: int) -> None:
        """References from an element to the annotations of its object."""
        for annotation in self._of.pop((cls, row_id), ()):
            if self._is_written(annotation):
                SubElement(parent, "AnnotationRef", ID=self._names.lsid(annotation, "Annotation"))
                self._used.setdefault(annotation._id._val, annotation)

    def _is_written(self, annotation: Any) -> bool:
        kind = type(annotation).__name__
        return kind in WRITERS or kind == "ListAnnotation" or self._files.has(annotation)

    def write(self, export: Export) -> None:
        """All annotations that were referred to, and those that these have."""
        written: dict[int, Element] = {}
        while new := [one for number, one in self._used.items() if number not in written]:
            self.load("Annotation", [annotation._id._val for annotation in new])
            for annotation in new:
                written[annotation._id._val] = self._element(export, annotation)
        if written:
            export.add("StructuredAnnotations").extend(element for _, element in sorted(written.items()))

    def _element(self, export: Export, annotation: Any) -> Element:
        kind = type(annotation).__name__
        tag, fill = WRITERS.get(kind, (kind, None))
        element = Element(tag, ID=self._names.lsid(annotation, "Annotation"))
        if annotation._ns is not None:
            element.set("Namespace", TEXT(annotation._ns._val))
        annotator = export.person(annotation)
        if annotator is not None:
            element.set("Annotator", annotator)
        add_text(element, "Description", annotation._description)
        self.refer(element, "Annotation", annotation._id._val)
        if fill is not None:
            fill(SubElement(element, "Value"), annotation)
        elif kind == "FileAnnotation":
            self._files.write(element, annotation)
        return element


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
    add_pairs(value, annotation._mapValue)


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
