"""What clients are told when the database refuses something: errors of a real one, translated."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import TimeoutError as PoolTimeout

import omero
from omero_server.db.engine import Database
from omero_server.formats.base import FormatError
from omero_server.rpc.errors import translate
from tests.support.database import fresh_database


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with fresh_database() as database:
        with database.begin() as db:
            db.execute(
                text("CREATE TABLE toys (id int PRIMARY KEY, name varchar(5) NOT NULL, maker int REFERENCES toys)")
            )
            db.execute(text("INSERT INTO toys VALUES (1, 'ball'), (2, 'doll')"))
        yield database


def told(database: Database, *statements: str, **parameters: Any) -> Any:
    """The exception that a client receives when these statements fail."""
    with pytest.raises(Exception) as caught, database.begin() as db:
        for statement in statements:
            db.execute(text(statement), parameters)
    return translate(caught.value, "IUpdate.saveObject")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO toys VALUES (1, 'car')",
        "INSERT INTO toys VALUES (3, NULL)",
        "INSERT INTO toys VALUES (3, 'car', 99)",
        "INSERT INTO toys VALUES (3, 'a long name')",
        "DO $$ BEGIN RAISE EXCEPTION 'a rule of the schema'; END $$",
    ],
)
def test_broken_rules_are_the_clients_fault(database: Database, statement: str) -> None:
    error = told(database, statement)
    assert type(error) is omero.ValidationException and error.message
    assert error.serverExceptionClass == "ome.conditions.ValidationException" and error.serverStackTrace


@pytest.mark.parametrize("setting", ["SET TRANSACTION READ ONLY", "SET LOCAL transaction_read_only = on"])
def test_reading_transactions_do_not_write(database: Database, setting: str) -> None:
    error = told(database, setting, "INSERT INTO toys VALUES (4, 'car')")
    assert type(error) is omero.ApiUsageException and "read-only" in error.message


def test_texts_have_no_nul(database: Database) -> None:
    error = told(database, "INSERT INTO toys VALUES (5, :name)", name="a\0b")
    assert type(error) is omero.ApiUsageException and "NUL" in error.message


def test_locks_that_are_not_had(database: Database) -> None:
    with database.begin() as db:
        db.execute(text("UPDATE toys SET name = 'held' WHERE id = 1"))
        error = told(database, "SET LOCAL lock_timeout = 50", "UPDATE toys SET name = 'mine' WHERE id = 1")
    assert (type(error), error.backOff) == (omero.ConcurrencyException, 500)


def test_deadlock(database: Database) -> None:
    """Two transactions want what the other has: one of them is broken off."""
    meeting, errors = threading.Barrier(2), []

    def take(first: int, second: int) -> None:
        def update(db: Connection, id_: int) -> None:
            db.execute(text("UPDATE toys SET name = 'mine' WHERE id = :id"), {"id": id_})

        try:
            with database.begin() as db:
                update(db, first)
                meeting.wait(10)
                update(db, second)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=take, args=order) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    (found,) = errors
    error = translate(found, "IUpdate.saveObject")
    assert (type(error), error.backOff) == (omero.TryAgain, 500)


def test_database_that_went_away(database: Database) -> None:
    error = told(database, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert (type(error), error.backOff) == (omero.DatabaseBusyException, 5000)
    with closing(Database("postgresql://nobody@127.0.0.1:9/none")) as unreachable:
        error = told(unreachable, "SELECT 1")
    assert type(error) is omero.DatabaseBusyException and "127.0.0.1" not in error.message


def test_connections_that_are_all_in_use() -> None:
    error: Any = translate(PoolTimeout("QueuePool limit"), "IQuery.find")
    assert (type(error), error.backOff) == (omero.DatabaseBusyException, 5000)


def test_files_and_memory_are_resources() -> None:
    error: Any = translate(FormatError("/data/a.tif", "is damaged"), "RawPixelsStore.getTile")
    assert type(error) is omero.ResourceError and "a.tif: is damaged" in error.message
    error = translate(MemoryError(), "Exporter.asXml")
    assert type(error) is omero.ResourceError and "memory" in error.message


def test_the_servers_own_faults_say_where_to_look() -> None:
    error: Any = translate(KeyError("x"), "IQuery.find")
    assert type(error) is omero.InternalException
    assert "IQuery.find" in error.message and "KeyError" in error.message and "log" in error.message


def test_exceptions_of_the_api_stay_what_they_are() -> None:
    sent = omero.OptimisticLockException(message="m", backOff=0)
    error: Any = translate(sent, "IUpdate.saveObject")
    assert error is sent and error.serverExceptionClass == "ome.conditions.OptimisticLockException"
