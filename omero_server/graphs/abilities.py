"""What the caller can do with an object, and the permissions of its group, as the rules ask it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from omero_server.db.tables import TABLES
from omero_server.graphs.nodes import Node
from omero_server.security.bits import Right, Role, granted
from omero_server.security.voter import Action, Subject, allowed, full_admin, may_chgrp, may_chown
from omero_server.sessions.call import Caller

__all__ = ["Abilities", "level_of"]

ACTIONS = {"edit": Action.EDIT, "delete": Action.DELETE}


class Abilities:
    """Answers for one caller; equal questions are asked once. Knows the permissions of all groups.

    privilege: the one that makes everything as good as the caller's own in this operation, such as "Chgrp" for moves.
    """

    def __init__(self, caller: Caller, db: Connection, privilege: str = "") -> None:
        self._caller = caller
        self.unlimited = full_admin(caller)
        self._owns_all = caller.may(privilege)
        groups = TABLES["experimentergroup"].c
        self._bits = {row.id: row.permissions for row in db.execute(select(groups.id, groups.permissions))}
        self._levels = {group: level_of(bits) for group, bits in self._bits.items()}
        self._known: dict[tuple[object, ...], bool] = {}

    def may(self, ability: str, node: Node) -> bool:
        """Whether the caller may "edit", "delete", "move" or "give" the object, or owns it ("own")."""
        if self.unlimited:
            return True
        question = (ability, node.cls, node.owner, node.group, node.repository, node.directory)
        if question not in self._known:
            self._known[question] = self._decide(ability, node)
        return self._known[question]

    def level(self, node: Node) -> str | None:
        """The level of the object's group, such as "read-only"; None without a group."""
        return None if node.group is None else self._levels.get(node.group)

    def _decide(self, ability: str, node: Node) -> bool:
        if ability == "own":
            return node.owner is not None and (self._owns_all or node.owner == self._caller.user_id)
        bits = None if node.group is None else self._bits.get(node.group)
        subject = Subject(node.cls, node.owner, node.group, bits, node.repository, node.directory)
        if ability == "move":
            return may_chgrp(self._caller, subject)
        if ability == "give":
            return may_chown(self._caller, subject)
        return allowed(self._caller, ACTIONS[ability], subject)


def level_of(bits: int) -> str:
    """What members of a group with these permissions may do with each other's data."""
    if granted(bits, Role.GROUP, Right.WRITE):
        return "read-write"
    if granted(bits, Role.GROUP, Right.ANNOTATE):
        return "read-annotate"
    return "read-only" if granted(bits, Role.GROUP, Right.READ) else "private"
