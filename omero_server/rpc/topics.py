"""Messages to clients that have subscribed to a topic; at present, heartbeats."""

from __future__ import annotations

import logging
import threading
from typing import Any

import Ice
from Ice import Current

import omero
import omero.api
from omero_server.sessions.session import Session

__all__ = ["HEARTBEAT", "Topics"]

log = logging.getLogger(__name__)

PUBLIC = "/public/"
HEARTBEAT = "/public/HeartBeat"
BEAT_SECONDS = 180.0


class Topics:
    """Who listens to which topic. Messages go one way, through the connection that the client opened."""

    def __init__(self, stopping: threading.Event, seconds: float = BEAT_SECONDS) -> None:
        self._stopping = stopping
        self._seconds = seconds
        self._subscribers: dict[tuple[str, str, str, str], Any] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Send heartbeats from now on."""
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def subscribe(self, session: Session, topic: str, proxy: Any, current: Current) -> None:
        """Tell ``proxy`` what is published under ``topic``; a second time changes nothing. The first heartbeat comes at
        once. Raises ApiUsageException when the topic is not public.
        """
        if not topic.startswith(PUBLIC):
            raise omero.ApiUsageException(message=f"The topic {topic!r} is not public: names start with {PUBLIC}.")
        if proxy is None:
            raise omero.ApiUsageException(message="There is no object to send messages to: the proxy is null.")
        identity = proxy.ice_getIdentity()
        way_back = current.con.createProxy(identity).ice_oneway()
        key = (session.uuid, topic, identity.category, identity.name)
        with self._lock:
            fresh = key not in self._subscribers
            self._subscribers[key] = way_back
        if fresh and topic == HEARTBEAT:
            self._send(key, way_back)

    def forget(self, session: Session) -> None:
        """The session has ended."""
        with self._lock:
            for key in [key for key in self._subscribers if key[0] == session.uuid]:
                del self._subscribers[key]

    def beat(self) -> None:
        """Ask all listeners for a sign of life. Those that cannot be reached any more are dropped."""
        with self._lock:
            listeners = [(key, proxy) for key, proxy in self._subscribers.items() if key[1] == HEARTBEAT]
        for key, proxy in listeners:
            self._send(key, proxy)

    def _send(self, key: tuple[str, str, str, str], proxy: Any) -> None:
        try:
            omero.api.ClientCallbackPrx.uncheckedCast(proxy).requestHeartbeat()
        except Ice.Exception:
            with self._lock:
                self._subscribers.pop(key, None)

    def _beat(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self.beat()
            except Exception:
                log.exception("sending heartbeats failed; it is tried again")
