"""What an expression of a query means once its names are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy.sql import ColumnElement, Select

from omero_server.model.schema import ModelClass, Property

if TYPE_CHECKING:
    from omero_server.queries.elements import Element

__all__ = [
    "ClassOf", "Collection", "Counts", "Details", "Entity", "Pairs", "Permissions", "Reference", "Scalar", "Several",
    "Unit", "Value",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value of the database. type: name of the RType that it becomes, None when unknown.

    unit: set for a unit of measurement ("Length"), whose labels clients know under other names.
    """

    sql: ColumnElement[Any]
    type: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """An object whose table takes part in the query."""

    element: Element


@dataclass(frozen=True, slots=True)
class Reference:
    """A to-one reference whose target takes no part yet: the id is known, anything else needs a join."""

    element: Element
    column: ColumnElement[Any]
    target: ModelClass


@dataclass(frozen=True, slots=True)
class Details:
    """``x.details``."""

    element: Element


@dataclass(frozen=True, slots=True)
class Permissions:
    """``x.details.permissions``."""

    element: Element


@dataclass(frozen=True, slots=True)
class Collection:
    """A to-many property: objects on the other side of ``prop.inverse``."""

    element: Element
    prop: Property


@dataclass(frozen=True, slots=True)
class Counts:
    """``x.annotationLinksCountPerOwner``: the numbers of the links of ``prop``. It can only be fetched."""

    element: Element
    prop: Property


@dataclass(frozen=True, slots=True)
class Pairs:
    """A property that is a list of names and values."""

    element: Element
    prop: Property
    holder: ModelClass


@dataclass(frozen=True, slots=True)
class Several:
    """The values of a sub-select; they can be compared with one value, but are none."""

    query: Select[Any]


@dataclass(frozen=True, slots=True)
class Unit:
    """A measured value: number and unit."""

    value: ColumnElement[Any]
    unit: ColumnElement[Any]
    type: str


@dataclass(frozen=True, slots=True)
class ClassOf:
    """``x.class``, or a class named in an expression (``cls`` without element)."""

    element: Element | None
    cls: ModelClass


Value: TypeAlias = (
    Scalar | Entity | Reference | Details | Permissions | Collection | Counts | Pairs | Several | Unit | ClassOf
)  # fmt: skip
