"""``Resources``: things that are looked after at intervals until they are done with."""

from __future__ import annotations

import logging
import threading
from typing import Any

from omero.util.concurrency import get_event
from omero.util.decorators import locked

__all__ = ["Resources"]

Row = tuple[Any, str, str]
SHORTEST = 5


class Resources:
    """Objects with a ``check`` method, which says whether they live, and a ``cleanup`` method for their end.

    A thread checks them every ``sleeptime`` seconds (5 or more) and lets go of those that live no more.
    """

    def __init__(self, sleeptime: float = 60, stop_event: Any = None) -> None:
        self.stuff: list[Row] = []
        self._lock = threading.RLock()
        self.logger = logging.getLogger("omero.util.Resources")
        self.stop_event = stop_event or get_event(name="Resources")
        self.sleeptime = sleeptime
        if sleeptime < SHORTEST:
            raise ValueError(f"Sleep time should be greater than {SHORTEST}: {sleeptime}")
        self.thread = threading.Thread(target=self._watch, name="omero.util.Resources", daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while not self.stop_event.wait(self.sleeptime):
            self.removeAll(self.checkAll(self.copyStuff()))

    @locked
    def copyStuff(self) -> list[Row]:
        """What there is now: (object, name of its cleanup method, name of its check method)."""
        return list(self.stuff)

    def checkAll(self, copy: list[Row]) -> list[Row]:
        """Those that live no more, or cannot be asked."""
        return [row for row in copy if not self._lives(row)]

    def _lives(self, row: Row) -> bool:
        try:
            return bool(getattr(row[0], row[2])())
        except Exception:
            self.logger.exception("Error on check: %s", row[0])
            return False

    def removeAll(self, remove: list[Row]) -> None:
        """Let go of these."""
        for row in remove:
            with self._lock:
                if row not in self.stuff:
                    continue
                self.stuff.remove(row)
            self.safeClean(row)

    @locked
    def add(self, object: Any, cleanupMethod: str = "cleanup", checkMethod: str = "check") -> None:
        """Look after an object, by the methods of these names."""
        self.stuff.append((object, cleanupMethod, checkMethod))

    def cleanup(self) -> None:
        """Stop checking, and let go of everything."""
        self.stop_event.set()
        self.removeAll(self.copyStuff())

    def safeClean(self, m: Row) -> None:
        """Call the cleanup method; errors are logged."""
        try:
            getattr(m[0], m[1])()
        except Exception:
            self.logger.exception("Error cleaning resource: %s", m[0])
