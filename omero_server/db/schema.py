"""Make the database schema, and tell which one a database has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from omero_server.model.ddl import PASSWORD_PLACEHOLDER, PATCH, VERSION, files
from omero_server.model.schema import MODEL

if TYPE_CHECKING:
    import sqlalchemy

__all__ = ["PATCH", "VERSION", "create_schema", "script", "version"]

MAX_HASH = 255


class DbapiConnection(Protocol):
    """A plain psycopg2 connection."""

    def cursor(self) -> Any:
        """A cursor to execute statements with."""


def create_schema(connection: sqlalchemy.Connection | DbapiConnection, root_password_hash: str) -> None:
    """Create every table, function, trigger and initial row in an empty database.

    Works within the connection's transaction; the caller commits. ``root_password_hash`` is stored as it is, see
    ``omero_server.security`` for how to make one. Raises ValueError when the hash cannot be stored.
    """
    for text in files(MODEL).values():
        _execute(connection, text.replace(PASSWORD_PLACEHOLDER, _literal(root_password_hash)))


def script(root_password_hash: str) -> str:
    """The whole schema as one SQL script that works in one transaction, e.g. for psql.

    Raises ValueError when the hash cannot be stored.
    """
    body = "\n".join(f"-- {name}\n\n{text}" for name, text in files(MODEL).items())
    return f"BEGIN;\n\n{body.replace(PASSWORD_PLACEHOLDER, _literal(root_password_hash))}\nCOMMIT;\n"


def version(connection: sqlalchemy.Connection | DbapiConnection) -> tuple[str, int] | None:
    """Version and patch of the schema, e.g. ("OMERO5.4", 0); None when there is no OMERO schema in the database."""
    if _execute(connection, "SELECT to_regclass('dbpatch')::text", fetch=True) == [(None,)]:
        return None
    latest = "SELECT currentversion, currentpatch FROM dbpatch ORDER BY id DESC LIMIT 1"
    rows = _execute(connection, latest, fetch=True)
    return (rows[0][0], rows[0][1]) if rows else None


def _literal(value: str) -> str:
    """``value`` as an SQL string that means the same whatever the server's settings are."""
    if len(value) > MAX_HASH or not value.isprintable():
        raise ValueError(f"a password hash has at most {MAX_HASH} characters, all printable: see 'omero db password'")
    return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _execute(connection: Any, sql: str, fetch: bool = False) -> list[tuple[Any, ...]]:
    """Run SQL without parameters, so that percent signs in it stay what they are."""
    if hasattr(connection, "exec_driver_sql"):
        result = connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
        return [tuple(row) for row in result] if fetch else []
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if fetch else []
