"""Values of model objects as OME-XML writes them.

A rule says which property an attribute is made of, and what the schema (2016-06) allows: one of the functions below, or
a set of words. What is not allowed is left out: an incomplete document can be read, an invalid one often cannot.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from omero_server.model.schema import MODEL
from omero_server.rendering.stored import enumeration
from omero_server.sessions.call import Call

__all__ = [
    "COUNT", "FLAG", "FLOAT", "FRACTION", "INTEGER", "MADE", "POSITIVE", "POSITIVE_WHOLE", "TEXT", "Names", "Rules",
    "add_map", "add_pairs", "add_text", "packed_color", "plain", "timestamp",
]  # fmt: skip

Check = Callable[[Any], str | None]
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def TEXT(value: Any) -> str:
    """Without the characters that XML does not have."""
    return _FORBIDDEN.sub("", str(value))


def FLOAT(value: Any) -> str:
    """A number; NaN and infinities as XML Schema spells them."""
    number = float(value)
    if math.isinf(number):
        return "INF" if number > 0 else "-INF"
    return "NaN" if math.isnan(number) else repr(number)


def POSITIVE(value: Any) -> str | None:
    """A finite number above 0."""
    return FLOAT(value) if 0 < float(value) < math.inf else None


def FRACTION(value: Any) -> str | None:
    """A number from 0 to 1."""
    return FLOAT(value) if 0 <= float(value) <= 1 else None


def INTEGER(value: Any) -> str:
    """A whole number."""
    return str(int(value))


def COUNT(value: Any) -> str | None:
    """A whole number, 0 at least; fractions are rounded."""
    return str(round(value)) if math.isfinite(value) and value >= 0 else None


def POSITIVE_WHOLE(value: Any) -> str | None:
    """A whole number, 1 at least."""
    return str(int(value)) if value >= 1 else None


def FLAG(value: Any) -> str:
    """True or false."""
    return "true" if value else "false"


MADE: dict[str, tuple[str, Check]] = {
    "Manufacturer": ("manufacturer", TEXT), "Model": ("model", TEXT), "SerialNumber": ("serialNumber", TEXT),
    "LotNumber": ("lotNumber", TEXT),
}  # fmt: skip
"""What is known of anything that somebody makes and sells."""


@dataclass(frozen=True)
class Rules:
    """Attributes of one element: attribute name to property name and what is allowed."""

    attributes: Mapping[str, tuple[str, Check | frozenset[str]]]

    def apply(self, names: Names, thing: Any, element: Element) -> None:
        """Set the attributes that ``thing`` has values for; quantities also set the attribute of their unit."""
        for attribute, (prop, allowed) in self.attributes.items():
            value = names.value(thing, prop)
            if value is None:
                continue
            checked = _allowed(value, allowed)
            if checked is None:
                continue
            element.set(attribute, checked)
            unit = _unit(thing, prop)
            if unit is not None:
                element.set(f"{attribute}Unit", unit)


def _allowed(value: Any, allowed: Check | frozenset[str]) -> str | None:
    if isinstance(allowed, frozenset):
        return str(value) if value in allowed else None
    checked: str | None = allowed(value)
    return checked


def _unit(thing: Any, prop: str) -> str | None:
    declared = MODEL.classes[type(thing).__name__].properties[prop]
    if declared.kind != "unit":
        return None
    number: int = getattr(thing, f"_{prop}")._unit.value
    return MODEL.units[declared.type][number][1]


@dataclass
class Names:
    """Ids of objects in the document, and values of enumerations. authority, database: the parts of every id."""

    call: Call
    authority: str
    database: str
    _enums: dict[str, dict[int, str]] = field(default_factory=dict)

    def lsid(self, thing: Any, cls: str) -> str:
        """The id of an object: the one that it came with, or one of ours, which changes with the object."""
        details = thing._details
        known = details._externalInfo if details is not None else None
        if known is not None and known._loaded and known._lsid is not None and f":{cls}:" in known._lsid._val:
            return TEXT(known._lsid._val)
        made = f"urn:lsid:{self.authority}:{cls}:{self.database}_{thing._id._val}"
        event = details._updateEvent if details is not None else None
        return made if event is None or event._id is None else f"{made}:{event._id._val}"

    def value(self, thing: Any, prop: str) -> Any:
        """A plain value: number, text, truth, the value of an enumeration, the number of a quantity; None for none."""
        held = getattr(thing, f"_{prop}")
        if held is None:
            return None
        declared = MODEL.classes[type(thing).__name__].properties[prop]
        if declared.kind == "unit":
            return held._value
        if declared.target is not None or declared.type in MODEL.enums:
            return self._enum(declared.type, held)
        return held._val

    def _enum(self, cls: str, held: Any) -> str | None:
        if held._loaded:
            return None if held._value is None else str(held._value._val)
        if cls not in self._enums:
            known = enumeration(self.call, MODEL.classes[cls].table)
            self._enums[cls] = {row_id: value for value, row_id in known.items()}
        return self._enums[cls].get(held._id._val)


def plain(value: Any) -> Any:
    """What an RType holds."""
    return None if value is None else value._val


def add_text(parent: Element, tag: str, value: Any) -> None:
    """A child element with the text of an RString, if there is one."""
    if value is not None and value._val is not None:
        SubElement(parent, tag).text = TEXT(value._val)


def add_pairs(parent: Element, pairs: Any) -> None:
    """The pairs of a map as elements of a Map."""
    for pair in pairs or ():
        if pair is not None:
            SubElement(parent, "M", K=TEXT(pair.name)).text = TEXT(pair.value)


def add_map(parent: Element, pairs: Any) -> None:
    """A Map element, if there are pairs."""
    if pairs:
        add_pairs(SubElement(parent, "Map"), pairs)


def packed_color(thing: Any) -> str | None:
    """The colour of a channel or a well as a signed number; None unless all its parts are set."""
    color = [plain(getattr(thing, f"_{part}")) for part in ("red", "green", "blue", "alpha")]
    if None in color:
        return None
    return str(int.from_bytes(bytes(min(max(part, 0), 255) for part in color), "big", signed=True))


def timestamp(value: Any) -> str:
    """An RTime as xsd:dateTime, in UTC."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value._val)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
