"""Carrying out a plan: one statement per table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, delete, func, select, update

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Interference
from omero_server.graphs.nodes import Node
from omero_server.graphs.references import Reference, deletion_order
from omero_server.model.schema import ModelClass

__all__ = ["cut", "delete_rows", "ids_by_class", "ids_by_root", "lock_rows", "update_rows"]


def ids_by_class(nodes: Iterable[Node]) -> dict[ModelClass, list[int]]:
    """Ids, ascending, by concrete class."""
    found: defaultdict[ModelClass, list[int]] = defaultdict(list)
    for node in nodes:
        found[node.cls].append(node.id)
    return {cls: sorted(ids) for cls, ids in sorted(found.items(), key=lambda pair: pair[0].name)}


def ids_by_root(nodes: Iterable[Node]) -> dict[ModelClass, set[int]]:
    """Ids by the topmost class."""
    found: defaultdict[ModelClass, set[int]] = defaultdict(set)
    for node in nodes:
        found[node.cls.root].add(node.id)
    return found


def cut(db: Connection, references: Mapping[Reference, Sequence[Node]]) -> None:
    """Empty references of these holders."""
    for reference, holders in references.items():
        table = TABLES[reference.table]
        key = table.c[reference.holder.key]
        ids = [node.id for node in holders]
        db.execute(update(table).where(among(key, ids)).values({reference.column_name: None}))


def delete_rows(db: Connection, nodes: Iterable[Node]) -> None:
    """Delete the rows of objects, those that refer to others before these. Pairs of maps go by triggers.

    Raises Interference when somebody else has deleted one of them just now.
    """
    by_root = ids_by_root(nodes)
    for root in deletion_order():
        if root in by_root:
            _delete(db, root, by_root[root])


def update_rows(db: Connection, nodes: Iterable[Node], column: str, value: int) -> None:
    """Give objects another owner or group; those of the whole system have neither.

    Raises Interference when somebody else has deleted one of them just now.
    """
    for root, ids in sorted(ids_by_root(nodes).items(), key=lambda pair: pair[0].table):
        table = TABLES[root.table]
        if column in table.c:
            changed = db.execute(update(table).where(among(table.c.id, ids)).values({column: value})).rowcount
            if changed != len(ids):
                raise Interference(f"a {root.name} was deleted")


def lock_rows(db: Connection, nodes: Iterable[Node]) -> None:
    """Lock the rows of objects until the end of the transaction: nobody can begin to refer to them."""
    for root, ids in sorted(ids_by_root(nodes).items(), key=lambda pair: pair[0].table):
        table = TABLES[root.table]
        db.execute(select(table.c.id).where(among(table.c.id, ids)).order_by(table.c.id).with_for_update())


def _delete(db: Connection, root: ModelClass, ids: set[int]) -> None:
    # The parts of all subclasses first: one of them may refer to the row of another (a laser and its pump).
    if root.inheritance == "joined":
        for cls in sorted(root.subclasses, key=lambda cls: -len(cls.lineage)):
            _delete_from(db, cls, ids)
    if root.name == "OriginalFile":
        for folders in _folders(db, ids):
            _delete_from(db, root, ids - folders)
            ids = folders
    if _delete_from(db, root, ids) != len(ids):
        raise Interference(f"a {root.name} was deleted")


def _folders(db: Connection, ids: Collection[int]) -> Iterator[set[int]]:
    """The folders among files: first all of them, then without the deepest, and so on. Full folders cannot go."""
    table = TABLES["originalfile"]
    depth = func.length(func.regexp_replace(table.c.path, "[^/]", "", "g")).label("depth")
    chosen = select(table.c.id, depth).where(among(table.c.id, ids), table.c.mimetype == "Directory")
    depths = {row.id: row.depth for row in db.execute(chosen)}
    yield set(depths)
    for deepest in sorted(set(depths.values()), reverse=True)[:-1]:
        yield {folder for folder, its_depth in depths.items() if its_depth < deepest}


def _delete_from(db: Connection, cls: ModelClass, ids: Collection[int]) -> int:
    if not ids:
        return 0
    table = TABLES[cls.table]
    return db.execute(delete(table).where(among(table.c[cls.key], ids))).rowcount
