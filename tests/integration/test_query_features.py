"""Every feature of the query language, checked against hand-written SQL on the same rows.

The SQL runs on a connection of its own where each table with groups is hidden by a view of what the caller may read, so
that each query also shows that nothing of other groups comes through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from psycopg2.sql import SQL, Identifier, Literal
from sqlalchemy import Connection

import omero
import omero.model
from omero_server.db.engine import Database
from omero_server.db.tables import TABLES
from omero_server.queries import Reader, project
from omero_server.sessions.call import USER_GROUP
from tests.support.query_scene import institute
from tests.support.query_table import ENTRIES
from tests.support.scene import Scene

Rows = list[list[Any]]


@pytest.fixture(scope="module")
def scene(database: Database) -> Scene:
    return institute(database)


@pytest.fixture(scope="module")
def db(database: Database, scene: Scene) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def sql(database: Database, scene: Scene) -> Iterator[Any]:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        for name, table in TABLES.items():
            if "group_id" in table.c:
                view = SQL("CREATE TEMP VIEW {0} AS SELECT * FROM public.{0} WHERE group_id IN ({1}, {2})")
                cursor.execute(view.format(Identifier(name), Literal(scene.groups["lab"]), Literal(USER_GROUP)))
        connection.commit()
        yield cursor
    connection.close()


def plain(value: Any) -> Any:
    """A value of a projection as the SQL has it."""
    if isinstance(value, omero.RMap):
        inner = value._val
        if "symbol" in inner:
            return f"{inner['value']._val:g} {inner['symbol']._val}"
        return inner["perm"]._val if "perm" in inner else [plain(v) for v in inner.values()]
    if isinstance(value, omero.RList):
        return [plain(v) for v in value._val]
    if isinstance(value, omero.RObject):
        return value._val._id._val
    if isinstance(value, omero.RTime):
        return datetime.fromtimestamp(value._val / 1000)
    return value if value is None else value._val


def comparable(value: Any) -> Any:
    """Numbers of all types alike; what types they have is tested elsewhere."""
    return round(float(value), 9) if isinstance(value, Decimal | float | int) and value is not True else value


def rows_of(found: list[list[Any]]) -> Rows:
    rows = [[plain(value) for value in row] for row in found]
    return [[comparable(v) for v in (row[0] if isinstance(row[0], list) else row)] for row in rows]


def key(row: list[Any]) -> tuple[str, ...]:
    return tuple(map(repr, row))


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry[0] for entry in ENTRIES])
def test_query_gives_what_the_sql_gives(entry: Any, db: Connection, scene: Scene, sql: Any) -> None:
    hql, statement, *rest = entry
    savepoint = db.begin_nested()
    sql.execute(statement)
    wanted = [[comparable(v) for v in row] for row in sql.fetchall()]
    try:
        found = rows_of(project(Reader(db, scene.caller("ann", "lab")), hql, rest[0] if rest else None))
    finally:
        savepoint.rollback()
    if " order by " in hql.lower():
        assert found == wanted
    else:
        assert Counter(map(key, found)) == Counter(map(key, wanted))
    assert wanted or statement.endswith("where false"), "a query that finds nothing shows nothing"
