"""Reading objects of one root class: all that rules ever ask of them, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, null, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from omero_server.db.tables import TABLES
from omero_server.graphs.policy import Plan
from omero_server.graphs.references import Reference, held_by
from omero_server.model.schema import ModelClass

__all__ = ["Node", "key_of", "reading", "some_holders", "to_node"]

DIRECTORY = "Directory"
FACTS = ("owner_id", "group_id", "discriminator", "ns", "repo", "mimetype")
FIRST_REFERENCE = 1 + len(FACTS)


@dataclass(eq=False, slots=True)
class Node:
    """One object. waived: what becomes of it does not depend on what the caller may do with it."""

    cls: ModelClass
    id: int
    owner: int | None
    group: int | None
    namespace: str | None = None
    repository: str | None = None
    directory: bool = False
    plan: Plan = Plan.UNASKED
    waived: bool = False

    def __str__(self) -> str:
        return f"{self.cls.name}[{self.id}]"


def key_of(root: ModelClass) -> ColumnElement[int]:
    """The column with the ids of a root class."""
    return TABLES[root.table].c[root.key]


@cache
def reading(root: ModelClass) -> Select[Any]:
    """Rows of id, FACTS (null where the class has none), the targets of ``held_by(root)``, and, for classes in several
    tables, the id again in each table of a subclass.
    """
    table = TABLES[root.table]
    columns: list[ColumnElement[Any]] = [table.c.id]
    columns += [table.c[name] if name in table.c else null() for name in FACTS]
    columns += [one.column for one in held_by(root)]
    joined: Any = table
    for cls in root.subclasses if root.inheritance == "joined" else ():
        part = TABLES[cls.table]
        columns.append(part.c[cls.key])
        joined = joined.outerjoin(part, part.c[cls.key] == table.c.id)
    return select(*(column.label(f"c{place}") for place, column in enumerate(columns))).select_from(joined)


@cache
def _by_discriminator(root: ModelClass) -> dict[str | None, ModelClass]:
    return {cls.discriminator: cls for cls in root.concrete}


def to_node(root: ModelClass, row: Sequence[Any]) -> tuple[Node, Sequence[int | None]]:
    """The object of a row of ``reading``, and the ids that it refers to, in the order of ``held_by(root)``."""
    object_id, owner, group, discriminator, namespace, repository, mimetype = row[:FIRST_REFERENCE]
    end = FIRST_REFERENCE + len(held_by(root))
    cls = root
    if root.inheritance == "single":
        cls = _by_discriminator(root)[discriminator]
    elif root.inheritance == "joined":
        parts = [sub for sub, key in zip(root.subclasses, row[end:], strict=True) if key is not None]
        cls = max(parts, key=lambda sub: len(sub.lineage), default=root)
    node = Node(cls, object_id, owner, group, namespace, repository, mimetype == DIRECTORY)
    return node, row[FIRST_REFERENCE:end]


def some_holders(
    reference: Reference, known: Mapping[int, int], readable: ColumnElement[bool] | None, few: int
) -> ColumnElement[bool]:
    """The condition for at least ``few`` readable holders of each target that are not known yet, or all there are.

    known: for each target, how many of its holders are known; as many more are read, since they cannot be told apart
    at no cost.
    """
    root = reference.holder.root
    limits = [count + few for count in known.values()]
    asked = func.unnest(literal(list(known), ARRAY(BigInteger)), literal(limits, ARRAY(BigInteger)))
    wanted = asked.table_valued("id", "most").render_derived(name="wanted")
    key = TABLES[reference.table].c[reference.holder.key]
    chosen = select(key.label("holder")).where(reference.column == wanted.c.id)
    if readable is not None:
        if reference.table != root.table:
            chosen = chosen.join(TABLES[root.table], key_of(root) == key)
        chosen = chosen.where(readable)
    some = chosen.limit(wanted.c.most).correlate(wanted).lateral("some")
    return key_of(root).in_(select(some.c.holder).select_from(wanted).join(some, true()))
