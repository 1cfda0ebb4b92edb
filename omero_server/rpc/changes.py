"""A number in a file that grows with every change, so that other processes see at once that something has changed.

Processes of this machine map the file ``var/run/changes`` and compare the number with that of when they asked the
server: as long as it is the same, what they were told holds. It is 0 while no server runs.
"""

from __future__ import annotations

import mmap
import threading
import time
from pathlib import Path

__all__ = ["ChangeCounter", "ChangeReader"]

NAME = "changes"
_BYTES = 8


class ChangeCounter:
    """The server's side. One for each run directory."""

    def __init__(self, run_dir: Path) -> None:
        path = run_dir / NAME
        with path.open("a+b") as file:  # the same file as before: others have it mapped
            file.truncate(_BYTES)
            self._map = mmap.mmap(file.fileno(), _BYTES)
        self._number = memoryview(self._map).cast("Q")  # aligned, so it is written and read as a whole
        self._lock = threading.Lock()
        self._number[0] = time.time_ns()  # never a number of an earlier run

    @property
    def now(self) -> int:
        """The present number."""
        return self._number[0]

    def bump(self) -> None:
        """Something has changed."""
        with self._lock:
            self._number[0] += 1

    def close(self) -> None:
        """The server stops."""
        with self._lock:
            self._number[0] = 0


class ChangeReader:
    """The side of other processes. Raises OSError when no server has run here yet."""

    def __init__(self, run_dir: Path) -> None:
        with (run_dir / NAME).open("rb") as file:
            self._map = mmap.mmap(file.fileno(), _BYTES, access=mmap.ACCESS_READ)
        self._number = memoryview(self._map).cast("Q")

    @property
    def now(self) -> int:
        """The present number; 0 while no server runs."""
        return self._number[0]
