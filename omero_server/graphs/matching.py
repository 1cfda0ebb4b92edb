"""Finding where a rule fits: assignments of its nodes to objects that hang together as it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from omero_server.graphs.abilities import Abilities
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.policy import Edge, NodeTest, Plan, Rule
from omero_server.model.schema import ModelClass
from omero_server.sessions.call import USER_GROUP

__all__ = ["Match", "Matcher"]

Bound = dict[str, Node]


@dataclass(frozen=True, slots=True)
class Match:
    """Objects by the names of the rule's nodes."""

    rule: Rule
    nodes: Bound


@dataclass(slots=True)
class _Task:
    """A rule to be tried with each of these objects, all of one class and plan, as its node ``name``.

    one_decides: whether all that the rule does is to hold that object back.
    """

    rule: Rule
    name: str
    nodes: list[Node]

    @property
    def one_decides(self) -> bool:
        return dict(self.rule.changes) == {self.name: Plan.HELD} and not self.rule.waive


class Matcher:
    """Looks for matches of a set of rules around given objects."""

    def __init__(self, graph: Graph, abilities: Abilities, rules: Iterable[Rule]) -> None:
        self._graph = graph
        self._abilities = abilities
        self._rules = tuple(rules)
        self._anchors: dict[tuple[ModelClass, Plan], list[tuple[Rule, str]]] = {}

    def find(self, nodes: Iterable[Node], *, first: bool = False) -> list[Match]:
        """All matches in which one of the objects takes part; with ``first`` at most one for each object and rule.

        Of rules that only hold the object back one match does. Reads what is missing and tries again, until nothing is.
        """
        pending, found = self._tasks(nodes), list[Match]()
        while pending:
            again = []
            for task in pending:
                left = self._try(task, found, first)
                if left:
                    again.append(_Task(task.rule, task.name, left))
            if again:
                self._graph.load_missing()
            pending = again
        return found

    def _tasks(self, nodes: Iterable[Node]) -> list[_Task]:
        alike: defaultdict[tuple[ModelClass, Plan], list[Node]] = defaultdict(list)
        for node in nodes:
            alike[node.cls, node.plan].append(node)
        present = self._graph.present()
        return [
            _Task(rule, name, same)
            for kind, same in alike.items()
            for rule, name in self._anchors_of(kind)
            if not _hopeless(rule, present)
        ]

    def _try(self, task: _Task, found: list[Match], first: bool) -> list[Node]:
        """Add the matches around the nodes of a task; those where something has to be read first come back."""
        if task.one_decides:
            return self._try_each(task, found)
        rows, left = self._join(task)
        done = set[Node]()
        for bound in rows:
            anchor = bound[task.name]
            if anchor not in left and not (first and anchor in done) and _owners_agree(task.rule, bound):
                found.append(Match(task.rule, bound))
                done.add(anchor)
        return list(left)

    def _join(self, task: _Task) -> tuple[list[Bound], set[Node]]:
        """Assignments for all nodes of a task at once, one edge after the other; and the nodes where something has to
        be read first.
        """
        rule, name, way = task.rule, task.name, task.rule.ways[task.name]
        test = rule.nodes[name]
        nodes = task.nodes if test.plain else [node for node in task.nodes if self._able(test, node)]
        if not way or not nodes:
            return [{name: node} for node in nodes], set()
        end = way[0].target if way[0].holder == name else way[0].holder
        near, left = self._near(nodes, way[0], rule.nodes[end], end == way[0].target)
        rows: list[Bound] = [{name: node, end: other} for node, others in near.items() for other in others]
        for edge in way[1:]:
            if not rows:
                break
            start, end = (edge.holder, edge.target) if edge.holder in rows[0] else (edge.target, edge.holder)
            near, unread = self._near((row[start] for row in rows), edge, rule.nodes[end], start == edge.holder)
            left |= {row[name] for row in rows if row[start] in unread}
            rows = [{**row, end: other} for row in rows for other in near.get(row[start], ())
                    if row.get(end, other) is other]  # fmt: skip
        return rows, left

    def _near(
        self, nodes: Iterable[Node], edge: Edge, test: NodeTest, from_holder: bool
    ) -> tuple[dict[Node, list[Node]], set[Node]]:
        """The neighbours that fit a test, by node; and the nodes whose neighbours have to be read first."""
        by_class: defaultdict[ModelClass, dict[Node, None]] = defaultdict(dict)
        for node in nodes:
            by_class[node.cls][node] = None
        near, unread = defaultdict[Node, list[Node]](list), set[Node]()
        for alike in by_class.values():
            connected, known = self._graph.connected(list(alike), edge, from_holder=from_holder)
            if not known:
                unread.update(connected)
                continue
            pairs, waiting = self._graph.near(connected, edge, test, from_holder=from_holder)
            unread.update(waiting)
            for node, other in pairs:
                if test.plain or self._able(test, other):
                    near[node].append(other)
        return near, unread

    def _try_each(self, task: _Task, found: list[Match]) -> list[Node]:
        """The same for one node after the other, where one match each is enough."""
        left = []
        for node in task.nodes:
            misses = self._graph.misses
            bound = next(self._around(task, node), None)
            if bound is not None:
                found.append(Match(task.rule, bound))
            elif self._graph.misses > misses:
                left.append(node)
        return left

    def holds(self, match: Match) -> bool:
        """Whether the objects still have the plans that the rule asks for."""
        return all(_suits(match.rule.nodes[name], node.cls, node.plan) for name, node in match.nodes.items())

    def _anchors_of(self, key: tuple[ModelClass, Plan]) -> list[tuple[Rule, str]]:
        if key not in self._anchors:
            self._anchors[key] = [
                (rule, name) for rule in self._rules for name, test in rule.nodes.items() if _suits(test, *key)
            ]
        return self._anchors[key]

    def _around(self, task: _Task, node: Node) -> Iterator[Bound]:
        if self._fits(task.rule.nodes[task.name], node):
            for bound in self._extend(task, task.rule.ways[task.name], {task.name: node}):
                if _owners_agree(task.rule, bound):
                    yield bound

    def _extend(self, task: _Task, way: tuple[Edge, ...], bound: Bound) -> Iterator[Bound]:
        if not way:
            yield bound
            return
        edge = way[0]
        if edge.holder in bound:
            name, candidates = edge.target, self._graph.targets(bound[edge.holder], edge)
        else:
            name, candidates = edge.holder, self._graph.holders(bound[edge.target], edge, one_decides=True)
        test, known = task.rule.nodes[name], bound.get(name)
        for node in candidates:
            if (known is None or known is node) and self._fits(test, node):
                yield from self._extend(task, way[1:], {**bound, name: node})

    def _fits(self, test: NodeTest, node: Node) -> bool:
        return _suits(test, node.cls, node.plan) and self._able(test, node)

    def _able(self, test: NodeTest, node: Node) -> bool:
        """Whether an object has what a test asks for besides class and plan."""
        if test.plain:
            return True
        if test.levels is not None and self._abilities.level(node) not in test.levels:
            return False
        if test.common is not None and (node.group == USER_GROUP) is not test.common:
            return False
        may = self._abilities.may
        return all(may(one, node) for one in test.may) and not any(may(one, node) for one in test.may_not)


def _hopeless(rule: Rule, present: frozenset[tuple[ModelClass, Plan]]) -> bool:
    """Whether the rule needs an object with a plan that no such object has been given."""
    return any(test.rare is not None and test.rare.isdisjoint(present) for test in rule.nodes.values())


def _suits(test: NodeTest, cls: ModelClass, plan: Plan) -> bool:
    return (test.classes is None or cls in test.classes) and (test.plans is None or plan in test.plans)


def _owners_agree(rule: Rule, bound: Bound) -> bool:
    for one, other, same in rule.owners:
        a, b = bound[one].owner, bound[other].owner
        if a is not None and b is not None and (a == b) is not same:
            return False
    return True
