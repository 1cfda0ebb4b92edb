"""Chown2: give objects together with what belongs to them, or all that users have, to another user."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select

import omero
import omero._generated
import omero.cmd
from omero_server.commands.changes import Setting, changing, ids_by_name
from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.graphs.chown import Gift
from omero_server.sessions.call import ALL_GROUPS, Call

__all__: list[str] = []


def _begin(call: Call, request: omero.cmd.Chown2, given: Setting) -> Gift:
    givers = sorted(set(request.targetUsers or ()))
    groups = _memberships(call, {request.userId, *givers})
    for user in (request.userId, *givers):
        if user not in groups:
            raise omero.ApiUsageException(message=f"There is no user with id {user}.")
    if not call.caller.may("Chown"):
        _check_leader(call, {user: groups[user] for user in givers})
    return Gift(
        call, given.options, ends=given.ends, check=given.check, user_id=request.userId,
        user_groups=frozenset(groups[request.userId]), from_users=givers,
    )  # fmt: skip


def _check_leader(call: Call, givers: dict[int, set[int]]) -> None:
    led = set(call.caller.leader_of)
    if not led:
        raise omero.ApiUsageException(message="Only owners of groups and administrators give data to other users.")
    for user, groups in givers.items():
        if not groups & led:
            raise omero.ApiUsageException(message=f"You own no group of the user with id {user}.")


def _memberships(call: Call, users: Collection[int]) -> dict[int, set[int]]:
    """The groups of each user who exists."""
    people, members = TABLES["experimenter"], TABLES["groupexperimentermap"]
    chosen = (
        select(people.c.id, members.c.parent)
        .outerjoin(members, members.c.child == people.c.id)
        .where(among(people.c.id, users))
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for user, group in call.db.execute(chosen):
        found[user] |= set() if group is None else {group}
    return found


def _respond(done: Gift) -> omero.cmd.Chown2Response:
    return omero.cmd.Chown2Response(
        includedObjects=ids_by_name(done.processed), deletedObjects=ids_by_name(done.removed)
    )  # fmt: skip


changing("::omero::cmd::Chown2", _begin, _respond, ALL_GROUPS)
