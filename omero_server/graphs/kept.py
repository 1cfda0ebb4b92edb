"""What copies refer to that is not copied: whether they may, and what is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, select

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.graphs.errors import GraphError
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.references import EXTERNAL_INFO, Reference, held_by
from omero_server.graphs.treatment import Treatment
from omero_server.model.schema import ModelClass
from omero_server.security.linking import check_creation, check_reference
from omero_server.security.voter import Subject
from omero_server.sessions.call import Caller

__all__ = ["Home", "left_out"]


class Asking(Protocol):
    """What is needed of a call."""

    @property
    def db(self) -> Connection: ...
    @property
    def caller(self) -> Caller: ...


@dataclass(frozen=True, slots=True)
class Home:
    """Whose the copies are. levels: permissions of all groups."""

    caller: Caller
    group: int
    levels: Mapping[int, int]

    @classmethod
    def of(cls, call: Asking, group: int) -> Home:
        """Copies of the caller in a group."""
        groups = TABLES["experimentergroup"].c
        levels = {row.id: row.permissions for row in call.db.execute(select(groups.id, groups.permissions))}
        return cls(call.caller, group, levels)

    def copy_of(self, cls: ModelClass) -> Subject:
        """A copy, for questions about rights."""
        if cls.root.is_global:
            return Subject(cls)
        return Subject(cls, self.caller.user_id, self.group, self.levels.get(self.group))

    def check_creation(self, classes: Iterable[ModelClass]) -> None:
        """Raises GraphError unless the caller may create objects of these classes here."""
        for cls in classes:
            try:
                check_creation(self.caller, self.copy_of(cls))
            except omero.SecurityViolation as error:
                raise GraphError(error.message) from error

    def check_reference(self, reference: Reference, node: Node) -> None:
        """Raises GraphError unless a copy may refer to this object."""
        holder, bits = self.copy_of(reference.holder), self.levels.get(-1 if node.group is None else node.group)
        target = Subject(node.cls, node.owner, node.group, bits, node.repository, node.directory)
        prop = reference.holder.properties[reference.name]
        try:
            check_reference(self.caller, holder, prop, target, str(node), created=True)
        except omero.SecurityViolation as error:
            raise GraphError(f"{error.message} ({node})") from error


def left_out(
    graph: Graph, home: Home, copied: Sequence[Node], treatment: Treatment
) -> dict[ModelClass, set[int]]:  # fmt: skip
    """Ids of the objects, by root class, that copies of what refers to them do not refer to.

    Raises GraphError when such a reference is required, or a copy may not refer to an object that stays.
    """
    found: defaultdict[ModelClass, set[int]] = defaultdict(set)
    ids: defaultdict[ModelClass, set[int]] = defaultdict(set)
    for node in copied:
        ids[node.cls.root].add(node.id)
    for root, own in ids.items():
        for reference in held_by(root):
            targets = graph.referred(reference)
            kept = {targets[i] for i in own & targets.keys()} - ids.get(reference.target.root, set())
            if kept:
                found[reference.target.root] |= _check(graph, home, reference, kept, treatment)
    return dict(found)


def _check(graph: Graph, home: Home, reference: Reference, kept: set[int], treatment: Treatment) -> set[int]:
    nodes = graph.load(reference.target, kept)
    unseen = kept - {node.id for node in nodes}
    if unseen:
        name = reference.target.name
        raise GraphError(f"cannot copy what refers by {reference} to {name}[{min(unseen)}], which you cannot read")
    empty = [node for node in nodes if node.cls in treatment.left_out]
    if empty and reference.required:
        raise GraphError(f"cannot null {reference} of a copy, which needs {empty[0]}")
    if reference.name != EXTERNAL_INFO:
        alike = {(n.cls, n.owner, n.group, n.repository, n.directory): n for n in nodes if n not in set(empty)}
        for node in alike.values():
            home.check_reference(reference, node)
    return {node.id for node in empty}
