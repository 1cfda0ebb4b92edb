"""A checksum that is computed by another thread while its owner goes on reading or writing."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from omero_server.repository.checksums import new_checksum

__all__ = ["BackgroundChecksum"]

MAX_WAITING = 64 * 1024 * 1024
SMALL = 64 * 1024
Buffer = bytes | bytearray | memoryview


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(4, "checksum")


class BackgroundChecksum:
    """As `new_checksum`; `update` returns at once unless much is waiting. What it was given must not change any more.

    For one owner: `update` and `hexdigest` are not to be called by several threads at a time.
    """

    def __init__(self, algorithm: str) -> None:
        self._sum = new_checksum(algorithm)
        self._waiting: deque[Buffer] = deque()
        self._size = 0
        self._busy = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def update(self, data: Buffer, /) -> None:
        """Add bytes."""
        with self._changed:
            self._changed.wait_for(lambda: self._size < MAX_WAITING)
            if not self._busy and len(data) <= SMALL:
                self._sum.update(data)
                return
            self._waiting.append(data)
            self._size += len(data)
            if not self._busy:
                self._busy = True
                _threads().submit(self._drain)

    def hexdigest(self) -> str:
        """The sum of all bytes given so far."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy)
            if self._error is not None:
                raise self._error
            return self._sum.hexdigest()

    def _drain(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._busy = False
                    self._changed.notify_all()
                    return
                data = self._waiting.popleft()
            try:
                self._sum.update(data)
            except BaseException as error:
                self._error = error
            with self._changed:
                self._size -= len(data)
                self._changed.notify_all()
