"""Keeps a session from timing out while the program does something else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import Ice

__all__ = ["MINIMUM_SECONDS", "KeepAlive"]

log = logging.getLogger("omero.clients")

MINIMUM_SECONDS = 5


class KeepAlive:
    """A thread that calls ``ping`` every ``seconds``, until stopped or until the session is gone."""

    def __init__(self, ping: Callable[[], None], seconds: int) -> None:
        if seconds < MINIMUM_SECONDS:
            raise Exception(f"Sleep time should be greater than {MINIMUM_SECONDS}: {seconds}")
        self._ping = ping
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="omero-keep-alive", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._ping()
            except (Ice.ObjectNotExistException, Ice.CommunicatorDestroyedException) as error:
                log.warning("Keep-alive ends, the session is gone: %s", error)
                return
            except Ice.Exception as error:
                log.warning("Keep-alive failed: %s", error)

    def stop(self) -> None:
        """Let the thread end; a call that is under way is not waited for."""
        self._stopped.set()
