"""Programs that serve objects of their own to OMERO: servants, what they share, and the program around them."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import Ice

import omero
import omero.api
import omero.constants
from omero.util import LOGDIR
from omero.util.concurrency import get_event
from omero.util.decorators import locked
from omero.util.loading import Dependency
from omero.util.logs import configure_server_logging, make_logname
from omero.util.resources import Resources

__all__ = [
    "Servant",
    "Server",
    "ServerContext",
    "SimpleServant",
    "add_grid_object",
    "create_admin_session",
    "internal_service_factory",
]

MISSING_DEPENDENCY, NOT_STARTED, NOT_ACTIVATED = 50, 100, 200
RETRIED = (omero.WrappedCreateSessionException, Ice.ConnectionRefusedException, Ice.ConnectTimeoutException)


def internal_service_factory(
    communicator: Any,
    user: str = "root",
    group: str | None = None,
    retries: int = 6,
    interval: float = 10,
    client_uuid: str | None = None,
    stop_event: Any = None,
) -> Any:
    """A session of ``user`` for a program that runs beside the server.

    It goes through the communicator's router, with the password of the property ``omero.rootpass`` (for root) or
    ``omero.pass``. A server that does not answer yet is asked ``retries`` times, every ``interval`` seconds, until
    ``stop_event``. Raises omero.ClientError without a router or password, or what the last attempt raised.
    """
    import Glacier2

    router = communicator.getDefaultRouter()
    key = "omero.rootpass" if user == "root" else "omero.pass"
    password = communicator.getProperties().getProperty(key)
    if router is None or not password:
        raise omero.ClientError(f"No session of {user}: set Ice.Default.Router and {key} for this program")
    context = {omero.constants.CLIENTUUID: client_uuid} if client_uuid else {}
    if group:
        context[omero.constants.GROUP] = group
    stop = stop_event or get_event(name="internal_service_factory")
    for attempt in range(retries + 1):
        try:
            session = Glacier2.RouterPrx.checkedCast(router).createSession(user, password, context)
            return omero.api.ServiceFactoryPrx.uncheckedCast(session)
        except RETRIED:
            if attempt == retries or stop.wait(interval):
                raise
    raise AssertionError("the last attempt returns or raises")


def create_admin_session(communicator: Any) -> Any:
    """A session of root, for a program that runs beside the server; see ``internal_service_factory``."""
    return internal_service_factory(communicator)


def add_grid_object(communicator: Any, obj: Any) -> None:
    """Nothing: objects are found by their proxies, there is no registry to tell."""


class ServerContext:
    """What the servants of a program share: its communicator, the session, and what is to be let go of."""

    def __init__(
        self, server_id: str, communicator: Any, stop_event: Any, on_newsession: Callable[[Any], Any] | None = None
    ) -> None:
        self._lock = threading.RLock()
        self.logger = logging.getLogger("omero.util.ServerContext")
        self.server_id = server_id
        self.communicator = communicator
        self.stop_event = stop_event
        self.on_newsession = on_newsession
        self.servant_map: dict[Any, Any] = {}
        self.resources = Resources(stop_event=stop_event)
        self.session: Any = None

    def add_servant(self, adapter_or_current: Any, servant: Any, ice_identity: Any = None) -> Any:
        """Add a servant to an adapter, or that of a call; its proxy, which the servant is told too."""
        adapter = getattr(adapter_or_current, "adapter", adapter_or_current)
        proxy = adapter.addWithUUID(servant) if ice_identity is None else adapter.add(servant, ice_identity)
        servant.setProxy(proxy)
        self.servant_map[proxy.ice_getIdentity()] = servant
        return proxy

    @locked
    def newSession(self) -> None:
        """Open a session in place of the present one."""
        self.session = internal_service_factory(self.communicator, stop_event=self.stop_event)
        if self.on_newsession is not None:
            self.on_newsession(self.session)

    @locked
    def hasSession(self) -> bool:
        """Whether there is a session."""
        return self.session is not None

    @locked
    def getSession(self, recreate: bool = True) -> Any:
        """The session; a new one when it answers no more, unless ``recreate`` is off."""
        if recreate and (self.session is None or not self.check()):
            self.newSession()
        return self.session

    def check(self) -> bool:
        """Whether the session lives. Keeps it alive."""
        try:
            return self.session is not None and bool(self.session.keepAlive(None))
        except Ice.Exception as error:
            self.logger.warning("The session is gone: %s", error)
            return False

    def cleanup(self) -> None:
        """Let go of everything, and of the session."""
        self.resources.cleanup()
        for servant in self.servant_map.values():
            if hasattr(servant, "cleanup"):
                servant.cleanup()
        if self.session is not None:
            self.session.destroy()
            self.session = None


class SimpleServant:
    """A servant that knows the context of its program."""

    def __init__(self, ctx: Any) -> None:
        self._lock = threading.RLock()
        self.prx: Any = None
        self.ctx = ctx
        self.stop_event = ctx.stop_event
        self.communicator = ctx.communicator
        self.logger = logging.getLogger(make_logname(self))

    def setProxy(self, prx: Any) -> None:
        """Told when it is added to an adapter."""
        self.prx = prx


class Servant(SimpleServant):
    """A servant with resources of its own; ``needs_session`` opens the program's session first."""

    def __init__(self, ctx: Any, needs_session: bool = False) -> None:
        super().__init__(ctx)
        self.resources = Resources(stop_event=self.stop_event)
        if needs_session:
            self.ctx.newSession()

    def cleanup(self) -> None:
        """Let go of its resources."""
        self.resources.cleanup()


class Server(Ice.Application):
    """A program with one servant: ``sys.exit(Server(MyServant, "MyAdapter", Ice.Identity("My")).main(sys.argv))``.

    Exit codes: 50 a dependency is missing, 100 the servant cannot be made, 200 the adapter cannot be opened.
    """

    def __init__(
        self,
        impl_class: Callable[[Any], Any],
        adapter_name: str,
        identity: Any,
        logdir: str = LOGDIR,
        dependencies: Sequence[Dependency] = (),
    ) -> None:
        super().__init__()
        self.impl_class = impl_class
        self.adapter_name = adapter_name
        self.identity = identity
        self.logdir = logdir
        self.dependencies = dependencies
        self.stop_event = get_event(name="Server")
        self.logger = logging.getLogger("omero.util.Server")

    def waitOnStartup(self) -> None:
        """Leave the server time to start: OMERO_STARTUP_WAIT milliseconds, 10 seconds when it is not set."""
        self.stop_event.wait(int(os.environ.get("OMERO_STARTUP_WAIT") or 10_000) / 1000.0)

    def run(self, args: Any) -> int:
        """Serve until the program is told to stop; the exit code."""
        from omero.ObjectFactoryRegistrar import registerObjectFactory

        self.shutdownOnInterrupt()
        communicator = self.communicator()
        properties = communicator.getProperties()
        if not properties.getProperty("omero.logging.directory"):
            properties.setProperty("omero.logging.directory", str(self.logdir))
        configure_server_logging(properties)
        if not all([dependency.check(self.logger) for dependency in self.dependencies]):
            return MISSING_DEPENDENCY
        self.waitOnStartup()
        try:
            registerObjectFactory(communicator)
            self.ctx = ServerContext(str(properties.getProperty("Ice.Admin.ServerId")), communicator, self.stop_event)
            self.impl = self.impl_class(self.ctx)
        except Exception:
            self.logger.exception("Failed initialization")
            return NOT_STARTED
        try:
            self.adapter = communicator.createObjectAdapter(self.adapter_name)
            self.ctx.add_servant(self.adapter, self.impl, self.identity)
            self.adapter.activate()
        except Ice.Exception:
            self.logger.exception("Failed activation")
            return NOT_ACTIVATED
        started = time.strftime("%Y-%m-%d %H:%M:%S")
        self.logger.info("%s serves since %s", os.path.basename(sys.argv[0]), started)
        communicator.waitForShutdown()
        self.cleanup()
        return 0

    def cleanup(self) -> None:
        """Let go of the servant and what it holds."""
        self.stop_event.set()
        self.ctx.cleanup()
