"""The objects that a request names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from omero_server.graphs.errors import BadTarget, GraphError, UnknownClass
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.policy import Operation
from omero_server.model.schema import MODEL, ModelClass

__all__ = ["class_called", "classes_called", "find_targets", "target_class"]

SHOWN = 10
INTERFACES: Mapping[str, Callable[[ModelClass], bool]] = {
    "IAnnotated": lambda cls: cls.annotated,
    "IAnnotationLink": lambda cls: cls.is_annotation_link,
    "ILink": lambda cls: cls.is_link,
}
"""Names for many classes that have no common superclass."""


def class_called(name: str) -> ModelClass:
    """The class with a name, spelt in any usual way. Raises UnknownClass."""
    try:
        return MODEL.resolve(name)
    except KeyError:
        raise UnknownClass(f"there is no class called {name!r}") from None


def classes_called(name: str) -> tuple[ModelClass, ...]:
    """The class with a name, or those that an interface stands for, without their subclasses. Raises UnknownClass."""
    belongs = INTERFACES.get(name.removesuffix("I").rpartition(".")[2])
    if belongs is None:
        return (class_called(name),)
    found = (cls for _, cls in sorted(MODEL.classes.items()) if belongs(cls))
    return tuple(cls for cls in found if cls.superclass is None or not belongs(cls.superclass))


def target_class(kind: Operation, name: str) -> ModelClass:
    """The class with a name, if an operation can be asked for it. Raises UnknownClass, BadTarget."""
    cls = class_called(name)
    if cls not in kind.targets:
        raise BadTarget(f"{cls.name} cannot be asked for: {kind.name} what it belongs to")
    return cls


def find_targets(kind: Operation, graph: Graph, targets: Mapping[str, Collection[int]]) -> list[Node]:
    """The objects with these ids, by class name; an interface means all objects with such an id. Raises GraphError
    when one is missing or cannot be read.
    """
    return [node for name, ids in targets.items() for node in _find(kind, graph, name, ids)]


def _find(kind: Operation, graph: Graph, name: str, ids: Collection[int]) -> list[Node]:
    classes = classes_called(name)
    if len(classes) == 1:
        classes = (target_class(kind, name),)
    found = [node for cls in classes if cls in kind.targets for node in graph.load(cls, ids)]
    missing = sorted(set(ids) - {node.id for node in found})
    if missing:
        listed = ", ".join(f"{name}[{i}]" for i in missing[:SHOWN])
        raise GraphError(f"cannot read {listed}{' and more' if len(missing) > SHOWN else ''}: no such object for you")
    return found
