"""The objects that a client wants saved, with all that hangs on them, each of them once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import omero
import omero._generated
from omero_server.model.schema import ModelClass, Property
from omero_server.saving.fields import EXTERNAL_INFO, Field, class_of, collections, references
from omero_server.security.voter import Subject

__all__ = ["Graph", "Node", "State", "collect", "reference"]


class State(Enum):
    """NEW: to be inserted. STORED: has an id and was sent with its values. REFERENCE: only its id counts."""

    NEW = auto()
    STORED = auto()
    REFERENCE = auto()


@dataclass(eq=False, slots=True)
class Node:
    """One object. twins: further wire objects with the same class and id. subject: whose it is, once that is known.

    positions: place in a list of the other side, by index column. stamp: which transaction wrote the row that was read.
    """

    obj: Any
    cls: ModelClass
    id: int | None
    state: State
    subject: Subject
    twins: list[Any] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)
    version: int | None = 0
    event: int | None = None
    creation: int | None = None
    stamp: str | None = None

    @property
    def name(self) -> str:
        """What messages call it: "Image:5", or "new Image"."""
        return f"new {self.cls.name}" if self.id is None or self.state is State.NEW else f"{self.cls.name}:{self.id}"


class Graph:
    """The nodes in the order in which they were found, and the lists that were sent.

    lists: (holder, property, members) of each loaded collection; members may be None where a list has a gap.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.lists: list[tuple[Node, Property, list[Node | None]]] = []
        self._by_object: dict[int, Node] = {}
        self._by_key: dict[tuple[str, int], Node] = {}

    def node(self, obj: Any) -> Node:
        """The node of an object of the graph."""
        return self._by_object[id(obj)]

    def target(self, node: Node, ref: Field) -> Node | None:
        """What ``node`` refers to."""
        obj = reference(node.obj, ref)
        return None if obj is None else self._by_object[id(obj)]

    def targets(self, node: Node) -> Iterator[tuple[Field, Node]]:
        """Everything that ``node`` refers to."""
        for ref in references(node.cls):
            target = self.target(node, ref)
            if target is not None:
                yield ref, target

    def of(self, *states: State) -> list[Node]:
        """The nodes in one of these states."""
        return [node for node in self.nodes if node.state in states]

    def add(self, obj: Any) -> bool:
        """Note an object; whether its own references and lists have still to be looked at."""
        if id(obj) in self._by_object:
            return False
        cls = class_of(obj)
        object_id = None if obj._id is None else obj._id._val
        state = _state(obj, cls, object_id)
        key = None if object_id is None else (cls.root.table, object_id)
        known = self._by_key.get(key) if key else None
        if known is None:
            known = Node(obj, cls, object_id, state, Subject(cls))
            self.nodes.append(known)
            if key:
                self._by_key[key] = known
        else:
            known.twins.append(obj)
            if known.state is State.REFERENCE and state is State.STORED:
                known.twins[-1], known.obj, known.state = known.obj, obj, state
        self._by_object[id(obj)] = known
        return state is not State.REFERENCE


def _state(obj: Any, cls: ModelClass, object_id: int | None) -> State:
    if not obj._loaded:
        if object_id is None:
            raise omero.ValidationException(message=f"An unloaded {cls.name} has no id: there is nothing to refer to.")
        return State.REFERENCE
    if object_id is None:
        return State.NEW
    # Events and their log are history: nobody changes them.
    return State.REFERENCE if cls.name in ("Event", "EventLog") else State.STORED


def reference(obj: Any, ref: Field) -> Any:
    """The object that ``obj`` refers to, or None."""
    if ref.attribute != EXTERNAL_INFO:
        return getattr(obj, ref.attribute)
    details = obj._details
    return None if details is None else details._externalInfo


def collect(objects: Iterable[Any]) -> Graph:
    """Walk the graphs below ``objects`` through references and loaded collections; cycles are fine.

    A member of a list without a back reference gets one to the holder. Members come in the order of their list, and new
    ones get ascending ids.
    """
    graph = Graph()
    pending = list(objects)
    for obj in pending:
        if obj is None:
            raise omero.ValidationException(message="The list of objects to save has a null element.")
    pending.reverse()
    while pending:
        obj = pending.pop()
        if not graph.add(obj):
            continue
        cls = class_of(obj)
        below = [reference(obj, ref) for ref in references(cls)]
        for prop in collections(cls):
            below += _members(obj, prop) or ()
        pending += [each for each in reversed(below) if each is not None]
    _lists(graph)
    return graph


def _members(obj: Any, prop: Property) -> list[Any] | None:
    """The list that was sent for a collection, or None when it is not loaded."""
    if not getattr(obj, f"_{prop.name}Loaded"):
        return None
    members: list[Any] | None = getattr(obj, f"_{prop.name}Seq")
    if members is None:
        return None
    for member in members:
        if member is not None and member._loaded and getattr(member, f"_{prop.inverse}") is None:
            setattr(member, f"_{prop.inverse}", obj)
    return members


def _lists(graph: Graph) -> None:
    for node in graph.of(State.NEW, State.STORED):
        for prop in collections(node.cls):
            members = _members(node.obj, prop)
            if members is not None:
                graph.lists.append((node, prop, [None if m is None else graph.node(m) for m in members]))
