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
from omero_server.commands.running import Cancelled, execute
from omero_server.db.retry import transact
from omero_server.db.transaction import Transaction
from omero_server.rpc.engine import Engine
from omero_server.rpc.errors import translate
from omero_server.sessions.call import GUEST_USER, Call, Caller
from omero_server.sessions.store import Session

__all__ = ["RunningRequest"]

log = logging.getLogger(__name__)

CALLBACKS_PER_RUN = 10
CANCEL_MS = 5000
CANCEL_KEY = "omero.threads.cancel_timeout"
DO_ALL = "::omero::cmd::DoAll"
FAILURE, CANCELLED = omero.cmd.State.FAILURE, omero.cmd.State.CANCELLED


class RunningRequest(omero.cmd.Handle):
    """Servant of ``omero.cmd.Handle``, and the progress that the command reports to.

    It waits for a thread, runs, and is finished or cancelled; ``_done`` says that there is a response.
    """

    def __init__(self, engine: Engine, session: Session, caller: Caller, request: Any, command: Command) -> None:
        self.engine = engine
        self.session = session
        self.caller = caller
        self.request = request
        self.command = command
        self.context: Mapping[str, str] = {}
        self.refusal: Exception | None = None
        self.on_removal: Callable[[], None] = lambda: None
        # Category, name and parameters are for a request that failed because of one within it.
        self._status = omero.cmd.Status(
            category="", name="", flags=[], parameters={}, currentStep=0, steps=0, startTime=0, stopTime=0,
            stepStartTimes=[], stepStopTimes=[],
        )  # fmt: skip
        self._response: Any = None
        self._callbacks: dict[tuple[str, str], Any] = {}
        self._cancel = threading.Event()
        self._cancelled = False
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
        running = cls(engine, session, caller, request, command)
        running.context = dict(context)
        return running

    @property
    def waits(self) -> bool:
        """Whether it is left to the threads in the background."""
        return self.command.waits(self.request)

    # What the command's run tells.

    def steps(self, total: int) -> None:
        """There will be ``total`` steps."""
        self._status.steps = total

    def step(self, done: int) -> None:
        """``done`` steps are finished; callbacks hear of about ten of them."""
        total = max(self._status.steps, 1)
        # The step that was begun last.
        self._status.currentStep = min(done, total - 1)
        if total <= CALLBACKS_PER_RUN or done * CALLBACKS_PER_RUN // total > (done - 1) * CALLBACKS_PER_RUN // total:
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
            return self._in_transaction()
        except Cancelled:
            self._cancelled = True
            self._status.flags = [FAILURE, CANCELLED]
            return self._error("cancel-called", {"message": "The request was cancelled; nothing was changed."})
        except CommandError as error:
            return self._failure(error)
        except BaseException as error:
            self._status.flags = [FAILURE]
            return self._error("run-fail", self._explained(error))

    def _in_transaction(self) -> Any:
        """The response. In the event log stands the group that the client asked in, also when the request sees all."""
        author = self.caller.author()
        if self.command.mode_of(self.request) == "write":
            return transact(self.engine.database, author, self._work)
        with Transaction(self.engine.database, author, False) as transaction:
            return self._work(transaction)

    def _work(self, transaction: Transaction) -> Any:
        group = self.command.group
        caller = self.caller if group is None else self.caller.in_group(group)
        call = Call(caller, transaction, self.session, self.engine, self.context)
        return execute(self.command.function, call, self.request, self)

    def _failure(self, error: CommandError) -> Any:
        """The response for a failure with a code."""
        self._status.flags = [FAILURE, CANCELLED] if error.in_step else [FAILURE]
        if error.within:
            self._status.category, self._status.name, self._status.parameters = DO_ALL, "subcancel", error.within
        if error.response is not None:
            return error.response
        parameters = self._explained(error.__cause__ or error) | error.parameters
        return self._error(error.name, parameters, error.category)

    def _explained(self, error: BaseException) -> dict[str, str]:
        """Message and traceback."""
        if isinstance(error, CommandError):
            message = str(error)
        else:
            known = translate(error, self.request.ice_id())
            message = getattr(known, "message", "") or str(known)
        return {"message": message, "stacktrace": "".join(traceback.format_exception(error))}

    def _error(self, name: str, parameters: dict[str, str], category: str = "") -> Any:
        return omero.cmd.ERR(category=category or self.request.ice_id(), name=name, parameters=parameters)

    def _finish(self, response: Any) -> None:
        self._status.stopTime = _now()
        self._response = response
        self._done.set()
        self._tell_end()

    def _tell_end(self) -> None:
        self._tell(lambda callback: callback.finished(self._response, self._status))

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
            proxy.finished(self._response, self._status)

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
        """Ask it to stop: True if it did, False if it ended otherwise. LockTimeout when it goes on with a long step.

        Callbacks hear of the end once more.
        """
        with self._lock:
            if not self._started and not self._done.is_set():
                self._cancelled = True
                self._status.flags = [FAILURE, CANCELLED]
                self._finish(self._error("cancel-called", {"message": "The request was cancelled before it ran."}))
                return True
        already = self._done.is_set()
        self._cancel.set()
        milliseconds = self.engine.config.get_int(CANCEL_KEY)
        if not self._done.wait(milliseconds / 1000):
            message = "The request is in a step that cannot be interrupted. It stops after this step."
            raise omero.LockTimeout(message=message, backOff=CANCEL_MS, seconds=milliseconds // 1000)
        self._tell_end()
        return self._cancelled and not already

    def close(self, current: Current) -> None:
        """Forget the request; it is cancelled if it still runs. Callbacks hear of the end, once more if need be."""
        self.on_removal()
        if self._done.is_set():
            self._tell_end()

    def on_close(self) -> None:
        """The handle is gone: nobody can ask for the result."""
        self._cancel.set()


def _now() -> int:
    return int(time.time() * 1000)
