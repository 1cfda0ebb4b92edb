"""Whether a function takes every call that another signature takes."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from typing import Any

__all__ = ["UNKNOWN", "differences", "parameters"]

UNKNOWN = object()
"""A default that is no literal: an object of the other program, which is not compared."""

Parameter = inspect.Parameter
POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
NO_LITERAL = re.compile(r"path\([^)]*\)|<[^<>]*>")


def parameters(text: str) -> list[Parameter]:
    """The parameters of a recorded signature: ``(self, a, b=1, *c)``."""
    tree = ast.parse(f"def f{NO_LITERAL.sub('UNKNOWN', text)}: pass").body[0]
    assert isinstance(tree, ast.FunctionDef)
    given = tree.args
    plain = [*given.posonlyargs, *given.args]
    defaults: list[Any] = [Parameter.empty] * (len(plain) - len(given.defaults)) + [_value(d) for d in given.defaults]
    found = [_made(a.arg, Parameter.POSITIONAL_OR_KEYWORD, d) for a, d in zip(plain, defaults, strict=True)]
    if given.vararg:
        found.append(Parameter(given.vararg.arg, Parameter.VAR_POSITIONAL))
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        value = Parameter.empty if default is None else _value(default)
        found.append(_made(argument.arg, Parameter.KEYWORD_ONLY, value))
    if given.kwarg:
        found.append(Parameter(given.kwarg.arg, Parameter.VAR_KEYWORD))
    return found


def differences(recorded: str, function: Callable[..., Any], bound: bool = False) -> str:
    """What calls of the recorded signature ``function`` does not take; empty when it takes all.

    ``bound``: the function is a class method, whose first parameter is given already.
    """
    try:
        ours = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return "" if callable(function) else "is not callable"
    theirs = parameters(recorded)[int(bound) :]
    faults = [*_named(theirs, ours), *_gathered(theirs, ours), *_demanded(theirs, ours)]
    return "; ".join(faults)


def _named(theirs: list[Parameter], ours: list[Parameter]) -> list[str]:
    """Parameters that are not there, at another place, or have another default."""
    by_name = {p.name: p for p in ours}
    places = [p.name for p in ours if p.kind in POSITIONAL]
    kinds = {p.kind for p in ours}
    anything = {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD} <= kinds
    faults = []
    for place, wanted in enumerate(p for p in theirs if p.kind in (*POSITIONAL, Parameter.KEYWORD_ONLY)):
        own = by_name.get(wanted.name)
        if own is None:
            is_self = place == 0 and places and wanted.name in ("self", "cls", "mcs")
            if not (is_self or anything):
                faults.append(f"no parameter {wanted.name!r}")
        elif wanted.kind in POSITIONAL and places[place : place + 1] != [wanted.name]:
            faults.append(f"{wanted.name!r} is not parameter {place}")
        elif not _same_default(wanted.default, own.default):
            has = "has no default" if own.default is Parameter.empty else f"is {own.default!r} by default"
            faults.append(f"{wanted.name!r} {has}, not {wanted.default!r}")
    return faults


def _same_default(wanted: Any, own: Any) -> bool:
    if wanted is Parameter.empty:
        return True
    if own is Parameter.empty:
        return False
    return wanted is UNKNOWN or own == wanted or (wanted in (None, [], {}, ()) and own in (None, [], {}, ()))


def _gathered(theirs: list[Parameter], ours: list[Parameter]) -> list[str]:
    kinds = {p.kind: p for p in ours}
    gathering = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return [f"no {p}" for p in theirs if p.kind in gathering and p.kind not in kinds]


def _demanded(theirs: list[Parameter], ours: list[Parameter]) -> list[str]:
    """Parameters of ours that the recorded calls do not give."""
    names = {p.name for p in theirs} | {"self", "cls"}
    required = (p for p in ours if p.default is Parameter.empty and p.kind in (*POSITIONAL, Parameter.KEYWORD_ONLY))
    return [f"{p.name!r} is required" for p in required if p.name not in names]


def _made(name: str, kind: Any, default: Any) -> Parameter:
    return Parameter(name, kind, default=default)


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Name) and node.id == "UNKNOWN":
        return UNKNOWN
    return ast.literal_eval(node)
