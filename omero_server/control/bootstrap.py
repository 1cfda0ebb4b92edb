"""What a first start prepares: the database's schema, the password of root, the data directory."""

import logging
import os
import secrets
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from omero_server.control.config import Config, ConfigError
from omero_server.db import schema
from omero_server.db.engine import Database
from omero_server.db.location import database_uri
from omero_server.security.passwords import hash_password

__all__ = ["prepare_data_dir", "prepare_schema"]

log = logging.getLogger(__name__)

ROOT_ID = 0
SHOWN = 5


def prepare_schema(config: Config) -> None:
    """Create the schema when the database has none. Any other database is left as it is.

    ConfigError when the database cannot be reached, holds foreign tables, or an OMERO schema of another version or with
    parts missing. Sequences that stand before the ids in use are moved.
    """
    database = Database(database_uri(config), pool_size=1)
    try:
        with database.begin() as connection:
            found = schema.version(connection)
            if found is None:
                _check_empty(connection)
                log.info("Creating the database schema")
                schema.create_schema(connection, _root_hash(config))
        if found is not None:
            _check_version(config, found)
            with database.begin() as connection:
                _check_complete(config, connection)
    except OperationalError as error:
        raise ConfigError(
            f"Cannot use the database: {str(error.orig).strip()}. Check omero.db.host, port, name, user and pass."
        ) from error
    finally:
        database.close()


def prepare_data_dir(config: Config) -> Path:
    """Create the binary repository's root; ConfigError when it cannot be written."""
    path = config.data_dir
    try:
        # Images are for those whom the server lets see them, not for every account of the machine.
        path.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as error:
        raise ConfigError(f"Cannot create omero.data.dir {path}: {error.strerror}") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ConfigError(f"Cannot write to omero.data.dir {path}: change its owner, or set omero.data.dir")
    return path


def _check_empty(connection: Connection) -> None:
    tables = connection.execute(text("select count(*) from pg_tables where schemaname = 'public'")).scalar_one()
    if tables:
        raise ConfigError("The database holds tables that are not OMERO's; set omero.db.name to another database")


def _check_version(config: Config, found: tuple[str, int]) -> None:
    wanted = (config.get("omero.db.version"), config.get_int("omero.db.patch"))
    if found != wanted:
        raise ConfigError(
            f"The database has schema {found[0]}__{found[1]}, this server needs {wanted[0]}__{wanted[1]}: "
            "upgrade it with the scripts of the OMERO release it belongs to"
        )


def _check_complete(config: Config, connection: Connection) -> None:
    lacking = schema.missing(connection)
    if lacking:
        named = ", ".join(lacking[:SHOWN]) + (f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else "")
        raise ConfigError(
            f"The database {config.get('omero.db.name')!r} is damaged, it lacks: {named}. Nothing was changed. "
            "Restore it from its last complete dump, or set omero.db.name to another database."
        )
    for name in schema.advance_sequences(connection):
        log.warning("The sequence %s stood before the ids that are in use; it was moved behind them", name)


def _root_hash(config: Config) -> str:
    return hash_password(ROOT_ID, _root_password(config), config.get("omero.security.password_hash"))


def _root_password(config: Config) -> str:
    """ROOTPASS of the environment, else a random one that is left in `etc/root-password`."""
    given = os.environ.get("ROOTPASS")
    if given:
        return given
    path = config.instance.root_password_file
    password = secrets.token_urlsafe(12)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(password + "\n")
    log.info("The password of root is in %s", path)
    return password
