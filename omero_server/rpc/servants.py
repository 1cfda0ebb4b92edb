"""Makes Ice servants of services: every operation of the interface goes through ``Dispatcher.invoke``."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from keyword import iskeyword
from typing import Any

from Ice import Current

import omero
import omero.api
from omero_server.db.retry import transact
from omero_server.db.transaction import Transaction
from omero_server.rpc.encoding import encoder_of
from omero_server.rpc.engine import Engine
from omero_server.rpc.errors import not_implemented, translate
from omero_server.rpc.raw import answer
from omero_server.services.service import Operation, Service, StatefulService
from omero_server.sessions.call import GUEST_GROUP, SYSTEM_GROUP, USER_GROUP, Call, Caller
from omero_server.sessions.membership import Membership
from omero_server.sessions.store import Session

__all__ = ["Dispatcher", "interface_class", "operations", "python_name"]

log = logging.getLogger(__name__)

FACTORY_CATEGORY = "session-"
ROLE_GROUPS = {
    "user": {USER_GROUP, SYSTEM_GROUP},
    "guest": {USER_GROUP, SYSTEM_GROUP, GUEST_GROUP},
    "system": {SYSTEM_GROUP},
}
SESSION_KEY = "omero.session.uuid"


def interface_class(type_id: str) -> Any:
    """The generated class of an interface, from its type id."""
    found: Any = omero
    for part in type_id.split("::")[2:]:
        found = getattr(found, part)
    return found


def operations(interface: type) -> Iterator[str]:
    """Names of all operations, inherited ones too, but not those of every Ice object (ice_isA, ...)."""
    names = (name.removeprefix("_op_") for name in dir(interface) if name.startswith("_op_"))
    return (name for name in names if not name.startswith("ice_"))


def python_name(operation: str) -> str:
    """The name of the operation's method in Python."""
    return f"_{operation}" if iskeyword(operation) else operation


class Dispatcher:
    """Runs operations: session, group of the call, role, transaction, errors, and a note of slow calls."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.slow_seconds = engine.config.get_int("omero.throttling.method_time.warn", 5000) / 1000
        self._classes: dict[type[Service], type] = {}

    def servant(self, service: Service, lock: threading.RLock | None = None) -> Any:
        """An Ice servant that answers with ``service``'s methods. ``lock``: calls are run one after the other."""
        cls = self._classes.get(type(service))
        if cls is None:
            cls = self._classes[type(service)] = self._servant_class(type(service))
        servant = cls()
        servant.service = service
        servant.lock = lock
        return servant

    def _servant_class(self, service: type[Service]) -> type:
        interface = interface_class(service.interface)
        members = {python_name(op): self._method(service, op) for op in operations(interface)}
        return type(service.__name__, (interface,), members)

    def _method(self, service: type[Service], operation: str) -> Callable[..., Any]:
        method = getattr(service, python_name(operation), None)
        what = f"{service.interface.rsplit('::', 1)[-1]}.{operation}"
        if method is None or "operation" not in method.__dict__:
            return _refuse(service.interface, operation)
        needs: Operation = method.__dict__["operation"]
        invoke, encode = self.invoke, encoder_of(what)

        def run(servant: Any, *arguments: Any) -> Any:
            if servant.lock is None:
                result = invoke(servant.service, method, needs, what, arguments)
                return result if encode is None else answer(result, encode)
            with servant.lock:
                return invoke(servant.service, method, needs, what, arguments)

        return run

    def invoke(
        self,
        service: Service,
        method: Callable[..., Any],
        needs: Operation,
        what: str,
        arguments: tuple[Any, ...],
    ) -> Any:
        """Run one operation; ``arguments`` end with Ice's Current. Only API exceptions leave it.

        The checks come in this order: session, role, password, group of the call, arguments.
        """
        started = time.perf_counter()
        current: Current = arguments[-1]
        try:
            session = self.session_of(current)
            session.begin_call(method=True)
            try:
                check_role(self.engine.sessions.refresh(session), needs.role, what)
                if needs.password:
                    self._check_password(session, current, what)
                caller = self.engine.sessions.caller(session, current.ctx)

                def work(transaction: Transaction) -> Any:
                    call = Call(caller, transaction, session, self.engine, current.ctx)
                    return method(service, call, *arguments[:-1])

                return self._run(service, needs, caller, work)
            finally:
                session.end_call(method=True)
        except BaseException as error:
            raise translate(error, what) from None
        finally:
            seconds = time.perf_counter() - started
            if seconds > self.slow_seconds:
                log.warning("%s took %.1f s", what, seconds)

    def _run(self, service: Service, needs: Operation, caller: Caller, work: Callable[[Transaction], Any]) -> Any:
        """In a transaction; again when others were in the way, unless the service keeps what the first try changed."""
        if needs.repeat and not isinstance(service, StatefulService):
            return transact(self.engine.database, caller.author(), work)
        with Transaction(self.engine.database, caller.author(), needs.mode == "write") as transaction:
            return work(transaction)

    def session_of(self, current: Current) -> Session:
        """The session that the called object belongs to; for shared objects, the one that the context names."""
        key = current.id.category
        if not key:
            key = current.ctx.get(SESSION_KEY, "")
        elif key.startswith(FACTORY_CATEGORY):
            key = current.id.name
        return self.engine.sessions.find(key)

    def _check_password(self, session: Session, current: Current, what: str) -> None:
        if not self.engine.objects.opened_with_password(session, current):
            raise omero.SecurityViolation(
                message=f"{what} needs a session that was opened with a password. Call setSecurityPassword first."
            )


def check_role(membership: Membership, role: str, what: str) -> None:
    """SecurityViolation unless the user's groups allow the operation."""
    roles = membership.roles
    if role == "any" or not ROLE_GROUPS[role].isdisjoint(roles):
        return
    if GUEST_GROUP in roles and role == "user":
        raise omero.SecurityViolation(message=f"{what} is not open to guests. Log in as a user.")
    if USER_GROUP not in roles:
        raise omero.SecurityViolation(message="Your account is not active. Ask an administrator to activate it.")
    raise omero.SecurityViolation(message=f"{what} is for administrators only.")


def _refuse(interface: str, operation: str) -> Callable[..., Any]:
    def refuse(servant: Any, *arguments: Any) -> Any:
        raise translate(not_implemented(interface, operation), operation)

    return refuse
