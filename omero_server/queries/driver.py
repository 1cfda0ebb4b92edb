"""Statements that are compiled once and read without SQLAlchemy's rows, for what nearly every query needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg2
from sqlalchemy import Connection, Executable
from sqlalchemy.dialects.postgresql import psycopg2 as dialect
from sqlalchemy.exc import DBAPIError

__all__ = ["DIALECT", "UNSTORABLE", "fetch", "sql_of"]

DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that no text of the database can have: NUL, and halves of pairs of UTF-16."""


def sql_of(statement: Executable) -> str:
    """The text of a statement; all its values are bound by their names when it is run, so none may be part of it."""
    compiled = statement.compile(dialect=DIALECT)  # type: ignore[attr-defined]
    assert all(value is None for value in compiled.params.values()), compiled.params
    return str(compiled)


def fetch(db: Connection, sql: str, values: Mapping[str, Any]) -> list[Sequence[Any]]:
    """All rows, as plain tuples. Raises sqlalchemy.exc.DBAPIError.

    SQLAlchemy's own way takes about as long as a small query, so it is gone only where somebody listens to statements.
    """
    if db.dispatch.before_cursor_execute:
        cursor = db.exec_driver_sql(sql, dict(values)).cursor
        assert cursor is not None
        return list(cursor.fetchall())
    if not db.in_transaction():
        db.begin()
    cursor = db.connection.cursor()
    try:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
    except psycopg2.Error as error:
        broken = db.dialect.is_disconnect(error, db.connection.dbapi_connection, cursor)
        if broken:
            db.invalidate(error)
        raise DBAPIError.instance(
            sql, dict(values), error, psycopg2.Error, connection_invalidated=broken, dialect=db.dialect
        ) from error
    finally:
        cursor.close()
