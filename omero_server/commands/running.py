"""A command on its way: begun, then step by step, then finished."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from omero_server.commands.registry import CommandError, Function, Progress, Steps
from omero_server.db.retry import passes
from omero_server.sessions.call import Call

__all__ = ["Cancelled", "Run", "execute"]


class Cancelled(Exception):
    """The client cancelled the request."""


class Run:
    """One request: ``begin``, then ``step`` as often as that says, then ``finish``; closed at the end of the block.

    Every failure comes out as a CommandError that knows its request, but for Cancelled, and for those after which the
    whole transaction is tried again.
    """

    def __init__(
        self, function: Function, call: Call, request: Any, progress: Progress, *, nested: bool = False
    ) -> None:
        """``function`` as the registry has it; ``nested``: as a part of another request."""
        self.request = request
        self.total = 0
        self.done = 0
        self._nested = nested
        self._ended = False
        self._response: Any = None
        self._steps: Steps[Any] = function(call, request, progress)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._steps.close()

    def begin(self) -> int:
        """Do what comes before the steps; how many steps there are."""
        with self._named("bad-init" if self._nested else "steps-cancel"):
            self.total = self._next() or 0
            if self.total < 1:
                raise CommandError("no-steps", "The request has nothing to do.")
        return self.total

    def step(self) -> None:
        """Do the next step."""
        with self._named("bad-step", step=str(self.done)):
            self._next()
        self.done += 1

    def finish(self) -> Any:
        """Do what comes after the steps; the response."""
        with self._named("bad-finish" if self._nested else "steps-cancel"):
            self._next()
            if not self._ended:
                raise RuntimeError(f"{self.request.ice_id()} has more steps than the {self.total} that it announced")
        return self._response

    def _next(self) -> int | None:
        """Go on to the next border; a command may end before all the steps it announced."""
        if self._ended:
            return None
        try:
            yielded: int | None = next(self._steps)
        except StopIteration as end:
            self._ended, self._response = True, end.value
            return None
        return yielded

    @contextmanager
    def _named(self, code: str, **parameters: str) -> Iterator[None]:
        """Give a failure a code, and the request's type."""
        try:
            yield
        except Cancelled:
            raise
        except CommandError as error:
            self._note(error, code)
            raise
        except Exception as error:
            if passes(error):
                raise
            known = CommandError(code, **parameters)
            self._note(known, code)
            raise known from error

    def _note(self, error: CommandError, code: str) -> None:
        """Whose failure it is; one from within this request knows that already."""
        if not error.category:
            error.category, error.in_step = self.request.ice_id(), code == "bad-step"


def execute(function: Function, call: Call, request: Any, progress: Progress) -> Any:
    """Run a whole command; its response. ``progress`` hears of each step and may stop it between them."""
    with Run(function, call, request, progress) as run:
        progress.check_cancelled()
        progress.steps(run.begin())
        for done in range(1, run.total + 1):
            run.step()
            progress.step(done)
        return run.finish()
