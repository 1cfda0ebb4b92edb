"""References from what stays to what goes: they are emptied, where that is possible and permitted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from omero_server.graphs.errors import GraphError
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.planning import Planner
from omero_server.graphs.policy import KEEP, Plan
from omero_server.graphs.references import Reference, pointing_at
from omero_server.model.schema import ModelClass

__all__ = ["check_removals", "cuts"]


def check_removals(planner: Planner) -> None:
    """Raises GraphError if the caller may not delete something that the plan removes."""
    abilities = planner.abilities
    if abilities.unlimited:
        return
    for node in planner.with_plan(Plan.REMOVE):
        if not node.waived and not abilities.may("delete", node):
            raise GraphError(f"not permitted to delete {node}")


def cuts(planner: Planner, ignored: frozenset[ModelClass] = frozenset()) -> dict[Reference, list[Node]]:
    """The references to removed objects that are to be emptied, with their holders.

    Holders of ``ignored`` classes keep theirs. Raises GraphError when one cannot be empty, or when the caller may not
    edit its holder.
    """
    found = {}
    for reference, removed in _references_to(planner.with_plan(Plan.REMOVE)).items():
        holders = _staying(planner.graph, reference, removed, ignored)
        if holders:
            _check(planner, reference, holders)
            found[reference] = list(holders)
    return found


def _references_to(removed: Sequence[Node]) -> Mapping[Reference, list[Node]]:
    found: defaultdict[Reference, list[Node]] = defaultdict(list)
    by_class: defaultdict[ModelClass, list[Node]] = defaultdict(list)
    for node in removed:
        by_class[node.cls].append(node)
    for cls, nodes in by_class.items():
        for reference in pointing_at(cls):
            found[reference] += nodes
    return found


def _staying(
    graph: Graph, reference: Reference, removed: Sequence[Node], ignored: frozenset[ModelClass]
) -> dict[Node, Node]:
    """The holders that stay, with one of the removed objects that each refers to."""
    graph.want_holders(reference, (node.id for node in removed))
    graph.load_missing()
    found = {
        holder: node for node in removed for holder in graph.pointing(reference, node)
        if holder.plan in KEEP and holder.cls not in ignored
    }  # fmt: skip
    return dict(sorted(found.items(), key=lambda pair: pair[0].id))


def _check(planner: Planner, reference: Reference, holders: Mapping[Node, Node]) -> None:
    for holder, target in holders.items():
        if reference.required:
            raise GraphError(f"cannot null {reference} of {holder}, which needs {target}")
        if not (holder.waived or planner.abilities.unlimited or planner.abilities.may("edit", holder)):
            raise GraphError(f"not permitted to update {holder}, which refers to {target} by {reference.name}")
