"""How `omero hql` and `omero obj` show values, and how `omero obj` reads them."""

import time
from collections.abc import Callable
from typing import Any
from unicodedata import normalize

import omero
import omero.model
from omero import rtypes
from omero.model.classes import all_fields
from omero.model.details import DetailsI
from omero.model.units import UnitValue

__all__ = ["cell", "parse_value", "reference", "row_fields", "shown"]

TRUE = ("true", "yes", "t", "y", "1")
NOBODY = "owner=None;group=None"
FALSE = ("false", "no", "f", "n", "0", "")


def reference(obj: Any) -> str:
    """`Image:5`, as `omero obj` takes and gives it."""
    return f"{type(obj).__name__.removesuffix('I')}:{obj.id.val}"


def cell(value: Any) -> str:
    """The text of a value in a table of `omero hql`: objects `ImageI:5`, times as the clock of this machine shows."""
    if isinstance(value, omero.RTime):
        return time.ctime(value.val / 1000)
    if isinstance(value, omero.RCollection | omero.RMap):
        return str(_plain(value))
    if isinstance(value, omero.RType):
        return cell(value._val)
    if isinstance(value, omero.model.IObject):
        return f"{type(value).__name__}:{value.id.val}"
    if isinstance(value, DetailsI):
        owner, group = (end.id.val if end is not None else None for end in (value.owner, value.group))
        return f"owner={owner};group={group}"
    return str(value)


def _plain(value: Any) -> Any:
    """Lists and maps of plain values; what is an object becomes its text."""
    if isinstance(value, omero.RCollection):
        return [_plain(item) for item in value.val]
    if isinstance(value, omero.RMap):
        return {name: _plain(item) for name, item in value.val.items()}
    return cell(value) if isinstance(value, omero.RObject) else rtypes.unwrap(value)


def row_fields(obj: Any) -> dict[str, str]:
    """The texts of the fields of an object that have a value, in the order of the wire; neither id nor collections.

    Details come first; those of objects that nobody owns are left out.
    """
    slots = ["_details", *(slot for slot in vars(obj) if slot in type(obj).PLAIN)]
    values = {slot.removeprefix("_"): getattr(obj, slot) for slot in slots}
    texts = {name: cell(value) for name, value in values.items() if not isinstance(value, list | bytes)}
    return {name: text for name, text in texts.items() if text not in ("", "None", NOBODY)}


def shown(value: Any) -> str:
    """The text of a field as `omero obj get` prints it; empty for one without a value."""
    if value is None:
        return ""
    if isinstance(value, omero.model.IObject):
        return reference(value)
    if isinstance(value, omero.model.NamedValue):
        return f"({value.name},{value.value})"
    if isinstance(value, list):
        return ",".join(map(shown, value))
    return str(value._val) if isinstance(value, omero.RType) else str(value)


def parse_value(class_name: str, field: str, text: str) -> Any:
    """The value for a field of a model class from its text.

    ValueError, with a reason, for a field that the class does not have or that takes no single value, and for a text
    that does not fit.
    """
    found = next((each for each in all_fields(class_name) if each[0] == field), None)
    if found is None:
        raise ValueError(f"{class_name} has no field {field!r}. It has: {', '.join(field_names(class_name))}")
    kind = found[1]
    if kind == "scalar":
        return SCALARS[found[3]](text)
    if kind == "ref":
        return _reference(field, text)
    if kind == "unit":
        return _quantity(text)
    remedy = "use 'omero obj map-set'" if kind == "map" else "it cannot be set here"
    raise ValueError(f"{class_name}.{field} holds several values: {remedy}")


def field_names(class_name: str) -> list[str]:
    """The fields of a class that hold one value or a map, sorted."""
    return sorted(field[0] for field in all_fields(class_name) if field[1] in ("scalar", "ref", "unit", "map"))


def _reference(field: str, text: str) -> Any:
    try:
        return omero.proxy_to_instance(text)
    except omero.ClientError as error:
        raise ValueError(f"{field} needs an object such as Image:5, not {text!r}") from error


def _boolean(text: str) -> Any:
    if text.lower() not in TRUE + FALSE:
        raise ValueError(f"neither true nor false: {text!r}")
    return rtypes.rbool(text.lower() in TRUE)


def _quantity(text: str) -> UnitValue:
    """From `1.5 MICROMETER`: a unit's name or its symbol. The names of units say which type it is."""
    from omero._generated.model_table import UNITS

    number, _, unit = text.partition(" ")
    for name, units in UNITS.items():
        for known, symbol in units:
            # Two characters look like the sign for micro, and two like that for Angstrom.
            if unit == known or normalize("NFKC", unit) == normalize("NFKC", symbol):
                quantity: UnitValue = getattr(omero.model, f"{name}I")(float(number), known)
                return quantity
    raise ValueError(f"not a number and a unit such as '1.5 MICROMETER': {text!r}")


SCALARS: dict[str, Callable[[str], Any]] = {
    "RBool": _boolean,
    "RDouble": lambda text: rtypes.rdouble(float(text)),
    "RFloat": lambda text: rtypes.rfloat(float(text)),
    "RInt": lambda text: rtypes.rint(int(text)),
    "RLong": lambda text: rtypes.rlong(int(text)),
    "RString": rtypes.rstring,
    "RTime": lambda text: rtypes.rtime(int(text)),
}
