"""A database with the schema and nothing else, for one test module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from omero_server.control.config import Config
from omero_server.control.instance import Instance
from omero_server.db.embedded import EmbeddedPostgres
from omero_server.db.engine import Database
from omero_server.db.schema import create_schema
from tests.support.instance import fresh_root


@contextmanager
def fresh_database() -> Iterator[Database]:
    """A new database in a cluster of its own."""
    with fresh_root() as root:
        cluster = EmbeddedPostgres(root, shared_buffers="16MB")
        cluster.start()
        database = Database(cluster.connection_uri())
        try:
            with database.begin() as connection:
                create_schema(connection, "none")
            yield database
        finally:
            database.close()
            cluster.stop()


def plain_engine(database: Database) -> Any:
    """What a call needs of the server where nothing is configured."""
    return SimpleNamespace(database=database, config=Config(Instance(Path("nowhere")), {}))
