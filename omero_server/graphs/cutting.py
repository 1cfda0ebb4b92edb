"""References between what stays and what goes: they are emptied, where that is possible and permitted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from omero_server.graphs.errors import GraphError
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.planning import Planner
from omero_server.graphs.policy import KEEP, Plan
from omero_server.graphs.references import Reference, held_by, pointing_at
from omero_server.model.schema import ModelClass

__all__ = ["cuts"]


def cuts(
    planner: Planner, ignored: frozenset[ModelClass] = frozenset(), *, separates: bool = False
) -> dict[Reference, list[Node]]:
    """The references that are to be emptied, with their holders: those to removed objects, and if the operation
    ``separates``, those between processed objects and others that are kept.

    Holders of ``ignored`` classes keep theirs. Raises GraphError when one cannot be empty, or when the caller may not
    edit its holder.
    """
    removed, processed = planner.with_plan(Plan.REMOVE), planner.with_plan(Plan.PROCESS)
    found: defaultdict[Reference, dict[Node, Node]] = defaultdict(dict)
    staying = KEEP | {Plan.PROCESS}
    for reference, holder, target in _references_to(planner.graph, removed):
        if holder.plan in staying and holder.cls not in ignored:
            found[reference][holder] = target
    if separates:
        for reference, holder, target in _references_to(planner.graph, processed):
            if holder.plan in KEEP and holder.cls not in ignored:
                found[reference][holder] = target
        for reference, holder, target in _references_of(planner.graph, processed):
            if target.plan in KEEP and not target.cls.root.is_global:
                found[reference][holder] = target
    for reference, ends in sorted(found.items(), key=lambda pair: str(pair[0])):
        _check(planner, reference, ends)
    return {reference: sorted(ends, key=lambda node: node.id) for reference, ends in found.items()}


def _references_to(graph: Graph, targets: Sequence[Node]) -> Iterator[tuple[Reference, Node, Node]]:
    """The references that point at some objects, with holder and target of each."""
    asked = [(reference, nodes) for cls, nodes in _by_class(targets).items() for reference in pointing_at(cls)]
    for reference, nodes in asked:
        graph.want_holders(reference, (node.id for node in nodes))
    graph.load_missing()
    for reference, nodes in asked:
        yield from ((reference, holder, target) for holder, target in graph.holders_of(reference, nodes))


def _references_of(graph: Graph, holders: Sequence[Node]) -> Iterator[tuple[Reference, Node, Node]]:
    """The references that some objects have, with holder and target of each."""
    asked = [(reference, nodes) for cls, nodes in _by_class(holders).items() for reference in held_by(cls.root)]
    for reference, nodes in asked:
        graph.want_targets(reference, nodes)
    graph.load_missing()
    for reference, nodes in asked:
        yield from ((reference, holder, target) for holder, target in graph.targets_of(reference, nodes))


def _by_class(nodes: Sequence[Node]) -> Mapping[ModelClass, list[Node]]:
    found: defaultdict[ModelClass, list[Node]] = defaultdict(list)
    for node in nodes:
        found[node.cls].append(node)
    return found


def _check(planner: Planner, reference: Reference, ends: Mapping[Node, Node]) -> None:
    for holder, target in sorted(ends.items(), key=lambda pair: pair[0].id):
        if reference.required:
            raise GraphError(f"cannot null {reference} of {holder}, which needs {target}")
        if not (holder.waived or planner.abilities.may("edit", holder)):
            raise GraphError(f"not permitted to update {holder}, which refers to {target} by {reference.name}")
