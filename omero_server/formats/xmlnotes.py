"""XML that vendors put into their files: parsed without entities, searched by paths, flattened to original metadata."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from omero_server.formats.base import FormatError

__all__ = ["flat_xml", "number_of", "parse_xml", "text_of"]

_MOST_NOTES = 20_000
_MOST_TAGS = 5_000_000
"""Each takes a few hundred bytes of memory, and microseconds."""
_LONGEST_NOTE = 2_000


def parse_xml(data: bytes | str, path: Path, kind: str = "XML metadata") -> Element:
    """The root element. FormatError when the text is no XML, carries entities, or would fill the memory."""
    raw = data.encode() if isinstance(data, str) else data
    if raw.count(b"<") > _MOST_TAGS or raw.count(b"=") > 2 * _MOST_TAGS:
        raise FormatError(path, f"has {kind} of more than {_MOST_TAGS:,} tags, too large to be read")
    try:
        root: Element = fromstring(raw.strip(b"\0 \r\n\t"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise FormatError(path, f"has {kind} that cannot be parsed: {error}") from error
    return root


def text_of(element: Element | None, *paths: str) -> str | None:
    """Text of the first of `paths` below `element` that has one."""
    for path in paths if element is not None else ():
        text = (element.findtext(path) or "").strip() if element is not None else ""
        if text:
            return text
    return None


def number_of(element: Element | None, *paths: str) -> float | None:
    """Number at the first of `paths` that has text; None when it is none."""
    try:
        return float(text_of(element, *paths) or "")
    except ValueError:
        return None


def flat_xml(root: Element) -> dict[str, str]:
    """Texts and attributes by path (`A|B`, of the second of its kind `A|B #2`); very many or long ones are left out."""
    found: dict[str, str] = {}
    seen: dict[str, int] = {}
    for key, value in _notes(root, ""):
        text = value.strip()
        if not text or len(text) > _LONGEST_NOTE:
            continue
        seen[key] = seen.get(key, 0) + 1
        found[key if seen[key] == 1 else f"{key} #{seen[key]}"] = text
        if len(found) == _MOST_NOTES:
            break
    return found


def _notes(root: Element, prefix: str) -> Iterator[tuple[str, str]]:
    waiting = [(prefix, root)]
    while waiting:
        above, element = waiting.pop()
        here = f"{above}|{element.tag}" if above else str(element.tag)
        yield here, element.text or ""
        for name, value in element.attrib.items():
            yield f"{here}|{name}", value
        waiting += [(here, item) for item in reversed(element)]
