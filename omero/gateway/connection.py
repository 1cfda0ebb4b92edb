"""``BlitzGateway``: login, services, and everything that can be asked of a server."""

from __future__ import annotations

import logging
import os
import time
import traceback
import weakref
from contextlib import suppress
from typing import Any

import Glacier2
import Ice

import omero
import omero.clients
import omero.model
from omero.gateway.calls import NoProxies, ProxyObjectWrapper
from omero.gateway.deleting import Commands
from omero.gateway.enumerations import Enumerations
from omero.gateway.finding import Finding
from omero.gateway.groups import Groups
from omero.gateway.identity import Identity
from omero.gateway.importing import Importing
from omero.gateway.listing import Listing
from omero.gateway.searching import Searching
from omero.gateway.services import Services
from omero.gateway.utils import GatewayConfig
from omero.gateway.writing import Writing

__all__ = ["_BlitzGateway"]

logger = logging.getLogger("omero.gateway")

AGENT = "OMERO.py.gateway"


class _BlitzGateway(
    Services, Identity, Finding, Listing, Groups, Searching, Enumerations, Writing, Commands, Importing
):
    """A connection to a server, with objects that have methods.

    with BlitzGateway("user", "password", host="host") as conn:
        for dataset in conn.getObjects("Dataset"): ...

    ``c`` is the plain client, ``SERVICE_OPTS`` what is sent with calls.
    """

    ICE_CONFIG: str | None = None

    def __init__(
        self,
        username: str | None = None,
        passwd: str | None = None,
        client_obj: Any = None,
        group: Any = None,
        clone: bool = False,
        try_super: bool = False,
        host: str | None = None,
        port: int | None = None,
        extra_config: Any = None,
        secure: bool | None = None,
        anonymous: bool = True,
        useragent: str | None = None,
        userip: str | None = None,
    ) -> None:
        """Log in later, with ``connect``, or use the session of a client that is logged in (``client_obj``).

        ``secure``: also move data encrypted, not only the login. ``group``: name or id of the group to work in.
        Raises Exception when host, port or secure contradict those of ``client_obj``.
        """
        self.CONFIG = GatewayConfig()
        self.c: Any = client_obj
        self.host, self.port, self.secure = host, port, bool(secure)
        self.useragent, self.userip = useragent, userip
        self.group = "system" if try_super else group
        self.extra_config = [extra_config] if isinstance(extra_config, str) else list(extra_config or ())
        self._anonymous = anonymous
        self._ic_props: dict[str, str] = {}
        self._connected = self._rejoining = False
        self._sessionUuid: str | None = None
        self._session_cb: Any = None
        self._lastError: BaseException | None = None
        self._proxies: Any = NoProxies()
        self._open_services: dict[str, Any] = {}
        self._own_services: weakref.WeakSet[ProxyObjectWrapper] = weakref.WeakSet()
        self._reset_identity()
        if client_obj is None:
            self.setIdentity(username or "", passwd or "", not username or clone)
            self._resetOmeroClient()
        else:
            self._adopt(client_obj, host, port, secure)

    def _adopt(self, client: Any, host: str | None, port: int | None, secure: bool | None) -> None:
        properties = client.getPropertyMap()
        own_host = properties.get("omero.host") or properties.get("omero.url.host")
        own_port = properties.get("omero.port")
        if host is not None and own_host and host != own_host:
            raise Exception(f"hosts {host} and {own_host} do not match")
        if port is not None and own_port and str(port) != str(own_port):
            raise Exception(f"ports {port} and {own_port} do not match")
        if secure is not None and secure != client.isSecure():
            raise Exception(f"Secure flag {secure} and {client.isSecure()} do not match")
        self.host, self.port, self.secure = own_host, own_port, client.isSecure()
        session = client.getSession(False)
        if session is not None:
            self._sessionUuid = client.getSessionId()
        self._connected = True
        self._createProxies()

    def __enter__(self) -> _BlitzGateway:
        if not self._connected and not self.connect():
            raise Exception("Connect failed") from self._lastError
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self._ic_props.get(omero.constants.USERNAME) or self._sessionUuid}@{self.host}>"
        )

    # Credentials

    def setIdentity(self, username: str, passwd: str, _internal: bool = False) -> None:
        """Log in as this user at the next ``connect``."""
        self._ic_props = {omero.constants.USERNAME: username, omero.constants.PASSWORD: passwd}
        if not _internal:
            self._anonymous = False

    def isAnonymous(self) -> bool:
        """Whether no user was named."""
        return self._anonymous

    def clone(self) -> _BlitzGateway:
        """A new gateway of the same parameters, not connected."""
        return type(self)(
            self._ic_props.get(omero.constants.USERNAME),
            self._ic_props.get(omero.constants.PASSWORD),
            host=self.host,
            port=self.port,
            extra_config=self.extra_config,
            clone=True,
            secure=self.secure,
            anonymous=self._anonymous,
            useragent=self.useragent,
            userip=self.userip,
        )

    def getProperty(self, k: str) -> str:
        """A property of the client."""
        return str(self.c.getProperty(k))

    # Connecting

    def _resetOmeroClient(self) -> None:
        """Make a new client."""
        if self.host is not None:
            arguments = {"host": self.host} if self.port is None else {"host": self.host, "port": int(self.port)}
            self.c = omero.clients.BaseClient(**arguments)
        else:
            files = [os.path.abspath(path) for path in (self.ICE_CONFIG, *self.extra_config) if path]
            self.c = omero.clients.BaseClient(args=[f"--Ice.Config={','.join(files)}"] if files else None)
        self.c.setAgent(self.useragent or AGENT)
        if self.userip is not None:
            self.c.setIP(self.userip)

    def connect(self, sUuid: str | None = None) -> bool:
        """Log in, or join the session with the given uuid; whether that worked: ``getLastError`` tells why not.

        Raises Ice.SyscallException when the server cannot be reached.
        """
        if self.c is not None and self.c.getSession(False) is not None and sUuid in (None, self._sessionUuid):
            self._connected = True
            return True
        self._connected = False
        try:
            if self.c is None or self.c.getSession(False) is not None:
                self._resetOmeroClient()
            if not self._join(sUuid or self._sessionUuid, must=sUuid is not None):
                self._createSession()
            self._connected = True
        except Ice.SyscallException:
            logger.debug("no connection", exc_info=True)
            raise
        except (Ice.Exception, omero.ClientError) as error:
            logger.debug("login failed", exc_info=True)
            self._lastError = error
        return self._connected

    def rejoin(self) -> bool:
        """Join the session again after the connection was lost, or log in anew if it is gone; whether that worked.

        Group and user of calls stay as they were. Calls do it by themselves.
        """
        if not self._connected or self._rejoining:
            return False
        former, session, options = self.c, self._sessionUuid, self.SERVICE_OPTS
        self.c, self._rejoining = None, True
        try:
            done = self.connect()
        except Ice.Exception:
            done = False
        self._rejoining = False
        useless = former if done else self.c
        if done:
            self.SERVICE_OPTS.setOmeroGroup(options.getOmeroGroup())
            self.SERVICE_OPTS.setOmeroUser(options.getOmeroUser())
        else:
            # Perhaps the next call finds the server again.
            self.c, self._sessionUuid, self._connected = former, session, True
        with suppress(Ice.Exception, omero.ClientError):
            useless.closeSession()
        return done

    def _join(self, session: str | None, must: bool) -> bool:
        if session is None:
            return False
        try:
            self.c.joinSession(session)
        except (Ice.Exception, omero.ClientError):
            self._sessionUuid = None
            if must:
                raise
            self._resetOmeroClient()
            return False
        self._opened("join")
        return True

    def _createSession(self) -> None:
        """Log in with name and password."""
        context = self.c.getImplicitContext()
        if self._anonymous:
            context.put(omero.constants.EVENT, "Internal")
        if self.group is not None:
            context.put(omero.constants.GROUP, str(self.group))
        user, password = (self._ic_props.get(key) for key in (omero.constants.USERNAME, omero.constants.PASSWORD))
        try:
            self.c.createSession(user, password)
        except (omero.SecurityViolation, omero.WrappedCreateSessionException):
            if self.group is None:
                raise
            logger.info("not a member of the group %s: logging in without it", self.group)
            context.remove(omero.constants.GROUP)
            self.c.createSession(user, password)
        # From here on the session knows its group, and calls name one by its id.
        if context.containsKey(omero.constants.GROUP):
            context.remove(omero.constants.GROUP)
        self._opened("create")

    def _opened(self, how: str) -> None:
        self._sessionUuid = self.c.getSessionId()
        self.c.sf.detachOnDestroy()
        self._reset_identity()
        self.setSecure(self.secure)
        if self._session_cb is not None:
            getattr(self._session_cb, how)(self)

    def setSecure(self, secure: bool = True) -> None:
        """Move data encrypted, or not: joins the session by another client where that is needed."""
        if self.c.getSession(False) is not None and secure != self.c.isSecure():
            former = self.c
            self.c = former.createClient(secure)
            former.closeSession()
        self.secure = self.c.isSecure()
        self._createProxies()

    def isSecure(self) -> bool:
        """Whether data moves encrypted."""
        return bool(self.c is not None and self.c.isSecure())

    def isConnected(self) -> bool:
        """Whether ``connect`` worked."""
        return self._connected

    def getLastError(self) -> BaseException | None:
        """Why the last ``connect`` gave False."""
        return self._lastError

    def keepAlive(self) -> bool:
        """Tell the server that the client lives; whether the session is there."""
        try:
            if self.c is None or self.c.getSession(False) is None:
                return self.connect()
            # The answer is about a service, and there is none: what counts is that the session answers.
            self.c.sf.keepAlive(None)
            return True
        except (Ice.Exception, omero.ClientError):
            logger.debug("On keepAlive", exc_info=True)
            return False

    def _getSessionId(self) -> str | None:
        """Uuid of the session."""
        return None if self.c is None or self.c.getSession(False) is None else self.c.getSessionId()

    def getSession(self) -> Any:
        """The session: a model object."""
        return self.c.sf.getSessionService().getSession(self._sessionUuid)

    def suConn(self, username: str, group: Any = None, ttl: int = 60000) -> Any:
        """A gateway in the name of another user, for administrators; None for others. Ends after ``ttl`` ms idle."""
        if not self.isAdmin():
            return None
        if group is None:
            user = self.getAdminService().lookupExperimenter(username)
            group = self.getAdminService().getDefaultGroup(user.id.val).name.val
        principal = omero.sys.Principal(username, str(group), "User", omero.model.PermissionsI())
        session = self.getSessionService().createSessionWithTimeouts(principal, ttl, ttl)
        other = self.clone()
        if not other.connect(sUuid=session.uuid.val):
            raise Exception(f"Connect failed: {other.getLastError()}")
        return other

    # Closing

    def close(self, hard: bool = True) -> None:
        """Close all services and leave; ``hard`` ends the session for all who joined it."""
        self._connected = False
        self._close_services()
        client, self.c = self.c, None
        self._proxies = NoProxies()
        if client is None:
            return
        if client.getSession(False) is None:
            client.closeSession()
            return
        self._closeSession(client, hard)
        self._sessionUuid = None

    def _closeSession(self, client: Any = None, hard: bool = True) -> None:
        """End the session."""
        client = client or self.c
        if self._session_cb is not None:
            self._session_cb.close(self)
        try:
            if hard:
                client.killSession()
        except (Glacier2.SessionNotExistException, Ice.Exception) as error:
            logger.debug("the session was gone already: %s", error)
        finally:
            client.closeSession()

    def seppuku(self, softclose: bool = False) -> None:
        """See ``close``."""
        self.close(hard=not softclose)

    # Services

    def _createProxies(self) -> None:
        """Make services anew for the client that there is now."""
        self.SERVICE_OPTS = self.createServiceOptsDict()
        existing = self._proxies if isinstance(self._proxies, dict) else {}
        for proxy in existing.values():
            proxy._resyncConn(self)
        if not existing:
            self._proxies = self._service_wrappers()

    def _own_service(self, name: str) -> ProxyObjectWrapper:
        """A service that is nobody else's: ``createRawPixelsStore`` and its like. Close it."""
        service = ProxyObjectWrapper(self, name)
        self._own_services.add(service)
        return service

    def _register_service(self, service_string: str, stack: Any) -> None:
        """Remember where a service that must be closed was made."""
        self._open_services[service_string] = (time.time(), stack)

    def _unregister_service(self, service_string: str) -> None:
        """A service was closed."""
        self._open_services.pop(service_string, None)

    def _assert_unregistered(self, prefix: str = "Service left open!") -> int:
        """Log the services that are open, with where they were made; their number."""
        for service, (_made, stack) in self._open_services.items():
            logger.info("%s %s\n%s", prefix, service, "".join(traceback.format_list(stack)))
        return len(self._open_services)

    def _close_services(self) -> None:
        for proxy in [*self._proxies.values(), *self._own_services]:
            if proxy.stateful:
                try:
                    proxy.close()
                except (Ice.Exception, omero.ServerError) as error:
                    logger.debug("On closing %s: %s", proxy, error)
