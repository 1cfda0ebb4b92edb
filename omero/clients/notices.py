"""What the server tells a client by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import omero.api

__all__ = ["NoticeServant"]

log = logging.getLogger("omero.client")

Notice = Callable[[], Any]


def _nothing() -> None:
    """Until something is set."""


class NoticeServant(omero.api.ClientCallback):
    """Calls what ``onHeartbeat`` and its like were given; what these raise is logged."""

    def __init__(self) -> None:
        self.on_heartbeat: Notice = _nothing
        self.on_session_closed: Notice = _nothing
        self.on_shutdown: Notice = _nothing

    def _call(self, name: str, notice: Notice) -> None:
        try:
            notice()
        except Exception:
            # The program's own function: nothing here knows what it may raise, and the server must not hear of it.
            log.exception("Error in the function for %s", name)

    def requestHeartbeat(self, current: Any = None) -> None:
        """The server asks whether the client lives."""
        self._call("heartbeat", self.on_heartbeat)

    def sessionClosed(self, current: Any = None) -> None:
        """The server has closed the session."""
        self._call("sessionClosed", self.on_session_closed)

    def shutdownIn(self, milliseconds: int, current: Any = None) -> None:
        """The server will stop."""
        self._call("shutdownIn", self.on_shutdown)
