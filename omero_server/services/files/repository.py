"""Repository: the registered files of one folder of the server, by their paths."""

from __future__ import annotations

import mimetypes
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import select

import omero
import omero._generated
import omero.cmd
import omero.grid
from omero_server.db.tables import TABLES
from omero_server.imports.files import (
    FileRow,
    file_at,
    file_by_id,
    files_by_id,
    load_file,
    location,
    may_write,
    readable,
    subject_of,
)
from omero_server.queries import run
from omero_server.repository.checksums import DEFAULT_ALGORITHM
from omero_server.repository.directories import DIRECTORY, find_row, lock_folders, split
from omero_server.repository.disk import make_folders
from omero_server.repository.identity import Repository
from omero_server.repository.paths import normal_path, parse_rules
from omero_server.repository.rows import NewFile, insert_files
from omero_server.repository.store import OpenFile
from omero_server.security.bits import Right, Role, granted
from omero_server.security.voter import Action, allowed
from omero_server.services.files.raw import RawFileStoreService
from omero_server.services.service import Service, reads, unmanaged, writes
from omero_server.sessions.call import ROOT_USER, USER_GROUP, Call, Caller

__all__ = ["RepositoryService"]

UNKNOWN_TYPE = "application/octet-stream"
# Named here because an operation called "list" hides the type from what follows it.
Names: TypeAlias = list[str]
Objects: TypeAlias = list[Any]
Rows: TypeAlias = list[FileRow]
Ids: TypeAlias = list[int]


class RepositoryService(Service):
    """One instance per repository, shared by all sessions. "Registered" means: has a row of OriginalFile."""

    interface = "::omero::grid::Repository"

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    @reads
    def root(self, call: Call) -> Any:
        """The row that describes this repository."""
        return load_file(call, self.repository.row_id)

    @reads
    def mimetype(self, call: Call, path: str) -> str:
        """What the name of a file on disk suggests."""
        found = self._on_disk(self._normal(call, path))
        return DIRECTORY if found.is_dir() else guess(found.name)

    @reads
    def list(self, call: Call, path: str) -> Names:
        """Relative paths of the registered files in a folder that the caller may read."""
        return [
            row.path.strip("/") + "/" + row.name if row.path != "/" else row.name for row in self._children(call, path)
        ]

    @reads
    def listFiles(self, call: Call, path: str) -> Objects:
        """The registered files in a folder that the caller may read."""
        ids = [row.id for row in self._children(call, path)]
        query = "select f from OriginalFile f left outer join fetch f.hasher where f.id in (:ids) order by f.name"
        return run(call, query, {"ids": ids}) if ids else []

    @reads
    def fileExists(self, call: Call, path: str) -> bool:
        """Whether the file is registered. SecurityViolation if it is and the caller may not read it."""
        normal = self._normal(call, path)
        return not normal or file_at(call, self.repository, normal) is not None

    @writes
    def register(self, call: Call, path: str, mimetype: Any) -> Any:
        """Give a file, or a new folder, a row; the one that it has already if there is one."""
        normal = self._normal(call, path)
        if not normal:
            raise omero.SecurityViolation(message="The root of the repository is registered by the server alone.")
        row = self._register(call, normal, None if mimetype is None else mimetype._val)
        return load_file(call, row.id)

    @unmanaged
    def file(self, call: Call, path: str, mode: str) -> Any:
        """A store for a file: mode "r", or "rw", which registers it when it does not exist."""
        if mode not in ("r", "rw"):
            raise omero.ApiUsageException(message=f"The mode {mode!r} is unknown: use r or rw.")
        with call.engine.begin(call.caller, writable=True, session=call.session) as own:
            row = self._for_store(own, self._normal(own, path), mode)
            store = RawFileStoreService.of(own, row, OpenFile(location(own, row), writable=mode == "rw"))
        return call.engine.activate(call, store)

    @reads
    def fileById(self, call: Call, fileId: int) -> Any:
        """A store for reading a file of this repository."""
        try:
            row = file_by_id(call, fileId)
        except omero.ValidationException as error:
            raise omero.SecurityViolation(message=f"FileNotFound: {error.message}") from None
        if row.repo != self.repository.uuid:
            raise omero.SecurityViolation(message=f"FileNotFound: {fileId} is not a file of this repository.")
        store = RawFileStoreService.of(call, row, OpenFile(location(call, row), writable=False))
        return call.engine.activate(call, store)

    @writes
    def makeDir(self, call: Call, path: str, parents: bool) -> None:
        """Make a folder; with `parents` also those above it, and an existing one is fine."""
        normal = self._normal(call, path)
        if not normal:
            if parents:
                raise omero.ResourceError(message="The root of the repository exists already.")
            return
        self._check_may_make(call, normal)
        parts = normal.split("/")
        for end in range(1, len(parts)) if parents else ():
            self._folder(call, "/".join(parts[:end]))
        if parents:
            self._folder(call, normal)
        elif (self.repository.root / normal).exists():
            raise omero.ResourceError(message=f"Path exists on disk: {normal}.")
        else:
            self._register(call, normal, DIRECTORY)

    @reads
    def treeList(self, call: Call, path: str) -> Any:
        """A file as a map by its name: id, mimetype, size; of folders also what is in them."""
        normal = self._normal(call, path)
        row = file_at(call, self.repository, normal) if normal else file_by_id(call, self.repository.row_id)
        return omero.RMap({} if row is None else {row.name: self._tree(call, row, normal)})

    @reads
    def deletePaths(self, call: Call, paths: Names, recursively: bool, force: bool) -> Any:
        """Delete all registered files below the paths, in the background; the handle to follow it."""
        ids: Ids = []
        for path in paths or []:
            row = file_at(call, self.repository, self._normal(call, path))
            if row is not None:
                ids += self._below(call, row)
        request = omero.cmd.Delete2(
            targetObjects={"OriginalFile": ids}, childOptions=[], dryRun=False, typesToIgnore=[]
        )
        return call.engine.submit(call, request)

    # Helpers.

    def _normal(self, call: Call, path: str) -> str:
        return normal_path(path, parse_rules(call.engine.config.get("omero.fs.repo.path_rules")))

    def _on_disk(self, normal: str) -> Path:
        found = self.repository.root / normal
        if not found.exists():
            raise omero.ValidationException(message=f"The path {normal!r} does not exist in the repository.")
        return found

    def _children(self, call: Call, path: str) -> Rows:
        """Registered files in a folder, by name; none for a plain file."""
        normal = self._normal(call, path)
        if not self._on_disk(normal).is_dir():
            return []
        if normal and file_at(call, self.repository, normal) is None:
            raise omero.SecurityViolation(message=f"The folder {normal!r} is not registered.")
        return self._rows_in(call, normal)

    def _rows_in(self, call: Call, normal: str) -> Rows:
        table = TABLES["originalfile"]
        inside = table.c.path == (f"{normal}/" if normal else "/")
        chosen = select(table.c.id).where(table.c.repo == self.repository.uuid, inside).order_by(table.c.name)
        visible = set(readable(call, ids := list(call.db.execute(chosen).scalars())))
        return files_by_id(call, [one for one in ids if one in visible])

    def _tree(self, call: Call, row: FileRow, normal: str) -> Any:
        content = {"id": omero.RLong(row.id), "mimetype": omero.RString(row.mimetype)}
        if row.size is not None:
            content["size"] = omero.RLong(row.size)
        if row.mimetype == DIRECTORY or not normal:
            below = {
                one.name: self._tree(call, one, f"{normal}/{one.name}".strip("/"))
                for one in self._rows_in(call, normal)
            }
            content["files"] = omero.RMap(below)
        return omero.RMap(content)

    def _below(self, call: Call, row: FileRow) -> Ids:
        ids = [row.id]
        if row.mimetype == DIRECTORY:
            for one in self._rows_in(call, f"{row.path.strip('/')}/{row.name}".strip("/")):
                ids += self._below(call, one)
        return ids

    def _for_store(self, call: Call, normal: str, mode: str) -> FileRow:
        row = file_at(call, self.repository, normal)
        if row is not None:
            if mode != "r" and not may_write(call, row):
                raise omero.SecurityViolation(message=f"You may not change the file {normal!r}.")
            return row
        if (self.repository.root / normal).exists():
            file = omero.model.OriginalFile(_loaded=True, _path=omero.RString(split(normal)[0]))
            file._name = omero.RString(split(normal)[1])
            raise omero.grid.UnregisteredFileException(
                message=f"The file {normal!r} is on disk, but not registered. Call register first.", file=file
            )
        return self._register(call, normal, None, hasher=DEFAULT_ALGORITHM)

    def _folder(self, call: Call, normal: str) -> None:
        row = file_at(call, self.repository, normal)
        path = self.repository.root / normal
        if row is None and path.exists():
            raise omero.ResourceError(message=f"Path exists on disk, but is not registered: {normal}.")
        if row is not None and row.mimetype != DIRECTORY:
            raise omero.ResourceError(message=f"Path is a file, not a folder: {normal}.")
        if row is None:
            self._register(call, normal, DIRECTORY)

    def _register(self, call: Call, normal: str, mimetype: str | None, hasher: str | None = None) -> FileRow:
        lock_folders(call.db)
        row = file_at(call, self.repository, normal)
        if row is not None:
            return row
        self._check_parent(call, normal)
        path = self.repository.root / normal
        if path.is_dir():
            if mimetype not in (None, DIRECTORY):
                raise omero.ValidationException(message=f"{normal!r} is a folder; its mimetype is {DIRECTORY}.")
            mimetype = DIRECTORY
        elif mimetype == DIRECTORY and not path.exists():
            make_folders(path)
            call.on_rollback(path.rmdir)
        new = self._new_row(call, normal, path, mimetype or UNKNOWN_TYPE, hasher)
        return file_by_id(call, insert_files(call, [new])[0])

    def _new_row(self, call: Call, normal: str, path: Path, mimetype: str, hasher: str | None) -> NewFile:
        caller, (parent, name) = call.caller, split(normal)
        # Folders belong to the group "user": files of several groups may lie in them.
        group = USER_GROUP if mimetype == DIRECTORY else caller.event_group
        plain = path.is_file()
        return NewFile(
            parent, name, self.repository.uuid, mimetype, caller.user_id, group,
            size=path.stat().st_size if plain else None, hasher=hasher,
            mtime=datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None) if plain else None,
        )  # fmt: skip

    def _check_parent(self, call: Call, normal: str) -> None:
        """SecurityViolation unless the folder is registered, and the caller may put something into it."""
        parent = split(normal)[0].strip("/")
        if not parent:
            return
        found = find_row(call.db, self.repository.uuid, parent)
        row = None if found is None else file_by_id(call, found)
        if row is None or row.mimetype != DIRECTORY:
            raise omero.SecurityViolation(message=f"The folder {parent!r} is not registered.")
        if not may_fill(call.caller, row):
            raise omero.SecurityViolation(message=f"You may not put files into the folder {parent!r}.")

    def _check_may_make(self, call: Call, normal: str) -> None:
        """Further rules of a kind of repository for new folders; none here."""


def may_fill(caller: Caller, folder: FileRow) -> bool:
    """Whether the caller may put files into a folder: it is the server's, or he may annotate it.

    Folders of people lie in the common group: there the group of the call decides.
    """
    if allowed(caller, Action.ANNOTATE, subject_of(folder)):
        return True
    if folder.group_id != USER_GROUP:
        return False
    role = Role.USER if folder.owner_id == caller.user_id else Role.GROUP
    return folder.owner_id == ROOT_USER or granted(caller.group_permissions or 0, role, Right.ANNOTATE)


def guess(name: str) -> str:
    """The type that a file's name suggests."""
    return mimetypes.guess_type(name)[0] or UNKNOWN_TYPE
