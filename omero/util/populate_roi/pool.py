"""Threads that do tasks for all measurements."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["ThreadPool", "Worker", "get_thread_pool", "log"]

log = logging.getLogger("omero.util.populate_roi")

Task = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Worker(threading.Thread):
    """Does tasks from a queue, one after the other. A task that fails is logged."""

    def __init__(self, tasks: queue.Queue[Task]) -> None:
        super().__init__(daemon=True)
        self.tasks = tasks
        self.start()

    def run(self) -> None:
        """Work for as long as the program runs."""
        while True:
            function, args, kwargs = self.tasks.get()
            try:
                function(*args, **kwargs)
            except Exception:
                log.exception("A task failed")
            finally:
                self.tasks.task_done()


class ThreadPool:
    """Does tasks side by side; who adds one while all threads are busy waits."""

    def __init__(self, num_threads: int) -> None:
        self.tasks: queue.Queue[Task] = queue.Queue(num_threads)
        for _ in range(num_threads):
            Worker(self.tasks)

    def add_task(self, func: Callable[..., Any], *args: Any, **kargs: Any) -> None:
        """Have a function called with the arguments."""
        self.tasks.put((func, args, kargs))

    def wait_completion(self) -> None:
        """Return when all tasks are done."""
        self.tasks.join()


thread_pool: ThreadPool | None = None


def get_thread_pool() -> ThreadPool:
    """The program's pool, with a thread for each processor; made when it is first asked for."""
    global thread_pool
    if thread_pool is None:
        thread_pool = ThreadPool(os.cpu_count() or 1)
    return thread_pool
