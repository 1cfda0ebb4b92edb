"""Holding rows until the end of the transaction, so that what was decided about them still holds when it is written.

A save reads first, without locks, and finds out what differs. Only what it is going to change is then locked: users
who link to the same dataset do not wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Table, Text, cast, literal_column, select

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Interference
from omero_server.saving.graph import Node

__all__ = ["hold", "lock", "stamp_of"]


def stamp_of(table: Table) -> ColumnElement[str]:
    """Which transaction wrote a row: another one means that the row was changed. A column called "stamp"."""
    return cast(literal_column(f"{table.name}.xmin"), Text).label("stamp")


def hold(db: Connection, nodes: Iterable[Node]) -> None:
    """Lock the rows of stored objects. Raises Interference when one is not what ``load_subjects`` has seen."""
    nodes = list(nodes)
    stamps = lock(db, nodes)
    for node in nodes:
        if stamps.get((node.cls.root.table, node.id)) != node.stamp:
            raise Interference(f"{node.name} was changed")


def lock(db: Connection, nodes: Iterable[Node]) -> dict[tuple[str, int | None], str]:
    """Lock the rows of objects, and tell their stamps by table and id. Rows that do not exist are left out.

    Always in the same order, so that two transactions wait for each other instead of blocking each other.
    """
    by_table: dict[str, set[int]] = {}
    for node in nodes:
        if node.id is not None:
            by_table.setdefault(node.cls.root.table, set()).add(node.id)
    stamps: dict[tuple[str, int | None], str] = {}
    for name, ids in sorted(by_table.items()):
        table = TABLES[name]
        rows = select(table.c.id, stamp_of(table)).where(among(table.c.id, ids)).order_by(table.c.id)
        # Not FOR UPDATE: others may go on referring to these rows.
        stamps |= {(name, row.id): row.stamp for row in db.execute(rows.with_for_update(key_share=True))}
    return stamps
