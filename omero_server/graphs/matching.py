"""Finding where a rule fits: assignments of its nodes to objects that hang together as it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from omero_server.graphs.abilities import Abilities
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.policy import Edge, NodeTest, Plan, Rule
from omero_server.model.schema import ModelClass
from omero_server.sessions.call import USER_GROUP

__all__ = ["Match", "Matcher"]


@dataclass(frozen=True, slots=True)
class Match:
    """Objects by the names of the rule's nodes."""

    rule: Rule
    nodes: dict[str, Node]


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
        return [_Task(rule, name, same) for kind, same in alike.items() for rule, name in self._anchors_of(kind)]

    def _try(self, task: _Task, found: list[Match], first: bool) -> list[Node]:
        """Add the matches around the nodes of a task; those where something has to be read first come back."""
        nodes, one_decides = task.nodes, task.one_decides
        way = task.rule.ways[task.name]
        if way and not one_decides:
            nodes, known = self._graph.connected(nodes, way[0], from_holder=way[0].holder == task.name)
            if not known:
                return nodes
        left = []
        for node in nodes:
            misses = self._graph.misses
            matches = (Match(task.rule, bound) for bound in self._around(task, node))
            some = list(islice(matches, 1)) if first or one_decides else list(matches)
            if self._graph.misses > misses and not (some and (first or one_decides)):
                left.append(node)
            else:
                found += some
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

    def _around(self, task: _Task, node: Node) -> Iterator[dict[str, Node]]:
        if self._fits(task.rule.nodes[task.name], node):
            for bound in self._extend(task, task.rule.ways[task.name], {task.name: node}):
                if _owners_agree(task.rule, bound):
                    yield bound

    def _extend(self, task: _Task, way: tuple[Edge, ...], bound: dict[str, Node]) -> Iterator[dict[str, Node]]:
        if not way:
            yield bound
            return
        edge = way[0]
        if edge.holder in bound:
            name, candidates = edge.target, self._graph.targets(bound[edge.holder], edge)
        else:
            name, candidates = edge.holder, self._graph.holders(bound[edge.target], edge, task.one_decides)
        test, known = task.rule.nodes[name], bound.get(name)
        for node in candidates:
            if (known is None or known is node) and self._fits(test, node):
                yield from self._extend(task, way[1:], {**bound, name: node})

    def _fits(self, test: NodeTest, node: Node) -> bool:
        if not _suits(test, node.cls, node.plan):
            return False
        if test.plain:
            return True
        if test.levels is not None and self._abilities.level(node) not in test.levels:
            return False
        if test.common is not None and (node.group == USER_GROUP) is not test.common:
            return False
        may = self._abilities.may
        return all(may(one, node) for one in test.may) and not any(may(one, node) for one in test.may_not)


def _suits(test: NodeTest, cls: ModelClass, plan: Plan) -> bool:
    return (test.classes is None or cls in test.classes) and (test.plans is None or plan in test.plans)


def _owners_agree(rule: Rule, bound: dict[str, Node]) -> bool:
    for one, other, same in rule.owners:
        a, b = bound[one].owner, bound[other].owner
        if a is not None and b is not None and (a == b) is not same:
            return False
    return True
