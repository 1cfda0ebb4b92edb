"""The syntax tree of a query, from what the grammar recognised."""

from __future__ import annotations

from typing import Any

from lark import Token, v_args
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from omero_server.queries import ast
from omero_server.queries.errors import HqlError

__all__ = ["TreeBuilder"]


def _text(token: Token) -> str:
    quote = token[0]
    return str(token[1:-1].replace(quote * 2, quote) if quote == "'" else token[1:-1])


def _number(token: Token) -> ast.Literal:
    at, text = token.start_pos or 0, str(token)
    suffix = text[-1].lower()
    digits = text.rstrip("lLfFdD")
    if suffix in "fd" or not digits.isdigit():
        return ast.Literal(at, float(digits))
    return ast.Literal(at, int(digits), long=suffix == "l" or int(digits) > 2**31 - 1)


def _chain(meta: Meta, operands: list[Any], op: str) -> Any:
    result = operands[0]
    for operand in operands[1:]:
        result = ast.Binary(result.at, op, result, operand)
    return result


def _operators(meta: Meta, parts: list[Any]) -> Any:
    result = parts[0]
    for op, right in zip(parts[1::2], parts[2::2], strict=True):
        result = ast.Binary(result.at, str(op), result, right)
    return result


@v_args(meta=True)
class TreeBuilder(Transformer_NonRecursive[Token, Any]):
    """One method per rule of the grammar, called from the leaves up and from left to right. Made for one query."""

    def __init__(self) -> None:
        super().__init__()
        self._positional = 0

    def start(self, meta: Meta, parts: list[Any]) -> Any:
        return parts[0]

    def selecting(self, meta: Meta, parts: list[Any]) -> ast.Query:
        select, sources, where, group, having, order = parts
        distinct, items = select or (False, None)
        return ast.Query(meta.start_pos, items, distinct, sources or (), where, group or (), having, order or ())

    def sourced(self, meta: Meta, parts: list[Any]) -> ast.Query:
        return self.selecting(meta, [parts[1], parts[0], *parts[2:]])

    def select(self, meta: Meta, parts: list[Any]) -> tuple[bool, Any]:
        return parts[1] is not None, parts[2]

    def new_row(self, meta: Meta, parts: list[Any]) -> ast.NewRow:
        _, name, items = parts
        if name.lower() not in ("map", "list"):
            hint = "Only 'new map(value as name, ...)' and 'new list(value, ...)' can be made."
            raise HqlError(name.start_pos, f"unknown class {str(name)!r} after new", hint)
        return ast.NewRow(meta.start_pos, items, name.lower())

    def select_list(self, meta: Meta, parts: list[Any]) -> tuple[ast.Selected, ...]:
        return tuple(parts)

    def selected(self, meta: Meta, parts: list[Any]) -> ast.Selected:
        return ast.Selected(parts[0], _name(parts[-1]))

    def from_clause(self, meta: Meta, parts: list[Any]) -> tuple[Any, ...]:
        return tuple(parts[1:])

    def source(self, meta: Meta, parts: list[Any]) -> ast.Source:
        return ast.Source(meta.start_pos, parts[0].names, _name(parts[2]))

    def class_source(self, meta: Meta, parts: list[Any]) -> ast.Source:
        return ast.Source(parts[-1].at, parts[-1].names, _name(parts[0]))

    def elements_source(self, meta: Meta, parts: list[Any]) -> ast.Join:
        return ast.Join(parts[-1].at, parts[-1], _name(parts[0]), outer=False, fetch=False)

    def unwrapped(self, meta: Meta, parts: list[Any]) -> Any:
        return parts[1]

    def collection_source(self, meta: Meta, parts: list[Any]) -> ast.Join:
        return ast.Join(meta.start_pos, parts[1], _name(parts[-1]), outer=False, fetch=False)

    def join(self, meta: Meta, parts: list[Any]) -> Any:
        kind, _, fetch, path, _, alias, _, _, condition = parts
        if kind == "cross":
            return ast.Source(path.at, path.names, _name(alias))
        outer, reverse = kind in ("left", "full"), kind in ("right", "full")
        return ast.Join(path.at, path, _name(alias), outer, fetch is not None, condition, reverse)

    def inner(self, meta: Meta, parts: list[Any]) -> str:
        return "inner"

    def left(self, meta: Meta, parts: list[Any]) -> str:
        return "left"

    def right(self, meta: Meta, parts: list[Any]) -> str:
        return "right"

    def full(self, meta: Meta, parts: list[Any]) -> str:
        return "full"

    def cross(self, meta: Meta, parts: list[Any]) -> str:
        return "cross"

    def where(self, meta: Meta, parts: list[Any]) -> Any:
        return parts[1]

    def having(self, meta: Meta, parts: list[Any]) -> Any:
        return parts[1]

    def group(self, meta: Meta, parts: list[Any]) -> tuple[Any, ...]:
        return tuple(parts[1:])

    def order(self, meta: Meta, parts: list[Any]) -> tuple[Any, ...]:
        return tuple(parts[1:])

    def ordered(self, meta: Meta, parts: list[Any]) -> ast.Order:
        words = {p.type for p in parts[1:] if p is not None}
        nulls = ("first" if "FIRST" in words else "last") if "NULLS" in words else None
        return ast.Order(parts[0], "DESC" in words, nulls)

    def disjunction(self, meta: Meta, parts: list[Any]) -> Any:
        return _chain(meta, parts[::2], "or")

    def conjunction(self, meta: Meta, parts: list[Any]) -> Any:
        return _chain(meta, parts[::2], "and")

    def negate(self, meta: Meta, parts: list[Any]) -> ast.Unary:
        return ast.Unary(meta.start_pos, "not", parts[1])

    def compare(self, meta: Meta, parts: list[Any]) -> ast.Binary:
        op = {"!=": "<>", "^=": "<>"}.get(str(parts[1]), str(parts[1]))
        return ast.Binary(meta.start_pos, op, parts[0], parts[2])

    def is_null(self, meta: Meta, parts: list[Any]) -> ast.IsNull:
        return ast.IsNull(meta.start_pos, parts[0], parts[2] is not None)

    def is_empty(self, meta: Meta, parts: list[Any]) -> ast.IsEmpty:
        return ast.IsEmpty(meta.start_pos, parts[0], parts[2] is not None)

    def is_truth(self, meta: Meta, parts: list[Any]) -> ast.IsTruth:
        return ast.IsTruth(meta.start_pos, parts[0], parts[3].lower() == "true", parts[2] is not None)

    def in_(self, meta: Meta, parts: list[Any]) -> ast.In:
        return ast.In(meta.start_pos, parts[0], parts[3], parts[1] is not None)

    def between(self, meta: Meta, parts: list[Any]) -> ast.Between:
        return ast.Between(meta.start_pos, parts[0], parts[3], parts[5], parts[1] is not None)

    def like(self, meta: Meta, parts: list[Any]) -> ast.Like:
        operand, negated, word, pattern, _, escape = parts
        character = _text(escape) if escape is not None else None
        return ast.Like(meta.start_pos, operand, pattern, character, word.lower() == "ilike", negated is not None)

    def member(self, meta: Meta, parts: list[Any]) -> ast.MemberOf:
        return ast.MemberOf(meta.start_pos, parts[0], parts[-1], parts[1] is not None)

    def choices(self, meta: Meta, parts: list[Any]) -> Any:
        return parts[0]

    def items(self, meta: Meta, parts: list[Any]) -> ast.Items:
        return ast.Items(meta.start_pos, tuple(parts))

    def group_of_one(self, meta: Meta, parts: list[Any]) -> Any:
        return parts[0]

    def sub_query(self, meta: Meta, parts: list[Any]) -> ast.SubQuery:
        return ast.SubQuery(meta.start_pos, parts[0])

    def sum(self, meta: Meta, parts: list[Any]) -> Any:
        return _operators(meta, parts)

    def product(self, meta: Meta, parts: list[Any]) -> Any:
        return _operators(meta, parts)

    def negative(self, meta: Meta, parts: list[Any]) -> ast.Unary:
        return ast.Unary(meta.start_pos, "-", parts[1])

    def positive(self, meta: Meta, parts: list[Any]) -> Any:
        return parts[1]

    def exists(self, meta: Meta, parts: list[Any]) -> ast.Exists:
        return ast.Exists(meta.start_pos, parts[1])

    def quantified(self, meta: Meta, parts: list[Any]) -> ast.Quantified:
        operand = parts[1]
        if isinstance(operand, ast.Query):
            operand = ast.SubQuery(operand.at, operand)
        return ast.Quantified(meta.start_pos, parts[0].lower(), operand)

    def call(self, meta: Meta, parts: list[Any]) -> ast.Call:
        name, distinct, *arguments = parts
        given = tuple(a for a in arguments if a is not None)
        once = distinct is not None and distinct.type == "DISTINCT"
        return ast.Call(meta.start_pos, name.lower(), given, once)

    def cast(self, meta: Meta, parts: list[Any]) -> ast.Cast:
        return ast.Cast(meta.start_pos, parts[1], ".".join(parts[3].names).lower())

    def extract(self, meta: Meta, parts: list[Any]) -> ast.Call:
        return ast.Call(meta.start_pos, parts[1].lower(), (parts[3],))

    def trim(self, meta: Meta, parts: list[Any]) -> ast.Call:
        name = {"leading": "ltrim", "trailing": "rtrim", "both": "trim"}[parts[1].lower()]
        return ast.Call(meta.start_pos, name, (parts[4], parts[2]) if parts[2] is not None else (parts[4],))

    def all_items(self, meta: Meta, parts: list[Any]) -> ast.AllItems:
        return ast.AllItems(meta.start_pos)

    def case(self, meta: Meta, parts: list[Any]) -> ast.Case:
        values = [p for p in parts[2:-1] if not isinstance(p, Token)]
        otherwise = values.pop()
        if otherwise is None:  # The grammar leaves a gap for each of "else" and its value.
            values.pop()
        branches = tuple(zip(values[::2], values[1::2], strict=True))
        return ast.Case(meta.start_pos, parts[1], branches, otherwise)

    def parameter(self, meta: Meta, parts: list[Any]) -> ast.Parameter:
        return ast.Parameter(meta.start_pos, str(parts[0]))

    def positional(self, meta: Meta, parts: list[Any]) -> ast.Parameter:
        if parts[0] is not None:
            return ast.Parameter(meta.start_pos, str(parts[0]))
        self._positional += 1
        return ast.Parameter(meta.start_pos, str(self._positional - 1))

    def place(self, meta: Meta, parts: list[Any]) -> ast.Place:
        path, place, *names = parts
        return ast.Place(meta.start_pos, path, place, tuple(map(str, names)))

    def dotted(self, meta: Meta, parts: list[Any]) -> ast.Path:
        return ast.Path(meta.start_pos, tuple(str(p) for p in parts))

    def literal(self, meta: Meta, parts: list[Any]) -> ast.Literal:
        token = parts[0]
        if token.type == "NUMBER":
            return _number(token)
        if token.type == "STRING":
            return ast.Literal(meta.start_pos, _text(token))
        return ast.Literal(meta.start_pos, None if token.type == "NULL" else token.lower() == "true")


def _name(token: Token | None) -> str | None:
    return None if token is None else str(token)
