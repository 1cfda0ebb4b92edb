"""The public user: visitors who have not logged in see some addresses as a user whom the site's owner names.

``omero.web.public.enabled``, ``.user``, ``.password``, ``.server_id``, ``.get_only``, and ``.url_filter``, a regular
expression that must match the beginning of the path. All such visitors share one OMERO session of this process.
"""

from __future__ import annotations

import logging
import re
import threading
from functools import cache

from django.http import HttpRequest

from omero_web.config import Server, web_config
from omero_web.connections import CONNECTIONS, LoginRefused, create_session

__all__ = ["forget_public", "is_public", "open_to_public", "public_session"]

log = logging.getLogger(__name__)

_lock = threading.Lock()
_key: list[str] = []


@cache
def _settings() -> tuple[re.Pattern[str], bool] | None:
    config = web_config()
    pattern = config.text("omero.web.public.url_filter")
    if not config.properties.get_bool("omero.web.public.enabled") or not pattern:
        return None
    return re.compile(pattern), config.properties.get_bool("omero.web.public.get_only")


def open_to_public(request: HttpRequest) -> bool:
    """Whether somebody who has not logged in may ask for this."""
    return is_public(request.method or "", request.path)


def is_public(method: str, path: str) -> bool:
    """As open_to_public, for a method and a path (with the prefix of the application)."""
    settings = _settings()
    if settings is None:
        return False
    pattern, get_only = settings
    return bool(pattern.match(path)) and (not get_only or method in ("GET", "HEAD"))


def public_session() -> tuple[Server, int, str] | None:
    """Server, user and session of the public user, who is logged in if need be; None when that is refused.

    Raises ServerUnreachable.
    """
    config = web_config()
    number = config.number("omero.web.public.server_id", 1)
    server = next((one for one in config.servers() if one.id == number), None)
    if server is None:
        return None
    with _lock:
        if not _key:
            user, password = config.text("omero.web.public.user"), config.text("omero.web.public.password")
            try:
                blitz = create_session(server, user, password, "")
            except LoginRefused as error:
                log.error("the public user %r cannot log in: %s", user, error)
                return None
            CONNECTIONS.adopt(blitz)
            _key.append(blitz.uuid)
        return server, -1, _key[0]


def forget_public(key: str) -> None:
    """The session has ended; the next visitor gets a new one."""
    with _lock:
        if key in _key:
            _key.clear()
