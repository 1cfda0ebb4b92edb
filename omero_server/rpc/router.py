"""The Glacier2 router inside the server: clients log in here and then call through the same connection.

It keeps no routing table. Callbacks reach clients through the connection that they opened.
"""

from __future__ import annotations

import logging
import threading
import uuid
from typing import Any

import Glacier2
import Ice
from Ice import Connection, Current, Identity, ObjectNotExistException

import omero
from omero_server.rpc.delay import Later
from omero_server.rpc.login import Login, LoginRefused

__all__ = ["ROUTER_IDENTITY", "RouterServant"]

log = logging.getLogger(__name__)

ROUTER_IDENTITY = Identity(name="router", category="OMERO.Glacier2")
ACM_SECONDS = 60
CALLBACK_ENDPOINT = "callbacks:tcp -h callbacks.invalid -p 9"


class RouterServant(Glacier2.Router):
    """Servant of ``OMERO.Glacier2/router``: one session proxy per connection."""

    def __init__(self, login: Login, adapter: Any, session_timeout: int) -> None:
        self._login = login
        self._adapter = adapter
        self._session_timeout = session_timeout
        self._clients: dict[Connection, Any] = {}
        self._categories: dict[Connection, str] = {}
        self._lock = threading.Lock()
        self._later = Later()

    def createSession(self, userId: str, password: str, current: Current) -> Any:
        """Log in with name and password, or with a session's uuid as both, and get the session's proxy."""
        try:
            factory = self._login.log_in(userId, password, current.ctx, _address(current.con))
        except LoginRefused as refused:
            return self._refusal(refused)
        with self._lock:
            previous = self._clients.pop(current.con, None)
            self._clients[current.con] = factory
        if previous is not None:
            previous.destroy()
        self._watch(current.con)
        return self._login.proxy(factory)

    def _watch(self, connection: Connection) -> None:
        # Ice takes a plain function only, no bound method.
        connection.setCloseCallback(lambda closed: self._closed(closed))

    def createSessionFromSecureConnection(self, current: Current) -> Any:
        """Certificates do not identify users here."""
        raise Glacier2.PermissionDeniedException("Log in with a user name and a password.")

    def destroySession(self, current: Current) -> None:
        """The client leaves. Nothing happens if it never came.

        SessionNotExistException is for that, but clients in Python with Ice 3.7 crash when they receive it: there, a
        class of the same name in the package Glacier2 has taken its place.
        """
        with self._lock:
            factory = self._clients.pop(current.con, None)
        if factory is not None:
            factory.destroy()

    def refreshSession(self, current: Current) -> None:
        """Keep the client's session alive. ObjectNotExistException when there is none (see `destroySession`)."""
        factory = self._clients.get(current.con)
        if factory is None:
            raise ObjectNotExistException
        try:
            factory.engine.sessions.find(factory.session.uuid)
        except omero.SessionException:
            raise ObjectNotExistException from None

    def getSessionTimeout(self, current: Current) -> int:
        """Seconds that an idle session lives."""
        return self._session_timeout

    def getACMTimeout(self, current: Current) -> int:
        """Seconds after which a silent connection counts as dead."""
        return ACM_SECONDS

    def getCategoryForClient(self, current: Current) -> str:
        """The category that the client's callback objects carry."""
        self._watch(current.con)
        with self._lock:
            return self._categories.setdefault(current.con, uuid.uuid4().hex)

    def getClientProxy(self, current: Current) -> tuple[Any, bool]:
        """None: the router's own endpoints serve all objects, and there is no routing table."""
        return None, False

    def getServerProxy(self, current: Current) -> Any:
        """What clients take the endpoints of their callback objects from.

        It must not be an endpoint of ours, or clients take our objects for their own. Nobody connects to it: callbacks
        go through the connection that the client opened.
        """
        proxy = self._adapter.getCommunicator().stringToProxy(CALLBACK_ENDPOINT)
        return proxy.ice_identity(Identity(name="callbacks", category=self.getCategoryForClient(current)))

    def addProxies(self, proxies: list[Any], current: Current) -> list[Any]:
        """Nothing to remember: calls are not forwarded."""
        return []

    def _refusal(self, refused: LoginRefused) -> Ice.Future:
        """The answer to a refused login, after its delay. Waiting takes no thread that others' calls need."""
        answer = Ice.Future()
        error = Glacier2.PermissionDeniedException(refused.reason)
        if refused.delay:
            self._later.run(refused.delay, lambda: answer.set_exception(error))
        else:
            answer.set_exception(error)
        return answer

    def _closed(self, connection: Connection) -> None:
        with self._lock:
            factory = self._clients.pop(connection, None)
            self._categories.pop(connection, None)
        if factory is not None:
            log.info("the connection of session %d closed", factory.session.id)
            factory.destroy()


def _address(connection: Connection) -> str | None:
    info = connection.getInfo()
    while info is not None:
        if getattr(info, "remoteAddress", ""):
            return str(info.remoteAddress)
        info = getattr(info, "underlying", None)
    return None
