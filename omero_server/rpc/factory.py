"""The session proxy: gives out services, keeps the session alive, submits requests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from Ice import Current, ObjectNotExistException

import omero
import omero.api
from omero_server.rpc.contexts import change_context, possible_contexts
from omero_server.rpc.engine import Engine
from omero_server.rpc.errors import translate
from omero_server.sessions.call import GUEST_USER
from omero_server.sessions.store import Session

__all__ = ["FactoryServant"]

MASK_BITS = 64
GUEST_SERVICES = ("omero.api.IAdmin", "omero.api.IConfig", "omero.api.ISession")

Operation = TypeVar("Operation", bound=Callable[..., Any])


def guarded(method: Operation) -> Operation:
    """An operation of the factory: needs a live session, and raises only API exceptions."""

    @wraps(method)
    def run(self: FactoryServant, *arguments: Any) -> Any:
        try:
            self.engine.sessions.find(self.session.uuid)
            return method(self, *arguments)
        except BaseException as error:
            raise translate(error, f"ServiceFactory.{method.__name__}") from None

    return run  # type: ignore[return-value]


class FactoryServant(omero.api.ServiceFactory):
    """One client's view of its session. ``with_password``: it was opened by password, not joined."""

    def __init__(self, engine: Engine, session: Session, client_uuid: str, with_password: bool) -> None:
        self.engine = engine
        self.session = session
        self.client_uuid = client_uuid
        self.with_password = with_password
        self.close_on_destroy = True
        self._destroyed = False
        self._lock = threading.Lock()

    def stateless(self, name: str) -> Any:
        """Proxy of a service without state, unless guests may not have it."""
        self._refuse_guest(name)
        try:
            return self.engine.objects.stateless(self.session, self.client_uuid, name)
        except KeyError:
            raise omero.ApiUsageException(message=f"There is no service {name!r}.") from None

    def stateful(self, name: str) -> Any:
        """Proxy of a new service with state, unless guests may not have it."""
        self._refuse_guest(name)
        try:
            return self.engine.objects.create(self.session, name)
        except KeyError:
            raise omero.ApiUsageException(message=f"There is no service {name!r}.") from None

    def _refuse_guest(self, name: str) -> None:
        if self.session.request.user_id == GUEST_USER and name not in GUEST_SERVICES:
            raise omero.SecurityViolation(message=f"Guests have no access to {name}. Log in as a user.")

    @guarded
    def getByName(self, name: str, current: Current) -> Any:
        """A service by its name, or an active one by the name that ``activeServices`` lists."""
        found = self.engine.objects.find(self.session, name) or self.stateless(name)
        # Ice takes the process down when it has to send a proxy of an interface that the operation does not declare.
        return omero.api.ServiceInterfacePrx.uncheckedCast(found)

    @guarded
    def createByName(self, name: str, current: Current) -> Any:
        """A new service with state, by its name."""
        return self.stateful(name)

    @guarded
    def activeServices(self, current: Current) -> list[str]:
        """Names of the session's active services."""
        return self.engine.objects.active(self.session)

    @guarded
    def keepAlive(self, proxy: Any, current: Current) -> bool:
        """Whether the service is still there; refreshes the session."""
        return self.engine.objects.alive(proxy)

    @guarded
    def keepAllAlive(self, proxies: list[Any] | None, current: Current) -> int:
        """A bit for each proxy whose service is gone, those from the 65th on sharing the bits; -1 for an empty list."""
        if not proxies:
            return -1
        mask = 0
        for place, proxy in enumerate(proxies):
            if proxy is not None and not self.engine.objects.alive(proxy):
                mask |= 1 << place % MASK_BITS
        # The highest bit is the sign of what goes over the wire.
        return mask - (mask >> MASK_BITS - 1 << MASK_BITS)

    @guarded
    def getSecurityContexts(self, current: Current) -> list[Any]:
        """The groups of the session's user, as IAdmin.getGroup loads them, and the shares that he may enter."""
        return possible_contexts(self.engine, self.session)

    @guarded
    def setSecurityContext(self, obj: Any, current: Current) -> Any:
        """Make another group or share the session's current one; returns the previous one, unloaded."""
        return change_context(self.engine, self.session, obj)

    @guarded
    def setSecurityPassword(self, password: str, current: Current) -> None:
        """Prove that the caller knows the password, in a joined session."""
        if self.engine.passwords.check_in_call(self.session.membership.user_name, password) is None:
            raise omero.SecurityViolation(message="The password is wrong.")
        self.with_password = True

    @guarded
    def subscribe(self, topicName: str, prx: Any, current: Current) -> None:
        """Send the messages of a public topic to ``prx``; "/public/HeartBeat" is the one that has any."""
        self.engine.objects.topics.subscribe(self.session, topicName, prx, current)

    @guarded
    def setCallback(self, callback: Any, current: Current) -> None:
        """Accepted; the server has nothing to say to it."""

    @guarded
    def closeOnDestroy(self, current: Current) -> None:
        """The session ends with its last client (the default)."""
        self.close_on_destroy = True

    @guarded
    def detachOnDestroy(self, current: Current) -> None:
        """The session outlives its clients, until it times out."""
        self.close_on_destroy = False

    def submit(self, req: Any, current: Current) -> Any:
        """Run a request in the background; None when nothing serves it."""
        try:
            self.engine.sessions.find(self.session.uuid)
            caller = self.engine.sessions.caller(self.session, current.ctx)
            return self.engine.objects.submit(self.session, caller, req, current.ctx)
        except omero.SessionException:
            raise ObjectNotExistException from None
        except omero.ServerError as error:
            # The operation declares no exception: the handle tells what is wrong.
            default = self.engine.sessions.caller(self.session, {})
            return self.engine.objects.submit(self.session, default, req, current.ctx, refusal=error)

    def destroy(self, current: Current | None = None) -> None:
        """This client leaves. The session ends with the last one, unless it was detached."""
        with self._lock:
            if self._destroyed:
                return
            self._destroyed = True
        objects, sessions = self.engine.objects, self.engine.sessions
        objects.remove_factory(self)
        objects.remove_client(self.session, self.client_uuid)
        if self.close_on_destroy:
            sessions.release(self.session.uuid)
        else:
            with self.session.lock:
                self.session.references -= 1


def _getter(name: str, stateful: bool) -> Callable[..., Any]:
    def get(self: FactoryServant, current: Current) -> Any:
        return self.stateful(name) if stateful else self.stateless(name)

    return guarded(get)


GETTERS = {
    "getAdminService": "IAdmin",
    "getConfigService": "IConfig",
    "getContainerService": "IContainer",
    "getLdapService": "ILdap",
    "getMetadataService": "IMetadata",
    "getPixelsService": "IPixels",
    "getProjectionService": "IProjection",
    "getQueryService": "IQuery",
    "getRenderingSettingsService": "IRenderingSettings",
    "getRepositoryInfoService": "IRepositoryInfo",
    "getRoiService": "IRoi",
    "getScriptService": "IScript",
    "getSessionService": "ISession",
    "getShareService": "IShare",
    "getTimelineService": "ITimeline",
    "getTypesService": "ITypes",
    "getUpdateService": "IUpdate",
    "createExporter": "Exporter",
    "createJobHandle": "JobHandle",
    "createRawFileStore": "RawFileStore",
    "createRawPixelsStore": "RawPixelsStore",
    "createRenderingEngine": "RenderingEngine",
    "createSearchService": "Search",
    "createThumbnailStore": "ThumbnailStore",
}
for _operation, _service in GETTERS.items():
    setattr(FactoryServant, _operation, _getter(f"omero.api.{_service}", _operation.startswith("create")))
FactoryServant.sharedResources = _getter("omero.grid.SharedResources", False)
