"""SkipHead: run another request on what its plan would reach, not on the targets themselves.

The plan of the inner request is made for the targets of this one, and ends at objects of the classes ``startFrom``. On
those of them that came along the inner request then runs; what its plan waived stays waived.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import omero
import omero._generated
import omero.cmd
from omero_server.commands.changes import CHANGES, Kind, setting
from omero_server.commands.graph_failures import graph_failures
from omero_server.commands.registry import Progress, Steps, command
from omero_server.graphs.nodes import Node
from omero_server.graphs.planning import Planner
from omero_server.model.schema import ModelClass
from omero_server.sessions.call import Call

__all__ = ["skip_head"]

CATEGORY = "::omero::cmd::SkipHead"


@command(CATEGORY)
def skip_head(call: Call, request: omero.cmd.SkipHead, progress: Progress) -> Steps[Any]:
    """The response of the inner request; its steps come after those of the first plan.

    Errors: those of the inner request, and steps-cancel if there is none that could be run.
    """
    inner, kind = request.request, _kind(request.request)
    targets: dict[str, set[int]] = {}
    waived: dict[str, set[int]] = {}
    with graph_failures(call, CATEGORY):
        given = setting(request.childOptions, progress, request.startFrom or ())
        first = kind.begin(call, inner, given)
        second = kind.begin(call, inner, setting(inner.childOptions, progress))
        planning = first.planning(request.targetObjects or {})
        steps = second.steps(targets, dry_run=bool(request.dryRun or inner.dryRun), waived=waived)
        yield len(planning) + len(steps)
        if call.transaction.attempt:
            first.hold(request.targetObjects or {})
        for step in planning:
            step()
            yield
        reached = _reached(first.planner, given.ends)
        targets |= _by_name(reached)
        waived |= _by_name(node for node in reached if node.waived)
        for step in steps:
            step()
            yield
    return kind.respond(second)


def _kind(request: Any) -> Kind:
    kind = None if request is None else CHANGES.get(request.ice_id())
    if kind is None:
        message = "SkipHead needs a request that changes objects, such as Delete2."
        raise omero.ApiUsageException(message=message)
    return kind


def _reached(planner: Planner, ends: frozenset[ModelClass]) -> list[Node]:
    return [node for node in planner.with_plan(planner.operation.goal) if node.cls in ends]


def _by_name(nodes: Iterable[Node]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for node in nodes:
        found.setdefault(node.cls.name, set()).add(node.id)
    return found
