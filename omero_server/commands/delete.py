"""Delete2: delete objects together with what belongs to them."""

from __future__ import annotations

import omero
import omero._generated
import omero.cmd
from omero_server.commands.changes import Setting, changing, ids_by_name
from omero_server.graphs.delete import Deletion
from omero_server.graphs.errors import UnknownClass
from omero_server.graphs.options import classes_of
from omero_server.sessions.call import ALL_GROUPS, Call

__all__: list[str] = []


def _begin(call: Call, request: omero.cmd.Delete2, given: Setting) -> Deletion:
    try:
        ignored = classes_of(request.typesToIgnore)
    except UnknownClass as error:
        raise omero.ApiUsageException(message=str(error)) from error
    return Deletion(call, given.options, ignored, given.ends, given.check)


def _respond(done: Deletion) -> omero.cmd.Delete2Response:
    return omero.cmd.Delete2Response(deletedObjects=ids_by_name(done.removed))


changing("::omero::cmd::Delete2", _begin, _respond, ALL_GROUPS)
