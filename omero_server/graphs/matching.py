"""Finding where a rule fits: assignments of its nodes to objects that hang together as it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from omero_server.graphs.abilities import Abilities
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.policy import Edge, NodeTest, Plan, Rule
from omero_server.model.schema import ModelClass

__all__ = ["Match", "Matcher"]


@dataclass(frozen=True, slots=True)
class Match:
    """Objects by the names of the rule's nodes."""

    rule: Rule
    nodes: dict[str, Node]


class Matcher:
    """Looks for matches of a set of rules around given objects."""

    def __init__(self, graph: Graph, abilities: Abilities, rules: Iterable[Rule]) -> None:
        self._graph = graph
        self._abilities = abilities
        self._rules = tuple(rules)
        self._anchors: dict[tuple[ModelClass, Plan], list[tuple[Rule, str]]] = {}

    def find(self, nodes: Iterable[Node], *, first: bool = False) -> list[Match]:
        """All matches in which one of the objects takes part; with ``first`` at most one for each object and rule.

        Reads what is missing and tries again, until nothing is.
        """
        pending = [(rule, name, node) for node in nodes for rule, name in self._anchors_of(node)]
        found: list[Match] = []
        while pending:
            again = []
            for rule, name, node in pending:
                misses = self._graph.misses
                matches = [Match(rule, bound) for bound in self._around(rule, name, node)]
                if self._graph.misses > misses:
                    again.append((rule, name, node))
                else:
                    found += matches[:1] if first else matches
            if again:
                self._graph.load_missing()
            pending = again
        return found

    def holds(self, match: Match) -> bool:
        """Whether the objects still have the plans that the rule asks for."""
        return all(_suits(match.rule.nodes[name], node.cls, node.plan) for name, node in match.nodes.items())

    def _anchors_of(self, node: Node) -> list[tuple[Rule, str]]:
        key = node.cls, node.plan
        if key not in self._anchors:
            self._anchors[key] = [
                (rule, name) for rule in self._rules for name, test in rule.nodes.items() if _suits(test, *key)
            ]
        return self._anchors[key]

    def _around(self, rule: Rule, name: str, node: Node) -> Iterator[dict[str, Node]]:
        if self._fits(rule.nodes[name], node):
            for bound in self._extend(rule, rule.ways[name], {name: node}):
                if _owners_agree(rule, bound):
                    yield bound

    def _extend(self, rule: Rule, way: tuple[Edge, ...], bound: dict[str, Node]) -> Iterator[dict[str, Node]]:
        if not way:
            yield bound
            return
        edge = way[0]
        if edge.holder in bound:
            name, candidates = edge.target, self._graph.targets(bound[edge.holder], edge)
        else:
            name, candidates = edge.holder, self._graph.holders(bound[edge.target], edge)
        test, known = rule.nodes[name], bound.get(name)
        for node in candidates:
            if (known is None or known is node) and self._fits(test, node):
                yield from self._extend(rule, way[1:], {**bound, name: node})

    def _fits(self, test: NodeTest, node: Node) -> bool:
        if not _suits(test, node.cls, node.plan):
            return False
        if not (test.may or test.may_not):
            return True
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
