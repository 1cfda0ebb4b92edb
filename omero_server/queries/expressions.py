"""Conditions and values of a query as expressions of SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import all_, and_, any_, case, exists, false, literal, not_, null, or_, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, ENUM
from sqlalchemy.sql import ColumnElement
from sqlalchemy.types import NullType, String, TypeEngine

from omero_server.model.schema import MODEL, ModelClass
from omero_server.queries import ast, collections, functions
from omero_server.queries.errors import HqlError, UnknownName, did_you_mean
from omero_server.queries.parameters import fitting
from omero_server.queries.paths import resolve, scalar, step
from omero_server.queries.scope import Scope, find_class
from omero_server.queries.values import ClassOf, Collection, Entity, Pairs, Scalar, Value

__all__ = ["condition", "evaluate", "value_of"]

COMPARISONS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
ARITHMETIC: dict[str, Callable[[Any, Any], ColumnElement[Any]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    # Whole numbers divide to whole numbers, as in the database.
    "/": lambda a, b: a.op("/", precedence=8)(b),
    "%": lambda a, b: a % b,
}


def condition(scope: Scope, node: ast.Expression) -> ColumnElement[bool]:
    """A node as a condition."""
    return evaluate(scope, node).sql


def evaluate(scope: Scope, node: ast.Expression) -> Scalar:
    """A node as one plain value."""
    return scalar(value_of(scope, node), node.at)


def value_of(scope: Scope, node: ast.Expression) -> Value:
    """A node as whatever it is: a plain value, an object, a collection, a class."""
    handler = HANDLERS.get(type(node))
    if handler is None:
        raise HqlError(node.at, "this cannot stand here")
    return handler(scope, node)


def _path(scope: Scope, node: ast.Path) -> Value:
    """A path; ``d.imageLinks.size`` and the like are functions of the collection in front."""
    function = node.names[-1].lower()
    if len(node.names) > 1 and function in collections.AS_PROPERTIES:
        holder = resolve(scope, node.names[:-1], node.at)
        if isinstance(holder, Collection | Pairs):
            inner = ast.Path(node.at, node.names[:-1])
            return collections.call(scope, ast.Call(node.at, function, (inner,)), value_of)
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
        return Scalar(_comparison(scope, node), "RBool")
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


def _comparison(scope: Scope, node: ast.Binary) -> ColumnElement[bool]:
    by_class = _class_comparison(scope, node)
    if by_class is not None:
        return by_class
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(side, ast.Literal) and side.value is None and node.op in ("=", "<>"):
            tested = evaluate(scope, other).sql
            return tested.is_(None) if node.op == "=" else tested.is_not(None)
    if isinstance(node.left, ast.Items) and isinstance(node.right, ast.Items):
        return COMPARISONS[node.op](_row(scope, node.left), _row(scope, node.right))
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
            found = _is_class(scope, value, other)
            return not_(found) if node.op == "<>" else found
    return None


def _is_class(scope: Scope, tested: ClassOf, node: ast.Expression) -> ColumnElement[bool]:
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


def _unary(scope: Scope, node: ast.Unary) -> Scalar:
    if node.op == "not":
        return Scalar(not_(condition(scope, node.operand)), "RBool")
    operand = evaluate(scope, node.operand)
    return Scalar(-operand.sql, operand.type)


def _call(scope: Scope, node: ast.Call) -> Value:
    if node.name in collections.FUNCTIONS:
        return collections.call(scope, node, value_of)
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


def _in(scope: Scope, node: ast.In) -> Scalar:
    found = _chosen(scope, node.operand, node.choices)
    return Scalar(not_(found) if node.negated else found, "RBool")


def _chosen(scope: Scope, operand: ast.Expression, choices: ast.Expression) -> ColumnElement[bool]:
    nodes = choices.items if isinstance(choices, ast.Items) else (choices,)
    if isinstance(operand, ast.Items):
        return _row_chosen(scope, operand, nodes)
    tested = value_of(scope, operand)
    if isinstance(tested, ClassOf) and tested.element is not None:
        return or_(*(_is_class(scope, tested, node) for node in nodes))
    column = scalar(tested, operand.at)
    if len(nodes) == 1 and isinstance(nodes[0], ast.SubQuery):
        return column.sql.in_(_selected(scope, nodes[0].query))
    return or_(*(_equals_any(scope, column, node) for node in nodes))


def _row_chosen(scope: Scope, operand: ast.Items, nodes: tuple[ast.Expression, ...]) -> ColumnElement[bool]:
    """``(a, b) in ((1, 2), (3, 4))``, or in a query that selects as many values."""
    row = _row(scope, operand)
    if len(nodes) == 1 and isinstance(nodes[0], ast.SubQuery):
        found: ColumnElement[bool] = row.in_(_selected(scope, nodes[0].query, len(operand.items)))
        return found
    for node in nodes:
        if not isinstance(node, ast.Items) or len(node.items) != len(operand.items):
            raise HqlError(node.at, f"{len(operand.items)} values in parentheses are expected here")
    return or_(*(_equal(row, _row(scope, node)) for node in nodes if isinstance(node, ast.Items)))


def _row(scope: Scope, node: ast.Items) -> Any:
    return tuple_(*(evaluate(scope, item).sql for item in node.items))


def _equal(left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
    equal: ColumnElement[bool] = left == right
    return equal


def _equals_any(scope: Scope, column: Scalar, node: ast.Expression) -> ColumnElement[bool]:
    if isinstance(node, ast.Parameter):
        # One array keeps the text of the statement the same for any number of values.
        type_ = _comparable_type(column)
        convert = _label(column.unit, node.at) if column.unit else fitting(type_)
        array = ARRAY(type_) if type_ is not None and not _is_text(type_) else None
        bound: Any = scope.context.parameters.bind(node.name, True, array, convert)
        return _equal(column.sql, any_(bound))
    if _is_label(node, column):
        return _equal(column.sql, _labelled(scope, node, column))
    value = value_of(scope, node)
    if isinstance(value, Scalar | Entity):
        return _equal(column.sql, scalar(value, node.at).sql)
    return collections.contains(scope, value, column.sql, node.at)


def _is_text(type_: TypeEngine[Any]) -> bool:
    """Texts of any length compare with each other; labels of an enumeration only with their own type."""
    return isinstance(type_, String) and not isinstance(type_, ENUM)


def _selected(scope: Scope, query: ast.Query, width: int = 1) -> Any:
    return scope.context.sub_select(query, scope, width)[0]


def _between(scope: Scope, node: ast.Between) -> Scalar:
    low = ast.Binary(node.at, ">=", node.operand, node.low)
    high = ast.Binary(node.at, "<=", node.operand, node.high)
    found = and_(_comparison(scope, low), _comparison(scope, high))
    return Scalar(not_(found) if node.negated else found, "RBool")


def _like(scope: Scope, node: ast.Like) -> Scalar:
    operand = evaluate(scope, node.operand).sql
    pattern = _pattern(scope, node.pattern)
    like = operand.ilike if node.anycase else operand.like
    found = like(pattern, escape=node.escape)
    return Scalar(not_(found) if node.negated else found, "RBool")


def _pattern(scope: Scope, node: ast.Expression) -> ColumnElement[Any]:
    if isinstance(node, ast.Parameter):
        return scope.context.parameters.bind(node.name, convert=fitting(String()))
    return evaluate(scope, node).sql


def _is_null(scope: Scope, node: ast.IsNull) -> Scalar:
    tested = evaluate(scope, node.operand).sql
    return Scalar(tested.is_not(None) if node.negated else tested.is_(None), "RBool")


def _is_truth(scope: Scope, node: ast.IsTruth) -> Scalar:
    tested, truth = condition(scope, node.operand), true() if node.truth else false()
    return Scalar(tested.is_not(truth) if node.negated else tested.is_(truth), "RBool")


def _is_empty(scope: Scope, node: ast.IsEmpty) -> Scalar:
    found = exists(collections.elements(scope, value_of(scope, node.operand), node.at))
    return Scalar(found if node.negated else not_(found), "RBool")


def _member(scope: Scope, node: ast.MemberOf) -> Scalar:
    operand = evaluate(scope, node.operand).sql
    found = collections.contains(scope, value_of(scope, node.collection), operand, node.at)
    return Scalar(not_(found) if node.negated else found, "RBool")


def _exists(scope: Scope, node: ast.Exists) -> Scalar:
    if isinstance(node.operand, ast.SubQuery):
        return Scalar(exists(_selected(scope, node.operand.query)), "RBool")
    arguments = node.operand.arguments if isinstance(node.operand, ast.Call) else (node.operand,)
    return Scalar(exists(collections.elements(scope, value_of(scope, arguments[0]), node.at)), "RBool")


def _quantified(scope: Scope, node: ast.Quantified) -> Any:
    if isinstance(node.operand, ast.SubQuery):
        query = _selected(scope, node.operand.query)
    else:
        query = collections.elements(scope, value_of(scope, node.operand), node.at)
    selected = query.scalar_subquery()
    return all_(selected) if node.quantifier == "all" else any_(selected)


HANDLERS: dict[type, Callable[[Scope, Any], Value]] = {
    ast.Between: _between,
    ast.Binary: _binary,
    ast.Call: _call,
    ast.Case: _case,
    ast.Cast: _cast,
    ast.Exists: _exists,
    ast.In: _in,
    ast.IsEmpty: _is_empty,
    ast.IsNull: _is_null,
    ast.IsTruth: _is_truth,
    ast.Items: _items,
    ast.Like: _like,
    ast.Literal: _literal,
    ast.MemberOf: _member,
    ast.Parameter: _parameter,
    ast.Path: _path,
    ast.Place: _place,
    ast.SubQuery: _sub_query,
    ast.Unary: _unary,
}
