"""Requests for graph operations that write: how they begin, their steps, and what they answer.

A module for one request says how to begin its operation, and how to answer when its steps are done:

    changing("::omero::cmd::Delete2", begin, respond)

``SkipHead`` uses the same two functions of the request inside of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import omero
import omero._generated
from omero_server.commands.graph_failures import graph_failures
from omero_server.commands.registry import Progress, Steps, command
from omero_server.graphs.change import Step, Targets
from omero_server.graphs.errors import UnknownClass
from omero_server.graphs.nodes import Node
from omero_server.graphs.options import ChildOption, classes_of, read_options
from omero_server.graphs.planning import Planner
from omero_server.graphs.writing import ids_by_class
from omero_server.model.schema import ModelClass
from omero_server.sessions.call import Call

__all__ = ["CHANGES", "Kind", "Operating", "Setting", "changing", "ids_by_name", "setting"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all operations are given: child options, classes where the plan ends, and a check for cancellation."""

    options: Sequence[ChildOption] = ()
    ends: frozenset[ModelClass] = field(default_factory=frozenset)
    check: Callable[[], None] = lambda: None


class Operating(Protocol):
    """What is needed of an operation; see ``graphs.change``."""

    @property
    def planner(self) -> Planner: ...
    def hold(self, targets: Targets) -> None: ...
    def planning(self, targets: Targets, waived: Targets | None = None) -> list[Step]: ...
    def steps(self, targets: Targets, *, dry_run: bool, waived: Targets | None = None) -> list[Step]: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """How to begin a request's operation, and what to answer when its steps are done."""

    begin: Callable[[Call, Any, Setting], Operating]
    respond: Callable[[Any], Any]


CHANGES: dict[str, Kind] = {}
"""Kinds by type id of their requests."""


def changing(
    category: str, begin: Callable[[Call, Any, Setting], Operating], respond: Callable[[Any], Any],
    group: int | None = None,
) -> None:  # fmt: skip
    """Serve the requests of a type. group: that they always run in, if there is one."""
    CHANGES[category] = Kind(begin, respond)
    command(category, group=group)(_run)


def _run(call: Call, request: Any, progress: Progress) -> Steps[Any]:
    kind, targets = CHANGES[request.ice_id()], request.targetObjects or {}
    with graph_failures(call, request.ice_id()):
        change = kind.begin(call, request, setting(request.childOptions, progress))
        steps = change.steps(targets, dry_run=bool(request.dryRun))
        yield len(steps)
        if call.transaction.attempt:
            change.hold(targets)
        for step in steps:
            step()
            yield
    return kind.respond(change)


def setting(options: Sequence[Any] | None, progress: Progress, ends: Sequence[str] = ()) -> Setting:
    """Reads child options. ApiUsageException for those that make no sense."""
    try:
        return Setting(read_options(options), classes_of(ends), progress.check_cancelled)
    except (ValueError, UnknownClass) as error:
        raise omero.ApiUsageException(message=str(error)) from error


def ids_by_name(nodes: Sequence[Node]) -> dict[str, list[int]]:
    """Ids as responses have them: ascending, by full name of the concrete class."""
    return {cls.java: ids for cls, ids in ids_by_class(nodes).items()}
