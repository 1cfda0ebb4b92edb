"""The objects that an operation has looked at, and how they refer to each other.

Rows are read by class and only where a rule asks for them: whoever asks for neighbours that have not been read gets
none, and what was missing is read before the next try (``load_missing``), one statement per table however many objects
are waiting.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.graphs.policy import Edge, Plan, seen_by_all
from omero_server.graphs.references import Reference, held_by, pointing_at
from omero_server.model.schema import ModelClass
from omero_server.security.filter import ReadFilter

__all__ = ["Graph", "Node"]

DIRECTORY = "Directory"


@dataclass(eq=False, slots=True)
class Node:
    """One object. waived: what becomes of it does not depend on what the caller may do with it."""

    cls: ModelClass
    id: int
    owner: int | None
    group: int | None
    namespace: str | None = None
    repository: str | None = None
    directory: bool = False
    plan: Plan = Plan.UNASKED
    waived: bool = False

    def __str__(self) -> str:
        return f"{self.cls.name}[{self.id}]"


@dataclass(slots=True)
class _Ends:
    """One reference: id of the target by holder, ids of the holders by target, and the targets asked for these."""

    targets: dict[int, int] = field(default_factory=dict)
    holders: dict[int, list[int]] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)


class Graph:
    """Objects by root class and id. Those that the caller cannot read do not exist in it."""

    def __init__(self, db: Connection, readable: ReadFilter) -> None:
        self._db = db
        self._readable = readable
        self._nodes: defaultdict[ModelClass, dict[int, Node | None]] = defaultdict(dict)
        self._ends: defaultdict[Reference, _Ends] = defaultdict(_Ends)
        self._wanted: defaultdict[ModelClass, set[int]] = defaultdict(set)
        self._wanted_holders: defaultdict[Reference, set[int]] = defaultdict(set)
        self.misses = 0

    def load(self, cls: ModelClass, ids: Collection[int]) -> list[Node]:
        """The objects of a class, or of its subclasses, that the caller can read."""
        self._read(cls.root, among(_key(cls.root), ids), self._condition(cls.root))
        found = (self._nodes[cls.root].get(i) for i in sorted(set(ids)))
        return [node for node in found if node is not None and node.cls.is_a(cls)]

    def targets(self, node: Node, edge: Edge) -> Iterator[Node]:
        """What ``node`` refers to along an edge."""
        for reference in edge.held_by(node.cls):
            target = self._ends[reference].targets.get(node.id)
            if target is not None:
                found = self._find(reference.target.root, target)
                if found is not None:
                    yield found

    def holders(self, node: Node, edge: Edge) -> Iterator[Node]:
        """What refers to ``node`` along an edge."""
        for reference in edge.aimed_at(node.cls):
            yield from self.pointing(reference, node)

    def pointing(self, reference: Reference, node: Node) -> Iterator[Node]:
        """What refers to ``node`` through one reference."""
        ends = self._ends[reference]
        if node.id not in ends.asked:
            self._wanted_holders[reference].add(node.id)
            self.misses += 1
            return
        nodes = self._nodes[reference.holder.root]
        for holder in ends.holders.get(node.id, ()):
            found = nodes[holder]
            if found is not None:
                yield found

    def known_neighbours(self, node: Node) -> Iterator[Node]:
        """What refers to ``node`` or is referred to by it, of the objects read so far."""
        for reference in held_by(node.cls.root):
            target = self._ends[reference].targets.get(node.id)
            found = None if target is None else self._nodes[reference.target.root].get(target)
            if found is not None:
                yield found
        for reference in pointing_at(node.cls):
            for holder in self._ends[reference].holders.get(node.id, ()):
                found = self._nodes[reference.holder.root].get(holder)
                if found is not None:
                    yield found

    def want_holders(self, reference: Reference, ids: Iterable[int]) -> None:
        """Have ``load_missing`` read what refers to these objects."""
        self._wanted_holders[reference] |= set(ids) - self._ends[reference].asked

    def load_missing(self) -> None:
        """Read what was asked for and not there."""
        holders, self._wanted_holders = self._wanted_holders, defaultdict(set)
        for reference, ids in holders.items():
            if ids:
                root = reference.holder.root
                self._read(root, among(reference.column, ids), self._condition(root))
                self._ends[reference].asked |= ids
        wanted, self._wanted = self._wanted, defaultdict(set)
        for root, ids in wanted.items():
            missing = [i for i in ids if i not in self._nodes[root]]
            if missing:
                self._read(root, among(_key(root), missing), self._condition(root))
                self._nodes[root] |= {i: None for i in missing if i not in self._nodes[root]}

    def _find(self, root: ModelClass, object_id: int) -> Node | None:
        nodes = self._nodes[root]
        if object_id not in nodes:
            self._wanted[root].add(object_id)
            self.misses += 1
            return None
        return nodes[object_id]

    def _condition(self, root: ModelClass) -> ColumnElement[bool] | None:
        return None if root in seen_by_all() else self._readable.condition(root, TABLES[root.table])

    def _read(self, root: ModelClass, chosen: ColumnElement[bool], readable: ColumnElement[bool] | None) -> None:
        statement = _statement(root).where(chosen)
        if readable is not None:
            statement = statement.where(readable)
        known = self._nodes[root]
        references = held_by(root)
        for row in self._db.execute(statement, self._readable.parameters).mappings():
            if known.get(row["id"]) is None:
                known[row["id"]] = _node(root, row)
                self._note(row["id"], references, row)

    def _note(self, holder: int, references: tuple[Reference, ...], row: Any) -> None:
        for place, reference in enumerate(references):
            target = row[f"r{place}"]
            if target is not None:
                ends = self._ends[reference]
                ends.targets[holder] = target
                ends.holders.setdefault(target, []).append(holder)


def _key(root: ModelClass) -> ColumnElement[int]:
    return TABLES[root.table].c[root.key]


@cache
def _statement(root: ModelClass) -> Select[Any]:
    """Everything that is ever asked of objects of one root class: class, owner, group, references and facts."""
    table = TABLES[root.table]
    columns: list[ColumnElement[Any]] = [table.c.id.label("id")]
    columns += [table.c[name] for name in ("owner_id", "group_id", "discriminator") if name in table.c]
    if root.name == "Annotation":
        columns.append(table.c.ns.label("namespace"))
    if root.name == "OriginalFile":
        columns += [table.c.repo, table.c.mimetype]
    columns += [one.column.label(f"r{place}") for place, one in enumerate(held_by(root))]
    joined: Any = table
    if root.inheritance == "joined":
        for place, cls in enumerate(root.subclasses):
            part = TABLES[cls.table]
            columns.append(part.c[cls.key].label(f"s{place}"))
            joined = joined.outerjoin(part, part.c[cls.key] == table.c.id)
    return select(*columns).select_from(joined)


@cache
def _discriminators(root: ModelClass) -> dict[str | None, ModelClass]:
    return {cls.discriminator: cls for cls in root.concrete}


def _node(root: ModelClass, row: Any) -> Node:
    cls = root
    if root.inheritance == "single":
        cls = _discriminators(root)[row["discriminator"]]
    elif root.inheritance == "joined":
        parts = [sub for place, sub in enumerate(root.subclasses) if row[f"s{place}"] is not None]
        cls = max(parts, key=lambda sub: len(sub.lineage), default=root)
    node = Node(cls, row["id"], row.get("owner_id"), row.get("group_id"), row.get("namespace"), row.get("repo"))
    node.directory = row.get("mimetype") == DIRECTORY
    return node
