"""Duplicate: copy objects together with what belongs to them."""

from __future__ import annotations

import omero
import omero.cmd
from omero_server.commands.graph_failures import graph_failures
from omero_server.commands.registry import Progress, Steps, command
from omero_server.graphs.duplicate import Duplication
from omero_server.graphs.errors import UnknownClass
from omero_server.graphs.options import read_options
from omero_server.graphs.treatment import Treatment
from omero_server.sessions.call import Call

__all__ = ["duplicate"]

CATEGORY = "::omero::cmd::Duplicate"


@command(CATEGORY)
def duplicate(call: Call, request: omero.cmd.Duplicate, progress: Progress) -> Steps[omero.cmd.DuplicateResponse]:
    """Plan what is copied, check every permission, copy; in a dry run all but the last.

    The response has the ids of the copies, in a dry run those of the originals. Errors: bad-target, bad-class,
    bad-plan, steps-cancel (child options that make no sense), graph-fail (a GraphException that names the objects, or
    a plain ERR for a class that does not exist).
    """
    with graph_failures(call, CATEGORY):
        duplication = _begin(call, request, progress)
        steps = duplication.steps(request.targetObjects or {}, dry_run=bool(request.dryRun))
        yield len(steps)
        for step in steps:
            step()
            yield
    return omero.cmd.DuplicateResponse(duplicates={cls.java: ids for cls, ids in duplication.result().items()})


def _begin(call: Call, request: omero.cmd.Duplicate, progress: Progress) -> Duplication:
    treatment = Treatment.of(request.typesToDuplicate, request.typesToReference, request.typesToIgnore)
    try:
        options = read_options(request.childOptions)
    except (ValueError, UnknownClass) as error:
        raise omero.ApiUsageException(message=str(error)) from error
    return Duplication(call, treatment, options, progress.check_cancelled)
