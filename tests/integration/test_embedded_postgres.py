"""The embedded PostgreSQL server: first start, restart, crash, stale files; and ids from concurrent writers."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import text

from omero_server.db.embedded import DatabaseStartError, EmbeddedPostgres
from omero_server.db.engine import Database
from tests.support.instance import fresh_root

# The shape of the schema's own function, which these tests do not need as a whole.
NEXTVAL = """
create sequence seq_image;
create function ome_nextval(name varchar, n int) returns bigint as $$
begin
  perform pg_advisory_lock(1, 1);
  for i in 2..n loop perform nextval(name::regclass); end loop;
  return nextval(name::regclass) + 0 * (select count(pg_advisory_unlock(1, 1)));
end $$ language plpgsql;
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with fresh_root() as root:
        server = EmbeddedPostgres(root / "postgres", shared_buffers="16MB")
        server.start()
        yield server
        server.stop()


@pytest.fixture
def root() -> Iterator[Path]:
    with fresh_root() as directory:
        yield directory


def ask(server: EmbeddedPostgres, query: str) -> object:
    connection = psycopg2.connect(server.connection_uri())
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def test_durable_private_and_owned_by_omero(postgres: EmbeddedPostgres) -> None:
    settings = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums", "listen_addresses")
    assert [ask(postgres, f"show {name}") for name in settings] == ["on", "on", "on", "on", ""]
    assert ask(postgres, "select current_user") == "omero"
    assert ask(postgres, "select rolsuper from pg_roles where rolname = 'omero'") is False
    socket_dir = Path(postgres.connection_uri().split("host=")[1])
    assert socket_dir.stat().st_mode & 0o077 == 0


def test_start_again_changes_nothing(postgres: EmbeddedPostgres) -> None:
    pid = postgres.pid()
    postgres.start()
    EmbeddedPostgres(postgres.directory).start()
    assert postgres.pid() == pid


def test_committed_rows_survive_a_crash(postgres: EmbeddedPostgres) -> None:
    ask(postgres, "create table t as select 42 as answer")
    pid = postgres.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    again = EmbeddedPostgres(postgres.directory)
    again.start()
    assert ask(again, "select answer from t") == 42
    again.stop()
    assert not again.running() and again.pid() is None
    again.stop()
    postgres.start()


def test_a_stale_pid_file_of_another_program_is_not_believed(postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    lines = [str(os.getpid()), str(postgres.data), "1", "5432", "", "", "", "ready"]
    (postgres.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert not postgres.running()
    (postgres.data / "postmaster.pid").unlink()
    postgres.start()


def test_long_paths_get_a_short_private_socket_directory(root: Path) -> None:
    server = EmbeddedPostgres(root / ("x" * 90) / "postgres", shared_buffers="16MB")
    server.start()
    try:
        assert ask(server, "select 1") == 1
        assert server.connection_uri().split("host=")[1].startswith("/tmp/omero-postgres-")
    finally:
        server.stop()
        Path(server.connection_uri().split("host=")[1]).rmdir()


def test_a_cluster_of_another_version_is_refused(root: Path) -> None:
    server = EmbeddedPostgres(root / "postgres")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseStartError, match="was made by PostgreSQL 9"):
        server.start()


def test_ids_are_unique_among_concurrent_writers_and_ascend_in_a_call(postgres: EmbeddedPostgres) -> None:
    databases = [Database(postgres.connection_uri(), pool_size=4) for _ in range(2)]
    try:
        with databases[0].begin() as connection:
            connection.execute(text(NEXTVAL))

        def take(number: int) -> list[list[int]]:
            with databases[number % 2].begin() as connection:
                return [databases[number % 2].ids(connection, "seq_image", count) for count in (1, 7, 60, 0)]

        with ThreadPoolExecutor(8) as pool:
            calls = [ids for result in pool.map(take, range(24)) for ids in result]
        every = [each for ids in calls for each in ids]
        assert len(every) == len(set(every)) == 24 * 68
        assert all(ids == sorted(ids) for ids in calls)
    finally:
        for database in databases:
            database.close()


def test_exact_ids_are_consecutive_and_reserve_nothing(postgres: EmbeddedPostgres) -> None:
    database = Database(postgres.connection_uri())
    try:
        with database.begin() as connection:
            connection.execute(text("create sequence seq_eventlog"))
            assert database.ids(connection, "seq_eventlog", 3, block=0) == [1, 2, 3]
            assert database.ids(connection, "seq_eventlog", 2, block=0) == [4, 5]
            assert connection.execute(text("select last_value from seq_eventlog")).scalar_one() == 5
    finally:
        database.close()


def test_a_failing_block_is_rolled_back_and_a_restart_is_survived(postgres: EmbeddedPostgres) -> None:
    database = Database(postgres.connection_uri())
    try:
        with pytest.raises(ZeroDivisionError), database.begin() as connection:
            connection.execute(text("create table gone (a int)"))
            _ = 1 // 0
        postgres.stop()
        postgres.start()
        with database.begin() as connection:
            assert connection.execute(text("select to_regclass('gone')")).scalar_one() is None
    finally:
        database.close()
