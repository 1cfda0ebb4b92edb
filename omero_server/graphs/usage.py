"""Disk usage, first part: the files that objects lead to.

What users or groups own is not looked at one by one: their files are a condition of the query, and rules are only
followed from where something of theirs leads to an object of somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, false, not_, or_, select, true

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.graphs.finding import REACHED, Looking, narrow, reach
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.notation import operation
from omero_server.graphs.policy import Operation
from omero_server.graphs.references import GROUP, OWNER, Reference
from omero_server.graphs.rows import key_of
from omero_server.graphs.targets import find_targets, target_class
from omero_server.model.schema import MODEL, ModelClass
from omero_server.security.filter import ReadFilter, read_filter
from omero_server.sessions.call import ALL_GROUPS

__all__ = ["Reached", "reached"]

WITH_FILES = ("OriginalFile", "Pixels", "Thumbnail")


@dataclass(frozen=True)
class Owned:
    """Everything that some users and groups have."""

    users: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.users or self.groups)

    def condition(self, table: FromClause) -> ColumnElement[bool]:
        """Whether a row of a root table is among it."""
        if not self or "owner_id" not in table.c:
            return false()
        return or_(among(table.c.owner_id, self.users), among(table.c.group_id, self.groups))


@dataclass(frozen=True)
class Reached:
    """Rows with files that targets lead to: some by id, some by their owner; all of them readable."""

    readable: ReadFilter
    owned: Owned
    ids: Mapping[str, frozenset[int]]

    def condition(self, name: str) -> ColumnElement[bool]:
        """Which rows of one of the classes WITH_FILES are meant."""
        table = TABLES[MODEL.classes[name].table]
        chosen = or_(among(table.c.id, self.ids.get(name, ())), self.owned.condition(table))
        return chosen & visible(self.readable, MODEL.classes[name], table)


def visible(readable: ReadFilter, cls: ModelClass, table: FromClause) -> ColumnElement[bool]:
    """Which rows of the root table of a class may be read."""
    found = readable.condition(cls, table)
    return true() if found is None else found


def reached(
    call: Looking, targets: Mapping[str, Collection[int]], classes: Iterable[str], check: Callable[[], None]
) -> Reached:  # fmt: skip
    """What the targets lead to, and all objects of some classes that the caller can read.

    Raises UnknownClass, BadTarget, and GraphError when a target cannot be read.
    """
    kind, db = _looked_at(operation("usage")), call.db
    readable = read_filter(call.caller.in_group(ALL_GROUPS), db)
    graph = Graph(db, readable, strict=True)
    found = find_targets(kind, graph, targets)
    for name in classes:
        found += _all_of(db, readable, graph, target_class(kind, name))
    users, groups = (
        {node.id for node in found if node.cls.name == name} for name in ("Experimenter", "ExperimenterGroup")
    )
    owned = Owned(frozenset(users), frozenset(groups))
    begin = frozenset(MODEL.classes.values()) if owned else frozenset(node.cls for node in found)
    narrowed = narrow(kind, begin, frozenset(MODEL.classes[name] for name in WITH_FILES), frozenset())
    if owned:
        found += _crossings(db, readable, graph, narrowed, owned)
    with_files = [node for node in reach(call, narrowed, graph, found, check) if node.cls.name in WITH_FILES]
    ids = {name: frozenset(node.id for node in with_files if node.cls.name == name) for name in WITH_FILES}
    return Reached(readable, owned, ids)


def _looked_at(kind: Operation) -> Operation:
    """The rules but those that take what somebody owns one by one."""
    names = {OWNER, GROUP}
    rules = (
        rule for rule in kind.rules if not any(one.name in names for edge in rule.edges for one in edge.references)
    )
    return replace(kind, rules=tuple(rules))


def _all_of(db: Connection, readable: ReadFilter, graph: Graph, cls: ModelClass) -> list[Node]:
    table = TABLES[cls.root.table]
    seen = select(key_of(cls.root)).where(visible(readable, cls.root, table))
    return graph.load(cls, list(db.execute(seen, readable.parameters).scalars()))


def _crossings(db: Connection, readable: ReadFilter, graph: Graph, kind: Operation, owned: Owned) -> list[Node]:
    """Where something owned leads to something that is not."""
    direct, farther = _ways(kind)
    found: list[Node] = []
    for reference, to_target in sorted(direct, key=str):
        statement = _crossing(readable, owned, reference, to_target)
        if statement is not None:
            end = reference.target if to_target else reference.holder
            found += graph.load(end, list(db.execute(statement, readable.parameters).scalars()))
    for reference in sorted(farther, key=str):
        root = TABLES[reference.table]
        begin = select(root.c.id).where(owned.condition(root), reference.column.is_not(None))
        found += graph.load(reference.holder, list(db.execute(begin).scalars()))
    return found


def _ways(kind: Operation) -> tuple[set[tuple[Reference, bool]], set[Reference]]:
    """References that rules follow, and whether from holder to target; those that begin a way of several."""
    direct: set[tuple[Reference, bool]] = set()
    farther: set[Reference] = set()
    for rule in kind.rules:
        begin = {name for name, test in rule.nodes.items() if test.plans == REACHED}
        for edge in rule.edges:
            ends = {edge.holder, edge.target}
            if len(rule.edges) == 1:
                direct |= {(reference, edge.target in rule.changes) for reference in edge.references}
            elif ends & begin and not ends & rule.changes.keys() and edge.holder in begin:
                farther |= set(edge.references)
    return direct, farther


def _crossing(readable: ReadFilter, owned: Owned, reference: Reference, to_target: bool) -> Select[Any] | None:
    root, part = TABLES[reference.holder.root.table], TABLES[reference.table]
    target = TABLES[reference.target.root.table].alias("target")
    joined: FromClause = part.join(target, target.c[reference.target.root.key] == reference.column)
    if part is not root:
        joined = joined.join(root, key_of(reference.holder.root) == part.c[reference.holder.key])
    ends = [(reference.holder.root, root), (reference.target.root, target)]
    (from_class, begin), (to_class, end) = ends if to_target else reversed(ends)
    if "owner_id" not in begin.c:
        return None
    seen = visible(readable, from_class, begin) & visible(readable, to_class, end)
    chosen = select(end.c[to_class.key]).distinct().select_from(joined)
    return chosen.where(owned.condition(begin), not_(owned.condition(end)), seen)
