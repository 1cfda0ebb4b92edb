"""DoAll: several requests in one transaction, all or none."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import zip_longest
from typing import Any

import omero
import omero._generated
import omero.cmd
from omero_server.commands.registry import COMMANDS, Command, CommandError, Progress, Steps, command
from omero_server.commands.running import Run
from omero_server.sessions.call import GUEST_USER, Call

__all__ = ["do_all"]

CATEGORY = "::omero::cmd::DoAll"
GROUP = "omero.group"
MOST_STEPS = 2**31 - 1


def _mode(request: Any) -> str:
    known = [(COMMANDS.get(each.ice_id()), each) for each in request.requests or [] if each is not None]
    modes = {found.mode_of(each) for found, each in known if found is not None}
    return "write" if "write" in modes else "read"


@command(CATEGORY, mode=_mode, guests=True)
def do_all(call: Call, request: omero.cmd.DoAll, progress: Progress) -> Steps[omero.cmd.DoAllRsp]:
    """Begin all requests, then do the steps of one after the other, then finish them all.

    contexts[i] is laid over the context of the call for request i; the list may be short, and its members null.
    Errors: bad-request for what cannot be run, too-many-steps; otherwise the error of the request that failed.
    """
    with ExitStack() as stack:
        parts = [_Part(*asked) for asked in enumerate(_asked(request))]
        for part in parts:
            with part.told():
                stack.enter_context(part.prepare(call, progress)).begin()
        total = sum(part.run.total for part in parts)
        if total > MOST_STEPS:
            raise CommandError("too-many-steps", f"{total} steps are more than a status can count.")
        yield total
        for part in parts:
            part.started = _now()
            for _ in range(part.run.total):
                with part.told():
                    part.run.step()
                yield
        responses = [part.finish() for part in parts]
    return omero.cmd.DoAllRsp(responses=responses, status=[part.status() for part in parts])


def _asked(request: omero.cmd.DoAll) -> list[tuple[Any, Mapping[str, str]]]:
    requests = request.requests or []
    pairs = zip_longest(requests, (request.contexts or [])[: len(requests)])
    return [(each, context or {}) for each, context in pairs]


class _Part:
    """One of the requests."""

    run: Run

    def __init__(self, place: int, asked: tuple[Any, Mapping[str, str]]) -> None:
        self.place = place
        self.request, self.context = asked
        self.started = self.stopped = 0

    def prepare(self, call: Call, progress: Progress) -> Run:
        """The run to begin."""
        found = None if self.request is None else COMMANDS.get(self.request.ice_id())
        if found is None:
            what = "nothing" if self.request is None else self.request.ice_id()
            raise CommandError("bad-request", f"Request {self.place} is {what}, which this server does not run.")
        if call.caller.user_id == GUEST_USER and not found.guests:
            raise self._refusal("guest-restriction", "Guests may not do this. Log in as a user.")
        self.run = Run(found.function, self._call(call, found), self.request, progress, nested=True)
        return self.run

    def _call(self, call: Call, found: Command) -> Call:
        """The same transaction, seen in the group that this request runs in."""
        fixed = {} if found.group is None else {GROUP: str(found.group)}
        if not fixed and not self.context:
            return call
        context = {**call.context, **fixed, **self.context}
        try:
            caller = call.engine.sessions.caller(call.session, context)
        except omero.ServerError as error:
            raise self._refusal("bad-init", error.message) from error
        return Call(caller, call.transaction, call.session, call.engine, context)

    def _refusal(self, code: str, message: str) -> CommandError:
        error = CommandError(code, message)
        error.category = self.request.ice_id()
        return error

    def finish(self) -> Any:
        with self.told():
            response = self.run.finish()
        self.stopped = _now()
        return response

    @contextmanager
    def told(self) -> Iterator[None]:
        """Note in a failure which request it was, for the status of the whole."""
        try:
            yield
        except CommandError as error:
            name = "nothing" if self.request is None else self.request.ice_id()
            error.within = {**error.within, "subrequest": f"{self.place}: {name}"}
            raise

    def status(self) -> omero.cmd.Status:
        """How the request went, once all are finished."""
        return omero.cmd.Status(
            category="", name="", flags=[], parameters={}, currentStep=self.run.total - 1, steps=self.run.total,
            startTime=self.started, stopTime=self.stopped, stepStartTimes=[], stepStopTimes=[],
        )  # fmt: skip


def _now() -> int:
    return int(time.time() * 1000)
