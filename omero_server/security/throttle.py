"""Slowing down whoever guesses passwords."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

import omero
import omero._generated

__all__ = ["Throttle"]

MAX_NAMES = 10_000
MAX_WAITING = 5


class Throttle:
    """Counts the failures of each name; after ``free`` of them, every further one is answered ``seconds`` later.

    The names that failed last are remembered, MAX_NAMES at most.
    """

    def __init__(self, free: int, seconds: float) -> None:
        self._free = free
        self._seconds = seconds
        self._failures: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MAX_WAITING)

    def success(self, name: str) -> None:
        """Forget the name's failures."""
        with self._lock:
            self._failures.pop(name, None)

    def failure(self, name: str) -> None:
        """Count a failure."""
        with self._lock:
            self._failures[name] = self._failures.pop(name, 0) + 1
            if len(self._failures) > MAX_NAMES:
                self._failures.popitem(last=False)

    def delay(self, name: str) -> float:
        """Seconds to wait before the name's last failure is told."""
        with self._lock:
            return self._seconds if self._failures.get(name, 0) > self._free else 0.0

    @contextmanager
    def waiting(self, name: str) -> Iterator[None]:
        """Run a check in a thread that calls of others need too: a failure is waited for here, by few at a time.

        Raises OverUsageException when many such failures are being waited for.
        """
        with self._lock:
            suspicious = self._failures.get(name, 0) >= self._free
        if suspicious and not self._places.acquire(blocking=False):
            raise omero.OverUsageException(
                message=f"Too many wrong passwords were given just now. Try again in {self._seconds:g} s."
            )
        try:
            yield
            time.sleep(self.delay(name))
        finally:
            if suspicious:
                self._places.release()
