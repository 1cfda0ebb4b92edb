"""Giving to another user."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import Connection, and_, or_, select

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.graphs.change import Change, Step, Targets
from omero_server.graphs.errors import GraphError
from omero_server.graphs.nodes import Node
from omero_server.graphs.writing import ids_by_class, update_rows
from omero_server.model.schema import ModelClass

__all__ = ["Gift"]


@dataclass
class Gift(Change):
    """Give the targets with what belongs to them to ``user_id``, a member of ``user_groups``.

    from_users: all that is theirs is given too: of groups that the caller leads, or everywhere with the privilege.
    """

    user_id: int = -1
    user_groups: frozenset[int] = frozenset()
    from_users: Collection[int] = ()
    _theirs: list[Node] = field(default_factory=list, init=False)

    name: ClassVar[str] = "chown"
    needs: ClassVar[str | None] = "delete"
    privilege: ClassVar[str] = "Chown"

    def planning(self, targets: Targets, waived: Targets | None = None) -> list[Step]:
        """Before the plan: find what belongs to ``from_users``."""
        return [self.collect, *super().planning(targets, waived)]

    def collect(self) -> None:
        """Find all that belongs to ``from_users`` and can be given."""
        targets = self.planner.operation.targets
        roots = sorted({cls.root for cls in targets}, key=lambda cls: cls.name) if self.from_users else ()
        for root in roots:
            found = self.planner.graph.load(root, self._ids_of_users(root))
            self._theirs += [node for node in found if node.cls in targets]

    def _ids_of_users(self, root: ModelClass) -> list[int]:
        table = TABLES[root.table]
        chosen = select(table.c.id).where(among(table.c.owner_id, self.from_users))
        if not self.exempt:
            chosen = chosen.where(among(table.c.group_id, self.call.caller.leader_of))
        return list(self.call.db.execute(chosen).scalars())

    def plan(self, targets: Targets, waived: Targets) -> None:
        """Targets are those asked for, and what was collected."""
        self._plan_nodes([*self.find(targets), *self._theirs], waived)

    def may_process(self, node: Node) -> bool:
        """Who lacks the privilege gives only within groups that he leads, and to their members."""
        if self.exempt:
            return True
        fitting = node.group in self.call.caller.leader_of and node.group in self.user_groups
        return super().may_process(node) and (fitting or node.owner == self.user_id)

    def check_objects(self) -> None:
        """Also: nobody has two links between the same objects."""
        super().check_objects()
        for cls, ids in ids_by_class(self.processed).items():
            if cls.is_link:
                _check_single(self.call.db, cls, ids, self.user_id)

    def process(self) -> None:
        """Change the owner of the rows."""
        update_rows(self.call.db, self.processed, "owner_id", self.user_id)


def _check_single(db: Connection, cls: ModelClass, ids: Collection[int], owner: int) -> None:
    """Raises GraphError if a given link would be the owner's second one between the same two objects."""
    one, other = TABLES[cls.table].alias("one"), TABLES[cls.table].alias("other")
    others = or_(among(other.c.id, ids), other.c.owner_id == owner)
    same = and_(one.c.parent == other.c.parent, one.c.child == other.c.child, one.c.id != other.c.id)
    pair = db.execute(
        select(one.c.id, other.c.id).join(other, same).where(among(one.c.id, ids), others).limit(1)
    ).first()  # fmt: skip
    if pair is not None:
        raise GraphError(f"{cls.name}[{pair[0]}] and {cls.name}[{pair[1]}] link the same objects: remove one of them")
