"""What can be said of a collection without joining it: size, emptiness, membership, indexes; and an object's class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.sql import ColumnElement, FromClause, Select

from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.queries import ast
from omero_server.queries.elements import Element, all_of, tables_of
from omero_server.queries.errors import HqlError
from omero_server.queries.evaluation import value_of
from omero_server.queries.scope import Scope
from omero_server.queries.values import ClassOf, Collection, Entity, Pairs, Reference, Scalar, Several, Value

__all__ = ["AS_PROPERTIES", "FUNCTIONS", "call", "contains", "elements"]

AS_PROPERTIES = frozenset({"elements", "indices", "maxelement", "maxindex", "minelement", "minindex", "size"})
FUNCTIONS = AS_PROPERTIES | {"index", "object", "type"}


def call(scope: Scope, node: ast.Call) -> Value:
    """The value of one of FUNCTIONS."""
    if len(node.arguments) != 1:
        raise HqlError(node.at, f"{node.name}() takes one argument, {len(node.arguments)} are given")
    value = value_of(scope, node.arguments[0])
    if node.name == "object":
        return value
    if node.name == "elements":
        return value
    if node.name == "type":
        return _type(value, node.at, scope)
    if node.name == "index":
        return _index(value, node.at)
    if node.name == "size":
        return Scalar(_over(scope, value, node.at, lambda table, _: func.count(literal(1))), "RInt")
    return _index_range(scope, node, value)


def elements(scope: Scope, value: Value, at: int) -> Select[Any]:
    """A sub-select of the ids of a collection's elements, as far as the caller may read them."""
    if isinstance(value, Several):
        return value.query
    return _select(scope, value, at, lambda table, key: key)


def contains(scope: Scope, value: Value, operand: ColumnElement[Any], at: int) -> ColumnElement[bool]:
    """Whether the collection holds the object with the id ``operand``."""
    return operand.in_(elements(scope, value, at))


def _type(value: Value, at: int, scope: Scope) -> Value:
    if isinstance(value, ClassOf):
        return value
    if isinstance(value, Reference):
        value = Entity(scope.implicit(value))
    if isinstance(value, Entity) and value.element.cls is not None:
        return ClassOf(value.element, value.element.cls)
    raise HqlError(at, "type() needs an object")


def _index(value: Value, at: int) -> Scalar:
    if isinstance(value, Entity) and value.element.index is not None:
        return Scalar(value.element.index, "RInt")
    raise HqlError(at, "index() needs the alias of a joined list", "Join an ordered list like 'well.wellSamples'.")


def _index_range(scope: Scope, node: ast.Call, value: Value) -> Value:
    if isinstance(value, Entity) and value.element.index is not None and node.name != "indices":
        function = func.max if node.name == "maxindex" else func.min
        return Scalar(function(value.element.index), "RInt")
    if not isinstance(value, Collection | Pairs):
        raise HqlError(node.at, f"{node.name}() needs a list")
    function = func.max if node.name.startswith("max") else func.min
    if node.name.endswith("element"):
        type_ = "RLong" if isinstance(value, Collection) else "RString"
        return Scalar(_over(scope, value, node.at, lambda _, key: function(key)), type_)

    def column(table: Any, _: Any) -> ColumnElement[Any]:
        if isinstance(value, Pairs):
            return _column(table, "index")
        inverse = MODEL.classes[value.prop.type].properties[value.prop.inverse or ""]
        if inverse.index_column is None:
            raise HqlError(node.at, f"{value.prop.name!r} has no order", f"{node.name}() needs an ordered list.")
        return _column(table, inverse.index_column)

    if node.name == "indices":
        return Several(_select(scope, value, node.at, column))
    return Scalar(_over(scope, value, node.at, lambda table, key: function(column(table, key))), "RInt")


def _over(scope: Scope, value: Value, at: int, what: Callable[[Any, Any], ColumnElement[Any]]) -> ColumnElement[Any]:
    return _select(scope, value, at, what).scalar_subquery()


def _select(scope: Scope, value: Value, at: int, what: Callable[[Any, Any], ColumnElement[Any]]) -> Select[Any]:
    if isinstance(value, Entity):
        return select(value.element.id)
    if isinstance(value, Pairs):
        pairs = TABLES[value.prop.map_table or ""].alias()
        on = pairs.c[f"{value.holder.table}_id"] == value.element.id
        return select(what(pairs, pairs.c.value)).select_from(pairs).where(on).correlate(value.element.root)
    if not isinstance(value, Collection):
        raise HqlError(at, "this is no collection")
    cls = MODEL.classes[value.prop.type]
    root, tables, clause, condition = tables_of(cls)
    inverse = cls.properties[value.prop.inverse or ""]
    element = Element(cls, scope.chains[0], tables, root)
    linked = element.column(inverse) == value.element.id
    conditions = all_of(linked, condition, scope.context.read.condition(cls, root))
    statement = select(what(root, root.c.id)).select_from(clause)
    return statement.where(linked if conditions is None else conditions).correlate(value.element.root)


def _column(table: FromClause, name: str) -> ColumnElement[Any]:
    return table.c[name]
