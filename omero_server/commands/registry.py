"""Which function answers which request (``omero.cmd.Request``).

    @command("::omero::cmd::Delete2")
    def delete(call: Call, request: Delete2, progress: Progress) -> Response: ...

The function runs on a thread of its own, in one transaction (``mode`` "write" or "read"; with "none" it makes its
own through ``call.engine.begin``). It returns the response, or raises CommandError for an ERR that clients understand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

__all__ = ["COMMANDS", "Command", "CommandError", "Progress", "command", "load"]

MODULES: tuple[str, ...] = (
    "omero_server.commands.unfinished",
    "omero_server.commands.delete",
    "omero_server.commands.duplicate",
    "omero_server.commands.import_fileset",
    "omero_server.commands.legal_targets",
    "omero_server.commands.passwords",
    "omero_server.commands.sessions",
)


class Progress(Protocol):
    """How a command tells how far it is. Cancelling takes effect at ``step`` and ``check_cancelled``."""

    def steps(self, total: int) -> None:
        """There will be ``total`` steps."""

    def step(self, done: int) -> None:
        """``done`` steps are finished. Raises Cancelled when the client asked for it."""

    def check_cancelled(self) -> None:
        """Raises Cancelled when the client asked for it."""


class CommandError(Exception):
    """A failure with a code: becomes ERR(category=request type, name, parameters), or ``response`` if given. Rolls
    back.
    """

    def __init__(self, name: str, message: str = "", *, response: Any = None, **parameters: str) -> None:
        super().__init__(message or name)
        self.name = name
        self.parameters = {"message": message, **parameters} if message else dict(parameters)
        self.response = response


@dataclass(frozen=True, slots=True)
class Command:
    """A registered function. ``group``: the group that the request always runs in (-1 for all), if it has one."""

    function: Callable[[Any, Any, Progress], Any]
    mode: str
    guests: bool
    group: int | None


COMMANDS: dict[str, Command] = {}

Function = Callable[[Any, Any, Progress], Any]


def command(
    type_id: str, *, mode: str = "write", guests: bool = False, group: int | None = None
) -> Callable[[Function], Function]:
    """Register a function for a request's type id."""

    def register(function: Function) -> Function:
        COMMANDS[type_id] = Command(function, mode, guests, group)
        return function

    return register


def load() -> None:
    """Import the modules that register commands."""
    for module in MODULES:
        import_module(module)
