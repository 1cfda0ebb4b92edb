"""The sessions of this server: a database row each, and what calls need to know in memory."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

import omero
import omero._generated
from omero_server.db.engine import Database
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Author, Transaction
from omero_server.sessions.call import ALL_GROUPS, ROOT_USER, SYSTEM_GROUP, USER_GROUP, Caller
from omero_server.sessions.membership import Group, Membership, effective_privileges, find_group, load_membership

__all__ = ["Session", "SessionRequest", "SessionStore"]

log = logging.getLogger(__name__)

SESSION_PERMISSIONS = -120
MEMBERSHIP_SECONDS = 60.0
WORLD_READ = 4
# What sessions know of the database; a change of any object of these makes them look again.
MEMBERSHIP_CLASSES = {f"ome.model.meta.{n}" for n in ("Experimenter", "ExperimenterGroup", "GroupExperimenterMap")}
PLACEHOLDER_GROUP = "user"


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What a new session shall be. Times in ms, 0 for no limit; group None or "user" for the user's default group."""

    user_id: int
    group: str | None = None
    event_type: str = "User"
    agent: str | None = None
    ip: str | None = None
    time_to_idle: int = 600_000
    time_to_live: int = 0
    sudoer: int | None = None


@dataclass(eq=False, slots=True)
class Session:
    """One open session. ``group`` is its current group; times are in seconds since the epoch, limits in ms."""

    id: int
    uuid: str
    request: SessionRequest
    group: Group
    membership: Membership
    started: float
    last_access: float
    version: int
    loaded: float
    sudoer_name: str | None = None
    references: int = 1
    closed: bool = False
    active_calls: int = 0
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def begin_call(self) -> None:
        """A call runs: the session does not time out under it."""
        with self.lock:
            self.active_calls += 1

    def end_call(self) -> None:
        """The call has ended."""
        with self.lock:
            self.active_calls -= 1

    def expired(self, now: float) -> bool:
        """Whether one of the limits has passed."""
        live, idle = self.request.time_to_live, self.request.time_to_idle
        return bool((live and now - self.started > live / 1000) or (idle and now - self.last_access > idle / 1000))


class SessionStore:
    """Creates, finds and closes sessions. ``on_close`` is told of every session that ends."""

    def __init__(self, database: Database, node_id: int, system_author: Callable[[], Author]) -> None:
        self.database = database
        self.node_id = node_id
        self._system_author = system_author
        self._sessions: dict[str, Session] = {}
        self._lock = threading.RLock()
        self._version = 0
        self.on_close: list[Callable[[Session], None]] = []
        database.on_change.append(self._changed)

    def create(self, request: SessionRequest) -> Session:
        """Open a session.

        Raises ApiUsageException when the group does not exist or the user has no default group, and
        SecurityViolation when the user may not work in it.
        """
        with Transaction(self.database, replace(self._system_author(), event_type="Sessions"), writable=True) as t:
            membership = load_membership(t.db, request.user_id)
            if membership is None:
                raise omero.ApiUsageException(message=f"There is no user with id {request.user_id}.")
            group = self._choose_group(t.db, membership, request.group)
            row_id = self.database.ids(t.db, "seq_session", 1)[0]
            key = str(uuid.uuid4())
            t.db.execute(insert(TABLES["session"]).values(**self._row(request, row_id, key, t.event_id)))
            t.log("INSERT", "ome.model.meta.Session", [row_id])
            sudoer_name = self._user_name(t.db, request.sudoer)
        now = time.time()
        session = Session(
            row_id, key, request, group, membership, now, now, self._version, now, sudoer_name=sudoer_name
        )
        with self._lock:
            self._sessions[key] = session
        return session

    def find(self, key: str, touch: bool = True) -> Session:
        """The open session with this uuid. Raises RemovedSessionException or SessionTimeoutException."""
        session = self._sessions.get(key)
        if session is None:
            raise omero.RemovedSessionException(message="This session is closed or never existed. Log in again.")
        now = time.time()
        if session.expired(now):
            raise omero.SessionTimeoutException(message="This session has timed out. Log in again.")
        if touch:
            session.last_access = now
        return session

    def get(self, key: str) -> Session | None:
        """The open session with this uuid, or None when it is unknown or timed out. Does not refresh its idle timer."""
        session = self._sessions.get(key)
        return None if session is None or session.expired(time.time()) else session

    def open_sessions(self) -> list[Session]:
        """All sessions in memory."""
        return list(self._sessions.values())

    def join(self, key: str) -> Session:
        """One more client uses the session."""
        session = self.find(key)
        with session.lock:
            session.references += 1
        return session

    def release(self, key: str) -> int:
        """One client less; the count that is left. Unknown sessions give -1. At 0 the session is closed."""
        session = self._sessions.get(key)
        if session is None:
            return -1
        with session.lock:
            session.references -= 1
            left = session.references
        if left < 1:
            self.close(key)
        return left

    def close(self, key: str) -> None:
        """End the session: its servants go, and its row says when. Closing twice does nothing."""
        with self._lock:
            session = self._sessions.pop(key, None)
        if session is None:
            return
        session.closed = True
        for function in self.on_close:
            try:
                function(session)
            except Exception:
                log.exception("cleaning up after session %d failed", session.id)
        table = TABLES["session"]
        with self.database.begin() as db:
            db.execute(update(table).where(table.c.id == session.id).values(closed=func.now()))

    def reap(self) -> None:
        """Close the sessions that have timed out."""
        now = time.time()
        for session in self.open_sessions():
            if session.expired(now) and not session.active_calls:
                self.close(session.uuid)

    def close_all(self) -> None:
        """Close every session, at the end of the server."""
        for session in self.open_sessions():
            self.close(session.uuid)

    def invalidate(self) -> None:
        """Users, groups or memberships have changed: every session reloads them at its next call."""
        self._version += 1

    def _changed(self, classes: frozenset[str]) -> None:
        if not classes.isdisjoint(MEMBERSHIP_CLASSES):
            self.invalidate()

    def reload(self, session: Session) -> None:
        """Read the memberships of a session's user again."""
        version = self._version
        with self.database.begin() as db:
            membership = load_membership(db, session.request.user_id)
            group = find_group(db, group_id=session.group.id)
        if membership is None or group is None:
            self.close(session.uuid)
            raise omero.RemovedSessionException(message="The user or group of this session was deleted. Log in again.")
        session.membership, session.group = membership, group
        session.version, session.loaded = version, time.time()

    def caller(self, session: Session, context: Mapping[str, str]) -> Caller:
        """Who calls, given the call's context: ``omero.group`` and ``omero.user`` hold for this call only."""
        if session.version != self._version or time.time() - session.loaded > MEMBERSHIP_SECONDS:
            self.reload(session)
        group_id = _number(context.get("omero.group"))
        group = self._call_group(session, group_id)
        membership, request = session.membership, session.request
        user = self._call_user(membership, _number(context.get("omero.user")))
        return Caller(
            session_id=session.id,
            session_uuid=session.uuid,
            user_id=user.user_id,
            user_name=user.user_name,
            group_id=group.id if group else ALL_GROUPS,
            group_name=group.name if group else "",
            group_permissions=group.permissions if group else None,
            member_of=membership.member_of,
            leader_of=membership.leader_of,
            is_admin=membership.is_admin,
            privileges=membership.privileges,
            event_type=request.event_type,
            sudoer_id=request.sudoer,
            sudoer_name=session.sudoer_name,
            login_id=None if user is membership else membership.user_id,
        )

    def allowed_group(self, db: Connection, membership: Membership, group: Group | None, what: str) -> Group:
        """``group`` if its data may be seen by the user at all."""
        if group is None:
            raise omero.ApiUsageException(message=f"There is no group {what}.")
        if membership.is_admin or group.id in membership.member_of or group.permissions & WORLD_READ:
            return group
        raise omero.SecurityViolation(message=f"User {membership.user_name} is not a member of the group {group.name}.")

    def _call_group(self, session: Session, group_id: int | None) -> Group | None:
        if group_id is None or group_id == session.group.id:
            return session.group
        if group_id < 0:
            return None
        for group in session.membership.groups:
            if group.id == group_id:
                return group
        with self.database.begin() as db:
            return self.allowed_group(db, session.membership, find_group(db, group_id=group_id), f"with id {group_id}")

    def _call_user(self, membership: Membership, user_id: int | None) -> Membership:
        """The user as whom the call runs; an administrator may choose one with no more privileges than his own."""
        if user_id is None or user_id == membership.user_id:
            return membership
        if not membership.is_admin:
            raise omero.SecurityViolation(message="Only an administrator can act as another user (omero.user).")
        with self.database.begin() as db:
            chosen = load_membership(db, user_id)
            full = membership.privileges >= effective_privileges(db, ROOT_USER)
        if chosen is None:
            raise omero.ApiUsageException(message=f"There is no user with id {user_id}.")
        if not full and ("Sudo" not in membership.privileges or not chosen.privileges <= membership.privileges):
            raise omero.SecurityViolation(
                message=f"Acting as user {user_id} needs the privilege Sudo, and all privileges that this user has."
            )
        return chosen

    def _choose_group(self, db: Connection, membership: Membership, name: str | None) -> Group:
        if name and name != PLACEHOLDER_GROUP:
            return self.allowed_group(db, membership, find_group(db, name=name), f"called {name!r}")
        for group in membership.groups:
            if group.id != USER_GROUP:
                return group
        raise omero.ApiUsageException(
            message=f"User {membership.user_name} is in no group but 'user', so there is no default group. Add one."
        )

    def _row(self, request: SessionRequest, row_id: int, key: str, event_id: int) -> dict[str, Any]:
        return {
            "id": row_id,
            "permissions": SESSION_PERMISSIONS,
            "uuid": key,
            "message": "Initial message.",
            "started": func.now(),
            "timetoidle": request.time_to_idle,
            "timetolive": request.time_to_live,
            "defaulteventtype": request.event_type,
            "useragent": request.agent,
            "userip": request.ip[:45] if request.ip else None,
            "version": 0,
            "owner": request.user_id,
            "sudoer": request.sudoer,
            "node": self.node_id,
        }

    @staticmethod
    def _user_name(db: Connection, user_id: int | None) -> str | None:
        if user_id is None:
            return None
        table = TABLES["experimenter"]
        return db.execute(select(table.c.omename).where(table.c.id == user_id)).scalar_one_or_none()


def internal_author(session_id: int, privileges: frozenset[str]) -> Author:
    """The server itself as the author of rows."""
    return Author(ROOT_USER, SYSTEM_GROUP, session_id, "Internal", privileges)


def _number(text: str | None) -> int | None:
    """A context value as a number; what is none is ignored, as clients expect."""
    try:
        return int(text) if text is not None else None
    except ValueError:
        log.warning("ignored a context value that is not a number")
        return None
