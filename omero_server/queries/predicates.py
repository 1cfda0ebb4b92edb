"""Conditions that are no comparison of two values: lists to choose from, patterns, null, collections, sub-queries."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, exists, false, not_, or_, true
from sqlalchemy.sql import ColumnElement
from sqlalchemy.types import String

from omero_server.queries import ast, collections
from omero_server.queries.comparisons import comparison, equal, equals_any, is_class, row, selected
from omero_server.queries.errors import HqlError
from omero_server.queries.evaluation import condition, evaluate, value_of
from omero_server.queries.parameters import fitting
from omero_server.queries.paths import scalar
from omero_server.queries.scope import Scope
from omero_server.queries.values import ClassOf, Scalar

__all__ = ["between", "existing", "is_empty", "is_in", "is_null", "is_truth", "like", "member"]


def is_in(scope: Scope, node: ast.In) -> Scalar:
    """``x in (...)``."""
    found = _chosen(scope, node.operand, node.choices)
    return Scalar(not_(found) if node.negated else found, "RBool")


def _chosen(scope: Scope, operand: ast.Expression, choices: ast.Expression) -> ColumnElement[bool]:
    nodes = choices.items if isinstance(choices, ast.Items) else (choices,)
    if isinstance(operand, ast.Items):
        return _row_chosen(scope, operand, nodes)
    tested = value_of(scope, operand)
    if isinstance(tested, ClassOf) and tested.element is not None:
        return or_(*(is_class(scope, tested, node) for node in nodes))
    column = scalar(tested, operand.at)
    if len(nodes) == 1 and isinstance(nodes[0], ast.SubQuery):
        return column.sql.in_(selected(scope, nodes[0].query))
    return or_(*(equals_any(scope, column, node) for node in nodes))


def _row_chosen(scope: Scope, operand: ast.Items, nodes: tuple[ast.Expression, ...]) -> ColumnElement[bool]:
    """``(a, b) in ((1, 2), (3, 4))``, or in a query that selects as many values."""
    values = row(scope, operand)
    if len(nodes) == 1 and isinstance(nodes[0], ast.SubQuery):
        found: ColumnElement[bool] = values.in_(selected(scope, nodes[0].query, len(operand.items)))
        return found
    for node in nodes:
        if not isinstance(node, ast.Items) or len(node.items) != len(operand.items):
            raise HqlError(node.at, f"{len(operand.items)} values in parentheses are expected here")
    return or_(*(equal(values, row(scope, node)) for node in nodes if isinstance(node, ast.Items)))


def between(scope: Scope, node: ast.Between) -> Scalar:
    """``x between a and b``."""
    low = ast.Binary(node.at, ">=", node.operand, node.low)
    high = ast.Binary(node.at, "<=", node.operand, node.high)
    found = and_(comparison(scope, low), comparison(scope, high))
    return Scalar(not_(found) if node.negated else found, "RBool")


def like(scope: Scope, node: ast.Like) -> Scalar:
    """``x like pattern``."""
    operand = evaluate(scope, node.operand).sql
    pattern = _pattern(scope, node.pattern)
    matches = operand.ilike if node.anycase else operand.like
    found = matches(pattern, escape=node.escape)
    return Scalar(not_(found) if node.negated else found, "RBool")


def _pattern(scope: Scope, node: ast.Expression) -> ColumnElement[Any]:
    if isinstance(node, ast.Parameter):
        return scope.context.parameters.bind(node.name, convert=fitting(String()))
    return evaluate(scope, node).sql


def is_null(scope: Scope, node: ast.IsNull) -> Scalar:
    """``x is null``."""
    tested = evaluate(scope, node.operand).sql
    return Scalar(tested.is_not(None) if node.negated else tested.is_(None), "RBool")


def is_truth(scope: Scope, node: ast.IsTruth) -> Scalar:
    """``x is true``."""
    tested, truth = condition(scope, node.operand), true() if node.truth else false()
    return Scalar(tested.is_not(truth) if node.negated else tested.is_(truth), "RBool")


def is_empty(scope: Scope, node: ast.IsEmpty) -> Scalar:
    """``x.collection is empty``."""
    found = exists(collections.elements(scope, value_of(scope, node.operand), node.at))
    return Scalar(found if node.negated else not_(found), "RBool")


def member(scope: Scope, node: ast.MemberOf) -> Scalar:
    """``x member of y.collection``."""
    operand = evaluate(scope, node.operand).sql
    found = collections.contains(scope, value_of(scope, node.collection), operand, node.at)
    return Scalar(not_(found) if node.negated else found, "RBool")


def existing(scope: Scope, node: ast.Exists) -> Scalar:
    """``exists (...)``."""
    if isinstance(node.operand, ast.SubQuery):
        return Scalar(exists(selected(scope, node.operand.query)), "RBool")
    arguments = node.operand.arguments if isinstance(node.operand, ast.Call) else (node.operand,)
    return Scalar(exists(collections.elements(scope, value_of(scope, arguments[0]), node.at)), "RBool")
