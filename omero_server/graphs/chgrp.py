"""Moving to another group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from omero_server.graphs.change import Change
from omero_server.graphs.crossing import check_one_group
from omero_server.graphs.notation import operation
from omero_server.graphs.policy import Operation
from omero_server.graphs.writing import lock_rows, update_rows
from omero_server.security.bits import is_private

__all__ = ["Move"]


@dataclass
class Move(Change):
    """Move the targets with what belongs to them to a group with these permissions."""

    group_id: int = -1
    permissions: int = 0

    name: ClassVar[str] = "chgrp"
    needs: ClassVar[str | None] = "own"
    privilege: ClassVar[str] = "Chgrp"
    separates: ClassVar[bool] = True

    def operation(self) -> Operation:
        """The rules depend on whether members of the new group see each other's data."""
        return operation(self.name, to_private=is_private(self.permissions))

    def process(self) -> None:
        """Put the rows into the group. InTheWay if something outside of it is still tied to them.

        Whoever is about to refer to them waits for their locks, and then finds out that they have moved.
        """
        moves = self.call.engine.database.moves
        moves.begin()
        self.call.after_commit(moves.end)
        self.call.on_rollback(moves.end)
        lock_rows(self.call.db, self.processed)
        update_rows(self.call.db, self.processed, "group_id", self.group_id)
        check_one_group(self.call.db, self.processed, self.group_id)
