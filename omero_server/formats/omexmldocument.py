"""An OME-XML document of any schema version, and its values. Elements are found by local name, without namespace."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from omero_server.formats.base import FormatError
from omero_server.formats.info import Quantity
from omero_server.formats.xmlnotes import parse_xml

__all__ = [
    "OmeXml", "child", "children", "color", "date", "declares_ome", "length", "local", "number", "parse", "positive",
    "text_of", "whole",
]  # fmt: skip


@dataclass(slots=True)
class OmeXml:
    """A parsed document; `elements` finds definitions by their ID."""

    root: Element
    elements: dict[str, Element]

    @property
    def images(self) -> list[Element]:
        """Image elements, in order."""
        return children(self.root, "Image")

    def referenced(self, parent: Element, *names: str) -> Iterator[tuple[Element, Element]]:
        """(reference, definition) pairs of the parent's children with one of the names."""
        for reference in parent:
            if local(reference) in names:
                definition = self.elements.get(reference.get("ID", ""))
                if definition is not None:
                    yield reference, definition


def local(element: Element) -> str:
    """Tag without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element | None, name: str) -> list[Element]:
    """Direct children of a local name."""
    return [] if element is None else [item for item in element if local(item) == name]


def child(element: Element | None, name: str) -> Element | None:
    """First direct child of a local name."""
    found = children(element, name)
    return found[0] if found else None


def parse(text: str | bytes, path: Path) -> OmeXml:
    """Parse a document. FormatError when it is not well-formed OME-XML, or carries entities."""
    root = parse_xml(text, path, "OME-XML")
    if local(root) != "OME":
        raise FormatError(path, f"has XML of the kind {local(root)!r} where OME is expected")
    definitions = (
        item
        for item in root.iter()
        if "ID" in item.attrib and not local(item).endswith(("Ref", "Settings", "Pump", "Leader"))
    )
    return OmeXml(root, {item.attrib["ID"]: item for item in definitions})


def number(element: Element | None, name: str) -> float | None:
    """An attribute as a number; None when there is none."""
    text = None if element is None else element.get(name)
    try:
        return None if text is None or text == "" else float(text)
    except ValueError:
        return None


def whole(element: Element | None, name: str) -> int | None:
    """An attribute as a whole number; None when there is none."""
    value = number(element, name)
    return None if value is None or not math.isfinite(value) else int(value)


def length(element: Element | None, name: str, unit: str) -> Quantity | None:
    """Attribute with its `<name>Unit` companion, else in `unit`."""
    value = number(element, name)
    if element is None or value is None:
        return None
    return value, element.get(f"{name}Unit", unit)


def positive(quantity: Quantity | None) -> Quantity | None:
    """None for what is not above 0."""
    return quantity if quantity is not None and quantity[0] > 0 else None


def text_of(element: Element | None) -> str | None:
    """The text inside an element; None when it has none."""
    return (element.text or "").strip() or None if element is not None else None


def date(*texts: str | None) -> datetime | None:
    """The first that is a moment; zones are left out."""
    for text in texts:
        try:
            return datetime.fromisoformat(text or "").replace(tzinfo=None)
        except ValueError:
            continue
    return None


def color(element: Element) -> int | None:
    """Packed RGBA, signed, of the attribute Color; None when there is none."""
    value = whole(element, "Color")
    if value is None:
        return None
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


def declares_ome(text: str) -> bool:
    """Whether a TIFF image description is an OME-XML document."""
    return text.rstrip("\0 \r\n\t").endswith("OME>") and re.search(r"<(\w+:)?OME[\s>]", text[:4000]) is not None
