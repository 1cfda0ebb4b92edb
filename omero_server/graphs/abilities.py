"""What the caller can do with an object, as the rules ask it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from omero_server.db.tables import TABLES
from omero_server.graphs.nodes import Node
from omero_server.security.voter import Action, Subject, allowed, full_admin
from omero_server.sessions.call import Caller

__all__ = ["Abilities"]

ACTIONS = {"edit": Action.EDIT, "delete": Action.DELETE}


class Abilities:
    """Answers for one caller; equal questions are asked once. Knows the permissions of all groups."""

    def __init__(self, caller: Caller, db: Connection) -> None:
        self._caller = caller
        self.unlimited = full_admin(caller)
        groups = TABLES["experimentergroup"].c
        self._bits = {row.id: row.permissions for row in db.execute(select(groups.id, groups.permissions))}
        self._known: dict[tuple[object, ...], bool] = {}

    def may(self, ability: str, node: Node) -> bool:
        """Whether the caller may "edit" or "delete" the object."""
        question = (ability, node.cls, node.owner, node.group, node.repository, node.directory)
        if question not in self._known:
            bits = None if node.group is None else self._bits.get(node.group)
            subject = Subject(node.cls, node.owner, node.group, bits, node.repository, node.directory)
            self._known[question] = allowed(self._caller, ACTIONS[ability], subject)
        return self._known[question]
