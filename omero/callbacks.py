"""Waiting for commands and script processes that run on the server."""

from __future__ import annotations

import logging
import threading
import uuid
from typing import Any

import Ice

import omero
import omero._generated
import omero.cmd
import omero.constants.categories
import omero.grid
from omero.errors import ClientError

__all__ = ["CmdCallbackI", "ProcessCallbackI", "adapter_and_category"]

PROC_LOG = logging.getLogger("omero.scripts.ProcessCallback")
CMD_LOG = logging.getLogger("omero.callbacks.CmdCallback")
DEL_LOG = logging.getLogger("omero.api.DeleteCallback")

# Told to the server's users in LockTimeout: when to ask again, in ms.
BACK_OFF = 5000


def adapter_and_category(adapter_or_client: Any, category: str | None) -> tuple[Any, str]:
    """The adapter that callbacks are added to, and the category that the router knows it by.

    Raises ClientError without a client or category.
    """
    if adapter_or_client is None:
        raise ClientError("Null client")
    if hasattr(adapter_or_client, "getCategory"):
        return adapter_or_client.getAdapter(), category or adapter_or_client.getCategory()
    if category is None:
        raise ClientError("A category is needed with an adapter")
    return adapter_or_client, category


class CmdCallbackI(omero.cmd.CmdCallback):
    """Knows when a command has ended. Close it when done: ``close(True)`` closes the handle too.

    The server tells; in case a message is lost, ``loop`` asks as well.
    """

    def __init__(
        self, adapter_or_client: Any, handle: Any, category: str | None = None, foreground_poll: bool = True
    ) -> None:
        """``handle`` as ``sf.submit`` returns it. With ``foreground_poll=False`` the first question is asked in a
        thread.
        """
        if adapter_or_client is None:
            raise ClientError("Null client")
        if handle is None:
            raise ClientError("Null handle")
        super().__init__()
        self.event = threading.Event()
        self.result: tuple[Any, Any] | None = None
        self.handle = handle
        self.adapter, self.category = adapter_and_category(adapter_or_client, category)
        self.id = Ice.Identity(str(uuid.uuid4()), self.category)
        proxy = omero.cmd.CmdCallbackPrx.uncheckedCast(self.adapter.add(self, self.id))
        handle.addCallback(proxy)
        self.initialPoll(foreground_poll)

    def initialPoll(self, foreground_poll: bool = False) -> None:
        """Ask once whether the command ended before the callback was there."""
        if foreground_poll:
            self.poll()
        else:
            threading.Thread(target=self._poll_quietly, name="omero-command-poll", daemon=True).start()

    def _poll_quietly(self) -> None:
        try:
            self.poll()
        except Ice.Exception as error:
            CMD_LOG.warning("Could not ask for the state of %s: %s", self.id.name, error)

    def _ended(self) -> tuple[Any, Any]:
        if self.result is None:
            raise ClientError("Command unfinished")
        return self.result

    def getResponse(self) -> Any:
        """The response, None as long as there is none."""
        return self.result[0] if self.result else None

    def getStatus(self) -> Any:
        """The status, None as long as the command runs."""
        return self.result[1] if self.result else None

    def getStatusOrThrow(self) -> Any:
        """The status. Raises ClientError as long as the command runs."""
        return self._ended()[1]

    def isCancelled(self) -> bool:
        """Whether the command was cancelled. Raises ClientError as long as it runs."""
        return omero.cmd.State.CANCELLED in self.getStatusOrThrow().flags

    def isFailure(self) -> bool:
        """Whether the command failed. Raises ClientError as long as it runs."""
        return omero.cmd.State.FAILURE in self.getStatusOrThrow().flags

    def loop(self, loops: int, ms: int) -> Any:
        """The response, waited for at most ``loops`` times ``ms`` milliseconds; omero.LockTimeout after that."""
        for _ in range(loops):
            if self.block(ms):
                return self.getResponse()
            self.poll()
        if self.event.is_set():
            return self.getResponse()
        waited = loops * ms / 1000.0
        raise omero.LockTimeout(None, None, f"Command unfinished after {waited} seconds", BACK_OFF, int(waited))

    def block(self, ms: int) -> bool:
        """Wait at most ``ms`` milliseconds; whether the command has ended."""
        return self.event.wait(ms / 1000.0)

    def poll(self) -> None:
        """Ask the server whether the command has ended."""
        response = self.handle.getResponse()
        if response is not None:
            self.finished(response, self.handle.getStatus(), None)

    def step(self, complete: int, total: int, current: Any = None) -> None:
        """Called by the server after each step; meant to be overridden."""

    def finished(self, rsp: Any, status: Any, current: Any = None) -> None:
        """Called by the server at the end."""
        self.result = (rsp, status)
        self.event.set()
        self.onFinished(rsp, status, current)

    def onFinished(self, rsp: Any, status: Any, current: Any) -> None:
        """Called once the end is known; meant to be overridden."""

    def close(self, closeHandle: bool) -> None:
        """Take the callback away, and with ``closeHandle`` the command: a running one is cancelled by that."""
        self.adapter.remove(self.id)
        if closeHandle:
            self.handle.close()


class ProcessCallbackI(omero.grid.ProcessCallback):
    """Knows when a script's process has ended."""

    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"
    KILLED = "KILLED"

    def __init__(self, adapter_or_client: Any, process: Any, poll: bool = True, category: str | None = None) -> None:
        """``process`` as ``runScript`` returns it. With ``poll`` it is asked too, in case a message gets lost."""
        super().__init__()
        self.event = threading.Event()
        self.result: str | None = None
        self.process = process
        self._poll = poll
        default = omero.constants.categories.PROCESSCALLBACK if category is None else category
        if hasattr(adapter_or_client, "getCategory") and category is None:
            default = adapter_or_client.getCategory()
        self.adapter, self.category = adapter_and_category(adapter_or_client, default)
        self.id = Ice.Identity(str(uuid.uuid4()), self.category)
        self.prx = omero.grid.ProcessCallbackPrx.uncheckedCast(self.adapter.add(self, self.id))
        process.registerCallback(self.prx)

    def block(self, ms: int) -> str | None:
        """Wait at most ``ms`` milliseconds; how the process ended, or None."""
        if self._poll:
            try:
                code = self.process.poll()
                if code is not None:
                    self.processFinished(code.val)
            except Ice.Exception as error:
                PROC_LOG.warning("Could not ask for the state of %s: %s", self.id.name, error)
        self.event.wait(ms / 1000.0)
        return self.result

    def _end(self, result: str) -> None:
        self.result = result
        self.event.set()

    def processCancelled(self, success: bool, current: Any = None) -> None:
        """Called by the server."""
        self._end(self.CANCELLED)

    def processFinished(self, returncode: int, current: Any = None) -> None:
        """Called by the server."""
        self._end(self.FINISHED)

    def processKilled(self, success: bool, current: Any = None) -> None:
        """Called by the server."""
        self._end(self.KILLED)

    def close(self) -> None:
        """Take the callback away."""
        self.adapter.remove(self.id)
