"""The objects that a request names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from omero_server.graphs.errors import BadTarget, GraphError, UnknownClass
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.policy import Operation
from omero_server.model.schema import MODEL, ModelClass

__all__ = ["class_called", "find_targets", "target_class"]

SHOWN = 10


def class_called(name: str) -> ModelClass:
    """The class with a name, spelt in any usual way. Raises UnknownClass."""
    try:
        return MODEL.resolve(name)
    except KeyError:
        raise UnknownClass(f"there is no class called {name!r}") from None


def target_class(kind: Operation, name: str) -> ModelClass:
    """The class with a name, if an operation can be asked for it. Raises UnknownClass, BadTarget."""
    cls = class_called(name)
    if cls not in kind.targets:
        raise BadTarget(f"{cls.name} cannot be asked for: {kind.name} what it belongs to")
    return cls


def find_targets(kind: Operation, graph: Graph, targets: Mapping[str, Collection[int]]) -> list[Node]:
    """The objects with these ids, by class name. Raises GraphError when one is missing or cannot be read."""
    return [node for name, ids in targets.items() for node in _find(graph, target_class(kind, name), ids)]


def _find(graph: Graph, cls: ModelClass, ids: Collection[int]) -> list[Node]:
    found = graph.load(cls, ids)
    missing = sorted(set(ids) - {node.id for node in found})
    if missing:
        listed = ", ".join(f"{cls.name}[{i}]" for i in missing[:SHOWN])
        raise GraphError(f"cannot read {listed}{' and more' if len(missing) > SHOWN else ''}: no such object for you")
    return found
