"""Statements that are compiled once and read without SQLAlchemy's rows, for what nearly every query needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.dialects.postgresql import psycopg2 as dialect

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
    """All rows, as plain tuples. Raises sqlalchemy.exc.DBAPIError."""
    result = db.exec_driver_sql(sql, dict(values))
    cursor = result.cursor
    assert cursor is not None
    rows: list[Sequence[Any]] = list(cursor.fetchall())
    result.close()
    return rows
