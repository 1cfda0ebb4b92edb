"""A database with a group of each kind and people in it, and calls by these people, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select, text

import omero._generated
import omero.model
from omero_server.control.config import Config
from omero_server.db.embedded import EmbeddedPostgres
from omero_server.db.engine import Database
from omero_server.db.schema import create_schema
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Transaction
from omero_server.saving.saver import save
from omero_server.security.login import Passwords
from omero_server.sessions.call import Call, Caller
from omero_server.sessions.store import SessionStore, internal_author
from tests.support.scene import PRIVATE, READ_ANNOTATE, READ_ONLY, READ_WRITE, Scene

GROUPS = {"P": PRIVATE, "RO": READ_ONLY, "RA": READ_ANNOTATE, "RW": READ_WRITE}


class Lab:
    """Users ann, bob and cat are in the groups P, RO, RA and RW; lea leads them all; ann and bob are also in H."""

    def __init__(self, database: Database, root: Path) -> None:
        self.database = database
        self.config = Config.load(root)
        self.engine = SimpleNamespace(
            config=self.config,
            database=database,
            data_dir=self.config.data_dir,
            instance=self.config.instance,
            sessions=SessionStore(database, 0, lambda: internal_author(0, frozenset())),
            passwords=Passwords(self.config, database, lambda: internal_author(0, frozenset())),
        )
        with database.begin() as db:
            self.scene = Scene(db)
            for name, bits in {**GROUPS, "H": READ_ANNOTATE}.items():
                self.scene.group(name, bits)
            for name in ("ann", "bob"):
                self.scene.user(name, *GROUPS, "H")
            self.scene.user("cat", *GROUPS)
            self.scene.user("lea", *GROUPS, leads=tuple(GROUPS))

    def caller(self, user: str, group: str | None, **changes: Any) -> Caller:
        """A user ("root" too) calling in a group, or in all."""
        caller = self.scene.root(group) if user == "root" else self.scene.caller(user, group)
        return replace(caller, **changes)

    @contextmanager
    def call(self, user: str, group: str | None, writable: bool = True, **changes: Any) -> Iterator[Call]:
        """A call in a transaction of its own."""
        caller = self.caller(user, group, **changes)
        with Transaction(self.database, caller.author(), writable) as transaction:
            yield Call(caller, transaction, None, self.engine)  # type: ignore[arg-type]

    @contextmanager
    def more(self) -> Iterator[Scene]:
        """The scene, to put more groups and users into it."""
        with self.database.begin() as db:
            self.scene.db = db
            yield self.scene

    def query(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a plain SQL statement."""
        with self.database.begin() as db:
            return [tuple(row) for row in db.execute(text(sql), parameters)]

    def field(self, table: str, object_id: int, name: str) -> Any:
        """What is in a column of an object's row."""
        columns = TABLES[table].c
        with self.database.begin() as db:
            return db.execute(select(columns[name]).where(columns.id == object_id)).scalar_one()

    def group_of(self, table: str, object_id: int) -> str:
        """The name of an object's group."""
        group = self.field(table, object_id, "group_id")
        return next(name for name, known in self.scene.groups.items() if known == group)

    def owner_of(self, table: str, object_id: int) -> str:
        """The name of an object's owner."""
        owner = self.field(table, object_id, "owner_id")
        return next((name for name, known in self.scene.users.items() if known == owner), "root")

    def value(self, sql: str, **parameters: Any) -> Any:
        """The only value of a plain SQL statement."""
        return self.query(sql, **parameters)[0][0]


@contextmanager
def open_lab(root: Path) -> Iterator[Lab]:
    """A lab with a PostgreSQL of its own below ``root``."""
    cluster = EmbeddedPostgres(root / "postgres", shared_buffers="16MB")
    cluster.start()
    database = Database(cluster.connection_uri())
    try:
        with database.begin() as db:
            create_schema(db, "none")
        yield Lab(database, root)
    finally:
        database.close()
        cluster.stop()


def stored(lab: Lab, user: str, group: str | None, obj: Any, **changes: Any) -> Any:
    """An object as it comes back from saving."""
    with lab.call(user, group, **changes) as call:
        return save(call, [obj])[0]


def wire(value: Any) -> Any:
    """A Python value as the wire has it."""
    if value is None or not isinstance(value, (bool, int, float, str)):
        return value
    kinds = {bool: omero.RBool, int: omero.RInt, float: omero.RDouble, str: omero.RString}
    return kinds[type(value)](_val=value)


def new(cls: str, /, **values: Any) -> Any:
    """A new object of a class, with properties from Python values; a collection is given as "<name>Seq"."""
    made = getattr(omero.model, cls)(_loaded=True)
    for key, value in values.items():
        setattr(made, f"_{key}", wire(value))
        if key.endswith("Seq"):
            setattr(made, f"_{key.removesuffix('Seq')}Loaded", True)
    return made


def ref(name: str, object_id: int) -> Any:
    """A reference to an object."""
    return getattr(omero.model, name)(_id=omero.RLong(_val=object_id), _loaded=False)


def owned(obj: Any, owner: int | None = None, group: int | None = None) -> Any:
    """The object with an owner and a group asked for."""
    obj._details = omero.model.Details(
        _owner=None if owner is None else ref("Experimenter", owner),
        _group=None if group is None else ref("ExperimenterGroup", group),
    )
    return obj


def id_of(obj: Any) -> int:
    """The id of a saved object."""
    return int(obj._id._val)
