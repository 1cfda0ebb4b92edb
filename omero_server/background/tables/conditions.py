"""Which conditions on rows are let through to numexpr: comparisons and arithmetic, but nothing that runs away."""

from __future__ import annotations

import ast

__all__ = ["BadCondition", "check"]

MOST_CHARACTERS = 20_000
MOST_EXPONENT = 64
FUNCTIONS = frozenset((
    "where", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh", "arcsinh",
    "arccosh", "arctanh", "log", "log10", "log1p", "exp", "expm1", "sqrt", "abs", "conj", "real", "imag", "complex",
    "contains", "floor", "ceil",
))  # fmt: skip
OPERATORS = (
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.BitAnd, ast.BitOr, ast.BitXor,
    ast.LShift, ast.RShift, ast.USub, ast.UAdd, ast.Invert, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
    ast.Load,
)  # fmt: skip
SHAPES = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Name, ast.Constant, ast.Call)
TEXT = (str, bytes)


class BadCondition(ValueError):
    """A condition that is not let through, and why."""


def check(condition: str) -> None:
    """BadCondition unless it is made of names, numbers, texts, operators and the functions of numexpr."""
    if len(condition) > MOST_CHARACTERS:
        raise BadCondition(f"it is longer than {MOST_CHARACTERS} characters")
    try:
        tree = ast.parse(condition.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadCondition(str(error)) from error
    for node in ast.walk(tree):
        _check_node(node)


def _check_node(node: ast.AST) -> None:
    if isinstance(node, ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        raise BadCondition("use & | ~ with brackets instead of and, or, not")
    if not isinstance(node, (*SHAPES, *OPERATORS)):
        raise BadCondition(f"{type(node).__name__} is not allowed in it")
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        raise BadCondition("compare two things at a time, and join comparisons with &")
    if isinstance(node, ast.Call):
        _check_call(node)
    if isinstance(node, ast.BinOp):
        _check_operator(node)


def _check_call(node: ast.Call) -> None:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
        raise BadCondition(f"functions are {', '.join(sorted(FUNCTIONS))}")


def _check_operator(node: ast.BinOp) -> None:
    """Constants are computed before anything else, so they must not become huge."""
    if any(isinstance(side, ast.Constant) and isinstance(side.value, TEXT) for side in (node.left, node.right)):
        raise BadCondition("texts can only be compared")
    if isinstance(node.op, ast.Pow | ast.LShift | ast.RShift):
        for side in (node.left, node.right):
            if not _is_number(side) and not any(isinstance(each, ast.Name) for each in ast.walk(side)):
                raise BadCondition("powers and shifts are of columns and small numbers")


def _is_number(node: ast.expr) -> bool:
    """Whether it is a plain number that is not large."""
    if isinstance(node, ast.UnaryOp):
        return _is_number(node.operand)
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and abs(node.value) <= MOST_EXPONENT
