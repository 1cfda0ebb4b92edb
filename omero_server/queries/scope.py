"""The names of one query or sub-query, and the tables that it draws from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Join, and_, select, true
from sqlalchemy.sql import ColumnElement, FromClause, Select

from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL, ModelClass
from omero_server.queries import ast
from omero_server.queries.elements import Chain, Element, all_of, tables_of
from omero_server.queries.errors import HqlError, did_you_mean
from omero_server.queries.parameters import Parameters
from omero_server.queries.values import Collection, Details, Entity, Pairs, Reference, Unit
from omero_server.security.filter import ReadFilter

__all__ = ["Context", "Scope", "find_class"]


@dataclass
class Context:
    """What all scopes of one statement share.

    sub_select: makes the select of a query inside another, and tells the type of its value.
    masked: the classes whose hidden texts the caller does not see, see ``security.masking``; names_used tells whether
    the statement needs the ids of the persons whose names he does see.
    """

    read: ReadFilter
    masked: frozenset[str]
    sub_select: Callable[[ast.Query, Scope], tuple[Select[Any], str | None]]
    parameters: Parameters = field(default_factory=Parameters)
    names_used: bool = False


class Scope:
    """Aliases, tables and conditions of one query. A sub-query sees the names of those around it."""

    def __init__(self, context: Context, parent: Scope | None = None) -> None:
        self.context = context
        self.parent = parent
        self.names: dict[str, Entity | Details | Unit] = {}
        self.unnamed: list[Element] = []
        self.chains: list[Chain] = []
        self.conditions: list[ColumnElement[bool]] = []
        self.selected: dict[str, Any] = {}
        self.masking = False
        self.multiplied = False
        self._last: Chain | None = None
        self._implicit: dict[tuple[int, str], Element] = {}

    def add_root(self, cls: ModelClass, alias: str | None, at: int) -> Element:
        """A class named in the from clause."""
        root, tables, clause, condition = tables_of(cls)
        chain = Chain(clause)
        self.chains.append(chain)
        element = Element(cls, chain, tables, root)
        self._restrict(condition, self.context.read.condition(cls, root))
        self.name(alias, Entity(element), at)
        if alias is None:
            self.unnamed.append(element)
        return element

    def name(self, alias: str | None, value: Entity | Details | Unit, at: int) -> None:
        """Give a value its alias. Raises HqlError when the name is taken in this query."""
        if alias is None:
            return
        if alias in self.names:
            raise HqlError(at, f"the alias {alias!r} is used twice", "Give each joined object a name of its own.")
        self.names[alias] = value

    def find(self, name: str) -> Entity | Details | Unit | None:
        """The value of an alias, here or in the queries around."""
        found = self.names.get(name)
        if found is None and self.parent is not None:
            return self.parent.find(name)
        return found

    def join_reference(self, reference: Reference, outer: bool) -> Element:
        """The target of a to-one reference, joined."""
        cls = reference.target
        root, tables, clause, condition = tables_of(cls)
        on = all_of(root.c.id == reference.column, condition, self.context.read.condition(cls, root))
        chain = self._attach(reference.element.chain, clause, on, outer)
        return Element(cls, chain, tables, root)

    def implicit(self, reference: Reference) -> Element:
        """The target of a reference on the way of a path: joined once per query, and only rows that have one stay."""
        key = (id(reference.element), str(reference.column))
        if key not in self._implicit:
            self._implicit[key] = self.join_reference(reference, outer=False)
        return self._implicit[key]

    def join_collection(self, value: Collection, outer: bool) -> Element:
        """The objects of a to-many property, joined."""
        self.multiplied = True
        cls, prop = MODEL.classes[value.prop.type], value.prop
        assert prop.inverse is not None
        inverse = cls.properties[prop.inverse]
        root, tables, clause, condition = tables_of(cls)
        element = Element(cls, value.element.chain, tables, root)
        on = all_of(
            element.column(inverse) == value.element.id, condition, self.context.read.condition(cls, root)
        )  # fmt: skip
        element.chain = self._attach(value.element.chain, clause, on, outer)
        if inverse.index_column:
            element.index = element.table(MODEL.classes[inverse.declared_in].table).c[inverse.index_column]
        return element

    def join_pairs(self, value: Pairs, outer: bool) -> Element:
        """The pairs of a map property, joined."""
        self.multiplied = True
        assert value.prop.map_table is not None
        alias = TABLES[value.prop.map_table].alias()
        on = alias.c[f"{value.holder.table}_id"] == value.element.id
        chain = self._attach(value.element.chain, alias, on, outer)
        return Element(None, chain, {value.prop.map_table: alias}, alias, alias.c.index)

    def join_condition(self, build: Callable[[], ColumnElement[bool]], at: int) -> None:
        """Add a condition to the join made last. Raises HqlError when the condition itself needs joins."""
        chain = self._last
        made = chain.clause if chain else None
        condition = build()
        if chain is None or chain not in self.chains or not isinstance(made, Join) or chain.clause is not made:
            hint = "Put it into the where clause."
            raise HqlError(at, "a condition of a join cannot follow further references", hint)
        assert made.onclause is not None
        chain.clause = made.left.join(made.right, and_(made.onclause, condition), isouter=made.isouter)

    def correlated(self, statement: Select[Any]) -> Select[Any]:
        """``statement`` of this scope with its references to the tables of the queries around it."""
        around = self.parent
        tables: list[FromClause] = []
        while around is not None:
            tables += [table for chain in around.chains for table in _tables_in(chain.clause)]
            around = around.parent
        return statement.correlate(*tables) if tables else statement

    def statement(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """A select of the columns from everything in this scope, with the conditions so far."""
        made = select(*columns).select_from(*(chain.clause for chain in self.chains))
        return self.correlated(made.where(*self.conditions) if self.conditions else made)

    def _attach(self, chain: Chain, clause: FromClause, on: ColumnElement[bool] | None, outer: bool) -> Chain:
        """Join ``clause`` to a chain of this query; what hangs on a query around it becomes a root of its own here."""
        condition = true() if on is None else on
        self._last = chain
        if chain in self.chains:
            chain.clause = chain.clause.join(clause, condition, isouter=outer)
            return chain
        own = Chain(clause)
        self.chains.append(own)
        self.conditions.append(condition)
        return own

    def _restrict(self, *conditions: ColumnElement[bool] | None) -> None:
        self.conditions += [c for c in conditions if c is not None]


def _tables_in(clause: FromClause) -> list[FromClause]:
    if isinstance(clause, Join):
        return [*_tables_in(clause.left), *_tables_in(clause.right)]
    return [clause]


def find_class(name: str, at: int) -> ModelClass:
    """The class of that name, whatever its case. Raises HqlError with the nearest names."""
    try:
        return MODEL.resolve(name)
    except KeyError:
        folded = [c for n, c in MODEL.classes.items() if n.lower() == name.lower()]
        if folded:
            return folded[0]
        raise HqlError(at, f"there is no class {name!r}", did_you_mean(name, MODEL.classes)) from None
