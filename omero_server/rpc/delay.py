"""Answers that are given later, without a thread of their own."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

__all__ = ["Later"]

log = logging.getLogger(__name__)


class Later:
    """Runs functions after a delay, one after the other, in one thread. The functions must be short."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="delayed answers", daemon=True).start()

    def run(self, seconds: float, function: Callable[[], None]) -> None:
        """Run ``function`` in ``seconds``."""
        with self._changed:
            heapq.heappush(self._waiting, (time.monotonic() + seconds, next(self._numbers), function))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            function = self._next()
            try:
                function()
            except Exception:
                log.exception("a delayed answer failed")

    def _next(self) -> Callable[[], None]:
        with self._changed:
            while not self._waiting or self._waiting[0][0] > time.monotonic():
                self._changed.wait(self._waiting[0][0] - time.monotonic() if self._waiting else None)
            return heapq.heappop(self._waiting)[2]
