"""The connection pool and the source of new ids."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text

from omero_server.db.idle import replace_broken
from omero_server.db.moves import Moves
from omero_server.db.reading import Readers, ReadingConnection
from omero_server.db.remembered import Memory
from omero_server.db.zone import fixed_offset, local_zone

__all__ = ["Database"]

log = logging.getLogger(__name__)

POOL_SIZE = 10
BLOCK = 50
# Calls look up few rows by index in big tables. With PostgreSQL's defaults, made for slow disks, it reads whole tables
# instead, and compiles queries for longer than they run.
SETTINGS = "SET random_page_cost = 1.1; SET jit = off"


class Database:
    """One PostgreSQL database: a pool of connections, one of connections that only read, and ids of sequences.

    `url` is a libpq URI (`postgresql://...`). `pool_size` connections of each kind stay open; as many again are opened
    under load, after which a caller waits up to 30 s for a free one. Connections use the time zone of this process.
    """

    def __init__(self, url: str, pool_size: int = POOL_SIZE, application_name: str = "OMERO") -> None:
        connect = {"application_name": application_name, "connect_timeout": 10}
        self.engine = _pool(url, pool_size, connect_args=connect)
        reading = {**connect, "connection_factory": ReadingConnection}
        self.readers = Readers(_pool(url, pool_size, connect_args=reading, pool_reset_on_return=None))
        self._ids = _IdBlocks()
        # Told, after each commit, the classes ("ome.model.core.Image") of the objects that the transaction changed.
        self.memory = Memory()
        self.moves = Moves()
        self.on_change: list[Callable[[frozenset[str]], None]] = [self.memory.changed]
        # Told after each commit of a transaction that could write, whatever it wrote.
        self.on_commit: list[Callable[[], None]] = []

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A connection with one transaction: committed when the block ends, rolled back when it raises."""
        with self.engine.begin() as connection:
            yield connection

    def ids(self, connection: Connection, sequence: str, count: int, block: int = BLOCK) -> list[int]:
        """`count` new ids of `sequence` (for example "seq_image"), ascending within this call.

        Blocks of `block` ids are reserved per sequence and process, so ids have gaps after a restart. With `block=0`
        exactly `count` consecutive ids are taken, as the event log needs. Ids that a rolled back transaction took are
        not given out again. Rule: SCHEMA_RULES 5 in docs (never a bare nextval: blocks of two writers would mix).
        """
        return self._ids.take(connection, sequence, count, block)

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()
        self.readers.close()


def _pool(url: str, size: int, **more: Any) -> Engine:
    """Up to twice ``size`` connections, opened when needed."""
    target = make_url(url).set(drivername="postgresql+psycopg2")
    engine = create_engine(target, pool_size=size, max_overflow=size, **more)
    event.listen(engine, "connect", _use_local_zone)
    event.listen(engine, "connect", _tune)
    replace_broken(engine)
    return engine


def _use_local_zone(connection: Any, record: object) -> None:
    """Times are stored without their zone, so the database must not take them for those of another one."""
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            try:
                cursor.execute("SELECT set_config('TimeZone', %s, false)", (local_zone(),))
            except psycopg2.DataError:
                log.warning("PostgreSQL does not know the time zone %s; using its present offset", local_zone())
                cursor.execute("SELECT set_config('TimeZone', %s, false)", (fixed_offset(),))
    finally:
        connection.autocommit = False


def _tune(connection: Any, record: object) -> None:
    """Let the planner use indexes."""
    with connection.cursor() as cursor:
        cursor.execute(SETTINGS)
    connection.commit()


class _IdBlocks:
    """Ids reserved but not yet given out, per sequence."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: dict[str, list[int]] = {}

    def take(self, connection: Connection, sequence: str, count: int, block: int) -> list[int]:
        if count <= 0:
            return []
        if not block:
            return _reserve(connection, sequence, count)
        with self._lock:
            taken = self._pop(sequence, count)
        missing = count - len(taken)
        if not missing:
            return taken
        # Outside the lock: the statement may wait for another process, and other sequences must not.
        fresh = _reserve(connection, sequence, max(block, missing))
        with self._lock:
            # Sorted: another thread's block may have come in between.
            self._free[sequence] = sorted(self._free.get(sequence, []) + fresh[missing:])
        return taken + fresh[:missing]

    def _pop(self, sequence: str, count: int) -> list[int]:
        free = self._free.get(sequence, [])
        taken, self._free[sequence] = free[:count], free[count:]
        return taken


def _reserve(connection: Connection, sequence: str, count: int) -> list[int]:
    """`ome_nextval` takes `count` ids under its advisory lock and returns the last."""
    parameters: dict[str, Any] = {"sequence": sequence, "count": count}
    last = connection.execute(text("select ome_nextval(:sequence, :count)"), parameters).scalar_one()
    return list(range(last - count + 1, last + 1))
