"""Requests about sessions: who is logged in, and how long a session may stay idle or live."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from sqlalchemy import update

import omero
import omero.cmd
import omero.sys
from omero_server.commands.registry import CommandError, Progress, command
from omero_server.db.tables import TABLES
from omero_server.queries import run
from omero_server.sessions.call import Call
from omero_server.sessions.event_context import event_context
from omero_server.sessions.store import Session

__all__ = ["current_sessions", "update_timeout"]


@command("::omero::cmd::CurrentSessionsRequest", mode="read")
def current_sessions(call: Call, request: Any, progress: Progress) -> Any:
    """Every open session. Of those that the caller may not see, only the user's and group's names are told."""
    now = time.time()
    still_open = (session for session in call.engine.sessions.open_sessions() if not session.expired(now))
    found = [_told(call, session) for session in sorted(still_open, key=lambda each: each.started)]
    rows, contexts, data = (list(part) for part in zip(*found, strict=True))
    return omero.cmd.CurrentSessionsResponse(rows, contexts, data)


def _told(call: Call, session: Session) -> tuple[Any, Any, dict[str, Any]]:
    """Row, context and figures of a session, as far as they are the caller's business."""
    if not visible(call, session):
        return None, _outline(session), {}
    try:
        context = event_context(call.engine.sessions.caller(session, {}))
    except omero.ServerError:
        # It ends just now, or its owner may not use it any more.
        context = _outline(session)
    figures = {
        "hitCount": omero.RLong(session.hits),
        "lastAccessTime": omero.RTime(int(session.last_access * 1000)),
        "methods": omero.RInt(session.methods),
    }
    return _row(call, session), context, figures


@command("::omero::cmd::UpdateSessionTimeoutRequest")
def update_timeout(call: Call, request: Any, progress: Progress) -> Any:
    """Change the limits of a session, in ms; a limit that is not given stays.

    What a user asks for beyond the configured maximum is lowered to it; only administrators may switch a limit off.
    """
    session = call.engine.sessions.get(request.session or "")
    if session is None or not visible(call, session):
        raise CommandError("no-session", "There is no such session, or it is not yours.")
    wanted = {
        "time_to_live": _limit(call, "live", request.timeToLive, session.request.time_to_live),
        "time_to_idle": _limit(call, "idle", request.timeToIdle, session.request.time_to_idle),
    }
    changes = {name: value for name, value in wanted.items() if value is not None}
    if not changes:
        raise CommandError("no-update-performed", "Neither timeToLive nor timeToIdle was given.")
    table = TABLES["session"]
    columns = {name.replace("_", ""): value for name, value in changes.items()}
    call.db.execute(update(table).where(table.c.id == session.id).values(**columns))
    call.log("UPDATE", "ome.model.meta.Session", [session.id])

    def apply() -> None:
        session.request = replace(session.request, **changes)

    call.after_commit(apply)
    return omero.cmd.OK()


def visible(call: Call, session: Session) -> bool:
    """People see the sessions that they opened, as themselves or as somebody else; with ReadSession, all."""
    request = session.request
    opened_by = request.user_id if request.sudoer is None else request.sudoer
    return opened_by == call.caller.real_person or call.caller.may("ReadSession")


def _limit(call: Call, kind: str, wanted: Any, present: int) -> int | None:
    """The limit to set in ms, or None to leave it."""
    if wanted is None:
        return None
    value = int(wanted._val)
    if call.caller.is_admin or value == present:
        return value
    if value <= 0:
        raise CommandError("non-admin-disabling", f"Only administrators may switch off the limit time-to-{kind}.")
    longest = int(call.engine.config.get_int(f"omero.sessions.max_user_time_to_{kind}"))
    return min(value, longest) if longest else value


def _row(call: Call, session: Session) -> Any:
    query = "select s from Session s join fetch s.owner left outer join fetch s.sudoer where s.id = :id"
    return run(call, query, {"id": session.id}, as_server=True)[0]


def _outline(session: Session) -> Any:
    user, group = session.membership, session.group
    return omero.sys.EventContext(
        userId=user.user_id,
        userName=user.user_name,
        groupId=group.id,
        groupName=group.name,
        isAdmin=user.is_admin,
    )
