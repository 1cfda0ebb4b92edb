"""FindParents and FindChildren: what is above or below objects."""

from __future__ import annotations

from typing import Any

import omero
import omero.cmd
from omero_server.commands.graph_failures import graph_failures
from omero_server.commands.registry import Progress, command
from omero_server.graphs.finding import find
from omero_server.sessions.call import ALL_GROUPS, Call

__all__ = ["find_children", "find_parents"]

PARENTS, CHILDREN = "::omero::cmd::FindParents", "::omero::cmd::FindChildren"


@command(PARENTS, mode="read", group=ALL_GROUPS)
def find_parents(call: Call, request: Any, progress: Progress) -> Any:
    """What the targets are in, or belong to. Errors: bad-options, bad-target, graph-fail."""
    found = _find(call, PARENTS, "parents", request, request.typesOfParents, progress)
    return omero.cmd.FoundParents(parents=found)


@command(CHILDREN, mode="read", group=ALL_GROUPS)
def find_children(call: Call, request: Any, progress: Progress) -> Any:
    """What is in the targets, or belongs to them. Errors: bad-options, bad-target, graph-fail."""
    found = _find(call, CHILDREN, "children", request, request.typesOfChildren, progress)
    return omero.cmd.FoundChildren(children=found)


def _find(
    call: Call, category: str, name: str, request: Any, wanted: list[str] | None, progress: Progress
) -> dict[str, list[int]]:  # fmt: skip
    with graph_failures(call, category):
        targets = request.targetObjects or {}
        found = find(call, name, targets, wanted, request.stopBefore, progress.check_cancelled)
    return {cls.java: ids for cls, ids in found.items()}
