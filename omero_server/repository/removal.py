"""Taking files away together with their rows.

A transaction that deletes rows names the files first: the list is written to disk, the rows go with the commit, the
files after it. If the server dies in between, the list is still there at the next start, and what then has lost its row
is removed. So neither a row without its file remains, nor a file without its row.

    doomed = files_of(call, {"originalfile": [12, 13], "fileset": [4], "pixels": [7], "thumbnail": [8]})
    ...                                  # delete the rows
    remove_files(call, doomed)           # in the same transaction, after the rows
"""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from omero_server.db.engine import Database
from omero_server.db.tables import TABLES
from omero_server.repository.directories import drop_empty
from omero_server.repository.disk import sync_directory, write_durably
from omero_server.repository.identity import find_repository
from omero_server.repository.layout import Layout, index_name

__all__ = ["Doomed", "Removing", "files_of", "guard_files", "on_removed", "remove_files", "replay"]

log = logging.getLogger(__name__)

TRIES = 2
KEPT_LEVELS = 1
"""Of the folders that deleting leaves empty, those of users stay."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """A file that goes when the row `row_id` of `table` is gone."""

    path: str
    table: str
    row_id: int


on_removed: list[Callable[[Doomed], None]] = []
"""Told of every file that was removed, so that nobody keeps it open."""


class Removing(Protocol):
    """What is needed of a call: its connection, its log, and hooks around the commit."""

    @property
    def db(self) -> Connection: ...
    @property
    def engine(self) -> Any: ...
    def log(self, action: str, entity: str, ids: Iterable[int]) -> None: ...
    def after_commit(self, function: Callable[[], None]) -> None: ...
    def on_rollback(self, function: Callable[[], None]) -> None: ...


def files_of(call: Removing, rows: Mapping[str, Sequence[int]]) -> list[Doomed]:
    """The files of rows, by table: originalfile, pixels, thumbnail and fileset; other tables have none.

    To be asked while the rows are still there.
    """
    layout = Layout.of(call.engine.config)
    doomed = list(_originals(call.db, layout, rows.get("originalfile", ())))
    doomed += [Doomed(str(layout.thumbnail(i)), "thumbnail", i) for i in rows.get("thumbnail", ())]
    doomed += [Doomed(str(path), "pixels", i) for i in rows.get("pixels", ()) for path in _pixels_files(layout, i)]
    fileset = TABLES["fileset"]
    chosen = select(fileset.c.id, fileset.c.templateprefix).where(fileset.c.id.in_(rows.get("fileset", ())))
    doomed += [Doomed(str(layout.managed / index_name(prefix)), "fileset", i) for i, prefix in call.db.execute(chosen)]
    return doomed


def remove_files(call: Removing, doomed: Iterable[Doomed]) -> None:
    """Remove files once the call's transaction is committed, and at the latest at the next start of the server.

    Must be called in the transaction that deletes the rows, after it did. Folders of the managed repository that become
    empty go too, rows and all, except those of the first level. ValueError for files outside of the repository.
    """
    layout = Layout.of(call.engine.config)
    listed = [one for one in doomed if _inside(layout, one.path)]
    if not listed:
        return
    listed += _emptied_folders(call, layout, listed)
    note = _noted(layout, listed)
    database = call.engine.database
    call.after_commit(lambda: _surely(lambda: _carry_out(layout, note, listed)))
    # A commit that failed half-way may have taken effect nevertheless: the database knows.
    call.on_rollback(lambda: _surely(lambda: _settle(database, layout, note)))


def guard_files(call: Removing, files: Iterable[Doomed]) -> None:
    """For files about to be written for rows about to be inserted: they are removed if the rows do not come to be.

    Must be called before the files are written.
    """
    layout = Layout.of(call.engine.config)
    listed = [one for one in files if _inside(layout, one.path)]
    note = _noted(layout, listed)
    database = call.engine.database
    call.after_commit(lambda: _surely(lambda: _carry_out(layout, note, ())))
    call.on_rollback(lambda: _surely(lambda: _settle(database, layout, note)))


def _noted(layout: Layout, listed: Sequence[Doomed]) -> Path:
    """Write the list to disk. It is not there if that fails."""
    note = layout.removals / f"{uuid.uuid4()}.json"
    try:
        write_durably(note, json.dumps([astuple(one) for one in listed]).encode())
    except OSError:
        note.unlink(missing_ok=True)
        raise
    return note


def _surely(work: Callable[[], None]) -> None:
    """Do it again when it fails once. What fails twice is left to the next start of the server."""
    try:
        work()
    except (OSError, SQLAlchemyError):
        log.exception("removing files failed; it is tried again")
        work()


def _emptied_folders(call: Removing, layout: Layout, doomed: Iterable[Doomed]) -> list[Doomed]:
    repository = find_repository(call.db, layout.managed)
    if repository is None:
        return []
    parents = {Path(one.path).parent for one in doomed if one.table == "originalfile"}
    folders = {str(path.relative_to(layout.managed)) for path in parents if path.is_relative_to(layout.managed)}
    # A user's first import may have ended before there was anything on the disk.
    missing = {folder for folder in folders if folder != "." and not (layout.managed / Path(folder).parts[0]).is_dir()}
    dropped = drop_empty(call, repository.uuid, folders - missing, KEPT_LEVELS)
    dropped += drop_empty(call, repository.uuid, missing, 0)
    return [Doomed(str(layout.managed / folder), "originalfile", row_id) for folder, row_id in dropped]


def replay(database: Database, layout: Layout) -> None:
    """Finish what a server that died has left. For the start of a server."""
    for unfinished in layout.removals.glob(".*"):
        # A list that was still being written: nothing that it names has been touched.
        unfinished.unlink()
    for note in sorted(layout.removals.glob("*.json")):
        try:
            _settle(database, layout, note)
        except (OSError, ValueError):
            log.exception("the list of removals %s cannot be read; it is left for you to look at", note)


def _settle(database: Database, layout: Layout, note: Path) -> None:
    listed = [Doomed(*fields) for fields in json.loads(note.read_text())]
    with database.begin() as db:
        gone = [one for one in listed if not _row_exists(db, one)]
    _carry_out(layout, note, gone)


def _row_exists(db: Connection, doomed: Doomed) -> bool:
    table = TABLES[doomed.table]
    return db.execute(select(table.c.id).where(table.c.id == doomed.row_id)).first() is not None


def _carry_out(layout: Layout, note: Path, doomed: Sequence[Doomed]) -> None:
    # Longest paths first: folders after what is in them.
    ordered = sorted(doomed, key=lambda one: -len(one.path))
    failed = [one for one in ordered if not any(_remove(layout, Path(one.path)) for _ in range(TRIES))]
    if failed:
        write_durably(note, json.dumps([astuple(one) for one in failed]).encode())
        log.warning("%d files could not be removed; this is tried again at the next start", len(failed))
    else:
        note.unlink(missing_ok=True)
        sync_directory(note.parent)
    for one in doomed:
        for listener in on_removed:
            listener(one)


def _remove(layout: Layout, path: Path) -> bool:
    """Whether the file, or empty folder, is gone now."""
    if not _inside(layout, str(path)):
        return True
    try:
        if path.is_dir() and not path.is_symlink():
            _remove_folder(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be removed: %s", path, error.strerror)
        return False
    return True


def _remove_folder(path: Path) -> None:
    # What lies in it without a row is not ours to remove.
    if any(os.scandir(path)):
        log.warning("%s is kept: it holds files that are not registered", path)
    else:
        path.rmdir()


def _inside(layout: Layout, path: str) -> bool:
    normal = os.path.normpath(path)
    if normal != path or not any(Path(path).is_relative_to(root) for root in (layout.data, layout.managed)):
        raise ValueError(f"{path} is outside of the repository and is not removed")
    return True


def _originals(db: Connection, layout: Layout, ids: Sequence[int]) -> Iterable[Doomed]:
    table = TABLES["originalfile"]
    columns = select(table.c.id, table.c.repo, table.c.path, table.c.name)
    repository = find_repository(db, layout.managed)
    for row in db.execute(columns.where(table.c.id.in_(ids))):
        if row.repo is None:
            yield Doomed(str(layout.file(row.id)), "originalfile", row.id)
        elif repository is not None and row.repo == repository.uuid:
            yield Doomed(os.path.normpath(layout.in_managed(row.path, row.name)), "originalfile", row.id)


def _pixels_files(layout: Layout, pixels_id: int) -> list[Path]:
    return [layout.pixels(pixels_id), layout.pyramid(pixels_id)]
