"""Rows of objects whatever tables they are spread over: which class they are of, and how to delete them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, any_, delete, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from omero_server.db.tables import TABLES
from omero_server.db.transaction import Interference
from omero_server.model.schema import ModelClass

__all__ = ["among", "by_class", "concrete_classes", "delete_objects"]


def among(column: ColumnElement[Any], ids: Collection[int]) -> ColumnElement[bool]:
    """The condition that ``column`` is one of ``ids``; one parameter, however many there are."""
    return column == any_(literal(list(ids), ARRAY(BigInteger)))


def concrete_classes(db: Connection, cls: ModelClass, ids: Collection[int]) -> dict[int, ModelClass]:
    """The class of each object, for ids of ``cls`` or its subclasses. Ids without a row are left out."""
    if not ids:
        return {}
    root = TABLES[cls.root.table]
    if cls.root.inheritance == "single":
        known = {c.discriminator: c for c in cls.root.concrete}
        statement = select(root.c.id, root.c.discriminator).where(among(root.c.id, ids))
        return {row.id: known[row.discriminator] for row in db.execute(statement)}
    found = dict.fromkeys(db.execute(select(root.c.id).where(among(root.c.id, ids))).scalars(), cls.root)
    # Superclasses come before their subclasses, so the most specific one is what stays.
    for sub in sorted(cls.root.subclasses, key=lambda c: len(c.lineage)):
        key = TABLES[sub.table].c[sub.key]
        found |= dict.fromkeys(db.execute(select(key).where(among(key, ids))).scalars(), sub)
    return found


def by_class(classes: dict[int, ModelClass]) -> dict[ModelClass, list[int]]:
    """Ids, ascending, by class."""
    grouped: dict[ModelClass, list[int]] = {}
    for object_id, cls in sorted(classes.items()):
        grouped.setdefault(cls, []).append(object_id)
    return grouped


def delete_objects(db: Connection, cls: ModelClass, ids: Collection[int]) -> None:
    """Delete the rows of objects of the concrete class ``cls``. Pairs of maps go with them by a trigger.

    Raises Interference when somebody else has deleted one of them just now.
    """
    for part in reversed(cls.joined_tables):
        table = TABLES[part.table]
        gone = db.execute(delete(table).where(among(table.c[part.key], ids))).rowcount
        if gone != len(set(ids)):
            raise Interference(f"a {cls.name} was deleted")
