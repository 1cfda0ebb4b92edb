"""Events that are set when the program ends, and timers that can start again."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["AtExitEvent", "Timer", "get_event"]


def get_event(name: str = "Unknown") -> AtExitEvent:
    """A new event that is set when the program ends."""
    return AtExitEvent(name=name)


class AtExitEvent(threading.Event):
    """An event for threads that wait: set at the end of the program, so that they stop."""

    def __init__(self, verbose: Any = None, name: str = "Unknown") -> None:
        super().__init__()
        self._name = name
        self._at_exit = False
        # The event may be forgotten before the program ends.
        event = weakref.ref(self)
        atexit.register(lambda: event() and event().setAtExit())  # type: ignore[union-attr]

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self._name

    @property
    def atexit(self) -> bool:
        """Whether the end of the program set it."""
        return self._at_exit

    def setAtExit(self) -> None:
        """Set it, because the program ends."""
        self._at_exit = True
        self.set()

    def __repr__(self) -> str:
        return f"{object.__repr__(self)} ({self._name})"


class Timer(threading.Timer):
    """Calls a function after ``interval`` seconds; ``reset`` starts the count again."""

    def __init__(
        self,
        interval: float,
        function: Callable[..., Any],
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(interval, function, args, kwargs)
        self._again = threading.Event()

    def reset(self) -> None:
        """Count from the beginning."""
        self._again.set()
        self.finished.set()

    def run(self) -> None:
        """Wait, then call, unless it is cancelled."""
        while True:
            self.finished.wait(self.interval)
            if not self._again.is_set():
                break
            self._again.clear()
            self.finished.clear()
        if not self.finished.is_set():
            self.function(*self.args, **self.kwargs)
        self.finished.set()
