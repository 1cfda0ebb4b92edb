"""Connections for calls that only read: one round trip begins the transaction and runs its first statement.

A small call costs mainly its round trips to the database. So a connection for reading leaves BEGIN to its cursors,
which put it before the first statement, and which name the kind of transaction there, not in settings of each call.
"""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, cursor
from sqlalchemy import Engine, event

__all__ = ["read_only"]

# The database itself refuses writes, and all statements of a reply see the same state.
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "


class _Cursor(cursor):
    """Begins a transaction when there is none."""

    def execute(self, query: Any, vars: Any = None) -> None:
        if self.connection.get_transaction_status() == TRANSACTION_STATUS_IDLE:
            query = BEGIN + query
        super().execute(query, vars)


def read_only(engine: Engine) -> None:
    """Let all connections of ``engine``, whose pool must not reset them itself, read in transactions of their own.

    A transaction begins with the first statement after the checkout and ends when the connection goes back.
    """
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "reset", _end)


def _prepare(connection: Any, record: object) -> None:
    connection.autocommit = True  # psycopg2 is not to send a BEGIN of its own
    connection.cursor_factory = _Cursor


def _end(connection: Any, record: object, state: object) -> None:
    if connection.get_transaction_status() != TRANSACTION_STATUS_IDLE:
        with connection.cursor() as last:
            last.execute("ROLLBACK")
