"""Changing the permissions of groups.

When members of a group are no longer to see each other's data, what ties data of different owners together has to go.
All that needs a plan begins with a reference between two owners, so these are found with a query for each kind of
reference; the rules that look at everything in a group are not used. Any other change is one of the group's row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from sqlalchemy import select, update

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.graphs.change import Change, Targets
from omero_server.graphs.nodes import Node
from omero_server.graphs.notation import operation
from omero_server.graphs.policy import Operation, Rule
from omero_server.graphs.references import Reference, holding
from omero_server.security.bits import is_private

__all__ = ["NewPermissions"]


@dataclass
class NewPermissions(Change):
    """Give the targets, which are groups, these permissions."""

    permissions: int = 0

    name: ClassVar[str] = "chmod"

    def operation(self) -> Operation:
        """Without the rules that look at everything; without any if nothing becomes private."""
        kind = operation(self.name)
        rules = [rule for rule in kind.rules if is_private(self.permissions) and not _only_looks(rule)]
        return replace(kind, rules=tuple(rules))

    def plan(self, targets: Targets, waived: Targets) -> None:
        """Groups that are private already are left out where the new permissions are private too."""
        groups = self.find(targets)
        looked_at: Iterable[Node] = ()
        if is_private(self.permissions):
            groups = self._visible(groups)
            looked_at = self._mixed([node.id for node in groups])
        self._plan_nodes(groups, waived, looked_at)

    def _visible(self, groups: Iterable[Node]) -> list[Node]:
        """Those whose members see each other's data."""
        table = TABLES["experimentergroup"]
        ids = [node.id for node in groups]
        rows = self.call.db.execute(select(table.c.id, table.c.permissions).where(among(table.c.id, ids)))
        visible = {row.id for row in rows if not is_private(row.permissions)}
        return [node for node in groups if node.id in visible]

    def _mixed(self, groups: Collection[int]) -> Iterator[Node]:
        """What refers to something of another owner, or of none, in these groups."""
        for reference in _compared(self.planner.operation) if groups else ():
            ids = self._holders(reference, groups)
            yield from self.planner.graph.load(reference.holder, ids) if ids else ()

    def _holders(self, reference: Reference, groups: Collection[int]) -> list[int]:
        holder, column, rows = holding(reference)
        target = TABLES[reference.target.root.table].alias("target")
        chosen = select(holder.c.id).where(among(holder.c.group_id, groups))
        if "owner_id" in target.c:
            rows = rows.join(target, target.c.id == column)
            chosen = chosen.where(target.c.owner_id != holder.c.owner_id)
        else:
            chosen = chosen.where(column.is_not(None))
        return list(self.call.db.execute(chosen.select_from(rows)).scalars())

    def may_process(self, node: Node) -> bool:
        """Leaders may change their groups."""
        return node.id in self.call.caller.leader_of or self.call.caller.may("ModifyGroup")

    def process(self) -> None:
        """Change the rows of the groups."""
        table = TABLES["experimentergroup"]
        ids = [node.id for node in self.processed]
        self.call.db.execute(update(table).where(among(table.c.id, ids)).values(permissions=self.permissions))


def _only_looks(rule: Rule) -> bool:
    return bool(rule.changes) and not any(rule.changes.values())


def _compared(kind: Operation) -> list[Reference]:
    """The references along which rules compare owners. What differs over several steps differs over one of them."""
    comparing = [rule for rule in kind.rules if not all(same for _, _, same in rule.owners)]
    return list(dict.fromkeys(one for rule in comparing for edge in rule.edges for one in edge.references))
