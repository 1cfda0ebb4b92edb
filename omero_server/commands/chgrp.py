"""Chgrp2: move objects together with what belongs to them to another group."""

from __future__ import annotations

import omero
import omero.cmd
from omero_server.commands.changes import Setting, changing, ids_by_name
from omero_server.commands.registry import CommandError
from omero_server.graphs.chgrp import Move
from omero_server.sessions.call import ALL_GROUPS, USER_GROUP, Call
from omero_server.sessions.membership import find_group

__all__: list[str] = []


def _begin(call: Call, request: omero.cmd.Chgrp2, given: Setting) -> Move:
    caller, group = call.caller, find_group(call.db, group_id=request.groupId)
    if group is None:
        raise CommandError("not-in-group", f"There is no group with id {request.groupId}.")
    # Everybody is in the group "user", and sees what is in it: moving data there is for administrators.
    member = group.id in caller.member_of and group.id != USER_GROUP
    if not member and not caller.may("Chgrp"):
        raise CommandError("not-in-group", f"You cannot move data into {group.name}: you are not a member of it.")
    return Move(call, given.options, ends=given.ends, check=given.check, group_id=group.id,
                permissions=group.permissions)  # fmt: skip


def _respond(done: Move) -> omero.cmd.Chgrp2Response:
    return omero.cmd.Chgrp2Response(
        includedObjects=ids_by_name(done.processed), deletedObjects=ids_by_name(done.removed)
    )  # fmt: skip


changing("::omero::cmd::Chgrp2", _begin, _respond, ALL_GROUPS)
