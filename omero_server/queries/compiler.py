"""Syntax tree to SQL: the from clause with its joins, the select list, and the plan that says how to read the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, nulls_first, nulls_last, select
from sqlalchemy.dialects.postgresql import psycopg2 as dialect
from sqlalchemy.sql import ColumnElement, Select

from omero_server.queries import ast
from omero_server.queries.columns import Columns
from omero_server.queries.elements import Element, Fetch
from omero_server.queries.errors import HqlError
from omero_server.queries.expressions import condition, evaluate, value_of
from omero_server.queries.items import Item, item_of
from omero_server.queries.parameters import Parameters
from omero_server.queries.parser import parse
from omero_server.queries.paths import resolve, scalar
from omero_server.queries.scope import Context, Scope, find_class
from omero_server.queries.values import Collection, Counts, Details, Entity, Pairs, Reference, Unit, Value
from omero_server.security.filter import ReadFilter

__all__ = ["Plan", "compile_query", "sub_select"]

DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Plan:
    """A statement and how to read its rows. Plans know no caller: who calls comes in with the bound parameters.

    constants: bound values that are part of the query. items: the select list, in order. names: keys of a map per row;
    None for a plain list. distinct: equal results are given once. needs_names: the statement wants the ids of the
    persons whose names the caller sees.
    """

    sql: str
    constants: dict[str, Any]
    parameters: Parameters
    items: list[Item]
    names: list[str] | None
    distinct: bool
    needs_names: bool


def compile_query(text: str, read: ReadFilter, masked: frozenset[str], limited: bool) -> Plan:
    """The plan of a query; ``limited`` when the values _limit and _offset will be bound. Raises HqlError."""
    tree = parse(text)
    context = Context(read, masked, sub_select)
    scope = Scope(context)
    _from_clause(scope, tree)
    if tree.where is not None:
        scope.conditions.append(condition(scope, tree.where))
    columns = Columns()
    names, items = _select_list(scope, tree, columns)
    repeated = limited and _fetches_collection(scope, items)
    statement = _finish(scope, tree, columns, items)
    if limited and not repeated:
        statement = _limit(statement)
    if repeated:
        statement = statement.where(_limited_roots(scope, tree, context))
    return _plan(statement, context, items, names, tree.distinct or repeated)


def sub_select(tree: ast.Query, parent: Scope) -> tuple[Select[Any], str | None]:
    """A query inside another, selecting one plain value or id; and the type of the value."""
    scope = Scope(parent.context, parent)
    _from_clause(scope, tree)
    if tree.where is not None:
        scope.conditions.append(condition(scope, tree.where))
    selected = _selected(tree)
    if isinstance(selected, ast.NewMap) or len(selected) != 1:
        raise HqlError(tree.at, "a query inside another selects exactly one value")
    scope.masking = parent.masking
    value = evaluate(scope, selected[0].expression)
    scope.masking = False
    groups = [evaluate(scope, g).sql for g in tree.group]
    having = condition(scope, tree.having) if tree.having else None
    order = [_ordered(scope, o) for o in tree.order]
    statement = scope.statement(value.sql).group_by(*groups).order_by(*order)
    if having is not None:
        statement = statement.having(having)
    return (statement.distinct() if tree.distinct else statement), value.type


def _from_clause(scope: Scope, tree: ast.Query) -> None:
    for source in tree.sources:
        if isinstance(source, ast.Join):
            _join(scope, source)
        else:
            _source(scope, source)


def _source(scope: Scope, source: ast.Source) -> None:
    if len(source.names) > 1 and scope.find(source.names[0]) is not None:
        # "from Fileset f, f.images i", or a sub-query over a collection of the query around.
        _join(scope, ast.Join(source.at, ast.Path(source.at, source.names), source.alias, False, False))
        return
    scope.add_root(find_class(".".join(source.names), source.at), source.alias, source.at)


def _join(scope: Scope, join: ast.Join) -> None:
    def along(reference: Reference) -> Element:
        """What lies between is joined in the same way."""
        return scope.join_reference(reference, join.outer) if join.outer else scope.implicit(reference)

    value = resolve(scope, join.path.names, join.at, along)
    if isinstance(value, Details | Unit):
        scope.name(join.alias, value, join.at)
        return
    if isinstance(value, Counts):
        if join.fetch:
            value.element.counts.append(value.prop)
        return
    element = _joined(scope, value, join)
    scope.name(join.alias, Entity(element), join.at)
    if join.condition is not None:
        given = join.condition
        scope.join_condition(lambda: condition(scope, given), given.at)
    if join.fetch and isinstance(value, Reference | Collection):
        value.element.fetches.append(Fetch(element, value.prop if isinstance(value, Collection) else None))


def _joined(scope: Scope, value: Value, join: ast.Join) -> Element:
    if isinstance(value, Reference):
        return scope.join_reference(value, join.outer)
    if isinstance(value, Collection):
        return scope.join_collection(value, join.outer)
    if isinstance(value, Pairs):
        return scope.join_pairs(value, join.outer)
    raise HqlError(join.at, f"{'.'.join(join.path.names)!r} is neither an object nor a collection")


def _selected(tree: ast.Query) -> tuple[ast.Selected, ...] | ast.NewMap:
    """The select list; without one, the first source."""
    if tree.select is not None:
        return tree.select
    source = tree.sources[0]
    assert isinstance(source, ast.Source)
    return (ast.Selected(ast.Path(source.at, (source.alias or "",))),)


def _select_list(scope: Scope, tree: ast.Query, columns: Columns) -> tuple[list[str] | None, list[Item]]:
    selected = _selected(tree)
    items = selected.items if isinstance(selected, ast.NewMap) else selected
    scope.masking = True
    made = [item_of(_item_value(scope, item), item.alias, columns, item.expression.at) for item in items]
    scope.masking = False
    if not isinstance(selected, ast.NewMap):
        return None, made
    return [item.alias or str(number) for number, item in enumerate(items)], made


def _item_value(scope: Scope, item: ast.Selected) -> Value:
    node = item.expression
    if isinstance(node, ast.Path) and node.names == ("",):
        return Entity(scope.unnamed[0])
    value = value_of(scope, node)
    permissions = item.alias is not None and item.alias.endswith("_details_permissions")
    if isinstance(value, Reference):
        value = Entity(scope.implicit(value))
    elif isinstance(value, Collection):
        value = Entity(scope.join_collection(value, outer=False))
    if item.alias and not isinstance(value, Entity) and not permissions:
        scope.selected[item.alias] = value
    return value


def _finish(scope: Scope, tree: ast.Query, columns: Columns, items: list[Item]) -> Select[Any]:
    scope.masking = tree.distinct or bool(tree.group)
    groups = [evaluate(scope, g).sql for g in tree.group]
    order = [_ordered(scope, o) for o in tree.order]
    scope.masking = False
    having = condition(scope, tree.having) if tree.having else None
    statement = scope.statement(*columns.labelled()).group_by(*groups).order_by(*order)
    if having is not None:
        statement = statement.having(having)
    # Objects with fetched collections are made distinct when they are built: their rows differ.
    return statement.distinct() if tree.distinct and not _fetches_collection(scope, items) else statement


def _ordered(scope: Scope, order: ast.Order) -> ColumnElement[Any]:
    column = evaluate(scope, order.expression).sql
    ordered: ColumnElement[Any] = column.desc() if order.descending else column.asc()
    if order.nulls is not None:
        ordered = nulls_first(ordered) if order.nulls == "first" else nulls_last(ordered)
    return ordered


def _limit(statement: Select[Any]) -> Select[Any]:
    limit = bindparam("_limit", required=False, type_=BigInteger)
    return statement.limit(limit).offset(bindparam("_offset", required=False, type_=BigInteger))


def _fetches_collection(scope: Scope, items: list[Item]) -> bool:
    return any(_has_list(item.node.element) for item in items if item.node is not None)


def _has_list(element: Element) -> bool:
    return any(fetch.prop is not None or _has_list(fetch.child) for fetch in element.fetches)


def _limited_roots(scope: Scope, tree: ast.Query, context: Context) -> ColumnElement[bool]:
    """Whether the first selected object is among those on the page: limits count objects, not joined rows."""
    selected = _selected(tree)
    assert not isinstance(selected, ast.NewMap)
    root = selected[0].expression
    inner = Scope(context)
    needed = tuple(_needed_joins(tree, root))
    _from_clause(inner, replace(tree, sources=needed))
    if tree.where is not None:
        inner.conditions.append(condition(inner, tree.where))
    key = scalar(_item_value(inner, ast.Selected(root)), root.at).sql
    order = [_ordered(inner, o) for o in tree.order]
    if not _has_collection_join(inner, needed):
        page = _limit(inner.statement(key).order_by(*order))
    else:
        place = func.row_number().over(order_by=order or None).label("place")
        rows = inner.statement(key.label("id"), place).subquery()
        page = _limit(select(rows.c.id).group_by(rows.c.id).order_by(func.min(rows.c.place)))
    return scalar(_item_value(scope, ast.Selected(root)), root.at).sql.in_(page)


def _needed_joins(tree: ast.Query, root: ast.Expression) -> Iterator[ast.Source | ast.Join]:
    """Sources and joins without those outer joins that nothing refers to: they do not change which roots there are."""
    used = {name for part in (root, tree.where, tree.order) for name in _first_names(part)}
    kept: list[ast.Source | ast.Join] = []
    for source in reversed(tree.sources):
        spare = isinstance(source, ast.Join) and source.outer and source.alias not in used and source.condition is None
        if not spare:
            kept.append(source)
            used |= {source.path.names[0]} if isinstance(source, ast.Join) else set(source.names[:1])
    return reversed(kept)


def _first_names(part: Any) -> Iterator[str]:
    """The first names of all paths in a part of a tree."""
    if isinstance(part, ast.Path):
        yield part.names[0]
    elif isinstance(part, tuple):
        for each in part:
            yield from _first_names(each)
    elif hasattr(part, "__dataclass_fields__"):
        for name in part.__dataclass_fields__:
            yield from _first_names(getattr(part, name))


def _has_collection_join(scope: Scope, sources: tuple[ast.Source | ast.Join, ...]) -> bool:
    return scope.multiplied or sum(isinstance(s, ast.Source) for s in sources) > 1


def _plan(statement: Select[Any], context: Context, items: list[Item], names: list[str] | None, distinct: bool) -> Plan:
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    bound = set(context.parameters.uses)
    constants = {k: v for k, v in compiled.params.items() if k not in bound and not k.startswith("_")}
    return Plan(str(compiled), constants, context.parameters, items, names, distinct, context.names_used)
