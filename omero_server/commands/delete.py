"""Delete2: delete objects together with what belongs to them."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import omero
import omero.cmd
from omero_server.commands.registry import CommandError, Progress, Steps, command
from omero_server.db.transaction import Interference
from omero_server.graphs.delete import Deletion
from omero_server.graphs.errors import BadTarget, GraphError, InTheWay, UnknownClass
from omero_server.graphs.options import classes_of, read_options
from omero_server.sessions.call import ALL_GROUPS, Call

__all__ = ["delete"]

CATEGORY = "::omero::cmd::Delete2"
STEPS, STEPS_OF_DRY_RUN = 6, 4
PLANS = 4


@command(CATEGORY, group=ALL_GROUPS)
def delete(call: Call, request: omero.cmd.Delete2, progress: Progress) -> Steps[omero.cmd.Delete2Response]:
    """Plan what goes, check every permission, delete; in a dry run all but the last.

    Errors: bad-target, steps-cancel (child options that make no sense), graph-fail (a GraphException that names the
    objects, or a plain ERR for a class that does not exist).
    """
    deletion = _begin(call, request, progress)
    yield STEPS_OF_DRY_RUN if request.dryRun else STEPS
    with _failures(call):
        if call.transaction.attempt:
            deletion.hold(request.targetObjects or {})
        planned = deletion.plan(request.targetObjects or {})
        yield
        steps = [deletion.check_vetoes, deletion.check_removals, deletion.check_references]
        if not request.dryRun:
            steps += [deletion.cut, deletion.write]
        for step in steps:
            step()
            yield
    return omero.cmd.Delete2Response(deletedObjects={cls.java: ids for cls, ids in planned.items()})


def _begin(call: Call, request: omero.cmd.Delete2, progress: Progress) -> Deletion:
    try:
        options = read_options(request.childOptions)
        ignored = classes_of(request.typesToIgnore)
    except (ValueError, UnknownClass) as error:
        raise omero.ApiUsageException(message=str(error)) from error
    return Deletion(call, options, ignored, progress.check_cancelled)


@contextmanager
def _failures(call: Call) -> Iterator[None]:
    """Turn what the graph room raises into what clients know; plan anew when something may just have been added."""
    try:
        yield
    except BadTarget as error:
        raise CommandError("bad-target", str(error)) from error
    except UnknownClass as error:
        raise CommandError("graph-fail", str(error)) from error
    except GraphError as error:
        if isinstance(error, InTheWay) and call.transaction.attempt < PLANS - 1:
            raise Interference(str(error)) from error
        message = str(error)
        parameters = {"message": message, "stacktrace": "".join(traceback.format_exception_only(error))}
        response = omero.cmd.GraphException(
            category=CATEGORY, name="graph-fail", parameters=parameters, message=message
        )  # fmt: skip
        raise CommandError("graph-fail", message, response=response) from error
