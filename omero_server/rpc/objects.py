"""The objects that clients hold proxies of, by session: services, their state, and handles of running requests."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import Ice
from Ice import Current, Identity

import omero
import omero.api
from omero_server.rpc.engine import Engine
from omero_server.rpc.handles import RunningRequest
from omero_server.rpc.raw import RawAdapter
from omero_server.rpc.servants import FACTORY_CATEGORY, Dispatcher, interface_class
from omero_server.rpc.topics import Topics
from omero_server.services.registry import STATEFUL, STATELESS, service_class
from omero_server.services.service import Service, StatefulService
from omero_server.sessions.call import Caller
from omero_server.sessions.store import Session

__all__ = ["ActiveObjects"]

log = logging.getLogger(__name__)

UUID_LENGTH = 36


class ActiveObjects:
    """Adds and removes servants. Identities are (category, name); a session's services have its uuid as their
    category.
    """

    def __init__(self, engine: Engine, adapter: Any) -> None:
        self.engine = engine
        self.adapter = adapter
        self._raw = RawAdapter(adapter)
        self.dispatcher = Dispatcher(engine)
        self.topics = Topics(engine.stopping)
        self.topics.start()
        self._lock = threading.RLock()
        self._stateless: dict[str, Any] = {}
        self._by_session: dict[str, dict[str, Any]] = {}
        self._factories: dict[tuple[str, str], Any] = {}
        self._max_servants = engine.config.get_int("omero.throttling.servants_per_session")
        self._pool = ThreadPoolExecutor(engine.config.get_int("omero.threads.max_threads", 50), "request")
        engine.sessions.on_close.append(self.remove_session)
        background = engine.config.get_int("omero.threads.background_threads")
        self._background = ThreadPoolExecutor(background, "background")
        for pool in (self._pool, self._background):
            engine.on_shutdown(partial(pool.shutdown, wait=True, cancel_futures=True))

    def stateless(self, session: Session, client_uuid: str, name: str) -> Any:
        """Proxy of a service without state; the same for each call of one client. KeyError when there is no such
        service.
        """
        if name not in STATELESS:
            raise KeyError(name)
        identity = f"{client_uuid}{name}"
        with self._lock:
            if identity not in self._by_session.get(session.uuid, {}):
                servant = self._stateless.get(name)
                if servant is None:
                    servant = self._stateless[name] = self.dispatcher.servant(service_class(name)())
                self._add(session, identity, servant, self._raw.add)
        return self._proxy(session.uuid, identity, servant_interface(name))

    def create(self, session: Session, name: str) -> Any:
        """Proxy of a new service with state. KeyError when there is no such service."""
        if name not in STATEFUL:
            raise KeyError(name)
        service = service_class(name)()
        assert isinstance(service, StatefulService)
        return self.add_stateful(session, service)

    def add_stateful(self, session: Session, service: StatefulService) -> Any:
        """Proxy of ``service``, which from now on belongs to the session."""
        bean = service.interface.removeprefix("::").replace("::", ".")
        identity = f"{uuid.uuid4()}{bean}"
        servant = self.dispatcher.servant(service, threading.RLock())
        servant.close = lambda current: self.close(current, servant.lock)
        servant.activate = servant.passivate = lambda current: None
        with self._lock:
            if len(self._by_session.get(session.uuid, {})) >= self._max_servants:
                raise omero.OverUsageException(message=f"This session has {self._max_servants} services. Close some.")
            self._add(session, identity, servant)
        return self._proxy(session.uuid, identity, interface_class(service.interface))

    def shared(self, service: Service, identity_name: str) -> Any:
        """Add a service that all sessions share, such as a repository; its proxy."""
        identity = Identity(name=identity_name, category="")
        proxy = self.adapter.add(self.dispatcher.servant(service), identity)
        return proxy_class(interface_class(service.interface)).uncheckedCast(proxy)

    def submit(
        self,
        session: Session,
        caller: Caller,
        request: Any,
        context: Mapping[str, str],
        refusal: Exception | None = None,
    ) -> Any:
        """Run a request; proxy of its handle, or None when nothing serves it. ``refusal``: it fails with this at
        once.
        """
        running = RunningRequest.of(self.engine, session, caller, request, context)
        if running is None:
            return None
        running.refusal = refusal
        identity = f"IHandle{uuid.uuid4()}"

        def remove() -> None:
            self._remove(session.uuid, identity)

        running.on_removal = remove
        with self._lock:
            self._add(session, identity, running)
        (self._background if running.waits else self._pool).submit(running.run)
        return self._proxy(session.uuid, identity, interface_class("::omero::cmd::Handle"))

    def active(self, session: Session) -> list[str]:
        """Names of the session's objects."""
        with self._lock:
            return [name for name in self._by_session.get(session.uuid, {}) if not name.startswith("IHandle")]

    def has_stateful(self, session: Session) -> list[str]:
        """Names of the session's open services with state."""
        return [name for name in self.active(session) if name.endswith(STATEFUL)]

    def find(self, session: Session, name: str) -> Any:
        """Proxy of an active object by its name, or None."""
        with self._lock:
            servant = self._by_session.get(session.uuid, {}).get(name)
        return None if servant is None else self._proxy(session.uuid, name, type(servant))

    def alive(self, proxy: Any) -> bool:
        """Whether the object behind a proxy is still there."""
        return proxy is not None and self.adapter.find(proxy.ice_getIdentity()) is not None

    def close(self, current: Current, lock: threading.RLock) -> None:
        """Remove a service with state and free what it holds, once the call that uses it has ended."""
        with lock:
            if not self._remove(current.id.category, current.id.name):
                raise Ice.ObjectNotExistException

    def drop(self, proxy: Any) -> None:
        """Remove the object behind a proxy, if it is still there."""
        identity = proxy.ice_getIdentity()
        self._remove(identity.category, identity.name)

    def remove_client(self, session: Session, client_uuid: str) -> None:
        """Remove the stateless services of one client."""
        for name in [n for n in self.active(session) if n.startswith(client_uuid)]:
            self._remove(session.uuid, name)

    def remove_session(self, session: Session) -> None:
        """Remove everything of a session."""
        self.topics.forget(session)
        with self._lock:
            names = list(self._by_session.pop(session.uuid, {}).items())
            factories = [f for (key, _), f in self._factories.items() if key == session.uuid]
        for name, servant in names:
            self._forget(session.uuid, name, servant)
        for factory in factories:
            self.remove_factory(factory)

    def add_factory(self, factory: Any) -> Any:
        """Proxy of a session for one client."""
        session, client = factory.session, factory.client_uuid
        with self._lock:
            self._factories[session.uuid, client] = factory
        identity = Identity(name=session.uuid, category=f"{FACTORY_CATEGORY}{client}")
        if self.adapter.find(identity) is not None:
            self.adapter.remove(identity)
        return omero.api.ServiceFactoryPrx.uncheckedCast(self.adapter.add(factory, identity))

    def remove_factory(self, factory: Any) -> None:
        """The client has gone."""
        session, client = factory.session, factory.client_uuid
        with self._lock:
            if self._factories.get((session.uuid, client)) is not factory:
                return
            del self._factories[session.uuid, client]
        self._remove_servant(f"{FACTORY_CATEGORY}{client}", session.uuid)

    def connected(self, session_uuid: str, client_uuid: str) -> bool:
        """Whether a client of a session is there."""
        return (session_uuid, client_uuid) in self._factories

    def opened_with_password(self, session: Session, current: Current) -> bool:
        """Whether the client that calls opened the session with a password, instead of joining it.

        A service's name begins with its client's uuid.
        """
        client = current.id.name[:UUID_LENGTH]
        factory = self._factories.get((session.uuid, client))
        return factory is not None and factory.with_password

    def _add(self, session: Session, identity: str, servant: Any, add: Callable[..., Any] | None = None) -> None:
        if session.closed:
            raise omero.RemovedSessionException(message="This session is closed. Log in again.")
        self._by_session.setdefault(session.uuid, {})[identity] = servant
        (add or self.adapter.add)(servant, Identity(name=identity, category=session.uuid))

    def _remove(self, category: str, name: str) -> bool:
        with self._lock:
            servant = self._by_session.get(category, {}).pop(name, None)
        if servant is not None:
            self._forget(category, name, servant)
        return servant is not None

    def _forget(self, category: str, name: str, servant: Any) -> None:
        self._remove_servant(category, name)
        service = getattr(servant, "service", servant)
        if isinstance(service, StatefulService | RunningRequest):
            try:
                service.on_close()
            except Exception:
                log.exception("closing %s failed", name)

    def _remove_servant(self, category: str, name: str) -> None:
        with suppress(Ice.NotRegisteredException, Ice.ObjectAdapterDeactivatedException):
            self._raw.remove(Identity(name=name, category=category))

    def _proxy(self, category: str, name: str, interface: type) -> Any:
        proxy = self.adapter.createProxy(Identity(name=name, category=category))
        return proxy_class(interface).uncheckedCast(proxy)


def servant_interface(name: str) -> Any:
    """The interface class of a service name."""
    return interface_class("::" + name.replace(".", "::"))


def proxy_class(interface: type) -> Any:
    """The proxy class of an interface class, or of a servant's class."""
    type_id: str = interface.ice_staticId()  # type: ignore[attr-defined]
    module = interface_class(type_id.rsplit("::", 1)[0])
    return getattr(module, type_id.rsplit("::", 1)[1] + "Prx")
