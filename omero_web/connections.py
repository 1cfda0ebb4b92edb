"""The connections of this process: one client for each OMERO session, joined on first use and shared by all threads.

Joining costs several round trips, so a session's connection is kept between requests: a viewer asks for many tiles.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import Glacier2
import Ice

import omero
from omero_web.blitz import Blitz
from omero_web.config import Server

log = logging.getLogger(__name__)

AGENT = "OMERO.web"
IDLE_SECONDS = 600.0
MOST_KEPT = 64
_NO_ANSWER = (Ice.SocketException, Ice.TimeoutException, Ice.DNSException)


class LoginRefused(Exception):
    """The server does not accept these credentials."""


class SessionGone(Exception):
    """The OMERO session of this browser has ended, or the server does not know it any more."""


class ServerUnreachable(Exception):
    """No OMERO server answers at the configured address."""


@dataclass
class _Entry:
    blitz: Blitz
    users: int = 0
    dropped: bool = False
    used: float = field(default_factory=time.monotonic)

    def close(self) -> None:
        try:
            self.blitz.close()
        except (Ice.Exception, omero.ClientError) as error:  # the other side may be gone already
            log.debug("closing the connection of a session: %s", error)


def _client(server: Server, user_ip: str) -> Any:
    client = omero.client(server.address)
    client.setAgent(AGENT)
    if user_ip:
        client.setIP(user_ip)
    return client


def _enter(client: Any, username: str, password: str) -> None:
    try:
        client.createSession(username, password).detachOnDestroy()
    except (Glacier2.PermissionDeniedException, Glacier2.CannotCreateSessionException) as error:
        client.closeSession()
        raise LoginRefused(error.reason) from error
    except _NO_ANSWER as error:
        client.closeSession()
        raise ServerUnreachable(str(error)) from error


def create_session(server: Server, username: str, password: str, user_ip: str) -> Blitz:
    """Log in. The caller hands the result to `Connections.adopt` or closes it.

    Raises LoginRefused or ServerUnreachable.
    """
    client = _client(server, user_ip)
    _enter(client, username, password)
    return Blitz(client, client.getSessionId())


class Connections:
    """The kept connections by session uuid. The least recently used idle ones are closed when there are too many."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS, most: int = MOST_KEPT) -> None:
        self._idle_seconds = idle_seconds
        self._most = most
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._joining: dict[str, threading.Lock] = {}

    def adopt(self, blitz: Blitz) -> None:
        """Keep a connection that has just logged in."""
        with self._lock:
            self._entries[blitz.uuid] = _Entry(blitz)

    @contextmanager
    def lease(self, server: Server, uuid: str, user_ip: str = "") -> Iterator[Blitz]:
        """The session's connection, not closed by others meanwhile. Raises SessionGone or ServerUnreachable."""
        entry = self._take(server, uuid, user_ip)
        try:
            yield entry.blitz
        finally:
            self._give_back(entry)

    def drop(self, uuid: str) -> None:
        """Forget a connection that has failed; it is closed when its last user is done."""
        with self._lock:
            entry = self._entries.pop(uuid, None)
            if entry is None:
                return
            entry.dropped = True
            idle = entry.users == 0
        if idle:
            entry.close()

    def _take(self, server: Server, uuid: str, user_ip: str) -> _Entry:
        with self._lock:
            joining = self._joining.setdefault(uuid, threading.Lock())
        with joining:
            with self._lock:
                entry = self._entries.get(uuid)
                if entry is not None:
                    entry.users += 1
                    return entry
            entry = self._join(server, uuid, user_ip)
            entry.users = 1
            with self._lock:
                self._entries[uuid] = entry
                surplus = self._pop_surplus()
        for old in surplus:
            old.close()
        return entry

    def _join(self, server: Server, uuid: str, user_ip: str) -> _Entry:
        client = _client(server, user_ip)
        try:
            _enter(client, uuid, uuid)
        except LoginRefused as error:
            raise SessionGone(str(error)) from error
        return _Entry(Blitz(client, uuid))

    def _give_back(self, entry: _Entry) -> None:
        with self._lock:
            entry.users -= 1
            entry.used = time.monotonic()
            close = entry.dropped and entry.users == 0
        if close:
            entry.close()

    def _pop_surplus(self) -> list[_Entry]:
        """Take out what has been idle for long, then the least recently used above the limit. Call with the lock."""
        now = time.monotonic()
        idle = sorted((e.used, uuid) for uuid, e in self._entries.items() if e.users == 0)
        above = len(self._entries) - self._most
        gone = [uuid for at, (used, uuid) in enumerate(idle) if at < above or now - used > self._idle_seconds]
        for uuid in gone:
            self._joining.pop(uuid, None)
        return [self._entries.pop(uuid) for uuid in gone]


CONNECTIONS = Connections()
