"""The objects that an operation has looked at, and how they refer to each other.

Rows are read by class and only where a rule asks for them: whoever asks for neighbours that have not been read gets
none, and what was missing is read before the next try (``load_missing``), one statement per table however many objects
are waiting. Where one neighbour decides (a tag that is used elsewhere stays), only a few are read at a time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.graphs.notation import seen_by_all
from omero_server.graphs.policy import Edge, NodeTest, Plan
from omero_server.graphs.references import GROUP, OWNER, Reference, held_by, pointing_at
from omero_server.graphs.rows import Node, key_of, reading, some_holders, to_node
from omero_server.model.schema import ModelClass
from omero_server.security.filter import ReadFilter

__all__ = ["Graph", "Node"]

FEW, GROWTH, MANY = 4, 8, 1000


@dataclass(slots=True)
class _Ends:
    """One reference: the target's id by holder, the ids of the holders by target.

    complete: targets all of whose holders are known. few: how many to read next of those for whom one may do.
    """

    targets: dict[int, int] = field(default_factory=dict)
    holders: dict[int, list[int]] = field(default_factory=dict)
    complete: set[int] = field(default_factory=set)
    few: int = FEW


class Graph:
    """Objects by root class and id. Those that the caller cannot read do not exist in it.

    misses: how often something was asked for that is not read yet. strict: not even the views that go along unseen.
    """

    def __init__(self, db: Connection, readable: ReadFilter, *, strict: bool = False) -> None:
        self._strict = strict
        self._db = db
        self._readable = readable
        self._nodes: defaultdict[ModelClass, dict[int, Node | None]] = defaultdict(dict)
        self._ends: defaultdict[Reference, _Ends] = defaultdict(_Ends)
        self._wanted: defaultdict[ModelClass, set[int]] = defaultdict(set)
        self._wanted_holders: defaultdict[Reference, set[int]] = defaultdict(set)
        self._wanted_few: defaultdict[Reference, set[int]] = defaultdict(set)
        self._census: Counter[tuple[ModelClass, Plan]] = Counter()
        self.misses = 0

    def give(self, node: Node, plan: Plan) -> None:
        """Give an object another plan."""
        self._census[node.cls, node.plan] -= 1
        self._census[node.cls, plan] += 1
        node.plan = plan

    def present(self) -> frozenset[tuple[ModelClass, Plan]]:
        """The pairs of class and plan that some object was given and has."""
        return frozenset(pair for pair, count in self._census.items() if count > 0)

    def load(self, cls: ModelClass, ids: Collection[int]) -> list[Node]:
        """The objects of a class, or of its subclasses, that the caller can read."""
        self._read(cls.root, among(key_of(cls.root), ids))
        found = (self._nodes[cls.root].get(i) for i in sorted(set(ids)))
        return [node for node in found if node is not None and node.cls.is_a(cls)]

    def targets(self, node: Node, edge: Edge) -> Iterator[Node]:
        """What ``node`` refers to along an edge."""
        for reference in edge.held_by(node.cls):
            target = self._target(reference, node)
            if target is not None:
                found = self._find(reference.target.root, target)
                if found is not None:
                    yield found

    def _target(self, reference: Reference, node: Node) -> int | None:
        """The id that an object refers to. Owners and groups are not among its ends: too many have the same."""
        if reference.name in (OWNER, GROUP):
            return node.owner if reference.name == OWNER else node.group
        return self._ends[reference].targets.get(node.id)

    def holders(self, node: Node, edge: Edge, one_decides: bool = False) -> Iterator[Node]:
        """What refers to ``node`` along an edge; see ``pointing``."""
        for reference in edge.aimed_at(node.cls):
            yield from self.pointing(reference, node, one_decides)

    def pointing(self, reference: Reference, node: Node, one_decides: bool = False) -> Iterator[Node]:
        """What refers to ``node`` through one reference.

        With ``one_decides`` first what is known; more is asked for if the caller goes on to the end.
        """
        ends = self._ends[reference]
        complete = node.id in ends.complete
        if complete or one_decides:
            nodes = self._nodes[reference.holder.root]
            for holder in ends.holders.get(node.id, ()):
                found = nodes[holder]
                if found is not None:
                    yield found
        if not complete:
            few = one_decides and ends.few <= MANY
            (self._wanted_few if few else self._wanted_holders)[reference].add(node.id)
            self.misses += 1

    def connected(self, nodes: list[Node], edge: Edge, *, from_holder: bool) -> tuple[list[Node], bool]:
        """Which of the nodes, all of one class, have a neighbour along an edge, and whether that is known yet.

        A fast look at many at once, before each is looked at.
        """
        cls, found, ids = nodes[0].cls, set[int](), {node.id for node in nodes}
        if from_holder:
            for reference in edge.held_by(cls):
                belongs = reference.name in (OWNER, GROUP)
                found |= ids if belongs else self._ends[reference].targets.keys() & ids
        else:
            missing = {one: ids - self._ends[one].complete for one in edge.aimed_at(cls)}
            if any(missing.values()):
                for reference, unknown in missing.items():
                    self._wanted_holders[reference] |= unknown
                return nodes, False
            for reference in missing:
                found |= self._ends[reference].holders.keys() & ids
        return [node for node in nodes if node.id in found] if found else [], True

    def near(
        self, nodes: list[Node], edge: Edge, test: NodeTest, *, from_holder: bool
    ) -> tuple[list[tuple[Node, Node]], list[Node]]:
        """Those of the nodes, all of one class, that have neighbours along an edge whose class and plan fit a test,
        with each of these; and those whose neighbours have to be read first. Ask ``connected`` before.
        """
        if not nodes:
            return [], []
        pairs: Iterable[tuple[Node, Node]]
        unread: list[Node] = []
        if from_holder:
            references = edge.held_by(nodes[0].cls)
            waiting = dict.fromkeys(node for one in references for node in self._with_unread(one, nodes))
            unread, nodes = list(waiting), [node for node in nodes if node not in waiting]
            pairs = (pair for one in references for pair in self.targets_of(one, nodes))
        else:
            references = edge.aimed_at(nodes[0].cls)
            pairs = ((node, other) for one in references for other, node in self.holders_of(one, nodes))
        classes, plans = test.classes, test.plans
        fitting = [
            pair for pair in pairs
            if (plans is None or pair[1].plan in plans) and (classes is None or pair[1].cls in classes)
        ]  # fmt: skip
        return fitting, unread

    def _with_unread(self, reference: Reference, nodes: Iterable[Node]) -> list[Node]:
        """Objects that refer to something not read yet, which is asked for."""
        known, wanted, found = self._nodes[reference.target.root], self._wanted[reference.target.root], []
        targets, belongs = self._ends[reference].targets, reference.name in (OWNER, GROUP)
        for node in nodes if targets or belongs else ():
            target = self._target(reference, node) if belongs else targets.get(node.id)
            if target is not None and target not in known:
                wanted.add(target)
                found.append(node)
        return found

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

    def referred(self, reference: Reference) -> Mapping[int, int]:
        """The targets of a reference by their holders, of the holders read so far."""
        return self._ends[reference].targets

    def want_holders(self, reference: Reference, ids: Iterable[int]) -> None:
        """Have ``load_missing`` read what refers to these objects."""
        self._wanted_holders[reference] |= set(ids) - self._ends[reference].complete

    def want_targets(self, reference: Reference, nodes: Iterable[Node]) -> None:
        """Have ``load_missing`` read what these objects refer to."""
        targets = self._ends[reference].targets
        self._wanted[reference.target.root] |= {targets[node.id] for node in nodes if node.id in targets}

    def holders_of(self, reference: Reference, nodes: Iterable[Node]) -> Iterator[tuple[Node, Node]]:
        """What refers to objects through one reference, with the object that each refers to, of what was read."""
        by_target, known = self._ends[reference].holders, self._nodes[reference.holder.root]
        for node in nodes if by_target else ():
            for holder in by_target.get(node.id, ()):
                found = known[holder]
                if found is not None:
                    yield found, node

    def targets_of(self, reference: Reference, nodes: Iterable[Node]) -> Iterator[tuple[Node, Node]]:
        """Objects with what they refer to through one reference, of what was read."""
        known, belongs = self._nodes[reference.target.root], reference.name in (OWNER, GROUP)
        targets = self._ends[reference].targets
        for node in nodes if targets or belongs else ():
            target = self._target(reference, node) if belongs else targets.get(node.id)
            found = None if target is None else known.get(target)
            if found is not None:
                yield node, found

    def load_missing(self) -> None:
        """Read what was asked for and not there."""
        holders, self._wanted_holders = self._wanted_holders, defaultdict(set)
        for reference, ids in holders.items():
            if ids:
                self._read(reference.holder.root, among(reference.column, ids))
                self._ends[reference].complete |= ids
                if reference.name in (OWNER, GROUP):
                    self._note_belongings(reference, ids)
        few, self._wanted_few = self._wanted_few, defaultdict(set)
        for reference, ids in few.items():
            self._read_few(reference, ids - self._ends[reference].complete)
        wanted, self._wanted = self._wanted, defaultdict(set)
        for root, ids in wanted.items():
            missing = ids - self._nodes[root].keys()
            if missing:
                self._read(root, among(key_of(root), missing))
                self._nodes[root] |= {i: None for i in missing - self._nodes[root].keys()}

    def _note_belongings(self, reference: Reference, ids: set[int]) -> None:
        holders = self._ends[reference].holders
        for node in self._nodes[reference.holder.root].values():
            target = None if node is None else self._target(reference, node)
            if node is not None and target in ids:
                holders.setdefault(target, []).append(node.id)

    def _find(self, root: ModelClass, object_id: int) -> Node | None:
        nodes = self._nodes[root]
        if object_id not in nodes:
            self._wanted[root].add(object_id)
            self.misses += 1
            return None
        return nodes[object_id]

    def _read_few(self, reference: Reference, ids: set[int]) -> None:
        """Read some more holders; who has fewer than asked for has no others."""
        if not ids:
            return
        root, ends = reference.holder.root, self._ends[reference]
        before = {i: len(ends.holders.get(i, ())) for i in ids}
        self._read(root, some_holders(reference, before, self._condition(root), ends.few))
        ends.complete |= {i for i in ids if len(ends.holders.get(i, ())) - before[i] < ends.few}
        ends.few *= GROWTH

    def _condition(self, root: ModelClass) -> ColumnElement[bool] | None:
        seen = not self._strict and root in seen_by_all()
        return None if seen else self._readable.condition(root, TABLES[root.table])

    def _read(self, root: ModelClass, chosen: ColumnElement[bool]) -> None:
        statement, readable = reading(root).where(chosen), self._condition(root)
        if readable is not None:
            statement = statement.where(readable)
        known, ends = self._nodes[root], [self._ends[one] for one in held_by(root)]
        for row in self._db.execute(statement, self._readable.parameters):
            if known.get(row[0]) is not None:
                continue
            known[row[0]], targets = to_node(root, row)
            for one, target in zip(ends, targets, strict=True):
                if target is not None:
                    one.targets[row[0]] = target
                    one.holders.setdefault(target, []).append(row[0])
