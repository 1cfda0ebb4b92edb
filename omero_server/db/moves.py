"""Whether objects are being moved to other groups, which those who refer to them must know."""

from __future__ import annotations

import threading

__all__ = ["Moves"]


class Moves:
    """Counts the transactions of this process that move objects between groups.

    ``begin`` comes before such a transaction locks rows, ``end`` after its commit or rollback.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = 0
        self._open = 0

    def begin(self) -> None:
        """Objects are going to move."""
        with self._lock:
            self._begun += 1
            self._open += 1

    def end(self) -> None:
        """They have moved, or stayed."""
        with self._lock:
            self._open -= 1

    def now(self) -> int:
        """To be given to ``none_since``."""
        with self._lock:
            return -1 if self._open else self._begun

    def none_since(self, before: int) -> bool:
        """Whether nothing has moved since ``now`` gave that number."""
        with self._lock:
            return self._begun == before
