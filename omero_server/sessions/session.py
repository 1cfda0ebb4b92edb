"""One open session: what was asked for when it was opened, and what changes while it lasts."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from omero_server.sessions.membership import Group, Membership

__all__ = ["NO_SHARE", "Session", "SessionRequest"]

NO_SHARE = -1


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What a new session shall be. Times in ms, 0 for no limit; group None or "user" for the user's default group.

    sudoer: who acts as the user. group_limit: the groups that the session is confined to, when the sudoer is no
    administrator but leads these groups.
    """

    user_id: int
    group: str | None = None
    event_type: str = "User"
    agent: str | None = None
    ip: str | None = None
    time_to_idle: int = 600_000
    time_to_live: int = 0
    sudoer: int | None = None
    group_limit: tuple[int, ...] | None = None


@dataclass(eq=False, slots=True)
class Session:
    """One open session. ``group`` is its current group, ``share_id`` its current share; times are in seconds since
    the epoch, limits in ms. ``methods`` counts the service calls that run now, ``active_calls`` these and the requests,
    ``hits`` all that ever used the session.
    """

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
    share_id: int = NO_SHARE
    references: int = 1
    closed: bool = False
    active_calls: int = 0
    methods: int = 0
    hits: int = 0
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def begin_call(self, method: bool = False) -> None:
        """A request, or with ``method`` a service call, runs: the session does not time out under it."""
        with self.lock:
            self.active_calls += 1
            self.methods += method

    def end_call(self, method: bool = False) -> None:
        """It has ended; the session is idle from now on."""
        with self.lock:
            self.active_calls -= 1
            self.methods -= method
            self.last_access = time.time()

    def expired(self, now: float) -> bool:
        """Whether one of the limits has passed. Who works is not idle, however long it takes."""
        live, idle = self.request.time_to_live, self.request.time_to_idle
        if live > 0 and now - self.started > live / 1000:
            return True
        return idle > 0 and not self.active_calls and now - self.last_access > idle / 1000
