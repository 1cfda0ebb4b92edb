"""The contexts that a session may work in: groups and shares."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.queries import run
from omero_server.rpc.engine import Engine
from omero_server.services.admin.objects import groups
from omero_server.sessions.call import Call
from omero_server.sessions.session import NO_SHARE, Session
from omero_server.sessions.shares import enter_share, find_shares, member_of, owned_by

__all__ = ["change_context", "possible_contexts"]


def possible_contexts(engine: Engine, session: Session) -> list[Any]:
    """The user's groups with their members, the default one first; then the shares that he may enter."""
    engine.sessions.reload(session)
    caller = engine.sessions.caller(session, {})
    with engine.begin(caller, writable=False, session=session) as call:
        wanted = list(dict.fromkeys([*caller.member_of, *caller.leader_of]))
        by_id = {group._id._val: group for group in groups(call, "g.id in (:ids)", ids=wanted)}
        return [by_id[group] for group in wanted if group in by_id] + _shares(call, session)


def _shares(call: Call, session: Session) -> list[Any]:
    user = session.request.user_id
    found = find_shares(call.db, owned_by(user) | member_of(user))
    own_first = sorted((s for s in found if s.is_open), key=lambda share: (share.owner_id != user, share.id))
    ids = [share.id for share in own_first]
    if not ids:
        return []
    loaded = run(call, "select s from Share s where s.id in (:ids)", {"ids": ids}, as_server=True)
    return sorted(loaded, key=lambda share: ids.index(share._id._val))


def change_context(engine: Engine, session: Session, obj: Any) -> Any:
    """Make a group or share the current context of the session, for all its clients; the previous one, unloaded.

    Raises ApiUsageException for what is no context, SecurityViolation for one that the user may not work in, or when
    the session is busy or confined, and ValidationException for a share that is closed.
    """
    if obj is None or obj._id is None:
        raise omero.ApiUsageException(message="setSecurityContext needs a group or share with an id.")
    if not isinstance(obj, omero.model.ExperimenterGroup | omero.model.Share):
        raise omero.ApiUsageException(message=f"setSecurityContext takes a group or share, not a {obj.ice_id()}.")
    if session.request.group_limit is not None:
        raise omero.SecurityViolation(
            message="This session was opened by an owner of its group, and stays in this group."
        )
    with session.lock:
        _check_idle(engine, session)
        previous = _current(session)
        if isinstance(obj, omero.model.Share):
            engine.sessions.refresh(session)
            with engine.database.begin() as db:
                enter_share(db, session, obj._id._val)
        else:
            engine.sessions.set_group(session, obj._id._val)
    return previous


def _check_idle(engine: Engine, session: Session) -> None:
    if session.methods:
        raise omero.SecurityViolation(message="Other calls of this session are running. Change the context after them.")
    still_open = engine.objects.has_stateful(session)
    if still_open:
        raise omero.SecurityViolation(
            message=f"Close these services before changing the context: {', '.join(still_open)}."
        )


def _current(session: Session) -> Any:
    if session.share_id != NO_SHARE:
        return omero.model.Share(_id=omero.RLong(session.share_id), _loaded=False)
    return omero.model.ExperimenterGroup(_id=omero.RLong(session.group.id), _loaded=False)
