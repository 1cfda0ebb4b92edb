"""``BaseClient``: one connection to a server."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import uuid
import weakref
from collections.abc import Callable
from typing import Any

import Glacier2
import Ice

import omero
import omero.api
import omero.callbacks
import omero.constants
import omero.grid
import omero.model
from omero import factories
from omero.clients.arguments import Arguments, endpoint_host, initialization_data, sort_arguments
from omero.clients.environment import SessionEnvironment
from omero.clients.keepalive import KeepAlive
from omero.clients.memory import keep_large_blocks
from omero.clients.notices import NoticeServant
from omero.clients.transfer import FileTransfer
from omero.errors import ClientError, CmdError
from omero.rtypes import rstring, unwrap

__all__ = ["BaseClient"]

log = logging.getLogger("omero.client")

ATTEMPTS = 3
AGENT = "OMERO.py"
CALLBACK_NAME = "ClientCallback"
STATEFUL = (
    "ExporterPrx",
    "JobHandlePrx",
    "MetadataStorePrx",
    "PyramidServicePrx",
    "RawFileStorePrx",
    "RawPixelsStorePrx",
    "RenderingEnginePrx",
    "SearchPrx",
    "ThumbnailStorePrx",
)
# The connection is gone or the other side knows nothing of us: closing has nothing more to do then.
GONE = (
    Ice.ConnectionLostException,
    Ice.ConnectionRefusedException,
    Ice.ConnectTimeoutException,
    Ice.DNSException,
    Ice.ObjectNotExistException,
    Ice.CloseConnectionException,
    Ice.ConnectionManuallyClosedException,
    Ice.CommunicatorDestroyedException,
    Ice.TimeoutException,
    Glacier2.SessionNotExistException,
)

# Open clients, to be closed before the interpreter takes Ice apart.
_OPEN: weakref.WeakSet[BaseClient] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for client in list(_OPEN):
        client.__del__()


os.register_at_fork(after_in_child=_OPEN.clear)


class BaseClient(FileTransfer, SessionEnvironment):
    """A client of one server: ``omero.client("host")``, then ``createSession``, at the end ``closeSession``.

    It may be used as a context manager, which closes the session at the end. Attributes: ``sf`` the session (a
    ServiceFactory), ``ic`` the communicator, ``adapter`` for callbacks.
    """

    CallbackI = NoticeServant

    def __init__(
        self,
        args: Any = None,
        id: Any = None,
        host: Any = None,
        port: Any = None,
        pmap: Any = None,
    ) -> None:
        """Connect to nothing yet.

        ``args``: list of strings such as ``--Ice.Config=file``; ``id``: Ice.InitializationData; ``host``: name or URL
        ``ssl://host:port``, ``tcp://``, ``wss://``, ``ws://``; ``port``: int; ``pmap``: dict of properties. Arguments
        in another's place are put right by their types. Without any, the file that ICE_CONFIG names is read.
        Raises ClientError when no server is named.
        """
        # Everything __del__ and closeSession look at must be there, even if the lines below raise.
        self._ic: Any = None
        self._oa: Any = None
        self._sf: Any = None
        self._keep_alive: KeepAlive | None = None
        self._lock = threading.RLock()
        self._notices = NoticeServant()
        self._agent = AGENT
        self._ip: str | None = None
        self._uuid = str(uuid.uuid4())
        self._properties: dict[str, str] = {}
        self._initData(initialization_data(sort_arguments(args, id, host, port, pmap)))

    def __enter__(self) -> BaseClient:
        return self

    def __exit__(self, *args: object) -> None:
        self.closeSession()

    def __del__(self) -> None:
        if getattr(self, "_ic", None) is None:
            return
        try:
            self.closeSession()
        except Ice.Exception as error:
            log.warning("Ignoring error in __del__: %s", error)

    def __getattr__(self, name: str) -> Any:
        if name == "sf":
            return self.getSession()
        if name == "ic":
            return self.getCommunicator()
        if name == "adapter":
            return self.getAdapter()
        raise AttributeError(f"Unknown property: {name}")

    # Set-up

    def _initData(self, id: Any) -> None:
        """Make the communicator."""
        if id.properties.getProperty("omero.dump"):
            for prefix in ("Ice", "omero"):
                for key, value in sorted(id.properties.getPropertiesForPrefix(prefix).items()):
                    print(f"{key}={'*' * 8 if key == omero.constants.PASSWORD else value}")
        self._properties = dict(id.properties.getPropertiesForPrefix(""))
        keep_large_blocks()
        self._ic = Ice.initialize(id)
        _OPEN.add(self)
        factories.register(self._ic, self)
        context = self._ic.getImplicitContext()
        context.put(omero.constants.CLIENTUUID, self._uuid)
        group = id.properties.getProperty("omero.group")
        if group:
            context.put(omero.constants.GROUP, group)

    def parseAndSetInt(self, data: Any, key: str, newValue: Any) -> str:
        """Set a property of ``data`` (Ice.InitializationData) to a number, and return it as it was set.

        Without a number in ``newValue`` the property stays as it is; without one there either, it gets ``"0"``.
        """
        value = str(newValue) if newValue else data.properties.getProperty(key)
        value = value if str(value).isdigit() else "0"
        data.properties.setProperty(key, value)
        return str(value)

    def setAgent(self, agent: str) -> None:
        """What the session says it was made by. Before ``createSession``."""
        self._agent = agent

    def setIP(self, ip: str) -> None:
        """What the session says where it comes from. Before ``createSession``."""
        self._ip = ip

    # Login

    def createSession(self, username: Any = None, password: Any = None) -> Any:
        """Log in and return the session.

        Name and password default to the properties ``omero.user`` and ``omero.pass``. Raises ClientError without a
        name, without a password, or when there is a session; Glacier2.PermissionDeniedException for a wrong password;
        an Ice exception, with a note that names the server, when that one does not answer.
        """
        with self._lock:
            if self._sf is not None:
                raise ClientError("Session already active. Create a new omero.client or closeSession()")
            if self._ic is None:
                self._initData(initialization_data(Arguments(pmap=self._properties)))
            username = unwrap(username) or self.getProperty(omero.constants.USERNAME)
            password = unwrap(password) or self.getProperty(omero.constants.PASSWORD)
            if not username:
                raise ClientError("No username specified")
            if not password:
                raise ClientError("No password specified")
            try:
                return self._joined(self._log_in(str(username), str(password)))
            except (Ice.SyscallException, Ice.TimeoutException, Ice.DNSException, Ice.ProtocolException) as error:
                error.add_note(
                    f"No OMERO server answers at {self._address()}. Is it running, and is the address right?"
                )
                raise

    def _address(self) -> str:
        endpoints = self._ic.getDefaultRouter().ice_getEndpoints()
        return str(endpoints[0]) if endpoints else "?"

    def _log_in(self, username: str, password: str) -> Any:
        context = dict(self.getImplicitContext().getContext())
        context[omero.constants.AGENT] = self._agent
        if self._ip is not None:
            context[omero.constants.IP] = self._ip
        for attempt in range(1, ATTEMPTS + 1):
            try:
                router = self.getRouter(self._ic)
                # Waiting for a future, unlike a plain call, can be interrupted with Ctrl-C.
                return router.createSessionAsync(username, password, context).result()
            except omero.WrappedCreateSessionException as error:
                if not error.concurrency or attempt == ATTEMPTS:
                    raise
                time.sleep(error.backOff / 1000.0)
            except Ice.ConnectTimeoutException:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _joined(self, proxy: Any) -> Any:
        if proxy is None:
            raise ClientError("The server gave no session")
        self._sf = omero.api.ServiceFactoryPrx.uncheckedCast(proxy)
        try:
            self._set_up_callbacks()
        except BaseException:
            self.closeSession()
            raise
        return self._sf

    def _set_up_callbacks(self) -> None:
        router = self.getRouter(self._ic)
        self._oa = self._ic.createObjectAdapterWithRouter("omero.ClientCallback", router)
        self._oa.activate()
        identity = Ice.Identity(CALLBACK_NAME, self.getCategory())
        notices = self._oa.add(self._notices, identity)
        self.getImplicitContext().put(omero.constants.SESSIONUUID, self.getSessionId())
        self._sf.setCallback(omero.api.ClientCallbackPrx.uncheckedCast(notices))
        self.startKeepAlive()

    def joinSession(self, session: str) -> Any:
        """Join a session by its uuid, and return it."""
        return self.createSession(session, session)

    def createClient(self, secure: bool) -> BaseClient:
        """A new client joined to the same session. Not ``secure``: data goes unencrypted, where the server allows."""
        properties = self.getPropertyMap()
        if not secure and self.isSecure():
            self._use_insecure_router(properties)
        client = BaseClient(pmap=properties)
        client.setAgent(f"{self._agent};secure={secure}")
        try:
            client.joinSession(self.getSessionId())
        except BaseException:
            client.closeSession()
            raise
        return client

    def _use_insecure_router(self, properties: dict[str, str]) -> None:
        router = self.getRouter(self._ic)
        if router.ice_getEndpoints()[0].toString().startswith("wss"):
            return  # Who comes by web sockets may have no other way.
        insecure = self.getSession().getConfigService().getConfigValue("omero.router.insecure")
        if insecure:
            properties["Ice.Default.Router"] = insecure.replace("@omero.host@", endpoint_host(router))

    def isSecure(self) -> bool:
        """Whether the connection is encrypted."""
        router = self.getRouter(self.getCommunicator())
        return bool(router.ice_getEndpoints()[0].getInfo().secure())

    # Keeping alive

    def enableKeepAlive(self, seconds: int) -> None:
        """Tell the server every ``seconds`` (5 or more) that the client lives; 0 or less stops that."""
        with self._lock:
            self.stopKeepAlive()
            self._ic.getProperties().setProperty("omero.keep_alive", str(seconds))
            if seconds > 0 and self._sf is not None:
                session = self._sf
                self._keep_alive = KeepAlive(lambda: session.keepAlive(None), seconds)

    def startKeepAlive(self) -> None:
        """Start again with the interval that was set last."""
        seconds = self._ic.getProperties().getPropertyAsIntWithDefault("omero.keep_alive", -1)
        self.enableKeepAlive(seconds)

    def stopKeepAlive(self) -> None:
        """Stop telling the server."""
        with self._lock:
            if self._keep_alive is not None:
                self._keep_alive.stop()
                self._keep_alive = None

    def onHeartbeat(self, myCallable: Callable[[], Any]) -> None:
        """Call this when the server asks whether the client lives."""
        self._notices.on_heartbeat = myCallable

    def onSessionClosed(self, myCallable: Callable[[], Any]) -> None:
        """Call this when the server has closed the session."""
        self._notices.on_session_closed = myCallable

    def onShutdownIn(self, myCallable: Callable[[], Any]) -> None:
        """Call this when the server is about to stop."""
        self._notices.on_shutdown = myCallable

    # What the client has

    def getCommunicator(self) -> Any:
        """The Ice communicator. Raises ClientError when the client is closed."""
        if self._ic is None:
            raise ClientError("No Ice.Communicator active; call createSession() or create a new client instance")
        return self._ic

    def getAdapter(self) -> Any:
        """The adapter for callback objects. Raises ClientError without a session."""
        if self._oa is None:
            raise ClientError("No Ice.ObjectAdapter active; call createSession() or create a new client instance")
        return self._oa

    def getSession(self, blocking: bool = True) -> Any:
        """The session. Raises ClientError without one; with ``blocking=False`` the answer is None then."""
        if self._sf is None and blocking:
            raise ClientError("No session available")
        return self._sf

    def getSessionId(self) -> str:
        """The uuid of the session."""
        return str(self.getSession().ice_getIdentity().name)

    def getCategory(self) -> str:
        """The category that callback objects must carry."""
        return str(self.getRouter(self.getCommunicator()).getCategoryForClient())

    def getImplicitContext(self) -> Any:
        """What is sent with every call."""
        return self.getCommunicator().getImplicitContext()

    def getContext(self, group: Any = None) -> dict[str, str]:
        """A copy of what is sent with every call, with another group."""
        context = dict(self.getImplicitContext().getContext())
        if group is not None:
            context[omero.constants.GROUP] = str(group)
        return context

    def getProperties(self) -> Any:
        """The properties of the communicator."""
        return self.getCommunicator().getProperties()

    def getProperty(self, key: str) -> str:
        """One property; "" when it is not set."""
        return str(self.getProperties().getProperty(key))

    def getPropertyMap(self, properties: Any = None) -> dict[str, str]:
        """Properties that begin with omero or Ice."""
        every = (properties or self.getProperties()).getPropertiesForPrefix("")
        return {key: value for key, value in every.items() if key.startswith(("omero", "Ice"))}

    def getDefaultBlockSize(self) -> int:
        """Bytes to move at once."""
        return int(self.getProperty("omero.block_size"))

    def getRouter(self, comm: Any) -> Any:
        """The router of a communicator. Raises ClientError when it has none."""
        router = comm.getDefaultRouter()
        if router is None:
            raise ClientError("No default router found.")
        return Glacier2.RouterPrx.uncheckedCast(router)

    def getManagedRepository(self, description: bool = False) -> Any:
        """The managed repository; with ``description`` a pair of its OriginalFile and itself. None without one."""
        repositories = self.getSession().sharedResources().repositories()
        for described, proxy in zip(repositories.descriptions, repositories.proxies, strict=True):
            managed = omero.grid.ManagedRepositoryPrx.checkedCast(proxy) if proxy else None
            if managed is not None:
                return (described, managed) if description else managed
        return None

    def getStatefulServices(self) -> list[Any]:
        """Proxies of the services of this session that hold state and are open."""
        found = []
        for name in self.getSession().activeServices():
            service = self.getSession().getByName(name)
            types = (getattr(omero.api, proxy) for proxy in STATEFUL)
            casts = (proxy.checkedCast(service) for proxy in types)
            found += [cast for cast in casts if cast is not None][:1]
        return found

    # Commands

    def submit(
        self,
        req: Any,
        loops: int = 10,
        ms: int = 500,
        failonerror: bool = True,
        ctx: dict[str, str] | None = None,
        failontimeout: bool = True,
    ) -> omero.callbacks.CmdCallbackI:
        """Run a command and wait at most ``loops`` times ``ms`` for its end. Close the callback that is returned.

        Raises CmdError when the command fails (unless not ``failonerror``), omero.LockTimeout when it does not end.
        """
        handle = self.getSession().submit(req, ctx)
        return self.waitOnCmd(handle, loops, ms, failonerror, failontimeout, closehandle=True)

    def waitOnCmd(
        self,
        handle: Any,
        loops: int = 10,
        ms: int = 500,
        failonerror: bool = True,
        failontimeout: bool = False,
        closehandle: bool = False,
    ) -> omero.callbacks.CmdCallbackI:
        """Wait for a command as ``submit`` does. ``closehandle`` closes its handle if it fails or does not end."""
        if handle is None:
            raise ClientError("Null handle: the server does not run this request")
        callback = omero.callbacks.CmdCallbackI(self, handle)
        try:
            callback.loop(loops, ms)
        except omero.LockTimeout:
            if failontimeout:
                callback.close(closehandle)
                raise
            return callback
        response = callback.getResponse()
        if failonerror and isinstance(response, omero.cmd.ERR):
            callback.close(closehandle)
            raise CmdError(response)
        return callback

    # Closing

    def closeSession(self) -> None:
        """Leave the session and give everything back. May be called twice; ``createSession`` may follow."""
        with self._lock:
            self.stopKeepAlive()
            session, self._sf = self._sf, None
            adapter, self._oa = self._oa, None
            communicator, self._ic = self._ic, None
        if communicator is None:
            return
        _OPEN.discard(self)
        try:
            if adapter is not None:
                adapter.deactivate()
            if session is not None:
                self.getRouter(communicator).destroySession()
        except GONE as error:
            log.debug("The session was gone already: %s", error)
        finally:
            communicator.destroy()

    def killSession(self) -> int:
        """End the session for all who joined it; returns how often it had to be closed, -1 when that was refused."""
        count = self.destroySession(self.getSessionId())
        self.closeSession()
        return count

    def destroySession(self, session_uuid: str) -> int:
        """End another session for all who joined it; returns how often it had to be closed, -1 when refused."""
        described = omero.model.SessionI()
        described.uuid = rstring(session_uuid)
        try:
            service = self.getSession().getSessionService()
            count = 1
            while service.closeSession(described) > 0:
                count += 1
        except omero.RemovedSessionException:
            return count
        except (*GONE, omero.SecurityViolation) as error:
            log.warning("Could not end the session: %s", error)
            return -1
        return count
