"""Files as callers see them: which row, where on disk, what the caller may do with it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, bindparam, func, select, update

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.queries import run
from omero_server.repository.directories import DIRECTORY, find_row
from omero_server.repository.identity import Repository, find_repository
from omero_server.repository.layout import Layout
from omero_server.repository.rows import FILE_CLASS
from omero_server.repository.store import OpenFile
from omero_server.security.filter import read_filter
from omero_server.security.voter import Action, Subject, allowed
from omero_server.sessions.call import Call

__all__ = [
    "Content",
    "FileRow",
    "content_of",
    "file_at",
    "file_by_id",
    "files_by_id",
    "load_file",
    "location",
    "may_write",
    "readable",
    "record_contents",
    "subject_of",
    "writable",
]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of OriginalFile; `hasher` is the name of its checksum algorithm, `permissions` are those of its group."""

    id: int
    path: str
    name: str
    repo: str | None
    mimetype: str
    size: int | None
    hash: str | None
    hasher: str | None
    owner_id: int
    group_id: int
    permissions: int


@dataclass(frozen=True, slots=True)
class Content:
    """Of a file on disk: size, time of change, and the checksum by the algorithm of its row, if that has one."""

    size: int
    mtime: datetime
    hash: str | None


def file_by_id(call: Call, file_id: int) -> FileRow:
    """The row with an id. ValidationException when there is none, SecurityViolation when the caller may not read it."""
    return files_by_id(call, [file_id])[0]


def files_by_id(call: Call, ids: Sequence[int]) -> list[FileRow]:
    """The rows with these ids, in their order. Errors as those of `file_by_id`."""
    rows = {row.id: FileRow(*row) for row in call.db.execute(_columns().where(TABLES["originalfile"].c.id.in_(ids)))}
    missing = next((one for one in ids if one not in rows), None)
    if missing is not None:
        raise omero.ValidationException(message=f"There is no OriginalFile with id {missing}.")
    hidden = set(rows).difference(readable(call, rows))
    if hidden:
        raise omero.SecurityViolation(message=f"You may not read the OriginalFile {min(hidden)}.")
    return [rows[one] for one in ids]


def file_at(call: Call, repository: Repository, path: str) -> FileRow | None:
    """The row of a relative path in a repository, None when it has none. SecurityViolation if it cannot be read."""
    found = find_row(call.db, repository.uuid, path)
    return None if found is None else file_by_id(call, found)


def readable(call: Call, ids: Iterable[int]) -> list[int]:
    """Those of the files that the caller may read in the group of the call."""
    table, wanted = TABLES["originalfile"], list(ids)
    rule = read_filter(call.caller, call.db)
    chosen = select(table.c.id).where(table.c.id.in_(wanted))
    condition = rule.condition(MODEL.classes["OriginalFile"], table)
    if condition is not None:
        chosen = chosen.where(condition)
    return list(call.db.execute(chosen, rule.parameters).scalars())


def subject_of(row: FileRow) -> Subject:
    """Whose the file is, for questions about rights."""
    cls = MODEL.classes["OriginalFile"]
    return Subject(cls, row.owner_id, row.group_id, row.permissions, row.repo, row.mimetype == DIRECTORY)


def may_write(call: Call, row: FileRow) -> bool:
    """Whether the caller may change a file."""
    return allowed(call.caller, Action.EDIT, subject_of(row))


def location(call: Call, row: FileRow) -> Path:
    """Where a file lies. ResourceError when it is in a repository that this server does not have."""
    layout = Layout.of(call.engine.config)
    if row.repo is None:
        return layout.file(row.id)
    repository = find_repository(call.db, layout.managed)
    if repository is None or repository.uuid != row.repo:
        raise omero.ResourceError(
            message=f"The file {row.id} lies in the repository {row.repo}, which this server does not have."
        )
    return layout.in_managed(row.path, row.name)


def writable(path: Path) -> bool:
    """Whether the file may be opened for writing as far as the operating system is concerned."""
    return not path.exists() or os.access(path, os.W_OK)


def content_of(file: OpenFile, hasher: str | None) -> Content:
    """What is on disk now. It is made durable first."""
    file.sync()
    return Content(file.size, file.mtime, None if hasher is None else file.checksum(hasher))


def record_contents(call: Call, contents: Mapping[int, Content]) -> None:
    """Put what files contain into their rows, by their ids."""
    if not contents:
        return
    table = TABLES["originalfile"]
    change = update(table).where(table.c.id == bindparam("file_id"))
    change = change.values(
        size=bindparam("new_size"), mtime=bindparam("new_mtime"), update_id=call.event_id,
        hash=func.coalesce(bindparam("new_hash"), table.c.hash),
    )  # fmt: skip
    call.db.execute(
        change,
        [
            {"file_id": file_id, "new_size": one.size, "new_mtime": one.mtime, "new_hash": one.hash}
            for file_id, one in contents.items()
        ],
    )
    call.log("UPDATE", FILE_CLASS, contents)


def load_file(call: Call, file_id: int) -> Any:
    """The file as a loaded object, with its checksum algorithm."""
    query = "select f from OriginalFile f left outer join fetch f.hasher where f.id = :id"
    found = run(call, query, {"id": file_id})
    return found[0] if found else None


def _columns() -> Select[Any]:
    file, hasher, group = (TABLES[name] for name in ("originalfile", "checksumalgorithm", "experimentergroup"))
    return (
        select(
            file.c.id, file.c.path, file.c.name, file.c.repo, file.c.mimetype, file.c.size, file.c.hash,
            hasher.c.value, file.c.owner_id, file.c.group_id, group.c.permissions,
        )
        .join(group, group.c.id == file.c.group_id)
        .outerjoin(hasher, hasher.c.id == file.c.hasher)
    )  # fmt: skip
