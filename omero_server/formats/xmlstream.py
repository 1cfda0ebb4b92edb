"""XML files too large to be held whole: elements of one name are handed out one by one and forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from omero_server.formats.base import FormatError

__all__ = ["stream_xml"]

_MOST_KEPT = 2_000_000
"""Elements that are not handed out."""


def stream_xml(path: Path, name: str, take: Callable[[Element], None]) -> Element:
    """The root without the elements called `name`, which `take` has been given; names are without their namespaces.

    FormatError when the file is no XML, or carries entities.
    """
    above: list[Element] = []
    kept = inside = 0
    try:
        for event, element in iterparse(str(path), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                element.tag = str(element.tag).rpartition("}")[2]
                if element.attrib:
                    element.attrib = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
                inside += element.tag == name
                above.append(element)
                continue
            above.pop()
            if element.tag == name and above:
                inside -= 1
                take(element)
                del above[-1][-1]
            elif not inside:
                kept += 1
                root: Element = element
                if kept > _MOST_KEPT:
                    raise FormatError(path, "has more elements than are read")
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise FormatError(path, f"has XML that cannot be parsed: {error}") from error
    return root
