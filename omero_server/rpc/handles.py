"""A request that runs in the background, and the handle by which its client follows it."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Self

import Ice
from Ice import Current

import omero
import omero.cmd
from omero_server.commands.registry import COMMANDS, Command, CommandError
from omero_server.db.retry import transact
from omero_server.db.transaction import Transaction
from omero_server.rpc.engine import Engine
from omero_server.rpc.errors import translate
from omero_server.sessions.call import GUEST_USER, Call, Caller
from omero_server.sessions.store import Session

__all__ = ["Cancelled", "RunningRequest"]

log = logging.getLogger(__name__)

CALLBACKS_PER_RUN = 10
CANCEL_SECONDS = 5.0


class Cancelled(Exception):
    """The client cancelled the request."""


class RunningRequest(omero.cmd.Handle):
    """Servant of ``omero.cmd.Handle``, and the progress that the command reports to."""

    def __init__(self, engine: Engine, session: Session, caller: Caller, request: Any, command: Command) -> None:
        self.engine = engine
        self.session = session
        self.caller = caller
        self.request = request
        self.command = command
        self.context: Mapping[str, str] = {}
        self.refusal: Exception | None = None
        self.on_removal: Callable[[], None] = lambda: None
        self._status = omero.cmd.Status(
            category=request.ice_id(), name="", flags=[], parameters={}, currentStep=0, steps=0, startTime=0,
            stopTime=0, stepStartTimes=[], stepStopTimes=[],
        )  # fmt: skip
        self._response: Any = None
        self._callbacks: dict[tuple[str, str], Any] = {}
        self._cancel = threading.Event()
        self._done = threading.Event()
        self._started = False
        self._lock = threading.RLock()

    @classmethod
    def of(
        cls, engine: Engine, session: Session, caller: Caller, request: Any, context: Mapping[str, str]
    ) -> Self | None:
        """A request about to run; None when no command serves it."""
        command = None if request is None else COMMANDS.get(request.ice_id())
        if command is None:
            return None
        if command.group is not None and "omero.group" not in context:
            caller = caller.in_group(command.group)
        running = cls(engine, session, caller, request, command)
        running.context = dict(context)
        return running

    # What the command is given.

    def steps(self, total: int) -> None:
        """There will be ``total`` steps."""
        self._status.steps = total

    def step(self, done: int) -> None:
        """``done`` steps are finished; callbacks hear of about ten of them."""
        self._status.currentStep = done
        total = max(self._status.steps, 1)
        if total <= CALLBACKS_PER_RUN or done % max(total // CALLBACKS_PER_RUN, 1) == 0:
            self._tell(lambda callback: callback.step(done, total))
        self.check_cancelled()

    def check_cancelled(self) -> None:
        """Raises Cancelled when the client asked for it."""
        if self._cancel.is_set():
            raise Cancelled

    def run(self) -> None:
        """Run the command to its end; never raises."""
        with self._lock:
            if self._done.is_set():
                return
            self._started = True
        self.session.begin_call()
        self._status.startTime = _now()
        try:
            self._finish(self._respond())
        finally:
            self.session.end_call()
            self.session.last_access = time.time()

    def _respond(self) -> Any:
        try:
            if self.refusal is not None:
                raise self.refusal
            if self.caller.user_id == GUEST_USER and not self.command.guests:
                raise CommandError("guest-restriction", "Guests may not do this. Log in as a user.")
            if self.command.mode == "write":
                return transact(self.engine.database, self.caller.author(), self._work)
            with Transaction(self.engine.database, self.caller.author(), False) as transaction:
                return self._work(transaction)
        except Cancelled:
            self._status.flags = [omero.cmd.State.FAILURE, omero.cmd.State.CANCELLED]
            return self._error("cancel-called", {"message": "The request was cancelled; nothing was changed."})
        except CommandError as error:
            self._status.flags = [omero.cmd.State.FAILURE]
            return error.response or self._error(error.name, error.parameters)
        except BaseException as error:
            self._status.flags = [omero.cmd.State.FAILURE]
            known = translate(error, self.request.ice_id())
            message = getattr(known, "message", "") or str(known)
            stack = "".join(traceback.format_exception(error))
            return self._error("run-fail", {"message": message, "stacktrace": stack})

    def _work(self, transaction: Transaction) -> Any:
        call = Call(self.caller, transaction, self.session, self.engine, self.context)
        return self.command.function(call, self.request, self)

    def _error(self, name: str, parameters: dict[str, str]) -> Any:
        return omero.cmd.ERR(category=self.request.ice_id(), name=name, parameters=parameters)

    def _finish(self, response: Any) -> None:
        self._status.stopTime = _now()
        if not self._status.flags:
            self._status.currentStep = self._status.steps
        self._response = response
        self._done.set()
        self._tell(lambda callback: callback.finished(response, self._status))

    def _tell(self, message: Callable[[Any], Any]) -> None:
        for key, callback in list(self._callbacks.items()):
            try:
                message(callback)
            except Ice.Exception:
                self._callbacks.pop(key, None)

    # The operations of the handle.

    def addCallback(self, cb: Any, current: Current) -> None:
        """Tell ``cb`` about progress and end, through the connection that the client opened."""
        if cb is None:
            return
        identity = cb.ice_getIdentity()
        proxy = omero.cmd.CmdCallbackPrx.uncheckedCast(current.con.createProxy(identity).ice_oneway())
        self._callbacks[identity.category, identity.name] = proxy
        if self._done.is_set():
            self._tell(lambda callback: callback.finished(self._response, self._status))

    def removeCallback(self, cb: Any, current: Current) -> None:
        """Tell ``cb`` nothing more."""
        if cb is not None:
            self._callbacks.pop((cb.ice_getIdentity().category, cb.ice_getIdentity().name), None)

    def getRequest(self, current: Current) -> Any:
        """The request as it was submitted."""
        return self.request

    def getResponse(self, current: Current) -> Any:
        """The response, or None while the request runs."""
        self.session.last_access = time.time()
        return self._response

    def getStatus(self, current: Current) -> Any:
        """How far it is."""
        return self._status

    def cancel(self, current: Current) -> bool:
        """Ask it to stop: True if it did, False if it had finished; LockTimeout when it has not stopped in 5 s."""
        with self._lock:
            if not self._started and not self._done.is_set():
                self._status.flags = [omero.cmd.State.FAILURE, omero.cmd.State.CANCELLED]
                self._finish(self._error("cancel-called", {"message": "The request was cancelled before it ran."}))
                return True
        if self._done.is_set():
            return omero.cmd.State.CANCELLED in self._status.flags
        self._cancel.set()
        if not self._done.wait(CANCEL_SECONDS):
            message = "The request is in a step that cannot be interrupted and goes on for now."
            raise omero.LockTimeout(message=message, backOff=int(CANCEL_SECONDS * 1000), seconds=int(CANCEL_SECONDS))
        return omero.cmd.State.CANCELLED in self._status.flags

    def close(self, current: Current) -> None:
        """Forget the request; it is cancelled if it still runs."""
        self.on_removal()

    def on_close(self) -> None:
        """The handle is gone: nobody can ask for the result."""
        self._cancel.set()


def _now() -> int:
    return int(time.time() * 1000)
