"""Whether anything ties objects of two groups together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Select, literal, select, union_all

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.graphs.errors import InTheWay
from omero_server.graphs.nodes import Node
from omero_server.graphs.references import Reference, held_by, holding, references
from omero_server.graphs.writing import ids_by_root
from omero_server.model.schema import ModelClass
from omero_server.sessions.call import SYSTEM_GROUP, USER_GROUP

__all__ = ["check_one_group"]

COMMON = (SYSTEM_GROUP, USER_GROUP)


def check_one_group(db: Connection, moved: Iterable[Node], group_id: int) -> None:
    """Raises InTheWay if something of another group refers to moved objects, or is referred to by them.

    A plan has no such thing: it is what nobody could see, or what was added after the plan. What lies in the common
    groups everybody may refer to.
    """
    for root, ids in ids_by_root(moved).items():
        queries = [*_outgoing(root, ids, group_id), *_incoming(root, ids, group_id)]
        found = db.execute(union_all(*queries).limit(1)).one_or_none() if queries else None
        if found is not None:
            raise InTheWay(
                f"{found.name} of {found.holder} would tie {found.target} to another group: "
                "you cannot see one of them, or it was added just now"
            )


def _outgoing(root: ModelClass, ids: Collection[int], group_id: int) -> Iterator[Select[Any]]:
    for reference in held_by(root):
        if not reference.target.root.is_global:
            holder, column, rows = holding(reference)
            target = TABLES[reference.target.root.table].alias("target")
            yield (
                _found(reference, holder.c.id, column)
                .select_from(rows.join(target, target.c.id == column))
                .where(among(holder.c.id, ids), target.c.group_id.not_in([group_id, *COMMON]))
            )


def _incoming(root: ModelClass, ids: Collection[int], group_id: int) -> Iterator[Select[Any]]:
    for reference in references() if group_id not in COMMON else ():
        if reference.target.root is root and not reference.holder.root.is_global:
            holder, column, rows = holding(reference)
            yield (
                _found(reference, holder.c.id, column)
                .select_from(rows)
                .where(among(column, ids), holder.c.group_id != group_id)
            )


def _found(reference: Reference, holder: Any, target: Any) -> Select[Any]:
    return select(literal(str(reference)).label("name"), holder.label("holder"), target.label("target"))
