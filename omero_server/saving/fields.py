"""Which columns the properties of a class have, and how values of the wire become values of the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL, ModelClass, Property

__all__ = [
    "EXTERNAL_INFO",
    "Field",
    "class_of",
    "collections",
    "db_values",
    "fields",
    "index_fields",
    "map_properties",
    "references",
    "replaced_by",
]

EXTERNAL_INFO = "details.externalInfo"
BEYOND_CALENDAR = "is a time that the database cannot hold"


@dataclass(frozen=True, slots=True)
class Field:
    """A property with columns: ``attribute`` of the wire object, table and column(s) in the database."""

    prop: Property
    attribute: str
    table: str
    column: str
    unit_column: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """The value's column and, of a quantity, the unit's."""
        return (self.column, self.unit_column) if self.unit_column else (self.column,)


@cache
def _class_of_type(type_id: str) -> ModelClass:
    return MODEL.resolve(type_id)


def class_of(obj: Any) -> ModelClass:
    """The model class of a wire object. Raises ApiUsageException for anything else."""
    try:
        return _class_of_type(obj.ice_id())
    except (KeyError, AttributeError):
        raise omero.ApiUsageException(message=f"{type(obj).__name__} is no class of the model.") from None


@cache
def fields(cls: ModelClass) -> tuple[Field, ...]:
    """Scalars, arrays, quantities and references of a class, inherited ones included."""
    return tuple(
        Field(prop, f"_{prop.name}", cls.columns_table(prop), prop.column, prop.unit_column)
        for prop in cls.properties.values()
        if prop.kind in ("scalar", "array", "unit", "ref") and prop.column is not None
    )


@cache
def references(cls: ModelClass) -> tuple[Field, ...]:
    """The fields that refer to one object, and the reference to the external information."""
    external = Property(
        name=EXTERNAL_INFO, kind="ref", type="ExternalInfo", rtype=None, column="external_id", unit_column=None,
        nullable=True, unique=True, ordered=False, inverse=None, declared_in=cls.root.name,
    )  # fmt: skip
    found = [field for field in fields(cls) if field.prop.kind == "ref"]
    if "external_id" in TABLES[cls.root.table].c:
        found.append(Field(external, EXTERNAL_INFO, cls.root.table, "external_id", None))
    return tuple(found)


@cache
def index_fields(cls: ModelClass) -> tuple[Field, ...]:
    """The references that keep the object's place in a list of the other side."""
    return tuple(field for field in references(cls) if field.prop.index_column)


@cache
def map_properties(cls: ModelClass) -> tuple[Property, ...]:
    """The lists of name-value pairs of a class."""
    return tuple(prop for prop in cls.properties.values() if prop.kind == "map")


@cache
def collections(cls: ModelClass) -> tuple[Property, ...]:
    """The properties of a class that hold many objects."""
    return tuple(prop for prop in cls.properties.values() if prop.kind in ("collection", "links"))


@cache
def replaced_by(cls: ModelClass, prop: Property) -> Field | None:
    """The back reference of a collection that a saved list replaces as a whole; None where a list only adds.

    Replaced are collections of links and ordered lists.
    """
    element = MODEL.classes[prop.type]
    back = next(field for field in references(element) if field.prop.name == prop.inverse)
    return back if prop.kind == "links" or back.prop.ordered else None


def db_values(cls: ModelClass, field: Field, value: Any) -> tuple[Any, ...]:
    """The values for ``field.columns``; of a reference use its id instead.

    Raises ValidationException for a value that no column can hold.
    """
    if value is None:
        return (None,) * len(field.columns)
    if field.prop.kind == "unit":
        symbols = MODEL.units[field.prop.type]
        return (value._value, symbols[value._unit.value][1])
    if field.prop.kind == "array":
        return (_array(field.prop, value),)
    if field.prop.rtype == "RTime":
        return (_timestamp(cls, field.prop, value._val),)
    return (value._val,)


def _array(prop: Property, value: Any) -> Any:
    return bytes(value) if prop.type == "byte[]" else list(value)


def _timestamp(cls: ModelClass, prop: Property, milliseconds: int) -> datetime:
    """Local time without a zone, as the column wants it."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000)
    except (ValueError, OverflowError, OSError):
        message = f"{cls.name}.{prop.name} = {milliseconds} ms {BEYOND_CALENDAR}."
        raise omero.ValidationException(message=message) from None
