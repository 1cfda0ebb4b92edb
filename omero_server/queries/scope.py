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
from omero_server.queries.leniency import CLASSES
from omero_server.queries.parameters import Parameters
from omero_server.queries.values import Collection, Details, Entity, Pairs, Reference, Unit
from omero_server.security.filter import ReadFilter

__all__ = ["Context", "Scope", "find_class", "narrowed"]


@dataclass
class Context:
    """What all scopes of one statement share.

    sub_select: makes the select of a query inside another with so many values, and tells the type of the first.
    masked: the classes whose hidden texts the caller does not see, see ``security.masking``; names_used tells whether
    the statement needs the ids of the persons whose names he does see.
    """

    read: ReadFilter
    masked: frozenset[str]
    sub_select: Callable[[ast.Query, Scope, int], tuple[Select[Any], str | None]]
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
        self._sources: set[str] = set()
        self._last: Chain | None = None
        self._implicit: dict[tuple[int, str], Element] = {}

    def add_root(self, cls: ModelClass, alias: str | None, at: int) -> Element:
        """A class named in the from clause."""
        if alias in self.names:
            raise HqlError(at, f"the alias {alias!r} is used twice", "Give each source a name of its own.")
        root, tables, clause, condition = tables_of(cls)
        chain = Chain(clause)
        self.chains.append(chain)
        element = Element(cls, chain, tables, root)
        self._require(chain, root.c.id, condition, self.context.read.condition(cls, root))
        if alias is None:
            self.unnamed.append(element)
        else:
            self.names[alias] = Entity(element)
            self._sources.add(alias)
        return element

    def name(self, alias: str | None, value: Entity | Details | Unit, at: int = 0) -> None:
        """Give a joined value its alias. Of several joins with one name the last wins, as clients rely on it.

        Raises HqlError when a source has that name.
        """
        if alias in self._sources:
            raise HqlError(at, f"the alias {alias!r} is used twice", "Give what is joined a name of its own.")
        if alias is not None:
            self.names[alias] = value

    def find(self, name: str) -> Entity | Details | Unit | None:
        """The value of an alias, here or in the queries around; in another case if there is only one such."""
        around: Scope | None = self
        while around is not None:
            if name in around.names:
                return around.names[name]
            around = around.parent
        folded = [v for n, v in self.names.items() if n.lower() == name.lower()]
        if len(folded) == 1:
            return folded[0]
        return self.parent.find(name) if self.parent is not None else None

    def join_reference(self, reference: Reference, outer: bool, reverse: bool = False) -> Element:
        """The target of a to-one reference, joined."""
        cls = reference.target
        root, tables, clause, condition = tables_of(cls)
        restricted = all_of(condition, self.context.read.condition(cls, root))
        link = root.c.id == reference.column
        chain = self._attach(reference.element.chain, clause, all_of(link, restricted), outer, reverse)
        if reverse:
            self._require_partner(chain, root.c.id, restricted, outer)
        return Element(cls, chain, tables, root)

    def implicit(self, reference: Reference) -> Element:
        """The target of a reference on the way of a path: joined once per query, and only rows that have one stay."""
        key = (id(reference.element), str(reference.column))
        if key not in self._implicit:
            self._implicit[key] = self.join_reference(reference, outer=False)
        return self._implicit[key]

    def groups(self, value: Reference) -> list[ColumnElement[Any]]:
        """What to group by when a query groups by a reference: if its target is joined, all of that may be selected."""
        target = self._implicit.get((id(value.element), str(value.column)))
        return [value.column] if target is None else [value.column, target.id]

    def join_collection(self, value: Collection, outer: bool, reverse: bool = False) -> Element:
        """The objects of a to-many property, joined."""
        self.multiplied = True
        cls, prop = MODEL.classes[value.prop.type], value.prop
        assert prop.inverse is not None
        inverse = cls.properties[prop.inverse]
        root, tables, clause, condition = tables_of(cls)
        element = Element(cls, value.element.chain, tables, root)
        restricted = all_of(condition, self.context.read.condition(cls, root))
        link = element.column(inverse) == value.element.id
        element.chain = self._attach(value.element.chain, clause, all_of(link, restricted), outer, reverse)
        if reverse:
            self._require_partner(element.chain, root.c.id, restricted, outer)
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
        """Add a condition to the join made last. Raises HqlError when that of an outer join itself needs joins."""
        chain = self._last
        made = chain.clause if chain else None
        condition = build()
        if chain is None or chain not in self.chains or not isinstance(made, Join):
            self.conditions.append(condition)
        elif chain.clause is made:
            assert made.onclause is not None
            on = and_(made.onclause, condition)
            chain.clause = Join(made.left, made.right, on, isouter=made.isouter, full=made.full)
        elif made.isouter or made.full:
            hint = "Join these references first, then write 'with'."
            raise HqlError(at, "the condition of an outer join cannot follow further references", hint)
        else:
            self.conditions.append(condition)

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
        required = [condition for chain in self.chains for condition in chain.conditions()]
        return self.correlated(made.where(*required, *self.conditions))

    def _attach(
        self, chain: Chain, clause: FromClause, on: ColumnElement[bool] | None, outer: bool, reverse: bool = False
    ) -> Chain:
        """Join ``clause`` to a chain of this query; what hangs on a query around it becomes a root of its own here."""
        condition = true() if on is None else on
        self._last = chain
        if chain not in self.chains:
            own = Chain(clause)
            self.chains.append(own)
            self.conditions.append(condition)
            return own
        if not reverse:
            chain.clause = chain.clause.join(clause, condition, isouter=outer)
            return chain
        # Nobody's partner may be a row that the where clause would drop: it would take its partner with it.
        condition = and_(condition, *(required for _, required in chain.required))
        if outer:
            chain.clause = chain.clause.join(clause, condition, full=True)
        else:
            chain.clause = clause.join(chain.clause, condition, isouter=True)
        chain.optional = len(chain.required)
        return chain

    def _require(self, chain: Chain, id_: ColumnElement[Any], *conditions: ColumnElement[bool] | None) -> None:
        chain.required += [(id_, c) for c in conditions if c is not None]

    def _require_partner(
        self, chain: Chain, id_: ColumnElement[Any], condition: ColumnElement[bool] | None, outer: bool
    ) -> None:
        """What a right or full join brings in without a partner must be allowed, too."""
        self._require(chain, id_, condition)
        if outer:
            chain.optional = len(chain.required)


def _tables_in(clause: FromClause) -> list[FromClause]:
    if isinstance(clause, Join):
        return [*_tables_in(clause.left), *_tables_in(clause.right)]
    return [clause]


def find_class(name: str, at: int) -> ModelClass:
    """The class of that name, whatever its case. Raises HqlError with the nearest names."""
    try:
        return MODEL.resolve(name)
    except KeyError:
        meant = CLASSES.get(name.lower(), name.lower())
        folded = [c for n, c in MODEL.classes.items() if n.lower() == meant]
        if folded:
            return folded[0]
        hint = did_you_mean(name, MODEL.classes) or "Classes have the names of the OME model, such as Image."
        raise HqlError(at, f"there is no class {name!r}", hint) from None


def narrowed(element: Element, parent: ModelClass) -> ColumnElement[bool] | None:
    """What keeps of links only those whose parent is of a class; None when that is what they all are."""
    if parent.superclass is None:
        return None
    root, _, clause, condition = tables_of(parent)
    ids = select(root.c.id).select_from(clause)
    found: ColumnElement[bool] = element.root.c.parent.in_(ids if condition is None else ids.where(condition))
    return found
