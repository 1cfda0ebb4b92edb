"""Make the database schema, and tell which one a database has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from omero_server.db.tables import TABLES
from omero_server.model.ddl import PASSWORD_PLACEHOLDER, PATCH, VERSION, files
from omero_server.model.schema import MODEL

if TYPE_CHECKING:
    import sqlalchemy

__all__ = ["PATCH", "VERSION", "advance_sequences", "create_schema", "missing", "script", "version"]

MAX_HASH = 255
# How our script makes them, and how PostgreSQL lists them.
OBJECTS = {
    "sequence": (r"CREATE SEQUENCE (\w+)", "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"),
    "function": (
        r"CREATE FUNCTION (\w+)",
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    ),
    "trigger": (r"CREATE (?:CONSTRAINT )?TRIGGER (\w+)", "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"),
}


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


def missing(connection: sqlalchemy.Connection) -> list[str]:
    """What a database of our version lacks, in words: tables, columns, sequences, functions and triggers, by name.

    Their order and the names of constraints differ between databases that were upgraded over the years.
    """
    columns = "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
    there = {row[0] for row in _execute(connection, columns, fetch=True)}
    tables = {name.partition(".")[0] for name in there}
    found = [f"table {name}" for name in sorted(TABLES.keys() - tables)]
    wanted = {f"{name}.{c.name}" for name, table in TABLES.items() if name in tables for c in table.columns}
    found += [f"column {name}" for name in sorted(wanted - there)]
    text = "\n".join(files(MODEL).values())
    for kind, (pattern, query) in OBJECTS.items():
        names = {row[0] for row in _execute(connection, query, fetch=True)}
        found += [f"{kind} {name}" for name in sorted({n.lower() for n in re.findall(pattern, text)} - names)]
    return found


def advance_sequences(connection: sqlalchemy.Connection) -> list[str]:
    """Move sequences that stand before the ids in their tables, as after a restore of rows alone; their names."""
    sequences = {cls.sequence: cls.table for cls in MODEL.classes.values() if cls.root is cls}
    one = "SELECT '{0}', (SELECT max(id) FROM \"{1}\"), (SELECT last_value FROM {0})"
    rows = _execute(connection, " UNION ALL ".join(one.format(*names) for names in sequences.items()), fetch=True)
    behind = [(name, highest) for name, highest, last in rows if highest is not None and highest > last]
    for name, highest in behind:
        _execute(connection, f"SELECT setval('{name}', {int(highest)})")
    return [name for name, _ in behind]


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
