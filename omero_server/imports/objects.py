"""Model objects from plain Python values, led by the model: `make(enums, "Detector", gain=1.5, voltage=(5, "V"))`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.imports.references import Enumerations
from omero_server.model.schema import MODEL, Property

__all__ = ["add", "make", "parse", "time_value", "unit_value"]

SHORT_TEXT = 255
ELLIPSIS = "…"
_TRUE = ("true", "1")


def make(enums: Enumerations, cls: str, **values: Any) -> Any:
    """A loaded object. Values by property: text, numbers, times, (value, unit symbol) pairs, names of enumeration
    values, pairs of a map, bytes, or objects. None, and what the model does not allow, is left out.
    """
    made = getattr(omero.model, cls)(_loaded=True)
    properties = MODEL.classes[cls].properties
    for name, value in values.items():
        converted = None if value is None else _convert(enums, properties[name], value)
        if converted is not None:
            setattr(made, f"_{name}", converted)
    return made


def add(holder: Any, collection: str, child: Any, back: str | None = None) -> Any:
    """Put `child` into a collection of `holder`, and `holder` into the child's reference `back`; returns the child."""
    members = getattr(holder, f"_{collection}Seq")
    if members is None:
        members = []
        setattr(holder, f"_{collection}Seq", members)
        setattr(holder, f"_{collection}Loaded", True)
    members.append(child)
    if back is not None:
        setattr(child, f"_{back}", holder)
    return child


def unit_value(kind: str, quantity: tuple[float, str] | None) -> Any:
    """An object like `Length`; None for an unknown unit or no finite number."""
    if quantity is None or not math.isfinite(quantity[0]):
        return None
    name = next((name for name, symbol in MODEL.units[kind] if symbol == quantity[1]), None)
    if name is None:
        return None
    unit = getattr(getattr(omero.model.enums, f"Units{kind}"), name)
    return getattr(omero.model, kind)(_value=float(quantity[0]), _unit=unit)


def time_value(moment: datetime) -> Any:
    """A moment in milliseconds; one without a zone counts as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return omero.RTime(round(aware.timestamp() * 1000))


def parse(cls: str, attributes: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    """Values for `make` from the attributes of an OME-XML element; `names` are the properties by attribute.

    What cannot be read as the property's type is left out. A unit stands in the attribute with `Unit` at its end.
    """
    values: dict[str, Any] = {}
    for attribute, name in names.items():
        text = attributes.get(attribute)
        if text is not None:
            unit = attributes.get(f"{attribute}Unit")
            values[name] = _parse(MODEL.classes[cls].properties[name], text, unit)
    return values


def _parse(prop: Property, text: str, unit: str | None) -> Any:
    try:
        if prop.kind == "unit":
            return float(text), unit or _DEFAULT_UNITS.get(prop.type, "")
        if prop.rtype in ("RInt", "RLong"):
            return int(float(text))
        if prop.rtype == "RDouble":
            return float(text)
        if prop.rtype == "RTime":
            return datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return text.lower() in _TRUE if prop.rtype == "RBool" else text


_DEFAULT_UNITS = {"Length": "µm", "Time": "s", "Temperature": "°C", "Pressure": "mbar", "Power": "mW"}


def _convert(enums: Enumerations, prop: Property, value: Any) -> Any:
    if prop.kind == "unit":
        if prop.check == "positive" and not value[0] > 0:
            return None
        return unit_value(prop.type, value)
    if prop.kind == "ref" and isinstance(value, str):
        return enums.near(prop.type, value)
    if prop.kind == "map":
        return [omero.model.NamedValue(_text(str(key)), _text(str(item))) for key, item in value]
    if prop.kind == "scalar":
        return _scalar(prop, value)
    return value


def _scalar(prop: Property, value: Any) -> Any:
    if prop.rtype == "RString":
        text = _text(value)
        if prop.type == "string" and len(text) > SHORT_TEXT:
            text = text[: SHORT_TEXT - 1] + ELLIPSIS
        return omero.RString(text)
    if prop.rtype == "RTime":
        return time_value(value)
    rtype = str(prop.rtype)
    if not _allowed(prop.type, value) or abs(value) >= _LIMITS.get(rtype, math.inf):
        return None
    return getattr(omero, rtype)(_PYTHON[rtype](value))


_PYTHON: dict[str, type] = {"RInt": int, "RLong": int, "RDouble": float, "RBool": bool}
_LIMITS = {"RInt": 2**31, "RLong": 2**63}


def _allowed(kind: str, value: float) -> bool:
    if not math.isfinite(value):
        return False
    if kind.startswith("Positive"):
        return value > 0
    if kind.startswith("NonNegative"):
        return value >= 0
    return 0 <= value <= 1 if kind == "PercentFraction" else True


def _text(value: str) -> str:
    # The database keeps no NUL and no half of a surrogate pair.
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
