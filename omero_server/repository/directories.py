"""Rows for the folders of the managed repository: every folder between its root and a file has one.

Making and dropping these rows excludes each other across all servers of a database, so that an import never gets a
folder that another transaction takes away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from sqlalchemy import Connection, Text, column, delete, exists, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError

from omero_server.db.tables import TABLES
from omero_server.repository.rows import FILE_CLASS, NewFile, Writing, insert_files

__all__ = ["DIRECTORY", "Logging", "drop_empty", "find_row", "lock_folders", "register_folders", "split"]

log = logging.getLogger(__name__)

DIRECTORY = "Directory"
LOCK_KEY = 0x4F4D45524F  # any number that nothing else locks


class Logging(Protocol):
    """A call that deletes rows."""

    @property
    def db(self) -> Connection: ...
    def log(self, action: str, entity: str, ids: Iterable[int]) -> None: ...


def split(path: str) -> tuple[str, str]:
    """The columns `path` and `name` of a relative path: "a/b/c" is ("a/b/", "c"), "a" is ("/", "a")."""
    parent, _, name = path.rpartition("/")
    return (f"{parent}/" if parent else "/"), name


def lock_folders(db: Connection) -> None:
    """Until the end of this transaction nobody else adds or drops folders."""
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})


def find_row(db: Connection, repo: str, path: str) -> int | None:
    """Id of the row of a relative path."""
    table = TABLES["originalfile"]
    parent, name = split(path)
    chosen = select(table.c.id).where(table.c.repo == repo, table.c.path == parent, table.c.name == name)
    return db.execute(chosen).scalar()


def register_folders(
    call: Writing, repo: str, paths: Iterable[str], owner_of: Callable[[int], int], group_id: int
) -> None:
    """Give folders like "a/b/c" and those above them rows where they have none.

    `owner_of(level)` says who owns a new folder; the first level is 0.
    """
    lock_folders(call.db)
    found = [[part for part in path.split("/") if part] for path in set(paths)]
    wanted = sorted({"/".join(parts[: level + 1]) for parts in found for level in range(len(parts))})
    known = _registered(call.db, repo, wanted)
    new = [
        NewFile(*split(folder), repo, DIRECTORY, owner_of(folder.count("/")), group_id)
        for folder in wanted
        if split(folder) not in known
    ]
    insert_files(call, new)


def _registered(db: Connection, repo: str, folders: Sequence[str]) -> set[tuple[str, str]]:
    """Parent and name of those folders that have rows."""
    table, pairs = TABLES["originalfile"], [split(folder) for folder in folders]
    lists = (literal([pair[n] for pair in pairs], ARRAY(Text)) for n in (0, 1))
    asked = func.unnest(*lists).table_valued(column("path", Text), column("name", Text)).render_derived()
    chosen = select(table.c.path, table.c.name).where(
        table.c.repo == repo, table.c.path == asked.c.path, table.c.name == asked.c.name
    )
    return {(path, name) for path, name in db.execute(chosen)}


def drop_empty(call: Logging, repo: str, folders: Iterable[str], keep_levels: int) -> list[tuple[str, int]]:
    """Delete the rows of those folders, and of the ones above, that hold no rows any more; (folder, row id) of each.

    The first `keep_levels` levels stay, and so does a folder that something refers to.
    """
    candidates = {
        "/".join(parts[:end])
        for parts in (folder.strip("/").split("/") for folder in folders)
        for end in range(keep_levels + 1, len(parts) + 1)
    }
    if not candidates:
        return []
    lock_folders(call.db)
    dropped = []
    for folder in sorted(candidates, key=lambda one: -one.count("/")):
        row = _drop(call, repo, folder)
        if row is not None:
            dropped.append((folder, row))
    return dropped


def _drop(call: Logging, repo: str, folder: str) -> int | None:
    table = TABLES["originalfile"]
    row = find_row(call.db, repo, folder)
    filled = exists().where(table.c.repo == repo, table.c.path == f"{folder}/")
    if row is None or call.db.execute(select(filled)).scalar():
        return None
    try:
        with call.db.begin_nested():
            call.db.execute(delete(table).where(table.c.id == row, table.c.mimetype == DIRECTORY))
    except IntegrityError:
        log.info("the empty folder %s is kept: its row %d is in use", folder, row)
        return None
    call.log("DELETE", FILE_CLASS, [row])
    return row
