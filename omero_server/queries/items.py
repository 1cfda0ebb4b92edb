"""The items of a select list: what becomes of the columns of each."""

from __future__ import annotations

from dataclasses import dataclass

from omero_server.model.schema import ModelClass
from omero_server.queries.columns import Columns, Node
from omero_server.queries.elements import Element
from omero_server.queries.errors import HqlError
from omero_server.queries.paths import scalar
from omero_server.queries.values import ClassOf, Entity, Permissions, Scalar, Unit, Value

__all__ = ["Item", "item_of"]

PERMISSION_COLUMNS = ("id", "owner_id", "group_id", "permissions")
FILE_COLUMNS = ("repo", "mimetype")


@dataclass(frozen=True, slots=True)
class Item:
    """One selected value.

    kind: "entity" (with node), "scalar" (at, type), "unit" (at, unit_at; type is the unit class),
    "unitname" (at, type), "class" (at, cls) or "permissions" (cls, places of the columns that decide).
    """

    kind: str
    at: int = -1
    type: str | None = None
    unit_at: int = -1
    node: Node | None = None
    cls: ModelClass | None = None
    places: tuple[tuple[str, int], ...] = ()


def item_of(value: Value, alias: str | None, columns: Columns, at: int) -> Item:
    """Add the columns of a selected value. Raises HqlError for what cannot be selected."""
    match value:
        case Entity(element) if element.cls is not None:
            if alias is not None and alias.endswith("_details_permissions"):
                return _permissions(element, columns)
            return Item("entity", node=columns.entity(element))
        case Permissions(element):
            return _permissions(element, columns)
        case Unit():
            number, unit = columns.unit(value)
            return Item("unit", number, value.type, unit)
        case ClassOf(element, cls) if element is not None:
            return Item("class", columns.add(element.class_name()), cls=cls)
        case Scalar(sql, _, unit) if unit is not None:
            return Item("unitname", columns.add(sql), unit)
        case Entity():
            raise HqlError(at, "a pair of a map cannot be selected whole", "Select its name and value.")
        case _:
            found = scalar(value, at)
            return Item("scalar", columns.add(found.sql), found.type)


def _permissions(element: Element, columns: Columns) -> Item:
    names = PERMISSION_COLUMNS + (FILE_COLUMNS if element.model.name == "OriginalFile" else ())
    places = tuple((n, columns.add(element.root.c[n])) for n in names if n in element.root.c)
    return Item("permissions", cls=element.model, places=places)
