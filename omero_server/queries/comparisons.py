"""Values beside values: which are equal, less or more; labels of units, classes, and values in parentheses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import all_, any_, literal, not_, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, ENUM
from sqlalchemy.sql import ColumnElement
from sqlalchemy.types import NullType, String, TypeEngine

from omero_server.model.schema import MODEL, ModelClass
from omero_server.queries import ast, collections
from omero_server.queries.errors import HqlError, did_you_mean
from omero_server.queries.evaluation import evaluate, value_of
from omero_server.queries.parameters import fitting
from omero_server.queries.paths import scalar
from omero_server.queries.scope import Scope, find_class
from omero_server.queries.values import ClassOf, Entity, Scalar

__all__ = ["COMPARISONS", "comparison", "equal", "equals_any", "is_class", "row", "selected"]

COMPARISONS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def comparison(scope: Scope, node: ast.Binary) -> ColumnElement[bool]:
    """Two sides with one of COMPARISONS between them."""
    by_class = _class_comparison(scope, node)
    if by_class is not None:
        return by_class
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(side, ast.Literal) and side.value is None and node.op in ("=", "<>"):
            tested = evaluate(scope, other).sql
            return tested.is_(None) if node.op == "=" else tested.is_not(None)
    if isinstance(node.left, ast.Items) and isinstance(node.right, ast.Items):
        return COMPARISONS[node.op](row(scope, node.left), row(scope, node.right))
    left, right = _operands(scope, node.left, node.right)
    return COMPARISONS[node.op](left, right)


def _operands(scope: Scope, left: ast.Expression, right: ast.Expression) -> tuple[Any, Any]:
    """Both sides of a comparison; a parameter or text compared with a unit is translated to the database's label."""
    if isinstance(right, ast.Quantified):
        return evaluate(scope, left).sql, _quantified(scope, right)
    first = None if isinstance(left, ast.Parameter) else evaluate(scope, left)
    second = None if isinstance(right, ast.Parameter) else evaluate(scope, right)
    return (
        first.sql if first and not _is_label(left, second) else _labelled(scope, left, second),
        second.sql if second and not _is_label(right, first) else _labelled(scope, right, first),
    )


def _is_label(node: ast.Expression, other: Scalar | None) -> bool:
    return isinstance(node, ast.Literal) and other is not None and other.unit is not None


def _labelled(scope: Scope, node: ast.Expression, other: Scalar | None) -> Any:
    unit = other.unit if other else None
    if isinstance(node, ast.Literal):
        return literal(_label(unit, node.at)(node.value), type_=other.sql.type if other else None)
    assert isinstance(node, ast.Parameter)
    type_ = _comparable_type(other)
    return scope.context.parameters.bind(node.name, False, type_, _label(unit, node.at) if unit else fitting(type_))


def _comparable_type(other: Scalar | None) -> TypeEngine[Any] | None:
    return None if other is None or isinstance(other.sql.type, NullType) else other.sql.type


def _label(unit: str | None, at: int) -> Callable[[Any], str]:
    symbols = dict(MODEL.units[unit]) if unit else {}

    def label(name: Any) -> str:
        if name in symbols:
            return symbols[name]
        if name in symbols.values():
            return str(name)
        raise HqlError(at, f"there is no unit {name!r} of {unit}", did_you_mean(str(name), symbols))

    return label


def _class_comparison(scope: Scope, node: ast.Binary) -> ColumnElement[bool] | None:
    """``x.class = TagAnnotation`` (or type(x), or a parameter with the name); None for any other comparison."""
    if node.op not in ("=", "<>"):
        return None
    for side, other in ((node.left, node.right), (node.right, node.left)):
        value = value_of(scope, side) if isinstance(side, ast.Path | ast.Call) else None
        if isinstance(value, ClassOf) and value.element is not None:
            found = is_class(scope, value, other)
            return not_(found) if node.op == "<>" else found
    return None


def is_class(scope: Scope, tested: ClassOf, node: ast.Expression) -> ColumnElement[bool]:
    """Whether an object is of the class, or one of the classes, that a node names."""
    assert tested.element is not None
    if isinstance(node, ast.Parameter):
        # A list of classes matches any of them.
        return tested.element.class_name() == any_(scope.context.parameters.bind(node.name, True, None, _class_key))
    if isinstance(node, ast.Literal):
        if node.value in {c.discriminator for c in MODEL.classes.values()} - {None}:
            return tested.element.root.c.discriminator == node.value
        return tested.element.is_class(find_class(str(node.value), node.at))
    value = value_of(scope, node)
    if isinstance(value, ClassOf):
        if value.element is None:
            return tested.element.is_class(value.cls)
        return tested.element.class_name() == value.element.class_name()
    raise HqlError(node.at, "a class is compared with the name of a class")


def _class_key(name: Any) -> str:
    cls: ModelClass = find_class(str(name), 0)
    return cls.discriminator if cls.inheritance == "single" and cls.discriminator else cls.name


def row(scope: Scope, node: ast.Items) -> Any:
    """Several values in parentheses, as one to compare."""
    return tuple_(*(evaluate(scope, item).sql for item in node.items))


def equal(left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
    """Two values compared, as a condition."""
    equal: ColumnElement[bool] = left == right
    return equal


def equals_any(scope: Scope, column: Scalar, node: ast.Expression) -> ColumnElement[bool]:
    """Whether a value is among the choices that one node stands for: a parameter, a collection, a value."""
    if isinstance(node, ast.Parameter):
        # One array keeps the text of the statement the same for any number of values.
        type_ = _comparable_type(column)
        convert = _label(column.unit, node.at) if column.unit else fitting(type_)
        array = ARRAY(type_) if type_ is not None and not _is_text(type_) else None
        bound: Any = scope.context.parameters.bind(node.name, True, array, convert)
        return equal(column.sql, any_(bound))
    if _is_label(node, column):
        return equal(column.sql, _labelled(scope, node, column))
    value = value_of(scope, node)
    if isinstance(value, Scalar | Entity):
        return equal(column.sql, scalar(value, node.at).sql)
    return collections.contains(scope, value, column.sql, node.at)


def _is_text(type_: TypeEngine[Any]) -> bool:
    """Texts of any length compare with each other; labels of an enumeration only with their own type."""
    return isinstance(type_, String) and not isinstance(type_, ENUM)


def _quantified(scope: Scope, node: ast.Quantified) -> Any:
    if isinstance(node.operand, ast.SubQuery):
        query = selected(scope, node.operand.query)
    else:
        query = collections.elements(scope, value_of(scope, node.operand), node.at)
    values = query.scalar_subquery()
    return all_(values) if node.quantifier == "all" else any_(values)


def selected(scope: Scope, query: ast.Query, width: int = 1) -> Any:
    """The statement of a sub-query that selects as many values as ``width``."""
    return scope.context.sub_select(query, scope, width)[0]
