"""The objects that take part in a query: tables, how they are joined, and what is to be loaded with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Text, and_, case, cast, literal, or_
from sqlalchemy.sql import ColumnElement, FromClause

from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL, ModelClass, Property
from omero_server.queries.leniency import SYNONYMS

__all__ = ["Chain", "Element", "Fetch", "all_of", "discriminators", "find_property", "holder_table", "tables_of"]


class Chain:
    """A root of the from clause with everything joined to it so far.

    required: conditions on rows of tables that no join's own condition restricts, each with the id of these rows;
    optional: how many of them, from the first, are on tables that may have no row, because of a right or full join.
    """

    def __init__(self, clause: FromClause) -> None:
        self.clause = clause
        self.required: list[tuple[ColumnElement[Any], ColumnElement[bool]]] = []
        self.optional = 0

    def conditions(self) -> list[ColumnElement[bool]]:
        """What the where clause must have."""
        first, rest = self.required[: self.optional], self.required[self.optional :]
        return [or_(id_.is_(None), condition) for id_, condition in first] + [condition for _, condition in rest]


@dataclass(eq=False)
class Fetch:
    """What is to be loaded together with its parent; ``prop`` None for references, which need no list."""

    child: Element
    prop: Property | None


@dataclass(eq=False)
class Element:
    """One object per row. ``cls`` None: a pair of a map property. ``index`` is its place in the list it was reached by.

    tables: the SQL aliases by table name; those of subclasses come when they are asked for. counts: the links of which
    the numbers are to be loaded with the object.
    """

    cls: ModelClass | None
    chain: Chain
    tables: dict[str, FromClause]
    root: FromClause
    index: ColumnElement[Any] | None = None
    fetches: list[Fetch] = field(default_factory=list)
    counts: list[Property] = field(default_factory=list)

    @property
    def model(self) -> ModelClass:
        """The class; only for elements that have one."""
        assert self.cls is not None
        return self.cls

    @property
    def id(self) -> ColumnElement[Any]:
        """The id column."""
        return self.root.c.id

    def table(self, name: str) -> FromClause:
        """The alias of a table that holds a part of the object; a subclass's is joined when first used."""
        if name not in self.tables:
            owner = MODEL.by_table[name]
            alias = TABLES[name].alias()
            self.chain.clause = self.chain.clause.outerjoin(alias, alias.c[owner.key] == self.id)
            self.tables[name] = alias
        return self.tables[name]

    def column(self, prop: Property) -> ColumnElement[Any]:
        """The column of a property, which may be a subclass's."""
        assert prop.column is not None
        return self.table(holder_table(prop)).c[prop.column]

    def class_name(self) -> ColumnElement[Any]:
        """The discriminator, or for classes in several tables the name of the class."""
        if self.model.inheritance == "single":
            return self.root.c.discriminator
        subclasses = [c for c in self.model.concrete if c is not self.model]
        if not subclasses or self.model.inheritance != "joined":
            # Cast, because a bare constant can neither be grouped nor sorted by.
            return cast(literal(self.model.name), Text())
        found = [(self.table(c.table).c[c.key].is_not(None), literal(c.name)) for c in subclasses]
        return case(*found, else_=literal(self.model.name))

    def is_class(self, cls: ModelClass) -> ColumnElement[bool]:
        """Whether the object is of exactly that class."""
        if cls.inheritance == "single":
            return self.root.c.discriminator == cls.discriminator
        return self.class_name() == cls.name


def holder_table(prop: Property) -> str:
    """Name of the table with the column of a property."""
    return MODEL.classes[prop.declared_in].table


def discriminators(cls: ModelClass) -> list[str]:
    """The discriminators of the objects that a class has, its subclasses' included."""
    return [c.discriminator for c in cls.concrete if c.discriminator is not None]


def find_property(cls: ModelClass, name: str) -> Property | None:
    """The property of a class, else of one of its subclasses: queries may name these through the base class.

    When no name matches exactly the case does not matter.
    """
    name = SYNONYMS.get((cls.root.name, name), name)
    for holder in (cls, *cls.subclasses):
        if name in holder.properties:
            return holder.properties[name]
    folded = name.lower()
    holders = (cls, *cls.subclasses)
    return next((p for holder in holders for n, p in holder.properties.items() if n.lower() == folded), None)


def tables_of(cls: ModelClass) -> tuple[FromClause, dict[str, FromClause], FromClause, ColumnElement[bool] | None]:
    """Fresh aliases: the root's, all by name, what to put into the from clause, and the condition on the class."""
    aliases: dict[str, FromClause] = {c.table: TABLES[c.table].alias() for c in cls.joined_tables}
    root = aliases[cls.root.table]
    clause: FromClause = root
    for part in cls.joined_tables[1:]:
        alias = aliases[part.table]
        clause = clause.join(alias, alias.c[part.key] == root.c.id)
    condition: ColumnElement[bool] | None = None
    if cls.inheritance == "single" and cls.superclass is not None:
        condition = root.c.discriminator.in_(discriminators(cls))
    return root, aliases, clause, condition


def all_of(*conditions: ColumnElement[bool] | None) -> ColumnElement[bool] | None:
    """The conditions that there are, together."""
    given = [c for c in conditions if c is not None]
    return and_(*given) if given else None
