"""Which function answers which request (``omero.cmd.Request``).

A request has three parts: what is checked before anything is done, its steps, and what is left to do after them. A
command is a generator, and its ``yield`` statements are the borders::

    @command("::omero::cmd::Delete2", group=ALL_GROUPS)
    def delete(call: Call, request: Delete2, progress: Progress) -> Steps[Delete2Response]:
        options = read_options(request)     # before the first step: nothing is written here
        yield 2                             # so many steps follow
        ...                                 # the first step
        yield
        ...                                 # the second step
        yield
        return Delete2Response(...)         # after the last step

Between the parts the server counts, tells the client's callbacks, and looks whether the client cancelled. Several
requests in one (``DoAll``) begin all before the first one does a step; ``SkipHead`` and the like may run parts of other
commands with ``yield from``. A command that is a plain function is a request of one step. In a step that takes long
``progress.check_cancelled()`` may be called wherever stopping does no harm.

All of it happens on a thread of its own in one transaction, which is rolled back by any exception. ``mode`` tells of
what kind the transaction is: "write", "read", or "none" for commands that make their own through
``call.engine.begin``; it may be a function of the request. A request whose ``dryRun`` is set only reads. A writing
command may be run again from its beginning when others got in its way, see ``db.retry``; so files, mails and the like
wait for ``call.after_commit``.

What goes wrong is a ``CommandError`` with a code that clients know. Any other exception is told under a general code:
``steps-cancel`` before and after the steps (``bad-init`` and ``bad-finish`` within a DoAll), ``bad-step`` in a step.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from importlib import import_module
from inspect import isgeneratorfunction
from typing import Any, Protocol, TypeVar

import omero
import omero._generated
import omero.cmd

__all__ = ["COMMANDS", "Command", "CommandError", "Progress", "Steps", "command", "load"]

MODULES: tuple[str, ...] = (
    "omero_server.commands.basics",
    "omero_server.commands.binaries",
    "omero_server.commands.chgrp",
    "omero_server.commands.chmod",
    "omero_server.commands.chown",
    "omero_server.commands.delete",
    "omero_server.commands.do_all",
    "omero_server.commands.duplicate",
    "omero_server.commands.find",
    "omero_server.commands.import_fileset",
    "omero_server.commands.legal_targets",
    "omero_server.commands.letters",
    "omero_server.commands.originals",
    "omero_server.commands.passwords",
    "omero_server.commands.raw_access",
    "omero_server.commands.sessions",
    "omero_server.commands.skip_head",
    "omero_server.commands.usage",
)

Response = TypeVar("Response")

Steps = Generator[Any, None, Response]
"""What a command returns: it yields the number of its steps, then after each step, and returns the response."""


class Progress(Protocol):
    """Who follows a request. Commands only call ``check_cancelled``."""

    def steps(self, total: int) -> None:
        """There will be ``total`` steps."""

    def step(self, done: int) -> None:
        """``done`` steps are finished. Raises Cancelled when the client asked for it."""

    def check_cancelled(self) -> None:
        """Raises Cancelled when the client asked for it."""


class CommandError(Exception):
    """A failure with a code: becomes ERR(category, name, parameters), or ``response`` if given. Rolls back.

    category: the type id of the request, filled in by whoever runs it. in_step: whether it happened in a step. within:
    the texts by which the status of a request made of others names the one that failed.
    """

    def __init__(self, name: str, message: str = "", *, response: Any = None, **parameters: str) -> None:
        super().__init__(message or name)
        self.name = name
        self.parameters = {"message": message, **parameters} if message else dict(parameters)
        self.response = response
        self.category = ""
        self.in_step = False
        self.within: dict[str, str] = {}


Function = Callable[[Any, Any, Progress], Any]
Mode = str | Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Command:
    """A registered function. ``group``: the group that the request always runs in (-1 for all), if it has one.
    ``background``: whether it may take long, with nobody sitting there waiting.
    """

    function: Function
    mode: Mode
    guests: bool
    group: int | None
    background: bool

    def mode_of(self, request: Any) -> str:
        """The kind of transaction that a request needs: "write", "read" or "none"."""
        mode = self.mode if isinstance(self.mode, str) else self.mode(request)
        return "read" if mode == "write" and getattr(request, "dryRun", False) else mode

    def waits(self, request: Any) -> bool:
        """Whether a request is left to the few threads in the background."""
        reads_graph = isinstance(request, omero.cmd.GraphQuery) and not isinstance(request, omero.cmd.GraphModify2)
        return self.background or reads_graph


COMMANDS: dict[str, Command] = {}


def command(
    type_id: str,
    *,
    mode: Mode = "write",
    guests: bool = False,
    group: int | None = None,
    background: bool = False,
) -> Callable[[Function], Function]:
    """Register a function for a request's type id."""

    def register(function: Function) -> Function:
        steps = function if isgeneratorfunction(function) else _in_one_step(function)
        COMMANDS[type_id] = Command(steps, mode, guests, group, background)
        return function

    return register


def _in_one_step(function: Function) -> Function:
    def run(call: Any, request: Any, progress: Progress) -> Steps[Any]:
        yield 1
        response = function(call, request, progress)
        yield
        return response

    return run


def load() -> None:
    """Import the modules that register commands."""
    for module in MODULES:
        import_module(module)
