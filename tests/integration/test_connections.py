"""Pooled connections that break, and what reading transactions remember of users and groups."""

from __future__ import annotations

from sqlalchemy import Connection, text, update

from omero_server.db.engine import Database
from omero_server.db.remembered import Memory, remembered
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Author, Transaction
from omero_server.security.filter import read_filter
from tests.support.scene import PRIVATE, READ_ONLY, Scene

ROOT = Author(0, 0, 0)
GROUP = "ome.model.meta.ExperimenterGroup"


def backend(connection: Connection) -> int:
    return int(connection.execute(text("select pg_backend_pid()")).scalar_one())


def test_connections_are_trusted_and_reused(database: Database) -> None:
    with database.begin() as connection:
        first = backend(connection)
    with database.begin() as connection:
        assert backend(connection) == first


def test_connections_that_the_server_closed_are_replaced(database: Database) -> None:
    with database.begin() as one, database.begin() as other:
        closed = [backend(one), backend(other)]
    with database.begin() as connection:
        own = backend(connection)
        for pid in {*closed} - {own}:
            connection.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with database.begin() as one, database.begin() as other:
        assert {backend(one), backend(other)}.isdisjoint({*closed} - {own})


def test_the_planner_is_told_that_indexes_are_cheap(database: Database) -> None:
    with database.begin() as connection:
        assert connection.execute(text("show random_page_cost")).scalar_one() == "1.1"


def readable(database: Database, scene: Scene, user: str) -> set[int]:
    with Transaction(database, ROOT, writable=False) as transaction:
        return set(read_filter(scene.caller(user), transaction.db).parameters["_groups"])


def change(database: Database, group: int, bits: int) -> None:
    groups = TABLES["experimentergroup"]
    with Transaction(database, ROOT, writable=True) as transaction:
        transaction.db.execute(update(groups).where(groups.c.id == group).values(permissions=bits))
        transaction.log("UPDATE", GROUP, [group])


def test_a_change_of_a_group_is_seen_by_the_next_call(database: Database) -> None:
    with database.begin() as connection:
        scene = Scene(connection)
        group = scene.group("changing", READ_ONLY)
        scene.user("ann", "changing")
    assert group in readable(database, scene, "ann")
    change(database, group, PRIVATE)
    assert group not in readable(database, scene, "ann")
    change(database, group, READ_ONLY)
    assert group in readable(database, scene, "ann")


def test_a_transaction_older_than_a_change_leaves_no_memory_of_what_was_before(database: Database) -> None:
    with database.begin() as connection:
        scene = Scene(connection)
        group = scene.group("raced", READ_ONLY)
        scene.user("bob", "raced")
    with Transaction(database, ROOT, writable=False) as old:
        old.db.execute(text("select 1")).scalar_one()
        change(database, group, PRIVATE)
        # Its state of the database is that of before the change.
        assert group in read_filter(scene.caller("bob"), old.db).parameters["_groups"]
    assert group not in readable(database, scene, "bob")


def test_writing_transactions_ask_the_database(database: Database) -> None:
    with Transaction(database, ROOT, writable=True) as transaction:
        asked = [remembered(transaction.db, "fact", lambda n=n: n) for n in (1, 2)]
    assert asked == [1, 2]


def test_facts_are_asked_for_once_until_something_changes() -> None:
    memory = Memory()
    assert [memory.get("fact", memory.version, lambda n=n: n) for n in (1, 2)] == [1, 1]
    memory.changed(frozenset({"ome.model.core.Image"}))
    assert memory.get("fact", memory.version, lambda: 3) == 1
    memory.changed(frozenset({GROUP}))
    assert memory.get("fact", memory.version, lambda: 4) == 4
