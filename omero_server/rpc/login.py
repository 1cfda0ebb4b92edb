"""Logging in: the check of name and password, and the session that follows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

import omero
from omero_server.db.tables import TABLES
from omero_server.rpc.engine import Engine
from omero_server.rpc.errors import translate
from omero_server.rpc.factory import FactoryServant
from omero_server.security.login import UUID, shown
from omero_server.sessions.store import Session, SessionRequest

__all__ = ["Login", "LoginRefused"]

log = logging.getLogger(__name__)

INTERNAL = "Internal error. Please contact your administrator:"


class LoginRefused(Exception):
    """Name and password do not match; the answer is to be given after ``delay`` seconds."""

    def __init__(self, reason: str, delay: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.delay = delay


class Login:
    """Makes session proxies for clients."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def log_in(self, name: str, password: str, context: Mapping[str, str], address: str | None) -> FactoryServant:
        """The client's view of a new session, or of one it joins.

        Raises LoginRefused when name and password do not match, and
        omero.WrappedCreateSessionException when the
        session cannot be had: unknown group, not a member, no default group.
        """
        client = context.get("omero.client.uuid", "")
        if not client:
            raise _wrapped("ApiUsageException", "The client sent no omero.client.uuid; use a current OMERO client.")
        joined = self._session_to_join(name, password)
        user_id = None if joined else self._check(name, password)
        session = joined or self._create(user_id or 0, context, address)
        return FactoryServant(self.engine, session, client, with_password=joined is None)

    def proxy(self, factory: FactoryServant) -> Any:
        """Make the view callable; its proxy."""
        return self.engine.objects.add_factory(factory)

    def check(self, name: str, password: str) -> int:
        """The user's id if the password is right, else LoginRefused."""
        passwords = self.engine.passwords
        user_id = passwords.check(name, password)
        if user_id is None:
            name = passwords.spelled(name)
            raise LoginRefused(self._reason(name), passwords.throttle.delay(name))
        return user_id

    def _session_to_join(self, name: str, password: str) -> Session | None:
        """The live session that name or password is the uuid of."""
        sessions = self.engine.sessions
        if sessions.get(name) is not None:
            if name != password:
                raise LoginRefused(
                    "To join a session, user name and password must both be its uuid (joinSession does that)."
                )
            return sessions.join(name)
        found = sessions.get(password)
        if found is not None and found.membership.user_name == name:
            return sessions.join(password)
        return None

    def _check(self, name: str, password: str) -> int:
        try:
            return self.check(name, password)
        except LoginRefused:
            raise
        except omero.SecurityViolation as error:
            raise LoginRefused(error.message) from error
        except omero.ResourceError as error:
            raise LoginRefused(f"{INTERNAL} {error.message}") from error
        except Exception as error:
            log.exception("the password check of %s failed", shown(name))
            raise LoginRefused(f"{INTERNAL} The password could not be checked.") from error

    def _reason(self, name: str) -> str:
        if UUID.fullmatch(name):
            return f"There is no open session {name}{self._past(name)}: log in again."
        table = TABLES["experimenter"]
        with self.engine.database.begin() as db:
            ids = db.execute(select(table.c.id).where(table.c.omename == name)).scalars().all()
        return f"Password check failed for '{name}': {list(ids)}"

    def _past(self, key: str) -> str:
        """Whose session it was, and when, if it ever was one."""
        session, user = TABLES["session"], TABLES["experimenter"]
        statement = (
            select(user.c.omename, session.c.started, session.c.closed)
            .join(user, user.c.id == session.c.owner)
            .where(session.c.uuid == key)
        )
        with self.engine.database.begin() as db:
            row = db.execute(statement).first()
        if row is None:
            return ""
        closed = f"{row.closed:%Y-%m-%d %H:%M:%S}" if row.closed else "not closed here"
        return f" (of user {row.omename}, created {row.started:%Y-%m-%d %H:%M:%S}, closed {closed})"

    def _create(self, user_id: int, context: Mapping[str, str], address: str | None) -> Session:
        config = self.engine.config
        request = SessionRequest(
            user_id=user_id,
            group=context.get("omero.group"),
            event_type=context.get("omero.event") or "User",
            agent=context.get("omero.agent"),
            ip=context.get("omero.ip") or address,
            time_to_idle=config.get_int("omero.sessions.timeout"),
            time_to_live=config.get_int("omero.sessions.maximum"),
        )
        try:
            return self.engine.sessions.create(request)
        except Exception as error:
            known = translate(error, "Logging in")
            if not isinstance(known, omero.ServerError):
                raise
            back_off = known.backOff if isinstance(known, omero.ConcurrencyException) else None
            raise _wrapped(type(known).__name__, known.message, back_off) from error


def _wrapped(kind: str, reason: str, back_off: int | None = None) -> Exception:
    """The refusal of a session. ``back_off``: milliseconds after which clients may try again."""
    again = back_off is not None
    error: Exception = omero.WrappedCreateSessionException(
        reason=reason, concurrency=again, backOff=back_off if again else -1, type=f"ome.conditions.{kind}"
    )
    return error
