"""Syntax tree to SQL: the from clause with its joins, the select list, and the plan that says how to read the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, nulls_first, nulls_last, select
from sqlalchemy.sql import ColumnElement, Select
from sqlalchemy.sql.elements import BindParameter, ColumnClause, False_, Null, True_
from sqlalchemy.sql.selectable import ScalarSelect
from sqlalchemy.sql.visitors import iterate

from omero_server.queries import ast
from omero_server.queries.columns import Columns
from omero_server.queries.driver import DIALECT
from omero_server.queries.elements import Element
from omero_server.queries.errors import HqlError
from omero_server.queries.expressions import condition, evaluate, value_of
from omero_server.queries.items import Item, item_of
from omero_server.queries.leniency import implied_sources, walk
from omero_server.queries.parameters import Parameters
from omero_server.queries.parser import parse
from omero_server.queries.paths import scalar
from omero_server.queries.scope import Context, Scope
from omero_server.queries.sources import from_clause
from omero_server.queries.values import Collection, Entity, Reference, Scalar, Value
from omero_server.security.filter import ReadFilter

__all__ = ["Plan", "compile_query", "sub_select"]

AGGREGATES = ("avg", "count", "max", "min", "sum")


@dataclass(frozen=True)
class Plan:
    """A statement and how to read its rows. Plans know no caller: who calls comes in with the bound parameters.

    constants: bound values that are part of the query. items: the select list, in order. names: keys of a map per row;
    None for plain values. listed: a list per row was asked for. distinct: equal results are given once. needs_names:
    the statement wants the ids of the persons whose names the caller sees.
    """

    sql: str
    constants: dict[str, Any]
    parameters: Parameters
    items: list[Item]
    names: list[str] | None
    listed: bool
    distinct: bool
    needs_names: bool


def compile_query(text: str, read: ReadFilter, masked: frozenset[str], limited: bool) -> Plan:
    """The plan of a query; ``limited`` when the values _limit and _offset will be bound. Raises HqlError."""
    tree = parse(text)
    if not tree.sources:
        tree = replace(tree, sources=implied_sources(tree))
    context = Context(read, masked, sub_select)
    scope = Scope(context)
    from_clause(scope, tree)
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
    listed = isinstance(tree.select, ast.NewRow) and tree.select.kind == "list"
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    bound = set(context.parameters.uses)
    constants = {k: v for k, v in compiled.params.items() if k not in bound and not k.startswith("_")}
    distinct = tree.distinct or repeated
    return Plan(str(compiled), constants, context.parameters, items, names, listed, distinct, context.names_used)


def sub_select(tree: ast.Query, parent: Scope, width: int) -> tuple[Select[Any], str | None]:
    """A query inside another, selecting so many plain values or ids; and the type of the first."""
    scope = Scope(parent.context, parent)
    from_clause(scope, tree)
    if tree.where is not None:
        scope.conditions.append(condition(scope, tree.where))
    selected = _selected(tree)
    if isinstance(selected, ast.NewRow) or len(selected) != width:
        wanted = "exactly one value" if width == 1 else f"{width} values here"
        raise HqlError(tree.at, f"a query inside another selects {wanted}")
    scope.masking = parent.masking
    values = [_plain_item(scope, item) for item in selected]
    scope.masking = False
    groups = [column for node in tree.group for column in _grouped(scope, node)]
    having = condition(scope, tree.having) if tree.having else None
    order = [_ordered(scope, o) for o in tree.order]
    statement = scope.statement(*(v.sql for v in values)).group_by(*groups).order_by(*order)
    if having is not None:
        statement = statement.having(having)
    return (statement.distinct() if tree.distinct else statement), values[0].type


def _plain_item(scope: Scope, item: ast.Selected) -> Scalar:
    node = item.expression
    value = Entity(scope.unnamed[0]) if node == ast.Path(node.at, ("",)) else value_of(scope, node)
    if isinstance(value, Collection):
        value = Entity(scope.join_collection(value, outer=False))
    return scalar(value, node.at)


def _selected(tree: ast.Query) -> tuple[ast.Selected, ...] | ast.NewRow:
    """The select list; without one, the first source."""
    if tree.select is not None:
        return tree.select
    source = tree.sources[0]
    assert isinstance(source, ast.Source)
    return (ast.Selected(ast.Path(source.at, (source.alias or "",))),)


def _select_list(scope: Scope, tree: ast.Query, columns: Columns) -> tuple[list[str] | None, list[Item]]:
    selected = _selected(tree)
    items = selected.items if isinstance(selected, ast.NewRow) else selected
    scope.masking = True
    made = [item_of(_item_value(scope, item), item.alias, columns, item.expression.at) for item in items]
    scope.masking = False
    if not isinstance(selected, ast.NewRow) or selected.kind == "list":
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
    groups = [column for node in tree.group for column in _grouped(scope, node)]
    order = [_ordered(scope, o) for o in tree.order]
    scope.masking = False
    having = condition(scope, tree.having) if tree.having else None
    statement = scope.statement(*columns.labelled()).group_by(*groups)
    if having is not None:
        statement = statement.having(having)
    # Objects with fetched collections are made distinct when they are built: their rows differ.
    if not tree.distinct or _fetches_collection(scope, items):
        return statement.order_by(*order)
    return _distinct(scope, tree, statement, columns)


def _distinct(scope: Scope, tree: ast.Query, statement: Select[Any], columns: Columns) -> Select[Any]:
    """Each row once, in the asked order, which may be by something that is not selected."""
    sorted_by = [evaluate(scope, order.expression).sql for order in tree.order]
    selected = [str(column) for column in columns.columns]
    aggregated = any(isinstance(node, ast.Call) and node.name in AGGREGATES for node in walk((tree.select, tree.order)))
    if tree.group or aggregated or all(str(column) in selected for column in sorted_by):
        return statement.distinct().order_by(*map(_directed, sorted_by, tree.order))
    kept = [column for column in columns.columns if not isinstance(column, BindParameter | True_ | False_ | Null)]
    firsts = [
        (func.max if order.descending else func.min)(column)
        for column, order in zip(sorted_by, tree.order, strict=True)
    ]
    return statement.group_by(*kept).order_by(*map(_directed, firsts, tree.order))


def _grouped(scope: Scope, node: ast.Expression) -> list[ColumnElement[Any]]:
    value = value_of(scope, node)
    return scope.groups(value) if isinstance(value, Reference) else [scalar(value, node.at).sql]


def _ordered(scope: Scope, order: ast.Order) -> ColumnElement[Any]:
    return _directed(evaluate(scope, order.expression).sql, order)


def _directed(column: ColumnElement[Any], order: ast.Order) -> ColumnElement[Any]:
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
    assert not isinstance(selected, ast.NewRow)
    root = selected[0].expression
    inner = Scope(context)
    needed = tuple(_needed_joins(tree, root))
    from_clause(inner, replace(tree, sources=needed))
    if tree.where is not None:
        inner.conditions.append(condition(inner, tree.where))
    value = _item_value(inner, ast.Selected(root))
    key = scalar(value, root.at).sql
    order = [_ordered(inner, o) for o in tree.order]
    if not _has_collection_join(inner, needed):
        page = _limit(inner.statement(key).order_by(*order))
    elif all(_belongs(o, value) for o in order):
        # Each root has one place only: to sort the roots is much cheaper than to number all rows.
        keys = [evaluate(inner, o.expression).sql for o in tree.order]
        page = _limit(inner.statement(key).group_by(key, *keys).order_by(*order))
    else:
        place = func.row_number().over(order_by=order or None).label("place")
        rows = inner.statement(key.label("id"), place).subquery()
        page = _limit(select(rows.c.id).group_by(rows.c.id).order_by(func.min(rows.c.place)))
    return scalar(_item_value(scope, ast.Selected(root)), root.at).sql.in_(page)


def _belongs(order: ColumnElement[Any], root: Value) -> bool:
    """Whether an order depends on nothing but the root itself."""
    tables = root.element.tables.values() if isinstance(root, Entity) else ()
    parts = list(iterate(order))
    columns = [each for each in parts if isinstance(each, ColumnClause)]
    if not columns or any(isinstance(each, ScalarSelect) for each in parts):
        return False
    return all(any(column.table is table for table in tables) for column in columns)


def _needed_joins(tree: ast.Query, root: ast.Expression) -> Iterator[ast.Source | ast.Join]:
    """Sources and joins without those outer joins that nothing refers to: they do not change which roots there are."""
    used = {node.names[0] for node in walk((root, tree.where, tree.order)) if isinstance(node, ast.Path)}
    kept: list[ast.Source | ast.Join] = []
    for source in reversed(tree.sources):
        if not (isinstance(source, ast.Join) and _spare(source) and source.alias not in used):
            kept.append(source)
            used |= {source.path.names[0]} if isinstance(source, ast.Join) else set(source.names[:1])
    return reversed(kept)


def _spare(join: ast.Join) -> bool:
    return join.outer and not join.reverse and join.condition is None


def _has_collection_join(scope: Scope, sources: tuple[ast.Source | ast.Join, ...]) -> bool:
    return scope.multiplied or sum(isinstance(s, ast.Source) for s in sources) > 1
