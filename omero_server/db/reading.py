"""Connections for calls that only read, with as few round trips as can be: they are most of what a small call costs.

BEGIN goes with the first statement of a transaction. The end of a transaction is not waited for: its connection lingers
for some milliseconds, so that ROLLBACK goes with the first statement of the next call, or in the background if none
comes.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, connection, cursor
from sqlalchemy import Connection, Engine, event

__all__ = ["Readers", "ReadingConnection"]

# The database itself refuses writes, and all statements of a reply see the same state.
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
ROLLBACK = "ROLLBACK; "
LINGER_SECONDS = 0.01


class ReadingConnection(connection):
    """over: the transaction has served its purpose, though the database does not know yet."""

    over = False


class _Cursor(cursor):
    """Begins a transaction when there is none, or one that is over."""

    def execute(self, query: Any, vars: Any = None) -> None:
        mine = self.connection
        if mine.get_transaction_status() == TRANSACTION_STATUS_IDLE:
            query = BEGIN + query
        elif mine.over:
            query = ROLLBACK + BEGIN + query
        mine.over = False
        super().execute(query, vars)


class Readers:
    """Lends connections of a pool that does not reset them itself and makes ReadingConnections.

    Each is lent for one transaction, which begins with its first statement.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "reset", _end)
        self._lock = threading.Lock()
        self._lingering: list[Connection] = []
        self._waiting = 0
        self._some = threading.Event()
        self._closed = False
        self._sweeper: threading.Thread | None = None

    def take(self) -> Connection:
        """A connection; waits for one as the pool does."""
        with self._lock:
            if self._lingering:
                return self._lingering.pop()
            self._waiting += 1
        try:
            return self.engine.connect()
        finally:
            with self._lock:
                self._waiting -= 1

    def give(self, lent: Connection) -> None:
        """Take a connection back whose SQLAlchemy transaction has ended."""
        raw = None if lent.invalidated or lent.closed else lent.connection.dbapi_connection
        with self._lock:
            keep = raw is not None and not raw.closed and not self._waiting and not self._closed
            if keep:
                raw.over = True  # type: ignore[union-attr]
                self._lingering.append(lent)
        if keep:
            self._sweep_later()
        else:
            lent.close()

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._closed = True
        self._some.set()
        self._sweep()
        self.engine.dispose()

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            with self._lock:
                if self._sweeper is None:
                    self._sweeper = threading.Thread(target=self._run, name="readers", daemon=True)
                    self._sweeper.start()
        if not self._some.is_set():
            self._some.set()

    def _run(self) -> None:
        while not self._closed:
            self._some.wait()
            time.sleep(LINGER_SECONDS)
            self._some.clear()
            self._sweep()

    def _sweep(self) -> None:
        """Back to the pool, which ends their transactions."""
        with self._lock:
            over, self._lingering = self._lingering, []
        for lent in over:
            lent.close()


def _prepare(made: Any, record: object) -> None:
    made.autocommit = True  # psycopg2 is not to send a BEGIN of its own
    made.cursor_factory = _Cursor


def _end(used: Any, record: object, state: object) -> None:
    if used.get_transaction_status() != TRANSACTION_STATUS_IDLE:
        used.over = False
        with used.cursor() as last:
            last.execute(ROLLBACK)
