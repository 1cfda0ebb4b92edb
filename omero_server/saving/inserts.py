"""New objects: their ids, the order in which they can be inserted, and their rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.model.schema import ModelClass
from omero_server.saving.fields import db_values, fields, references
from omero_server.saving.graph import Graph, Node, State
from omero_server.saving.maps import sent_maps, write_maps
from omero_server.sessions.call import Call

__all__ = ["assign_ids", "insert_order", "write_new"]

GLOBAL_PERMISSIONS = -52
# Columns whose default in the database a null would overrule.
DEFAULTS: dict[tuple[str, str], Any] = {
    ("image", "series"): 0,
    ("originalfile", "mimetype"): "application/octet-stream",
}


def assign_ids(call: Call, graph: Graph) -> None:
    """Take ids for all new objects, once for each root class."""
    by_root: dict[ModelClass, list[Node]] = {}
    for node in graph.of(State.NEW):
        by_root.setdefault(node.cls.root, []).append(node)
    for root, nodes in by_root.items():
        ids = call.transaction.database.ids(call.db, root.sequence, len(nodes))
        for node, new_id in zip(nodes, ids, strict=True):
            node.id = new_id


def insert_order(graph: Graph) -> list[list[Node]]:
    """The new objects in groups of one class that can be inserted one after the other: what is referred to comes first.

    Raises ValidationException for new objects that refer to each other in a circle.
    """
    new = graph.of(State.NEW)
    needs = {node: {t for _, t in graph.targets(node) if t.state is State.NEW} for node in new}
    levels: dict[Node, int] = {}
    pending = list(reversed(new))
    entered: set[Node] = set()
    while pending:
        node = pending[-1]
        open_needs = [need for need in needs[node] if need not in levels]
        if node in levels or not open_needs:
            levels.setdefault(node, 1 + max((levels[need] for need in needs[node]), default=0))
            pending.pop()
        elif node in entered:
            names = ", ".join(sorted({n.cls.name for n in (node, *open_needs)}))
            raise omero.ValidationException(message=f"New objects refer to each other in a circle: {names}.")
        else:
            entered.add(node)
            pending += open_needs
    groups: dict[tuple[int, str], list[Node]] = {}
    for node in new:
        groups.setdefault((levels[node], node.cls.name), []).append(node)
    return [groups[key] for key in sorted(groups)]


def write_new(call: Call, graph: Graph) -> None:
    """Insert the new objects: one statement for each table and group; note them in the event log.

    Raises ValidationException naming a required property that is not set.
    """
    for nodes in insert_order(graph):
        cls = nodes[0].cls
        if cls.is_link:
            # Two saves of the same links wait for each other instead of blocking each other.
            nodes.sort(key=lambda node: [target.id or 0 for _, target in graph.targets(node)])
        rows: dict[str, list[dict[str, Any]]] = {part.table: [] for part in cls.joined_tables}
        for node in nodes:
            for table, row in _rows(graph, node, call.event_id).items():
                rows[table].append(row)
        for table, table_rows in rows.items():
            call.db.execute(insert(TABLES[table]), table_rows)
        write_maps(call.db, {node: sent_maps(node) for node in nodes})
        call.log("INSERT", cls.java, [node.id for node in nodes if node.id is not None])


def _rows(graph: Graph, node: Node, event: int) -> dict[str, dict[str, Any]]:
    cls = node.cls
    rows: dict[str, dict[str, Any]] = {part.table: {part.key: node.id} for part in cls.joined_tables}
    rows[cls.root.table].update(_details(node, event))
    for ref in fields(cls):
        if ref.prop.kind == "ref":
            continue
        if getattr(node.obj, ref.attribute) is None and (ref.table, ref.column) in DEFAULTS:
            # Set in the object, too: the client gets back what is stored.
            default = getattr(omero, ref.prop.rtype or "")(_val=DEFAULTS[ref.table, ref.column])
            setattr(node.obj, ref.attribute, default)
        new = db_values(cls, ref, getattr(node.obj, ref.attribute))
        _require(node, ref.prop.name, ref.prop.nullable, new[0])
        rows[ref.table].update(zip(ref.columns, new, strict=True))
    for ref in references(cls):
        target = graph.target(node, ref)
        _require(node, ref.prop.name, ref.prop.nullable, target)
        rows[ref.table][ref.column] = None if target is None else target.id
        if ref.prop.index_column:
            rows[ref.table][ref.prop.index_column] = node.positions[ref.prop.index_column]
    return rows


def _require(node: Node, prop: str, nullable: bool, value: Any) -> None:
    if value is None and not nullable:
        raise omero.ValidationException(message=f"{node.cls.name}.{prop} is required, but it is not set.")


def _details(node: Node, event: int) -> dict[str, Any]:
    table, subject = TABLES[node.cls.root.table], node.subject
    row: dict[str, Any] = {"permissions": GLOBAL_PERMISSIONS if subject.bits is None else subject.bits}
    for name, value in (("owner_id", subject.owner_id), ("group_id", subject.group_id)):
        if name in table.c:
            row[name] = value
    for name in ("creation_id", "update_id"):
        if name in table.c:
            row[name] = event
    node.creation, node.event = row.get("creation_id"), row.get("update_id")
    if "version" in table.c:
        row["version"] = node.version = 0
    if node.cls.root.inheritance == "single":
        row["discriminator"] = node.cls.discriminator
    return row
