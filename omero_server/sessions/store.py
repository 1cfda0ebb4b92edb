"""The sessions of this server: a database row each, and what calls need to know in memory."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

import omero
import omero._generated
from omero_server.db.engine import Database
from omero_server.db.transaction import Author, Transaction
from omero_server.sessions.call import ALL_GROUPS, ROOT_USER, SYSTEM_GROUP, USER_GROUP, Caller
from omero_server.sessions.downloads import OPEN, DownloadPolicy, load_policy
from omero_server.sessions.membership import Group, Membership, effective_privileges, find_group, load_membership
from omero_server.sessions.rows import check_event_type, insert_session, mark_closed, user_name
from omero_server.sessions.session import NO_SHARE, Session, SessionRequest
from omero_server.sessions.shares import call_share

__all__ = ["Session", "SessionRequest", "SessionStore"]

log = logging.getLogger(__name__)

MEMBERSHIP_SECONDS = 60.0
WORLD_READ = 4
# What sessions know of the database; a change of any object of these makes them look again.
MEMBERSHIP_CLASSES = {f"ome.model.meta.{n}" for n in ("Experimenter", "ExperimenterGroup", "GroupExperimenterMap")}
PLACEHOLDER_GROUP = "user"


class SessionStore:
    """Creates, finds and closes sessions. ``on_close`` is told of every session that ends."""

    def __init__(
        self,
        database: Database,
        node_id: int,
        system_author: Callable[[], Author],
        download_tokens: Sequence[str] = OPEN.server,
    ) -> None:
        self.database = database
        self.node_id = node_id
        self._system_author = system_author
        self._sessions: dict[str, Session] = {}
        self._lock = threading.RLock()
        self._version = 0
        self.trust_seconds = MEMBERSHIP_SECONDS
        """How long memberships count without a look at the database, unless a change of them is known."""
        self._download_tokens = download_tokens
        self._downloads: tuple[int, DownloadPolicy] | None = None
        self.on_close: list[Callable[[Session], None]] = []
        database.on_change.append(self._changed)

    def create(self, request: SessionRequest) -> Session:
        """Open a session.

        Raises ApiUsageException when the group or the type of events does not exist or the user has no default group,
        and SecurityViolation when the user may not work in it.
        """
        with Transaction(self.database, replace(self._system_author(), event_type="Sessions"), writable=True) as t:
            membership = self._membership(t.db, request)
            if membership is None:
                raise omero.ApiUsageException(message=f"There is no user with id {request.user_id}.")
            check_event_type(t.db, request.event_type)
            group = self._choose_group(t.db, membership, request)
            key = str(uuid.uuid4())
            row_id = insert_session(t, request, key, self.node_id)
            sudoer_name = user_name(t.db, request.sudoer)
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
            session.hits += 1
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
        with self.database.begin() as db:
            mark_closed(db, session.id)

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
        self.database.memory.forget()

    def _changed(self, classes: frozenset[str]) -> None:
        if not classes.isdisjoint(MEMBERSHIP_CLASSES):
            self.invalidate()

    def reload(self, session: Session) -> None:
        """Read the memberships of a session's user again."""
        version = self._version
        with self.database.begin() as db:
            membership = self._membership(db, session.request)
            group = find_group(db, group_id=session.group.id)
        if membership is None or group is None:
            self.close(session.uuid)
            raise omero.RemovedSessionException(message="The user or group of this session was deleted. Log in again.")
        session.membership, session.group = membership, group
        session.version, session.loaded = version, time.time()

    def refresh(self, session: Session) -> Membership:
        """The memberships of a session's user, read again when they may have changed."""
        if session.version != self._version or time.time() - session.loaded > self.trust_seconds:
            self.reload(session)
        return session.membership

    def caller(self, session: Session, context: Mapping[str, str]) -> Caller:
        """Who calls, given the call's context: ``omero.group`` and ``omero.user`` hold for this call only.

        So does ``omero.share``, beside which the others count for nothing.
        """
        membership, request = self.refresh(session), session.request
        asked = _number(context.get("omero.share"))
        if asked is not None:
            context = {}
        share = call_share(self.database, asked, session.share_id, membership.user_id, membership.is_admin)
        group = self._call_group(session, _number(context.get("omero.group")))
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
            share_id=share.id,
            shared=share.contents,
            sudoer_id=request.sudoer,
            sudoer_name=session.sudoer_name,
            login_id=None if user is membership else membership.user_id,
            downloads=self._download_policy(),
        )

    def set_group(self, session: Session, group_id: int) -> None:
        """Make a group the session's current one, for all its clients, and leave the share if it is in one.

        Raises ApiUsageException for an unknown group, SecurityViolation unless the user is a member or administrator.
        """
        membership = self.refresh(session)
        with self.database.begin() as db:
            group = find_group(db, group_id=group_id)
        if group is None:
            raise omero.ApiUsageException(message=f"There is no group with id {group_id}.")
        if not membership.is_admin and group_id not in membership.member_of:
            raise _not_a_member(membership, group)
        session.group, session.share_id = group, NO_SHARE

    def allowed_group(self, db: Connection, membership: Membership, group: Group | None, what: str) -> Group:
        """``group`` if its data may be seen by the user at all."""
        if group is None:
            raise omero.ApiUsageException(message=f"There is no group {what}.")
        if membership.is_admin or group.id in membership.member_of or group.permissions & WORLD_READ:
            return group
        raise _not_a_member(membership, group)

    def _call_group(self, session: Session, group_id: int | None) -> Group | None:
        confined = session.request.group_limit is not None
        if group_id is None:
            group_id = session.group.id
        # A former member loses access at once, even in a session that was opened in the group.
        if group_id == session.group.id and session.membership.is_admin and not confined:
            return session.group
        if group_id < 0:
            return None
        for group in session.membership.groups:
            if group.id == group_id:
                return group
        if confined:
            raise omero.SecurityViolation(
                message="This session was opened by the owner of groups, and is confined to these groups."
            )
        with self.database.begin() as db:
            return self.allowed_group(db, session.membership, find_group(db, group_id=group_id), f"with id {group_id}")

    def _download_policy(self) -> DownloadPolicy:
        version, known = self._version, self._downloads
        if known is None or known[0] != version:
            with self.database.begin() as db:
                known = self._downloads = version, load_policy(db, self._download_tokens)
        return known[1]

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

    def _membership(self, db: Connection, request: SessionRequest) -> Membership | None:
        """What the user of a session may be and do in it; None when there is no such user any more."""
        membership = load_membership(db, request.user_id)
        if membership is None or request.sudoer is None:
            return membership
        sudoer = load_membership(db, request.sudoer)
        if sudoer is None:
            return None
        membership = membership.under(sudoer)
        if request.group_limit is None:
            return membership
        # Who leads a group no longer has no business in it.
        groups = [g for g in request.group_limit if sudoer.is_admin or g in sudoer.leader_of]
        return membership.confined(groups)

    def _choose_group(self, db: Connection, membership: Membership, request: SessionRequest) -> Group:
        name = request.group
        if name and name != PLACEHOLDER_GROUP:
            group = find_group(db, name=name)
            if group and request.group_limit is not None and group.id not in membership.member_of:
                raise _not_a_member(membership, group)
            return self.allowed_group(db, membership, group, f"called {name!r}")
        for group in membership.groups:
            if group.id != USER_GROUP:
                return group
        if request.group_limit is not None:
            raise omero.SecurityViolation(message=f"{membership.user_name} is in no group that you own.")
        raise omero.ApiUsageException(
            message=f"User {membership.user_name} is in no group but 'user', so there is no default group. Add one."
        )


def internal_author(session_id: int, privileges: frozenset[str]) -> Author:
    """The server itself as the author of rows."""
    return Author(ROOT_USER, SYSTEM_GROUP, session_id, "Internal", privileges)


def _not_a_member(membership: Membership, group: Group) -> omero.SecurityViolation:
    return omero.SecurityViolation(
        message=f"User {membership.user_name} is not a member of the group {group.name}. Ask its owners."
    )


def _number(text: str | None) -> int | None:
    """A context value as a number; what is none is ignored, as clients expect."""
    try:
        return int(text) if text is not None else None
    except ValueError:
        log.warning("ignored a context value that is not a number")
        return None
