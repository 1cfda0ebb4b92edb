"""Lists of name-value pairs, which have tables of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.model.schema import ModelClass, Property
from omero_server.saving.fields import map_properties
from omero_server.saving.graph import Node

__all__ = ["MapValues", "changed_maps", "sent_maps", "write_maps"]

Pairs = list[tuple[str, str]]
MapValues = dict[Property, Pairs]


def sent_maps(node: Node) -> MapValues:
    """The pairs that the client sent; a list that is null is none."""
    found: MapValues = {}
    for prop in map_properties(node.cls):
        pairs = getattr(node.obj, f"_{prop.name}")
        if pairs is not None:
            found[prop] = [(pair.name, pair.value) for pair in pairs if pair is not None]
    return found


def changed_maps(db: Connection, nodes: Mapping[Node, MapValues]) -> None:
    """Put into each node's MapValues the lists that differ from the stored ones."""
    by_property: dict[tuple[ModelClass, Property], list[tuple[Node, Pairs]]] = {}
    for node in nodes:
        for prop, pairs in sent_maps(node).items():
            by_property.setdefault((node.cls, prop), []).append((node, pairs))
    for (_, prop), sent in by_property.items():
        stored = _stored(db, prop, [node.id for node, _ in sent if node.id is not None])
        for node, pairs in sent:
            if pairs != stored.get(node.id, []):
                nodes[node][prop] = pairs


def _key(prop: Property) -> tuple[Any, Any]:
    """The table of a map and its column with the holder's id."""
    assert prop.map_table is not None
    table = TABLES[prop.map_table]
    column = next(c for c in table.c if c.name.endswith("_id"))
    return table, column


def _stored(db: Connection, prop: Property, ids: list[int]) -> dict[int | None, Pairs]:
    table, key = _key(prop)
    statement = select(key, table.c.name, table.c.value).where(among(key, ids)).order_by(key, table.c.index)
    found: dict[int | None, Pairs] = {}
    for holder, name, value in db.execute(statement):
        found.setdefault(holder, []).append((name, value))
    return found


def write_maps(db: Connection, nodes: Mapping[Node, MapValues], replace: bool = False) -> None:
    """Write the lists; with ``replace`` instead of the stored ones."""
    by_property: dict[Property, list[tuple[int, Pairs]]] = {}
    for node, maps in nodes.items():
        for prop, pairs in maps.items():
            assert node.id is not None
            by_property.setdefault(prop, []).append((node.id, pairs))
    for prop, lists in by_property.items():
        table, key = _key(prop)
        if replace:
            db.execute(delete(table).where(among(key, [holder for holder, _ in lists])))
        rows = [
            {key.name: holder, "name": name, "value": value, "index": index}
            for holder, pairs in lists
            for index, (name, value) in enumerate(pairs)
        ]
        if rows:
            db.execute(insert(table), rows)
