"""ISession: opening, joining and closing sessions, and values kept in them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from sqlalchemy import select

import omero
import omero.model
from omero_server.db.tables import TABLES
from omero_server.queries import run
from omero_server.services.service import Service, reads, unmanaged
from omero_server.services.sharing.objects import open_share
from omero_server.sessions.call import Call
from omero_server.sessions.store import Session, SessionRequest

__all__ = ["SessionService"]

UNKNOWN, REMOVED = -1, -2
CLIENT_AGENTS = ("OMERO.insight", "OMERO.web", "OMERO.importer")


class SessionService(Service):
    """Every operation that names a session takes its uuid: knowing it is the right to use the session."""

    interface = "::omero::api::ISession"

    @unmanaged(role="guest")
    def createSession(self, call: Call, p: Any, credentials: str) -> Any:
        """Open a session with a password, or join the one whose uuid is given."""
        sessions = call.engine.sessions
        name = principal_name(p)
        for key in (credentials, name):
            if key and sessions.get(key):
                return self._object(call, sessions.join(key))
        user_id = call.engine.passwords.check_in_call(name, credentials or "")
        if user_id is None:
            raise omero.AuthenticationException(reason=f"The password of {name!r} is wrong, or there is no such user.")
        agent = call.context.get("omero.agent", "createSession")
        return self._object(call, sessions.create(self._request(call, user_id, p, agent)))

    @unmanaged(password=True)
    def createUserSession(
        self, call: Call, timeToLiveMilliseconds: int, timeToIdleMilliseconds: int, group: str
    ) -> Any:
        """Another session of the caller's own, within the limits for users. Limits in ms, 0 for none."""
        session = call.session
        check_times(timeToLiveMilliseconds, timeToIdleMilliseconds)
        if not session.membership.is_admin:
            check_limits(call, timeToLiveMilliseconds, timeToIdleMilliseconds)
        # What confines the caller's session confines its copies, too.
        request = replace(
            session.request,
            group=group or None,
            event_type="User",
            agent=call.context.get("omero.agent"),
            time_to_idle=timeToIdleMilliseconds,
            time_to_live=timeToLiveMilliseconds,
        )
        return self._object(call, call.engine.sessions.create(request))

    @unmanaged
    def createSessionWithTimeout(self, call: Call, principal: Any, timeToLiveMilliseconds: int) -> Any:
        """A session in which the caller acts as another user; it never idles out."""
        return self.createSessionWithTimeouts(call, principal, timeToLiveMilliseconds, 0)

    @unmanaged
    def createSessionWithTimeouts(
        self, call: Call, principal: Any, timeToLiveMilliseconds: int, timeToIdleMilliseconds: int
    ) -> Any:
        """A session in which the caller acts as another user. Limits in ms, 0 for none.

        Administrators with the privilege Sudo may act as anybody, with no privilege that they lack; owners of groups
        as those whom they share a group with that they own, and in these groups only.
        """
        name = principal_name(principal)
        check_times(timeToLiveMilliseconds, timeToIdleMilliseconds)
        request = SessionRequest(
            user_id=user_named(call, name),
            group=principal.group or None,
            event_type=principal.eventType or "User",
            agent=call.context.get("omero.agent", "OMERO.sudo"),
            time_to_idle=timeToIdleMilliseconds,
            time_to_live=timeToLiveMilliseconds,
            sudoer=call.caller.real_person,
            group_limit=group_limit(call, name),
        )
        return self._object(call, call.engine.sessions.create(request))

    @unmanaged(role="guest")
    def getSession(self, call: Call, sessionUuid: str) -> Any:
        """The session or open share with this uuid; its idle timer starts anew unless the context says ``quietly``."""
        share = None if call.engine.sessions.get(sessionUuid) else open_share(call, sessionUuid)
        if share is not None:
            return share
        touch = call.context.get("quietly") != "true"
        return self._object(call, call.engine.sessions.find(sessionUuid, touch=touch))

    @unmanaged(role="guest")
    def getReferenceCount(self, call: Call, sessionUuid: str) -> int:
        """How many clients use the session."""
        return int(call.engine.sessions.find(sessionUuid, touch=False).references)

    @unmanaged(role="guest")
    def closeSession(self, call: Call, sess: Any) -> int:
        """One client less: -1 for an unknown session, -2 when it is closed now, else the count that is left."""
        key = sess._uuid._val if sess is not None and sess._uuid is not None else ""
        left = call.engine.sessions.release(key)
        return UNKNOWN if left == -1 else REMOVED if left < 1 else left

    @reads
    def getMyOpenSessions(self, call: Call) -> list[Any]:
        """The caller's open sessions, newest first."""
        return self._mine(call, None)

    @reads
    def getMyOpenAgentSessions(self, call: Call, agent: str) -> list[Any]:
        """The caller's open sessions of one kind of client."""
        return self._mine(call, (agent,))

    @reads
    def getMyOpenClientSessions(self, call: Call) -> list[Any]:
        """The caller's open sessions of the desktop and web clients."""
        return self._mine(call, CLIENT_AGENTS)

    @unmanaged(role="guest")
    def getInput(self, call: Call, sess: str, key: str) -> Any:
        """A value kept in the session, or None."""
        return call.engine.sessions.find(sess).inputs.get(key)

    @unmanaged(role="guest")
    def getOutput(self, call: Call, sess: str, key: str) -> Any:
        """A value kept in the session, or None."""
        return call.engine.sessions.find(sess).outputs.get(key)

    @unmanaged(role="guest")
    def setInput(self, call: Call, sess: str, key: str, value: Any) -> None:
        """Keep a value in the session; None removes it."""
        keep(call.engine.sessions.find(sess).inputs, key, value)

    @unmanaged(role="guest")
    def setOutput(self, call: Call, sess: str, key: str, value: Any) -> None:
        """Keep a value in the session; None removes it."""
        keep(call.engine.sessions.find(sess).outputs, key, value)

    @unmanaged(role="guest")
    def getInputKeys(self, call: Call, sess: str) -> list[str]:
        """Names of the values kept as input."""
        return list(call.engine.sessions.find(sess).inputs)

    @unmanaged(role="guest")
    def getOutputKeys(self, call: Call, sess: str) -> list[str]:
        """Names of the values kept as output."""
        return list(call.engine.sessions.find(sess).outputs)

    @unmanaged(role="guest")
    def getInputs(self, call: Call, sess: str) -> dict[str, Any]:
        """All values kept as input."""
        return dict(call.engine.sessions.find(sess).inputs)

    @unmanaged(role="guest")
    def getOutputs(self, call: Call, sess: str) -> dict[str, Any]:
        """All values kept as output."""
        return dict(call.engine.sessions.find(sess).outputs)

    def _request(self, call: Call, user_id: int, p: Any, agent: str) -> SessionRequest:
        config = call.engine.config
        return SessionRequest(
            user_id=user_id,
            group=p.group or None,
            event_type=p.eventType or "User",
            agent=agent,
            time_to_idle=config.get_int("omero.sessions.timeout"),
            time_to_live=config.get_int("omero.sessions.maximum"),
        )

    def _mine(self, call: Call, agents: tuple[str, ...] | None) -> list[Any]:
        caller = call.caller
        now, user_id = time.time(), call.session.request.user_id
        still_open = (s for s in call.engine.sessions.open_sessions() if not s.expired(now))
        mine = [s for s in still_open if s.request.user_id == user_id]
        if not caller.may("ReadSession"):
            mine = [s for s in mine if s.request.sudoer == caller.sudoer_id]
        if agents is not None:
            mine = [s for s in mine if s.request.agent in agents]
        return [self._object(call, s) for s in sorted(mine, key=lambda s: s.started, reverse=True)]

    @staticmethod
    def _object(call: Call, session: Session) -> Any:
        query = "select s from Session s join fetch s.owner left outer join fetch s.sudoer where s.id = :id"
        found = run(call, query, {"id": session.id}, as_server=True)[0]
        found._uuid = omero.RString(session.uuid)
        return found


def principal_name(p: Any) -> str:
    """The name of a principal. ApiUsageException without one."""
    if p is None or not p.name:
        raise omero.ApiUsageException(message="A principal with a user name is needed.")
    return str(p.name)


def user_named(call: Call, name: str) -> int:
    """The id of a user. ApiUsageException when there is none of that name."""
    table, spelled = TABLES["experimenter"], call.engine.passwords.spelled(name)
    with call.engine.database.begin() as db:
        found = db.execute(select(table.c.id).where(table.c.omename == spelled)).scalar_one_or_none()
    if found is None:
        raise omero.ApiUsageException(message=f"There is no user called {name!r}.")
    return int(found)


def group_limit(call: Call, name: str) -> tuple[int, ...] | None:
    """The groups in which the caller may act as another user; None for all. SecurityViolation when there are none."""
    caller = call.caller
    if caller.may("Sudo"):
        return None
    if not caller.leader_of:
        raise omero.SecurityViolation(
            message=f"Acting as {name!r} takes an administrator with the privilege Sudo, or an owner of their group."
        )
    return tuple(sorted(caller.leader_of))


def check_times(live: int, idle: int) -> None:
    """ApiUsageException for limits that are no times."""
    if live < 0 or idle < 0:
        raise omero.ApiUsageException(message="The limits of a session are milliseconds, or 0 for none.")


def check_limits(call: Call, live: int, idle: int) -> None:
    """SecurityViolation when a user asks for a longer session than users may have. Times in ms, 0 for no limit.

    The limit of idleness counts only if there is one of life, as in OMERO.
    """
    config = call.engine.config
    longest = config.get_int("omero.sessions.max_user_time_to_live")
    longest_idle = config.get_int("omero.sessions.max_user_time_to_idle")
    if longest and (not live or live > longest):
        raise omero.SecurityViolation(message=f"Users' sessions may live {longest} ms at most; ask for less.")
    if longest and longest_idle and (not idle or idle > longest_idle):
        raise omero.SecurityViolation(message=f"Users' sessions may be idle {longest_idle} ms at most; ask for less.")


def keep(values: dict[str, Any], key: str, value: Any) -> None:
    """Set or, with None, remove a value."""
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
