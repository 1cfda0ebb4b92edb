"""What makes a folder a repository: a uuid in a file inside, and a row that describes it.

The file is `.omero/repository/<uuid of the database>/repo_uuid`, so several databases may share a folder of files.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select, update

from omero_server.db.tables import TABLES
from omero_server.repository.disk import write_durably
from omero_server.repository.rows import NewFile, Writing, insert_files

__all__ = ["REPOSITORY", "Repository", "ensure_repository", "find_repository"]

REPOSITORY = "Repository"
ROOT_USER, USER_GROUP = 0, 1


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository: its uuid, its folder, and the id of the row that describes it."""

    uuid: str
    root: Path
    row_id: int


def find_repository(db: Connection, root: Path) -> Repository | None:
    """The repository in a folder; None when there is none yet for this database."""
    try:
        name = _identity_file(db, root).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    table = TABLES["originalfile"]
    chosen = select(table.c.id).where(table.c.mimetype == REPOSITORY, table.c.hash == name)
    row = db.execute(chosen.order_by(table.c.id)).scalar()
    return None if row is None else Repository(name, root, row)


def ensure_repository(call: Writing, root: Path) -> Repository:
    """The repository in a folder, made when needed. A moved folder keeps its uuid, and its row learns the place."""
    root.mkdir(parents=True, exist_ok=True)
    found = find_repository(call.db, root)
    table = TABLES["originalfile"]
    parent, name = f"{root.parent}/".replace("//", "/"), root.name
    if found is not None:
        moved = update(table).where(table.c.id == found.row_id, (table.c.path != parent) | (table.c.name != name))
        call.db.execute(moved.values(path=parent, name=name))
        return found
    file = _identity_file(call.db, root)
    key = file.read_text(encoding="ascii").strip() if file.exists() else str(uuid.uuid4())
    write_durably(file, key.encode())
    row = NewFile(parent, name, None, REPOSITORY, ROOT_USER, USER_GROUP, hasher="SHA1-160", hash=key)
    return Repository(key, root, insert_files(call, [row])[0])


def _identity_file(db: Connection, root: Path) -> Path:
    table = TABLES["configuration"]
    database = db.execute(select(table.c.value).where(table.c.name == "omero.db.uuid")).scalar_one()
    return root.joinpath(".omero", "repository", str(database), "repo_uuid")
