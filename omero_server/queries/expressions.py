"""Values of a query as expressions of SQLAlchemy: paths, literals, arithmetic, functions; and who handles what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import and_, case, false, literal, not_, null, or_, true
from sqlalchemy.sql import ColumnElement

from omero_server.queries import ast, collections, functions, predicates
from omero_server.queries.comparisons import COMPARISONS, comparison
from omero_server.queries.errors import HqlError, UnknownName
from omero_server.queries.evaluation import HANDLERS, condition, evaluate, value_of
from omero_server.queries.paths import resolve, step
from omero_server.queries.scope import Scope
from omero_server.queries.values import Collection, Entity, Pairs, Scalar, Value

__all__ = ["condition", "evaluate", "value_of"]

ARITHMETIC: dict[str, Callable[[Any, Any], ColumnElement[Any]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    # Whole numbers divide to whole numbers, as in the database.
    "/": lambda a, b: a.op("/", precedence=8)(b),
    "%": lambda a, b: a % b,
}


def _path(scope: Scope, node: ast.Path) -> Value:
    """A path; ``d.imageLinks.size`` and the like are functions of the collection in front."""
    function = node.names[-1].lower()
    if len(node.names) > 1 and function in collections.AS_PROPERTIES:
        holder = resolve(scope, node.names[:-1], node.at)
        if isinstance(holder, Collection | Pairs):
            inner = ast.Path(node.at, node.names[:-1])
            return collections.call(scope, ast.Call(node.at, function, (inner,)))
    return resolve(scope, node.names, node.at)


def _place(scope: Scope, node: ast.Place) -> Value:
    """``well.wellSamples[0].image``: the list is joined at that place."""
    holder = resolve(scope, node.collection.names, node.at)
    place = evaluate(scope, node.place).sql
    if not isinstance(holder, Collection | Pairs):
        raise HqlError(node.at, "only an element of a list has a place", "Write list[place].")
    join = scope.join_collection if isinstance(holder, Collection) else scope.join_pairs
    element = join(holder, outer=False)  # type: ignore[arg-type]
    if element.index is None:
        raise HqlError(node.at, f"{holder.prop.name!r} has no order", "Only elements of ordered lists have a place.")
    scope.conditions.append(element.index == place)
    value: Value = Entity(element)
    for name in node.names:
        value = step(value, name, node.at, scope.implicit, scope)
    return value


def _literal(scope: Scope, node: ast.Literal) -> Scalar:
    value = node.value
    if value is None:
        return Scalar(null(), None)
    if isinstance(value, bool):
        return Scalar(true() if value else false(), "RBool")
    if isinstance(value, int):
        return Scalar(literal(value), "RLong" if node.long else "RInt")
    return Scalar(literal(value), "RDouble" if isinstance(value, float) else "RString")


def _parameter(scope: Scope, node: ast.Parameter) -> Scalar:
    return Scalar(scope.context.parameters.bind(node.name), None)


def _binary(scope: Scope, node: ast.Binary) -> Scalar:
    if node.op in ("or", "and"):
        parts = [condition(scope, part) for part in _flatten(node, node.op)]
        return Scalar(or_(*parts) if node.op == "or" else and_(*parts), "RBool")
    if node.op in COMPARISONS:
        return Scalar(comparison(scope, node), "RBool")
    left, right = evaluate(scope, node.left), evaluate(scope, node.right)
    if node.op == "||":
        return functions.call("concat", [left, right], False, node.at)
    return Scalar(ARITHMETIC[node.op](left.sql, right.sql), functions.arithmetic_type(left, right))


def _flatten(node: ast.Expression, op: str) -> list[ast.Expression]:
    """The operands of a chain of one operator, without recursion: programs write chains of thousands."""
    operands: list[ast.Expression] = []
    while isinstance(node, ast.Binary) and node.op == op:
        operands.append(node.right)
        node = node.left
    return [node, *reversed(operands)]


def _unary(scope: Scope, node: ast.Unary) -> Scalar:
    if node.op == "not":
        return Scalar(not_(condition(scope, node.operand)), "RBool")
    operand = evaluate(scope, node.operand)
    return Scalar(-operand.sql, operand.type)


def _call(scope: Scope, node: ast.Call) -> Value:
    if node.name in collections.FUNCTIONS:
        return collections.call(scope, node)
    if node.name == "count" and node.arguments and isinstance(node.arguments[0], ast.AllItems):
        return functions.count_all()
    if node.name == "coalesce":
        return functions.call("coalesce", _known(scope, node), False, node.at)
    arguments = [evaluate(scope, argument) for argument in node.arguments]
    return functions.call(node.name, arguments, node.distinct, node.at)


def _known(scope: Scope, node: ast.Call) -> list[Scalar]:
    """The arguments of coalesce. A path that begins with an unknown name has no value, so the others count."""
    found = []
    unknown: UnknownName | None = None
    for argument in node.arguments:
        try:
            found.append(evaluate(scope, argument))
        except UnknownName as error:
            if not isinstance(argument, ast.Path) or len(argument.names) < 2:
                raise
            unknown = error
    if unknown is not None and not found:
        raise unknown
    return found


def _cast(scope: Scope, node: ast.Cast) -> Scalar:
    return functions.cast(evaluate(scope, node.operand), node.type, node.at)


def _case(scope: Scope, node: ast.Case) -> Scalar:
    whens, types = [], []
    for test, result in node.branches:
        if node.operand is not None:
            test = ast.Binary(test.at, "=", node.operand, test)
        value = evaluate(scope, result)
        whens.append((condition(scope, test), value.sql))
        types.append(value)
    otherwise = evaluate(scope, node.otherwise) if node.otherwise else None
    known = [*types, otherwise] if otherwise else types
    type_ = known[0].type if len({v.type for v in known}) == 1 else functions.arithmetic_type(known[0], known[-1])
    return Scalar(case(*whens, else_=otherwise.sql if otherwise else None), type_ or known[0].type)


def _sub_query(scope: Scope, node: ast.SubQuery) -> Scalar:
    statement, type_ = scope.context.sub_select(node.query, scope, 1)
    return Scalar(statement.scalar_subquery(), type_)


def _items(scope: Scope, node: ast.Items) -> Value:
    if len(node.items) == 1:
        return value_of(scope, node.items[0])
    raise HqlError(node.at, "a list can only stand after 'in'")


HANDLERS |= {
    ast.Between: predicates.between,
    ast.Binary: _binary,
    ast.Call: _call,
    ast.Case: _case,
    ast.Cast: _cast,
    ast.Exists: predicates.existing,
    ast.In: predicates.is_in,
    ast.IsEmpty: predicates.is_empty,
    ast.IsNull: predicates.is_null,
    ast.IsTruth: predicates.is_truth,
    ast.Items: _items,
    ast.Like: predicates.like,
    ast.Literal: _literal,
    ast.MemberOf: predicates.member,
    ast.Parameter: _parameter,
    ast.Path: _path,
    ast.Place: _place,
    ast.SubQuery: _sub_query,
    ast.Unary: _unary,
}
