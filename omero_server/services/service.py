"""How a service is written: a class whose methods carry the names of the operations, marked with what they need.

    class QueryService(Service):
        interface = "::omero::api::IQuery"

        @reads
        def findAllByQuery(self, call: Call, query: str, params: Parameters | None) -> list[IObject]: ...

``reads`` runs the method in a read-only transaction, ``writes`` in a writing one; ``unmanaged`` opens none: the
method takes
its own from ``call.engine.database``. ``role`` names who may call: "user" (the default), "system", "guest" (users and
guests) or "any" (accounts that are not active, too). A writing method is run again when another transaction was in its
way (not in stateful services, nor with ``repeat=False``), so it must leave its arguments as they are and do nothing
outside of the database but through ``call.after_commit`` and ``call.on_rollback``. An operation that the class does not
have is answered as not implemented.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, overload

from omero_server.sessions.call import Call
from omero_server.sessions.event_context import event_context

__all__ = ["Operation", "Service", "StatefulService", "reads", "unmanaged", "writes"]

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """What an operation needs: transaction ("read", "write", "none"), role, a session opened with a password; and
    whether it may be repeated.
    """

    mode: str
    role: str
    password: bool
    repeat: bool = False


def _marked(operation: Operation) -> Callable[[Method], Method]:
    def mark(method: Method) -> Method:
        method.__dict__["operation"] = operation
        return method

    return mark


@overload
def reads(method: Method) -> Method: ...
@overload
def reads(*, role: str = "user", password: bool = False) -> Callable[[Method], Method]: ...
def reads(method: Method | None = None, *, role: str = "user", password: bool = False) -> Any:
    """Mark an operation that only reads. ``password``: the session must have been opened with a password."""
    mark = _marked(Operation("read", role, password))
    return mark(method) if method else mark


@overload
def writes(method: Method) -> Method: ...
@overload
def writes(*, role: str = "user", password: bool = False, repeat: bool = True) -> Callable[[Method], Method]: ...
def writes(method: Method | None = None, *, role: str = "user", password: bool = False, repeat: bool = True) -> Any:
    """Mark an operation that writes: it gets an event and is logged."""
    mark = _marked(Operation("write", role, password, repeat))
    return mark(method) if method else mark


@overload
def unmanaged(method: Method) -> Method: ...
@overload
def unmanaged(*, role: str = "user", password: bool = False) -> Callable[[Method], Method]: ...
def unmanaged(method: Method | None = None, *, role: str = "user", password: bool = False) -> Any:
    """Mark an operation that needs no transaction, or makes its own."""
    mark = _marked(Operation("none", role, password))
    return mark(method) if method else mark


class Service:
    """Base of the services without state: one instance serves all callers. ``partly`` names operations that lack
    something, with what.
    """

    interface: ClassVar[str]
    partly: ClassVar[dict[str, str]] = {}


class StatefulService(Service):
    """Base of the services that keep state for one client: one instance per proxy; calls on it are serialised."""

    @reads
    def getCurrentEventContext(self, call: Call) -> Any:
        """The caller as this service sees them."""
        return event_context(call.caller)

    def on_close(self) -> None:
        """Free what the instance holds. Called once, when the client closes it or its session ends."""
