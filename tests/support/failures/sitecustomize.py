"""In Python programs that are started with this folder on their PYTHONPATH, a change of a file or a statement fails.

The file named by OMERO_TEST_FAILURE, when it is there, holds "<kind> <number>": the change of a file ("file") or the
SQL statement or commit ("sql") of that number from then on fails, once: with EIO, or with an error of the database.
The file is removed when it is read; OMERO_TEST_FAILURE.done is made when the failure has happened.
"""

import errno
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

CHANGES = {"os.remove", "os.rename", "os.link", "os.mkdir", "os.rmdir", "os.truncate", "os.symlink"}


class _Failure:
    """Counts what might fail."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.kind = ""
        self.left = 0
        self.lock = threading.RLock()
        self.busy = False

    def due(self, kind: str) -> bool:
        """Whether this one has to fail."""
        with self.lock:
            if self.busy:
                return False
            self.busy = True
            try:
                return self._count(kind)
            finally:
                self.busy = False

    def _count(self, kind: str) -> bool:
        self._read()
        if not self.left or kind != self.kind:
            return False
        self.left -= 1
        if self.left:
            return False
        os.close(os.open(f"{self.order}.done", os.O_WRONLY | os.O_CREAT))
        return True

    def _read(self) -> None:
        try:
            handle = os.open(self.order, os.O_RDONLY)
        except FileNotFoundError:
            return
        self.kind, number = os.read(handle, 100).decode().split()
        os.close(handle)
        os.unlink(self.order)
        self.left = int(number)


def _error() -> OSError:
    return OSError(errno.EIO, "Input/output error (on purpose)")


def _watch_files(failure: _Failure) -> None:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if (event in CHANGES or (event == "open" and _writes(arguments))) and failure.due("file"):
            raise _error()

    def failing(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any) -> Any:
            if failure.due("file"):
                raise _error()
            return function(*arguments)

        return wrapper

    os.pwrite, os.fsync = failing(os.pwrite), failing(os.fsync)
    sys.addaudithook(hook)


def _writes(arguments: tuple[Any, ...]) -> bool:
    named = isinstance(arguments[0], str | os.PathLike) and not str(arguments[0]).startswith("/dev/")
    return named and bool((arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _watch_statements(failure: _Failure) -> None:
    from sqlalchemy import Engine, event
    from sqlalchemy.exc import OperationalError

    def execute(cursor: Any, *_: Any) -> None:
        if failure.due("sql"):
            cursor.execute("SELECT 1 / 0")

    def commit(connection: Any) -> None:
        if failure.due("sql"):
            raise OperationalError("COMMIT", {}, Exception("on purpose"))

    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(Engine, name, execute)
    event.listen(Engine, "commit", commit)


# The processes that read imported files change none.
_reads = "omero_server.imports.worker" in sys.orig_argv
if "OMERO_TEST_FAILURE" in os.environ and sys.argv[:1] != ["-c"] and not _reads:
    _failure = _Failure(os.environ["OMERO_TEST_FAILURE"])
    _watch_files(_failure)
    _watch_statements(_failure)
