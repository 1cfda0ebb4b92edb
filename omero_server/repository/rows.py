"""Rows of OriginalFile that the server itself writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, select

from omero_server.db.bulk import insert_rows
from omero_server.db.tables import TABLES

__all__ = ["FILE_CLASS", "NewFile", "Writing", "insert_files"]

FILE_CLASS = "ome.model.core.OriginalFile"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to get a row. `repo` None: it lies under `Files`. `hasher` is the name of a checksum algorithm."""

    path: str
    name: str
    repo: str | None
    mimetype: str
    owner_id: int
    group_id: int
    size: int | None = None
    hasher: str | None = None
    hash: str | None = None
    mtime: datetime | None = None


class Writing(Protocol):
    """What is needed of a call that writes."""

    @property
    def db(self) -> Connection: ...
    @property
    def event_id(self) -> int: ...
    @property
    def engine(self) -> Any: ...
    def log(self, action: str, entity: str, ids: Iterable[int]) -> None: ...


def insert_files(call: Writing, files: Sequence[NewFile]) -> list[int]:
    """Insert rows and note them in the event log; their ids, in order."""
    if not files:
        return []
    ids: list[int] = call.engine.database.ids(call.db, "seq_originalfile", len(files))
    groups, hashers = _group_permissions(call.db, files), _hashers(call.db)
    rows = [
        _row(call, file, row_id, groups[file.group_id], hashers) for file, row_id in zip(files, ids, strict=True)
    ]  # fmt: skip
    insert_rows(call.db, TABLES["originalfile"], rows)
    call.log("INSERT", FILE_CLASS, ids)
    return ids


def _row(call: Writing, file: NewFile, row_id: int, permissions: int, hashers: dict[str, int]) -> dict[str, Any]:
    # The uuid shows the database that a server sets the repository; a trigger takes it off again.
    secret = call.engine.node_uuid if file.repo is not None else ""
    return {
        "id": row_id,
        "path": file.path,
        "name": secret + file.name,
        "repo": file.repo,
        "mimetype": file.mimetype,
        "size": file.size,
        "hash": file.hash,
        "hasher": None if file.hasher is None else hashers[file.hasher],
        "mtime": file.mtime,
        "permissions": permissions,
        "owner_id": file.owner_id,
        "group_id": file.group_id,
        "creation_id": call.event_id,
        "update_id": call.event_id,
        "version": 0,
    }


def _group_permissions(db: Connection, files: Sequence[NewFile]) -> dict[int, int]:
    group = TABLES["experimentergroup"]
    wanted = {file.group_id for file in files}
    return {i: bits for i, bits in db.execute(select(group.c.id, group.c.permissions).where(group.c.id.in_(wanted)))}


def _hashers(db: Connection) -> dict[str, int]:
    table = TABLES["checksumalgorithm"]
    return {value: i for i, value in db.execute(select(table.c.id, table.c.value))}
