"""What the database holds of the objects of a graph: whose they are, and the rows of those that may change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select

import omero
import omero._generated
from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Interference
from omero_server.model.schema import ModelClass
from omero_server.saving.fields import fields
from omero_server.saving.graph import Graph, Node, State
from omero_server.saving.locking import stamp_of
from omero_server.security.voter import DIRECTORY, Subject

__all__ = ["StoredRow", "group_bits", "load_rows", "load_subjects", "resolve_enumerations", "subject_of"]

StoredRow = dict[tuple[str, str], Any]
DETAILS = ("owner_id", "group_id", "creation_id", "update_id", "version", "repo", "mimetype")


def resolve_enumerations(db: Connection, graph: Graph, kept: Iterable[Any]) -> None:
    """Give enumeration objects that were sent by value the id of that value, if there is one.

    An enumeration inside of a graph is only referred to; those in ``kept`` are themselves to be saved.
    """
    top = {id(obj) for obj in kept}
    by_value: dict[ModelClass, list[Node]] = {}
    for node in graph.of(State.NEW, State.STORED):
        if not node.cls.is_enum:
            continue
        if node.state is State.STORED and id(node.obj) not in top:
            node.state = State.REFERENCE
        elif node.state is State.NEW and node.obj._value is not None:
            by_value.setdefault(node.cls, []).append(node)
    for cls, nodes in by_value.items():
        table = TABLES[cls.table]
        values = {node.obj._value._val for node in nodes}
        known = dict(db.execute(select(table.c.value, table.c.id).where(table.c.value.in_(values))).all())
        for node in nodes:
            if node.obj._value._val in known and id(node.obj) not in top:
                node.id, node.state = known[node.obj._value._val], State.REFERENCE


def load_subjects(db: Connection, graph: Graph) -> None:
    """Note owner, group, version and events of all nodes with an id; one statement for each root class.

    Raises ValidationException naming an object that is not in the database.
    """
    by_root: dict[ModelClass, list[Node]] = {}
    for node in graph.of(State.STORED, State.REFERENCE):
        by_root.setdefault(node.cls.root, []).append(node)
    for root, nodes in by_root.items():
        table = TABLES[root.table]
        columns = [table.c.id, stamp_of(table), *(table.c[name] for name in DETAILS if name in table.c)]
        if root.name == "ExperimenterGroup":
            columns.append(table.c.permissions)
        statement = select(*columns).where(among(table.c.id, {node.id for node in nodes if node.id is not None}))
        rows = {row.id: row for row in db.execute(statement)}
        for node in nodes:
            if node.id not in rows:
                raise omero.ValidationException(message=f"{node.name} does not exist (any more).")
            _take_over(node, rows[node.id])


def subject_of(db: Connection, obj: Any) -> Subject:
    """Whose one object is, by its row. Raises ApiUsageException when it has no id or no row."""
    if obj is None or obj._id is None:
        raise omero.ApiUsageException(message="The object is null, or was never saved.")
    graph = Graph()
    graph.add(obj)
    try:
        load_subjects(db, graph)
    except omero.ValidationException as error:
        raise omero.ApiUsageException(message=error.message) from None
    group_bits(db, graph.nodes)
    return graph.nodes[0].subject


def _take_over(node: Node, row: Row[Any]) -> None:
    values = row._mapping
    node.stamp = row.stamp
    node.version = values.get("version")
    node.event, node.creation = values.get("update_id"), values.get("creation_id")
    node.subject = Subject(
        node.cls,
        values.get("owner_id"),
        values.get("group_id"),
        values.get("permissions"),
        repository=values.get("repo"),
        directory=values.get("mimetype") == DIRECTORY,
    )


def group_bits(db: Connection, nodes: Iterable[Node]) -> None:
    """Note the permission bits of each node's group."""
    nodes = [node for node in nodes if node.subject.group_id is not None]
    if not nodes:
        return
    group = TABLES["experimentergroup"]
    ids = {node.subject.group_id for node in nodes}
    statement = select(group.c.id, group.c.permissions).where(group.c.id.in_(ids))
    bits = dict(db.execute(statement).all())
    for node in nodes:
        group_id = node.subject.group_id
        if group_id not in bits:
            raise omero.ApiUsageException(message=f"There is no group with id {group_id}.")
        node.subject = replace(node.subject, bits=bits[group_id])


def load_rows(db: Connection, nodes: Iterable[Node]) -> dict[Node, StoredRow]:
    """The rows of STORED nodes by (table, column); one statement for each class.

    Raises ValidationException when an object is of another class than the client says, Interference when it has changed
    since ``load_subjects`` looked: values and event would not fit together.
    """
    by_class: dict[ModelClass, dict[int, Node]] = {}
    for node in nodes:
        assert node.id is not None
        by_class.setdefault(node.cls, {})[node.id] = node
    found: dict[Node, StoredRow] = {}
    for cls, wanted in by_class.items():
        rows = _rows(db, cls, list(wanted))
        for object_id, node in wanted.items():
            if object_id not in rows:
                raise omero.ValidationException(message=f"{node.name} does not exist: it is of another class.")
            stamp, found[node] = rows[object_id]
            if stamp != node.stamp:
                raise Interference(f"{node.name} was changed")
    return found


def _rows(db: Connection, cls: ModelClass, ids: list[int]) -> dict[int, tuple[str, StoredRow]]:
    root = TABLES[cls.root.table]
    names = [(field.table, column) for field in fields(cls) for column in field.columns]
    if "external_id" in root.c:
        names.append((cls.root.table, "external_id"))
    joined: Any = root
    for part in cls.joined_tables[1:]:
        joined = joined.join(TABLES[part.table], TABLES[part.table].c[part.key] == root.c.id)
    columns = [TABLES[table].c[column] for table, column in names]
    statement = select(root.c.id, stamp_of(root), *columns).select_from(joined)
    statement = statement.where(among(root.c.id, ids))
    if cls.root.inheritance == "single":
        statement = statement.where(root.c.discriminator == cls.discriminator)
    return {row[0]: (row[1], dict(zip(names, row[2:], strict=True))) for row in db.execute(statement)}
