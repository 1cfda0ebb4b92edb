"""Duplicate: copy objects together with what belongs to them."""

from __future__ import annotations

import omero
import omero.cmd
from omero_server.commands.changes import Setting, changing
from omero_server.graphs.duplicate import Duplication
from omero_server.graphs.treatment import Treatment
from omero_server.sessions.call import Call

__all__: list[str] = []


def _begin(call: Call, request: omero.cmd.Duplicate, given: Setting) -> Duplication:
    treatment = Treatment.of(request.typesToDuplicate, request.typesToReference, request.typesToIgnore)
    return Duplication(call, treatment, given.options, given.ends, given.check)


def _respond(done: Duplication) -> omero.cmd.DuplicateResponse:
    """The ids of the copies, after a dry run those of the originals."""
    return omero.cmd.DuplicateResponse(duplicates={cls.java: ids for cls, ids in done.result().items()})


# Copies belong to the group of the call.
changing("::omero::cmd::Duplicate", _begin, _respond)
