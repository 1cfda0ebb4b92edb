"""Few facts about users and groups that nearly every call needs, remembered between reading transactions.

Such facts change rarely and are small, while each statement costs a call a tenth of its time. They are forgotten when
this process commits a change of a user, group or membership, and after a minute in case others do. A fact is
remembered only if nothing changed between the begin of the transaction that found it and now; writing transactions
always ask the database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import Connection

__all__ = ["OPTION", "Memory", "remembered"]

Fact = TypeVar("Fact")

CLASSES = {f"ome.model.meta.{name}" for name in ("Experimenter", "ExperimenterGroup", "GroupExperimenterMap")}
OPTION = "omero_remembered"  # the option of a connection that says what it may use
SECONDS = 60.0
MOST = 5000


class Memory:
    """What is remembered of one database. Facts are shared: nobody changes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._facts: dict[Hashable, tuple[float, Any]] = {}
        self.version = 0

    def forget(self) -> None:
        """Users, groups or memberships have changed."""
        with self._lock:
            self.version += 1
            self._facts = {}

    def changed(self, classes: frozenset[str]) -> None:
        """Objects of these classes ("ome.model.core.Image") have changed."""
        if not classes.isdisjoint(CLASSES):
            self.forget()

    def get(self, key: Hashable, version: int, load: Callable[[], Fact]) -> Fact:
        """The fact; ``version`` is that of before the transaction in which ``load`` would look it up."""
        until, fact = self._facts.get(key, (0.0, None))
        if time.monotonic() < until:
            known: Fact = fact
            return known
        found = load()
        with self._lock:
            if version == self.version:
                if len(self._facts) >= MOST:
                    self._facts = {}
                self._facts[key] = (time.monotonic() + SECONDS, found)
        return found


def remembered(connection: Connection, key: Hashable, load: Callable[[], Fact]) -> Fact:
    """The fact called ``key``, which ``load`` looks up through the connection unless it is known."""
    memory, version = connection.get_execution_options().get(OPTION, (None, 0))
    return load() if memory is None else memory.get(key, version, load)
