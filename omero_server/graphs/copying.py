"""Copies of rows: one INSERT ... SELECT for each table, however many rows are copied.

Which copy belongs to which original is in a temporary table; every reference to an original is looked up there. An
original whose copy is null is left out: references to it become null. Originals that are not in it at all stay what
copies refer to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    MetaData,
    SmallInteger,
    Table,
    Text,
    case,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.schema import CreateTable

from omero_server.db.tables import TABLES
from omero_server.db.transaction import Interference
from omero_server.graphs.references import Reference, references
from omero_server.model.schema import ModelClass

__all__ = ["Copier", "Details", "Given"]

COPIES = Table(
    "_copies", MetaData(), Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("original", BigInteger, primary_key=True, autoincrement=False), Column("copy", BigInteger),
    prefixes=["TEMPORARY"], postgresql_on_commit="DROP",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Details:
    """What is the same in all copies. bits: permissions of their group."""

    owner: int
    group: int
    bits: int
    event: int


@dataclass(slots=True)
class Given:
    """Values of some columns that copies of certain originals get instead of those of the originals."""

    ids: list[int] = field(default_factory=list)
    columns: dict[str, list[str | None]] = field(default_factory=dict)

    def add(self, original: int, **values: str | None) -> None:
        """The same columns each time."""
        self.ids.append(original)
        for name, value in values.items():
            self.columns.setdefault(name, []).append(value)


class Copier:
    """Copies the rows of objects. copies: new ids by root class and old id, None for what is left out."""

    def __init__(
        self, db: Connection, copies: Mapping[ModelClass, Mapping[int, int | None]], details: Details,
        given: Mapping[str, Given],
    ) -> None:  # fmt: skip
        self._db = db
        self._copies = copies
        self._details = details
        self._given = given
        self._kinds = {root: kind for kind, root in enumerate(sorted(copies, key=lambda cls: cls.name))}

    def prepare(self) -> None:
        """Tell the database which copy belongs to which original."""
        kinds: list[int] = []
        originals: list[int] = []
        copies: list[int | None] = []
        for root, kind in self._kinds.items():
            kinds += [kind] * len(self._copies[root])
            originals += self._copies[root].keys()
            copies += self._copies[root].values()
        self._db.execute(text("DROP TABLE IF EXISTS pg_temp._copies"))
        self._db.execute(CreateTable(COPIES))
        rows = _columns(
            ("kind", SmallInteger, kinds), ("original", BigInteger, originals), ("copy", BigInteger, copies)
        )
        self._db.execute(insert(COPIES).from_select(["kind", "original", "copy"], select(*rows.c)))
        self._db.execute(text("ANALYZE pg_temp._copies"))

    def copy(self, root: ModelClass, classes: Mapping[ModelClass, int]) -> None:
        """Insert the copies of all objects of a root class. classes: how many objects there are of each class.

        What they refer to must be there already. Raises Interference when an original is gone.
        """
        for part in _parts(root):
            expected = sum(count for cls, count in classes.items() if part is root or cls.is_a(part))
            if expected and self._insert(root, part) != expected:
                raise Interference(f"a {root.name} was deleted")
        for table in _map_tables(root, classes):
            self._insert_pairs(root, TABLES[table])

    def _insert(self, root: ModelClass, part: ModelClass) -> int:
        table = TABLES[part.table]
        me = COPIES.alias("me")
        rows: FromClause = table.join(me, self._is(me, root, table.c[part.key]) & me.c.copy.is_not(None))
        values: dict[str, ColumnElement[Any]] = {column.name: column for column in table.c}
        values |= self._of_all(table)
        values[part.key] = me.c.copy
        for place, reference in enumerate(_in_table(root, table.name)):
            if reference.target.root in self._kinds:
                target = COPIES.alias(f"to{place}")
                rows = rows.outerjoin(target, self._is(target, reference.target.root, reference.column))
                values |= _redirected(reference, target)
        if table.name in self._given:
            rows = self._put_given(table, rows, values)
        statement = select(*values.values()).select_from(rows)
        return self._db.execute(insert(table).from_select(list(values), statement)).rowcount

    def _is(self, alias: FromClause, root: ModelClass, column: ColumnElement[Any]) -> ColumnElement[bool]:
        return (alias.c.kind == self._kinds[root]) & (alias.c.original == column)

    def _of_all(self, table: Table) -> dict[str, ColumnElement[Any]]:
        details = self._details
        common = {"update_id": details.event, "creation_id": details.event, "version": 0}
        if "owner_id" in table.c:
            common |= {"owner_id": details.owner, "group_id": details.group, "permissions": details.bits}
        return {name: literal(value, table.c[name].type) for name, value in common.items() if name in table.c}

    def _put_given(self, table: Table, rows: FromClause, values: dict[str, ColumnElement[Any]]) -> FromClause:
        given = self._given[table.name]
        lists = [(name, Text, column) for name, column in given.columns.items()]
        found = _columns(("id", BigInteger, given.ids), *lists)
        for name in given.columns:
            values[name] = case((found.c.id.is_not(None), found.c[name]), else_=table.c[name])
        return rows.outerjoin(found, found.c.id == table.c.id)

    def _insert_pairs(self, root: ModelClass, table: Table) -> None:
        me = COPIES.alias("me")
        key = next(column for column in table.c if column.name.endswith("_id"))
        rows = table.join(me, self._is(me, root, key) & me.c.copy.is_not(None))
        values = {column.name: me.c.copy if column is key else column for column in table.c}
        self._db.execute(insert(table).from_select(list(values), select(*values.values()).select_from(rows)))


def _redirected(reference: Reference, target: FromClause) -> dict[str, ColumnElement[Any]]:
    """The column of a reference, and the place in the target's list: behind all others if the list is not copied."""
    column = reference.column
    copied = target.c.original.is_not(None)
    found: dict[str, ColumnElement[Any]] = {column.name: case((copied, target.c.copy), else_=column)}
    index = next((prop.index_column for prop in reference.holder.own if prop.name == reference.name), None)
    if index is not None:
        table = TABLES[reference.table]
        others = table.alias("others")
        last = select(func.max(others.c[index])).where(others.c[column.name] == column).scalar_subquery()
        behind = func.row_number().over(partition_by=column, order_by=table.c[index])
        found[index] = case((copied, table.c[index]), else_=func.coalesce(last, -1) + behind)
    return found


def _columns(*columns: tuple[str, Any, Sequence[Any]]) -> Any:
    """Lists as the columns of a table; one parameter each."""
    arrays = [literal(list(values), ARRAY(kind)) for _, kind, values in columns]
    names = [Column(name, kind) for name, kind, _ in columns]
    return func.unnest(*arrays).table_valued(*names).render_derived(name="given")


def _parts(root: ModelClass) -> Iterable[ModelClass]:
    """The classes with tables of their own, superclasses first."""
    yield root
    if root.inheritance == "joined":
        yield from sorted(root.subclasses, key=lambda cls: len(cls.lineage))


def _in_table(root: ModelClass, table: str) -> Iterator[Reference]:
    return (one for one in references() if one.table == table and one.holder.root is root)


def _map_tables(root: ModelClass, classes: Iterable[ModelClass]) -> set[str]:
    found = {prop.map_table for cls in classes for prop in cls.properties.values() if prop.kind == "map"}
    return {table for table in found if table is not None}
