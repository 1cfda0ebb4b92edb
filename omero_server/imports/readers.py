"""The processes that read imported files for the server (`worker`): kept for the next import, ended when they fail."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from omero_server.control.config import Config
from omero_server.formats.piped import PipedProcess

__all__ = ["Readers", "Worker"]

START_SECONDS = 60
"""What the first answer may take in addition."""
IDLE_SECONDS = 300
KEPT_BYTES = 512 << 20
"""A process that has grown larger is not kept."""
PATIENCE = 2.0
"""Seconds to wait for a process, before there are more than processors: long imports do not hold up short ones."""
LOOK = 0.1


class Worker:
    """A process, and which question of its user it works on."""

    def __init__(self, memory: int) -> None:
        self.process = PipedProcess("omero_server.imports.worker", str(os.getpid()), str(memory))
        self.question: int | None = None
        self.used = False
        self.since = time.monotonic()
        self._skipped = 0
        self._seconds = self._limit = 0.0

    @property
    def handle(self) -> int:
        """What can be read when it says something."""
        return self.process.handle

    @property
    def late(self) -> bool:
        """Whether nothing has come for too long."""
        return self.question is not None and time.monotonic() > self._limit

    def tell(self, question: Mapping[str, Any]) -> None:
        """Ask what needs no answer."""
        self._skipped += 1
        self.process.send(question, time.monotonic() + START_SECONDS)

    def ask(self, number: int, question: Mapping[str, Any], seconds: float) -> None:
        """Ask; nothing may come for that many seconds."""
        self.question, self._seconds = number, seconds + (0 if self.used else START_SECONDS)
        self._limit = time.monotonic() + self._seconds
        self.process.send(question, self._limit)

    def answer(self) -> dict[str, Any] | None:
        """The answer; None when it only says that it goes on."""
        told = self.process.receive(self._limit)[0]
        self._limit = time.monotonic() + self._seconds
        if told.get("going"):
            return None
        if self._skipped:
            self._skipped -= 1
            return None
        self.question, self.used = None, True
        return told

    @property
    def large(self) -> bool:
        """Whether it holds much memory."""
        pages = Path(f"/proc/{self.process.pid}/statm")
        return pages.exists() and int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") > KEPT_BYTES


class Readers:
    """The processes of one server."""

    def __init__(self, config: Config) -> None:
        self.memory = config.get_int("omero.readers.memory")
        self.seconds = config.get_int("omero.readers.seconds")
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._changed = threading.Condition()
        # They die with the thread that has started them: it lives as long as the server.
        self._starter = ThreadPoolExecutor(1, "readers")

    def warm(self) -> None:
        """Have a process that is ready when the files have come."""
        if not self._all:
            self.give(self._start())

    def take(self, check: Callable[[], None]) -> Worker:
        """A process for an import; sooner or later there is one."""
        end = time.monotonic() + PATIENCE
        while (found := self.spare()) is None:
            check()
            with self._changed:
                self._changed.wait(LOOK)
            if time.monotonic() > end:
                return self._start()
        return found

    def spare(self) -> Worker | None:
        """An idle process, or a new one unless there are as many as processors."""
        with self._changed:
            while self._idle:
                found = self._idle.pop()
                if found.process.alive:
                    return found
                self._all.discard(found)
                found.process.forget()
            if len(self._all) >= (os.cpu_count() or 1):
                return None
        return self._start()

    def give(self, worker: Worker) -> None:
        """Keep a process for others."""
        worker.since = time.monotonic()
        with self._changed:
            self._idle.append(worker)
            self._changed.notify()

    def end(self, worker: Worker, patience: float = 0.0) -> int:
        """End a process; its exit code."""
        with self._changed:
            self._all.discard(worker)
        return worker.process.kill(patience)

    def reap(self) -> None:
        """End those that nobody has used for long."""
        with self._changed:
            old = [one for one in self._idle if time.monotonic() - one.since > IDLE_SECONDS]
            self._idle = [one for one in self._idle if one not in old]
        for worker in old:
            self.end(worker)

    def stop(self) -> None:
        """End all; there may be no imports any more."""
        for worker in list(self._all):
            self.end(worker)
        self._starter.shutdown()

    def _start(self) -> Worker:
        worker = self._starter.submit(Worker, self.memory).result()
        with self._changed:
            self._all.add(worker)
        return worker
