"""Calls to services: services are made when first used, made anew when they are gone, and failed calls are logged."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TYPE_CHECKING, Any

import Ice

import omero

if TYPE_CHECKING:
    from omero.gateway.connection import _BlitzGateway

__all__ = ["NoProxies", "OmeroGatewaySafeCallWrapper", "ProxyObjectWrapper"]

logger = logging.getLogger("omero.gateway")

# After these the service, or the whole connection, has to be made anew.
GONE = (Ice.ObjectNotExistException, Ice.ConnectionRefusedException, omero.RemovedSessionException)
"""After these a call was certainly not run."""
CUT = (*GONE, Ice.ConnectionLostException, Ice.CloseConnectionException)
"""After these there is no connection any more."""
READING = ("count", "find", "get", "has", "is", "list", "load", "lookup", "project", "retrieve")
"""How calls begin that change nothing, and may be run twice."""
IDENTITY = ("omero.client.uuid", "omero.session.uuid")
LOST = (
    Ice.ObjectNotExistException,
    Ice.ConnectionLostException,
    Ice.ConnectionRefusedException,
    Ice.CloseConnectionException,
    Ice.UnknownException,
    omero.RemovedSessionException,
)


class OmeroGatewaySafeCallWrapper:
    """One call of a service. Frameworks put a class of their own in ``omero.gateway.SafeCallWrapper``."""

    def __init__(self, proxyObjectWrapper: Any, attr: str, f: Any) -> None:
        self.proxyObjectWrapper = proxyObjectWrapper
        self.attr = attr
        self.f = f

    def debug(self, exc_class: Any, args: Any, kwargs: Any) -> None:
        """Log a failed call."""
        logger.warning(
            "%s on %s to <%s> %s(%r, %r)", exc_class, type(self), self.proxyObjectWrapper, self.attr, args, kwargs
        )
        logger.debug("%s", traceback.format_exc())

    def handle_exception(self, e: Exception, *args: Any, **kwargs: Any) -> Any:
        """Raise the exception again; meant to be overridden."""
        raise e

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self.f(*args, **kwargs)
        except Exception as error:
            self.debug(type(error), args, kwargs)
            if self._may_repeat(error) and self.proxyObjectWrapper.rejoin():
                return self._repeat(args, kwargs)
            return self.handle_exception(error, *args, **kwargs)

    def _may_repeat(self, error: Exception) -> bool:
        """Whether the connection was lost, and the call may be run (again) on a new one."""
        if not isinstance(self.proxyObjectWrapper, ProxyObjectWrapper) or self.proxyObjectWrapper.stateful:
            return False
        return isinstance(error, GONE) or (isinstance(error, LOST) and self.attr.startswith(READING))

    def _repeat(self, args: Any, kwargs: Any) -> Any:
        """The same call to the service of the new session."""
        options = self.proxyObjectWrapper.options
        renewed = {key: options[key] for key in IDENTITY if key in options}
        for given in (*args, *kwargs.values()):
            if isinstance(given, dict) and IDENTITY[1] in given:
                given.update(renewed)
        return getattr(self.proxyObjectWrapper.service, self.attr)(*args, **kwargs)


class ProxyObjectWrapper:
    """A service of the session, made when first used: ``conn.getQueryService()`` gives one."""

    def __init__(
        self, conn: _BlitzGateway, func_str: str, cast_to: Any = None, service_name: str | None = None
    ) -> None:
        """``func_str``: the method of the session that gives the service; ``service_name``: its argument, if it has."""
        self._conn = conn
        self._func_str = func_str
        self._cast_to = cast_to
        self._service_name = service_name
        self._obj: Any = None
        self._tainted = False

    def clone(self) -> ProxyObjectWrapper:
        """Another one, with a service of its own."""
        return ProxyObjectWrapper(self._conn, self._func_str, self._cast_to, self._service_name)

    @property
    def stateful(self) -> bool:
        """Whether the service has state, which is lost with it."""
        return self._func_str.startswith("create")

    @property
    def service(self) -> Any:
        """The service, made if need be; in a new session if the old one is lost."""
        if self._obj is None:
            try:
                self._connect()
            except CUT:
                if not self.rejoin():
                    raise
                self._connect()
        return self._obj

    @property
    def options(self) -> dict[str, str]:
        """What is sent with calls of the present session."""
        return self._conn.SERVICE_OPTS

    def rejoin(self) -> bool:
        """Join the session again, or log in anew, after the connection was lost; whether that worked."""
        self._obj = None
        return self._conn.rejoin()

    def _connect(self, forcejoin: bool = False) -> bool:
        """Make the service; ``forcejoin``: after joining the session again."""
        if forcejoin and not self._conn.connect(sUuid=self._conn._sessionUuid):
            return False
        method = getattr(self._conn.c.sf, self._func_str)
        arguments = () if self._service_name is None else (self._service_name,)
        if self.stateful:
            arguments = (*arguments, self._conn.SERVICE_OPTS)
            self._conn._register_service(repr(self), traceback.extract_stack())
        self._obj = method(*arguments)
        if self._cast_to is not None:
            self._obj = self._cast_to(self._obj)
        return True

    def taint(self) -> None:
        """Mark as used by someone who needs it alone."""
        self._tainted = True

    def untaint(self) -> None:
        """Take the mark away."""
        self._tainted = False

    def close(self, *args: Any, **kwargs: Any) -> None:
        """Close a service that keeps state; it is made anew when used again."""
        service, self._obj = self._obj, None
        if service is None or not self.stateful:
            return
        self._conn._unregister_service(repr(self))
        try:
            service.close(*args, **kwargs)
        except LOST as error:
            logger.debug("%s was gone already: %s", self._func_str, error)

    def _resyncConn(self, conn: _BlitzGateway) -> None:
        """Belong to another connection from now on."""
        self._conn = conn
        self._obj = None

    def _ping(self) -> bool:
        """Whether the service answers; a lost connection is made again."""
        try:
            if self._obj is None or not self._conn.c.sf.keepAlive(self._obj):
                self._obj = None
                return self._connect()
            return True
        except LOST as error:
            logger.debug("reconnecting for %s: %s", self._func_str, error)
            self._obj = None
            return self._connect(forcejoin=True)

    def _getObj(self) -> Any:
        """The service itself."""
        self._ping()
        return self._obj

    def __getattr__(self, attr: str) -> Any:
        if attr.startswith("__"):
            raise AttributeError(attr)
        value = getattr(self.service, attr)
        if callable(value):
            return sys.modules["omero.gateway"].SafeCallWrapper(self, attr, value)
        return value

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._func_str} {id(self):#x}>"


class NoProxies:
    """In place of the services as long as there is no connection."""

    def __getitem__(self, k: str) -> Any:
        raise Ice.ConnectionLostException

    def values(self) -> tuple[Any, ...]:
        """None."""
        return ()
