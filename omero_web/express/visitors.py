"""Who asks, from the headers of a request: a named session, the browser's session, or the public user."""

from __future__ import annotations

import os
import re
import time
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.file import SessionStore

from omero_server.control.config import Config
from omero_web.config import LOOPBACK, Server, web_config
from omero_web.connections import ServerUnreachable
from omero_web.public import is_public, public_session
from omero_web.tokens import session_key

__all__ = ["Visitors", "is_own_server"]

RELOAD_SECONDS = 30.0
MOST_KEPT = 1000
_COOKIE = re.compile(r"[a-z0-9]{32,64}$")
Stamp = tuple[int, int, int]


def is_own_server(server: Server, config: Config) -> bool:
    """Whether a configured server is that of this OMERODIR, on this machine."""
    return server.host in LOOPBACK and server.client_port == config.ports.ssl


class Visitors:
    """Sessions of browsers, read again when their files have changed. Safe for several threads."""

    def __init__(self) -> None:
        config = web_config()
        servers = config.servers()
        self._own = {one.id for one in servers if is_own_server(one, config.properties)}
        self._first_is_own = bool(servers) and servers[0].id in self._own
        self._cookie = settings.SESSION_COOKIE_NAME + "="
        # Where Django keeps the sessions of browsers.
        self._folder = os.path.join(settings.SESSION_FILE_PATH, settings.SESSION_COOKIE_NAME)
        self._known: dict[str, tuple[Stamp, float, str | None]] = {}

    def session_of(self, environ: dict[str, Any], path: str) -> str | None:
        """The OMERO session that a request stands for; None when it is for Django to find out."""
        named = session_key(environ.get("HTTP_AUTHORIZATION", ""))
        if named is not None:
            return named if self._first_is_own else None
        cookie = self._cookie_of(environ.get("HTTP_COOKIE", ""))
        found = self._of_browser(cookie) if cookie else None
        return found if found is not None else self._public(environ["REQUEST_METHOD"], path)

    def _cookie_of(self, header: str) -> str | None:
        for part in header.split(";"):
            part = part.strip()
            if part.startswith(self._cookie):
                return part[len(self._cookie) :]
        return None

    def _of_browser(self, cookie: str) -> str | None:
        if not _COOKIE.match(cookie):
            return None
        path = f"{self._folder}{cookie}"
        try:
            found = os.stat(path)
        except OSError:
            return None
        stamp = found.st_mtime_ns, found.st_ino, found.st_size
        now = time.monotonic()
        known = self._known.get(path)
        if known is None or known[0] != stamp or now - known[1] > RELOAD_SECONDS:
            if len(self._known) > MOST_KEPT:
                self._known = {}
            known = self._known[path] = stamp, now, self._load(cookie)
        return known[2]

    def _load(self, cookie: str) -> str | None:
        stored = SessionStore(cookie).load().get("connector")
        if not isinstance(stored, dict) or stored.get("server_id") not in self._own:
            return None
        key = stored.get("omero_session_key")
        return str(key) if key else None

    def _public(self, method: str, path: str) -> str | None:
        if not is_public(method, path):
            return None
        try:
            found = public_session()
        except ServerUnreachable:
            return None
        return found[2] if found and found[0].id in self._own else None
