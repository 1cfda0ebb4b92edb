"""Whether what was referred to is still in the group where it was when the right to refer to it was checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, select

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Interference
from omero_server.saving.graph import Node

__all__ = ["check_staying"]


def check_staying(db: Connection, targets: Iterable[Node]) -> None:
    """Raises Interference if one of the stored objects was moved to another group.

    To be asked once the references are written: from then on the database lets nobody move what they point to, who
    locks the rows as moving does.
    """
    seen: defaultdict[str, dict[int, tuple[Node, int | None]]] = defaultdict(dict)
    for node in targets:
        if node.id is not None and "group_id" in TABLES[node.cls.root.table].c:
            seen[node.cls.root.table][node.id] = node, node.subject.group_id
    for name, nodes in seen.items():
        table = TABLES[name]
        rows = db.execute(select(table.c.id, table.c.group_id).where(among(table.c.id, nodes)))
        for object_id, group in rows:
            node, before = nodes[object_id]
            if group != before:
                raise Interference(f"{node.name} was moved to another group")
