"""Child options: what the client wants to come along, or to stay, of what was asked to come along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from omero_server.graphs.nodes import Node
from omero_server.graphs.policy import Plan
from omero_server.graphs.targets import classes_called
from omero_server.model.schema import ModelClass

__all__ = ["ChildOption", "classes_of", "read_options"]

OWN_NAMESPACES = frozenset(("openmicroscopy.org/omero/import/companionFile", "openmicroscopy.org/measurement"))
"""Annotations in these belong to their image; options leave them alone unless they name namespaces."""


@dataclass(frozen=True, slots=True)
class ChildOption:
    """``included`` come along although something else needs them; ``excluded`` stay.

    namespaces: the option concerns only annotations in these; without: only those in none of these.
    """

    included: frozenset[ModelClass]
    excluded: frozenset[ModelClass]
    namespaces: frozenset[str] | None
    without: frozenset[str]

    def verdict(self, node: Node, permitted: bool) -> Plan | None:
        """The plan for an object that was just asked. ``permitted``: the caller may do to it what the request does."""
        if node.cls.root.name == "Annotation" and not self._concerns(node.namespace):
            return None
        if permitted and node.cls in self.included:
            return Plan.LOOSE
        return Plan.HELD if node.cls in self.excluded else None

    def _concerns(self, namespace: str | None) -> bool:
        return namespace not in self.without if self.namespaces is None else namespace in self.namespaces


def read_options(options: Sequence[Any] | None) -> list[ChildOption]:
    """The options of a request (``omero.cmd.graphs.ChildOption``). ValueError for those that make no sense."""
    return [_read(option) for option in options or ()]


def _read(option: Any) -> ChildOption:
    if not option.includeType and not option.excludeType:
        raise ValueError("a child option names no class to include or exclude")
    if option.includeNs and option.excludeNs:
        raise ValueError("a child option has namespaces both to include and to exclude: give only one of them")
    namespaces = frozenset(option.includeNs) if option.includeNs else None
    without = frozenset(option.excludeNs) if option.excludeNs else OWN_NAMESPACES
    return ChildOption(classes_of(option.includeType), classes_of(option.excludeType), namespaces, without)


def classes_of(names: Iterable[str] | None) -> frozenset[ModelClass]:
    """The classes of these names, which may be interfaces, with their subclasses. UnknownClass for others."""
    found: set[ModelClass] = set()
    for name in names or ():
        for cls in classes_called(name):
            found |= {cls, *cls.subclasses}
    return frozenset(found)
