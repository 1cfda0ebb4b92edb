"""The columns that a query selects, and where in a row the parts of an object are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.sql import ColumnElement

from omero_server.model.schema import ModelClass, Property
from omero_server.queries.elements import Element, Fetch, holder_table
from omero_server.queries.values import Unit

__all__ = ["Columns", "Node"]


@dataclass(eq=False)
class Node:
    """Where in a row an object is. ``places`` maps column keys ("id", "owner_id", property names) to positions.

    class_at: position of the class's name or discriminator; None when there is only one class. prop: the collection
    that it is fetched into, None for references and roots; index_at: position of its place in there, if that is a list.
    builders: what makes its objects, by class, as ``queries.results`` finds out; they are good for all callers.
    """

    element: Element
    cls: ModelClass
    places: dict[str, int] = field(default_factory=dict)
    class_at: int | None = None
    index_at: int | None = None
    prop: Property | None = None
    children: list[Node] = field(default_factory=list)
    builders: dict[str, Any] = field(default_factory=dict)
    counts: list[Property] = field(default_factory=list)


class Columns:
    """The select list of the statement, each column once."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._columns: list[ColumnElement[Any]] = []
        self._places: dict[int, int] = {}

    def add(self, column: ColumnElement[Any]) -> int:
        """The position of a column, which is added when it is new."""
        place = self._places.get(id(column))
        if place is None:
            place = self._places[id(column)] = len(self._columns)
            self._columns.append(column)
        return place

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """All columns in their order."""
        return self._columns

    def labelled(self) -> list[ColumnElement[Any]]:
        """All columns, each under a name of its own."""
        return [column.label(f"c{place}") for place, column in enumerate(self._columns)]

    def entity(self, element: Element) -> Node:
        """Select a whole object with everything that is fetched with it."""
        known = next((node for node in self.nodes if node.element is element), None)
        if known is None:
            known = self._node(element)
            self.nodes.append(known)
        return known

    def _node(self, element: Element, fetch: Fetch | None = None) -> Node:
        cls = element.model
        node = Node(element, cls, prop=fetch.prop if fetch else None, counts=element.counts)
        for name in ("id", "version", "owner_id", "group_id", "creation_id", "update_id", "external_id", "permissions"):
            if name in element.root.c:
                node.places[name] = self.add(element.root.c[name])
        for holder in (cls, *cls.subclasses):
            for prop in holder.properties.values():
                self._property(node, prop)
        if len(cls.concrete) > 1 or cls.abstract:
            node.class_at = self.add(element.class_name())
        if fetch is not None and fetch.prop is not None and element.index is not None:
            node.index_at = self.add(element.index)
        node.children = [self._node(child.child, child) for child in element.fetches]
        return node

    def _property(self, node: Node, prop: Property) -> None:
        key = f"{prop.declared_in}.{prop.name}"
        if prop.column is None or key in node.places:
            return
        table = node.element.table(holder_table(prop))
        node.places[key] = self.add(table.c[prop.column])
        if prop.unit_column:
            node.places[f"{key}.unit"] = self.add(table.c[prop.unit_column])

    def unit(self, value: Unit) -> tuple[int, int]:
        """Positions of number and unit."""
        return self.add(value.value), self.add(value.unit)
