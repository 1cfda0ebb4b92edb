"""Files that deleting has left behind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, exists, select

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.repository.layout import PYRAMID, Layout
from omero_server.repository.removal import Doomed

__all__ = ["unused_files"]

BATCH = 10_000
TABLE_OF = {name: MODEL.classes[name].table for name in ("OriginalFile", "Pixels", "Thumbnail")}


def unused_files(db: Connection, layout: Layout) -> Iterator[Doomed]:
    """Files in Files, Pixels and Thumbnails whose row was deleted: it is gone, and the log says so.

    A file without a row that was never deleted stays: its row may be about to be written. Nothing but files at the
    place of their id is looked at.
    """
    for folder, cls, place in _kinds(layout):
        for batch in _batches(_files(layout.data / folder, place)):
            gone = _deleted(db, cls, {number for number, _ in batch})
            yield from (Doomed(str(path), TABLE_OF[cls], number) for number, path in batch if number in gone)


def _kinds(layout: Layout) -> list[tuple[str, str, Callable[[int], Path]]]:
    """Folder, class, and where the file of an id lies."""
    return [
        ("Files", "OriginalFile", layout.file),
        ("Pixels", "Pixels", layout.pixels),
        ("Thumbnails", "Thumbnail", layout.thumbnail),
    ]


def _files(root: Path, place: Callable[[int], Path]) -> Iterator[tuple[int, Path]]:
    """Ids and paths of the files below ``root`` that lie at the place of their id, pyramids beside it."""
    for folder, _, names in os.walk(root):
        for name in names:
            number = name.removesuffix(PYRAMID)
            path = Path(folder, name)
            if number.isascii() and number.isdigit() and place(int(number)) == path.with_name(number):
                yield int(number), path


def _batches(found: Iterator[tuple[int, Path]]) -> Iterator[list[tuple[int, Path]]]:
    while batch := list(islice(found, BATCH)):
        yield batch


def _deleted(db: Connection, cls: str, ids: set[int]) -> set[int]:
    """Which ids had a row of a class that was deleted."""
    table, log = TABLES[TABLE_OF[cls]], TABLES["eventlog"]
    noted = (
        select(log.c.entityid)
        .where(among(log.c.entityid, ids), log.c.entitytype == MODEL.classes[cls].java, log.c.action == "DELETE")
        .where(~exists().where(table.c.id == log.c.entityid))
    )
    return set(db.execute(noted).scalars())
