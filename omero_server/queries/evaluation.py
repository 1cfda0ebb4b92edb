"""Each node of a query by the function for its kind.

Those functions need each other, as nodes hold nodes: they meet here, in HANDLERS, which ``expressions`` fills.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.sql import ColumnElement

from omero_server.queries import ast
from omero_server.queries.errors import HqlError
from omero_server.queries.paths import scalar
from omero_server.queries.scope import Scope
from omero_server.queries.values import Scalar, Value

__all__ = ["HANDLERS", "condition", "evaluate", "value_of"]

HANDLERS: dict[type, Callable[[Scope, Any], Value]] = {}


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
