"""The session proxy: gives out services, keeps the session alive, submits requests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from Ice import Current, ObjectNotExistException

import omero
import omero.api
import omero.model
from omero_server.rpc.engine import Engine
from omero_server.rpc.errors import translate
from omero_server.sessions.call import GUEST_USER
from omero_server.sessions.membership import find_group
from omero_server.sessions.store import Session

__all__ = ["FactoryServant"]

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
        """A bit for each proxy whose service is gone; -1 for an empty list."""
        if not proxies:
            return -1
        dead = (i for i, p in enumerate(proxies) if p is not None and not self.engine.objects.alive(p))
        return sum(1 << i for i in dead)

    @guarded
    def getSecurityContexts(self, current: Current) -> list[Any]:
        """The groups of the session's user."""
        services = self.engine.sessions
        services.reload(self.session)
        groups = self.session.membership.groups
        return [_group(group.id, group.name) for group in groups]

    @guarded
    def setSecurityContext(self, obj: Any, current: Current) -> Any:
        """Make another group the session's current one; returns the previous one, unloaded."""
        if obj is None or obj._id is None:
            raise omero.ApiUsageException(message="setSecurityContext needs an ExperimenterGroup with an id.")
        if not isinstance(obj, omero.model.ExperimenterGroup):
            raise omero.ApiUsageException(message=f"setSecurityContext takes a group, not a {type(obj).__name__}.")
        still_open = self.engine.objects.has_stateful(self.session)
        if still_open:
            raise omero.SecurityViolation(
                message=f"Close these services before changing the group: {', '.join(still_open)}."
            )
        previous = self.session.group
        with self.engine.database.begin() as db:
            group = find_group(db, group_id=obj._id._val)
            store = self.engine.sessions
            self.session.group = store.allowed_group(db, self.session.membership, group, f"with id {obj._id._val}")
        return omero.model.ExperimenterGroup(_id=omero.RLong(previous.id), _loaded=False)

    @guarded
    def setSecurityPassword(self, password: str, current: Current) -> None:
        """Prove that the caller knows the password, in a joined session."""
        from omero_server.security.login import check_password

        with self.engine.database.begin() as db:
            name = self.session.membership.user_name
            if check_password(db, name, password, self.engine.config) is None:
                raise omero.SecurityViolation(message="The password is wrong.")
        self.with_password = True

    @guarded
    def subscribe(self, topicName: str, prx: Any, current: Current) -> None:
        """Topics have no publisher in this server; only their names are checked."""
        if not topicName.startswith("/public/"):
            raise omero.ApiUsageException(message=f"The topic {topicName!r} is not public: names start with /public/.")

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


def _group(group_id: int, name: str) -> Any:
    return omero.model.ExperimenterGroup(_id=omero.RLong(group_id), _loaded=True, _name=omero.RString(name))


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
