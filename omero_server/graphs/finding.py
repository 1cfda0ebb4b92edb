"""Finding what is above or below objects: the rules of "parents", "children" and "usage", which only climb.

Of these rules only those are applied that lead to a wanted class. So climbing from images to their projects does not
look at annotations or regions of interest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Protocol

from sqlalchemy import Connection

from omero_server.graphs.abilities import Abilities
from omero_server.graphs.errors import BadOptions, BadPlan, UnknownClass
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.notation import operation
from omero_server.graphs.options import classes_of
from omero_server.graphs.planning import Planner
from omero_server.graphs.policy import Edge, NodeTest, Operation, Plan, Rule
from omero_server.graphs.targets import find_targets, target_class
from omero_server.graphs.writing import ids_by_class
from omero_server.model.schema import MODEL, ModelClass
from omero_server.security.filter import read_filter
from omero_server.sessions.call import ALL_GROUPS, Caller

__all__ = ["REACHED", "Looking", "find", "narrow", "reach"]

Classes = frozenset[ModelClass]
REACHED = frozenset((Plan.PROCESS,))


class Looking(Protocol):
    """What is needed of a call."""

    @property
    def db(self) -> Connection: ...
    @property
    def caller(self) -> Caller: ...


def find(
    call: Looking, name: str, targets: Mapping[str, Collection[int]], wanted: Iterable[str] | None,
    stop_before: Iterable[str] | None, check: Callable[[], None] = lambda: None,
) -> dict[ModelClass, list[int]]:  # fmt: skip
    """Ids of the objects of the wanted classes that the "parents" or "children" of the targets lead to, by class.

    What is reached only through ``stop_before`` is not found. Raises BadOptions for classes that cannot be reached
    in any way, or for none at all; UnknownClass, BadTarget, and GraphError when a target cannot be read.
    """
    kind = operation(name)
    chosen, barred = _known(wanted, _climbed(kind)), _known(stop_before, None)
    if not chosen:
        raise BadOptions("say which classes of objects are wanted")
    begin = frozenset(target_class(kind, one) for one in targets)
    narrowed = narrow(kind, begin, chosen, barred)
    graph = Graph(call.db, read_filter(call.caller.in_group(ALL_GROUPS), call.db), strict=True)
    found = reach(call, narrowed, graph, find_targets(kind, graph, targets), check)
    return ids_by_class(node for node in found if node.cls in chosen)


def reach(
    call: Looking, kind: Operation, graph: Graph, targets: Iterable[Node], check: Callable[[], None] = lambda: None
) -> list[Node]:
    """The targets and everything that the rules lead to from them."""
    caller = call.caller.in_group(ALL_GROUPS)
    planner = Planner(kind, graph, Abilities(caller, call.db), needs=None, check=check)
    planner.plan(targets)
    if planner.with_plan(Plan.REMOVE):
        raise BadPlan("looking would remove something")
    return planner.with_plan(Plan.PROCESS)


def narrow(kind: Operation, begin: Classes, wanted: Classes, barred: Classes) -> Operation:
    """The rules that lead from some classes to others, and never into those barred."""
    steps = {(a, b) for rule in kind.rules for a, b in _steps(rule) if b not in barred}
    below, above = defaultdict(set), defaultdict(set)
    for a, b in steps:
        below[a].add(b)
        above[b].add(a)
    starts = {sub for cls in begin for sub in (cls, *cls.subclasses)}
    useful = (_closure(below, starts) & _closure(above, wanted)) - barred
    rules = (_narrow(rule, frozenset(useful), frozenset(useful | starts)) for rule in kind.rules)
    return replace(kind, rules=tuple(rule for rule in rules if rule is not None))


def _known(names: Iterable[str] | None, reachable: Classes | None) -> Classes:
    """The classes of these names with their subclasses."""
    found: set[ModelClass] = set()
    for name in names or ():
        try:
            classes = classes_of([name])
        except UnknownClass as error:
            raise BadOptions(str(error)) from error
        if reachable is not None and not classes & reachable:
            raise BadOptions(f"no objects lead to any {name}")
        found |= classes
    return frozenset(found)


def _climbed(kind: Operation) -> Classes:
    """The classes that rules name; anything may have external information."""
    named = (rule for rule in kind.rules if all(test.classes is not None for test in rule.nodes.values()))
    found = frozenset(cls for rule in named for step in _steps(rule) for cls in step)
    return found | {MODEL.classes["ExternalInfo"]}


def _steps(rule: Rule) -> Iterator[tuple[ModelClass, ModelClass]]:
    """From which class to which the rule leads."""
    begin = [name for name, test in rule.nodes.items() if test.plans == REACHED]
    for other, changed in product(begin, rule.changes):
        between = [edge for edge in rule.edges if {edge.holder, edge.target} == {other, changed}]
        for edge in between:
            yield from _pairs(rule, edge, other, changed)
        if not between:
            yield from product(*(_of(rule.nodes[name], MODEL.classes.values()) for name in (other, changed)))


def _pairs(rule: Rule, edge: Edge, other: str, changed: str) -> Iterator[tuple[ModelClass, ModelClass]]:
    for reference in edge.references:
        holders, targets = ((one, *one.subclasses) for one in (reference.holder, reference.target))
        ends = {edge.holder: _of(rule.nodes[edge.holder], holders), edge.target: _of(rule.nodes[edge.target], targets)}
        yield from product(ends[other], ends[changed])


def _of(test: NodeTest, classes: Iterable[ModelClass]) -> list[ModelClass]:
    return [cls for cls in classes if test.classes is None or cls in test.classes]


def _closure(steps: Mapping[ModelClass, Iterable[ModelClass]], begin: Iterable[ModelClass]) -> set[ModelClass]:
    found, pending = set(begin), list(begin)
    while pending:
        new = [cls for cls in steps.get(pending.pop(), ()) if cls not in found]
        found.update(new)
        pending += new
    return found


def _narrow(rule: Rule, entered: Classes, known: Classes) -> Rule | None:
    """The rule for these classes only; None if it does nothing for them."""
    everything = frozenset(MODEL.classes.values())
    nodes = {}
    for name, test in rule.nodes.items():
        wide = test.classes or everything
        if name in rule.changes:
            test = test.of(wide & entered)
        elif test.plans == REACHED:
            test = test.of(wide & known)
        if test.classes is not None and not test.classes:
            return None
        nodes[name] = test
    edges = {edge: _narrow_edge(edge, nodes) for edge in rule.edges}
    if not all(edge.references for edge in edges.values()):
        return None
    ways = {name: tuple(edges[edge] for edge in way) for name, way in rule.ways.items()}
    return replace(rule, nodes=nodes, edges=tuple(edges.values()), ways=ways)


def _narrow_edge(edge: Edge, nodes: Mapping[str, NodeTest]) -> Edge:
    def fits(name: str, end: ModelClass) -> bool:
        classes = nodes[name].classes
        return classes is None or any(cls.is_a(end) for cls in classes)

    references = (one for one in edge.references if fits(edge.holder, one.holder) and fits(edge.target, one.target))
    return Edge(edge.holder, edge.target, tuple(references))
