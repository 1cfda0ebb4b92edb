"""ManagedRepository: where imported files live."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

import omero
import omero._generated
import omero.grid
import omero.model
from omero_server.db.tables import TABLES
from omero_server.formats.registry import readers
from omero_server.imports.files import FileRow, files_by_id, location, may_write, readable
from omero_server.imports.process import PROCESSES, prepare
from omero_server.imports.resume import continued, expired, kept
from omero_server.imports.undo import SystemCall, abandoned, discard
from omero_server.queries import run
from omero_server.repository.checksums import file_checksum
from omero_server.repository.identity import ensure_repository
from omero_server.repository.layout import Layout
from omero_server.repository.removal import replay
from omero_server.repository.rows import FILE_CLASS
from omero_server.services.files.import_process import ImportProcessService
from omero_server.services.files.repository import RepositoryService
from omero_server.services.service import reads, unmanaged, writes
from omero_server.sessions.call import Call

__all__ = ["ManagedRepositoryService", "start"]

log = logging.getLogger(__name__)

CLIENT_KEY = "omero.client.uuid"
FORGET_SECONDS = 900


class ManagedRepositoryService(RepositoryService):
    """A repository that takes imports."""

    interface = "::omero::grid::ManagedRepository"

    @unmanaged
    def importFileset(self, call: Call, fs: Any, settings: Any) -> Any:
        """Make room for a fileset, or find the room of an interrupted upload; the process to upload it with."""
        if settings is None:
            raise omero.ApiUsageException(message="importFileset needs settings.")
        caller = call.caller if not call.caller.all_groups else call.caller.in_group(call.caller.event_group)
        with call.engine.begin(caller, writable=True, session=call.session, context=call.context) as own:
            process = continued(own, self.repository, fs, settings) or prepare(own, self.repository, fs, settings)
        process.caller = caller
        process.session_key, process.client = call.session.uuid, call.context.get(CLIENT_KEY, "")
        PROCESSES.add(process)
        call.engine.readers.warm()
        try:
            process.proxy = call.engine.activate(call, ImportProcessService(call.engine, call.session, process))
        except BaseException:
            PROCESSES.remove(process)
            discard(call.engine, process.fileset_id)
            raise
        return process.proxy

    @unmanaged
    def importPaths(self, call: Call, filePaths: list[str]) -> Any:
        """As importFileset, with the settings left to the server."""
        if not filePaths:
            raise omero.ApiUsageException(message="No paths provided.")
        fileset = omero.model.Fileset(_loaded=True, _usedFilesLoaded=True, _jobLinksLoaded=True)
        fileset._usedFilesSeq = [
            omero.model.FilesetEntry(_loaded=True, _clientPath=omero.RString(path)) for path in filePaths
        ]
        job = omero.model.UploadJob(_loaded=True)
        fileset._jobLinksSeq = [omero.model.FilesetJobLink(_loaded=True, _parent=fileset, _child=job)]
        first = call.engine.config.get_list("omero.checksum.supported")[0]
        algorithm = omero.model.ChecksumAlgorithm(_loaded=True, _value=omero.RString(first))
        return self.importFileset(call, fileset, omero.grid.ImportSettings(checksumAlgorithm=algorithm))

    @reads
    def listImports(self, call: Call) -> Any:
        """The imports of the caller's groups that the caller may change and nobody has closed."""
        open_ones = [one for one in PROCESSES.all() if not one.closed]
        return [
            one.proxy for one in open_ones if one.group_id in call.caller.member_of and may_write(call, one.files[0])
        ]

    @reads
    def listChecksumAlgorithms(self, call: Call) -> Any:
        """The algorithms that uploads may be checked with, the preferred one first."""
        found = {one._value._val: one for one in run(call, "select a from ChecksumAlgorithm a", {})}
        return [found[name] for name in call.engine.config.get_list("omero.checksum.supported") if name in found]

    @reads
    def suggestChecksumAlgorithm(self, call: Call, supported: list[Any]) -> Any:
        """The first of the server's preferences that is among those of the client."""
        known = {one._value._val for one in supported or [] if one is not None and one._value is not None}
        return next((one for one in self.listChecksumAlgorithms(call) if one._value._val in known), None)

    @reads
    def verifyChecksums(self, call: Call, ids: list[int]) -> Any:
        """Those of the files whose content is not what it was, or that are missing."""
        rows = self._own_rows(call, ids)
        return [row.id for row in rows if row.hasher and row.hash and _checksum(call, row, row.hasher) != row.hash]

    @writes
    def setChecksumAlgorithm(self, call: Call, hasher: Any, ids: list[int]) -> Any:
        """Compute the checksums of files anew with another algorithm; ids of the changed ones."""
        algorithms = {one._value._val: one._id._val for one in self.listChecksumAlgorithms(call)}
        name = "" if hasher is None or hasher._value is None else str(hasher._value._val)
        if name not in algorithms:
            raise omero.ApiUsageException(message=f"The checksum algorithm {name!r} is not offered by this server.")
        changed = [row for row in self._own_rows(call, ids) if row.hasher != name]
        table = TABLES["originalfile"]
        for row in changed:
            if not may_write(call, row):
                raise omero.SecurityViolation(message=f"You may not change the file {row.id}.")
            if row.hasher and row.hash and _checksum(call, row, row.hasher) != row.hash:
                raise omero.ResourceError(message=f"hash mismatch on file ID {row.id}: its content has changed.")
            values = {"hasher": algorithms[name], "hash": _checksum(call, row, name), "update_id": call.event_id}
            call.db.execute(update(table).where(table.c.id == row.id).values(**values))
        call.log("UPDATE", FILE_CLASS, [row.id for row in changed])
        return [row.id for row in changed]

    def _own_rows(self, call: Call, ids: list[int]) -> list[FileRow]:
        table = TABLES["originalfile"]
        chosen = select(table.c.id).where(table.c.id.in_(ids or []), table.c.repo == self.repository.uuid)
        mine = list(call.db.execute(chosen.order_by(table.c.id)).scalars())
        return files_by_id(call, sorted(readable(call, mine)))

    def _check_may_make(self, call: Call, normal: str) -> None:
        if call.caller.is_admin:
            return
        template = call.engine.config.get("omero.fs.repo.path").partition("//")[0]
        own = template.replace("%user%", call.caller.user_name).replace("%userId%", str(call.caller.user_id))
        if "%" not in own and own and normal.split("/")[: own.count("/") + 1] != own.split("/"):
            raise omero.ValidationException(message=f"Your folders lie in {own!r}; {normal!r} is outside of it.")


def _checksum(call: Call, row: FileRow, algorithm: str) -> str | None:
    path: Path = location(call, row)
    try:
        return file_checksum(path, algorithm)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise omero.ResourceError(message=f"The file {row.id} cannot be read: {error.strerror}.") from error


def start(engine: Any) -> None:
    """Offer the managed repository, and finish what a crash has left half done. For the start of the server."""
    layout = Layout.of(engine.config)
    replay(engine.database, layout)
    try:
        with SystemCall.begin(engine) as transaction:
            repository = ensure_repository(SystemCall(transaction, engine), layout.managed)
    except OSError as error:
        raise RuntimeError(
            f"The folder of imported files {layout.managed} cannot be used: {error.strerror}. "
            "Correct omero.data.dir (or omero.managed.dir), or the permissions of the folder."
        ) from error
    with engine.database.begin() as db:
        waiting = kept(db)
        leftovers = [fileset for fileset in abandoned(db) if fileset not in waiting]
    _discard(engine, leftovers)
    service = ManagedRepositoryService(repository)
    proxy = engine.objects.shared(service, f"PublicRepository-{repository.uuid}")
    engine.repositories.append((repository, proxy))
    # Decoders take a moment to load; the first import need not wait for them.
    threading.Thread(target=readers, name="readers", daemon=True).start()
    threading.Thread(target=_forget, args=(engine,), name="forgotten uploads", daemon=True).start()


def _forget(engine: Any) -> None:
    """Now and then remove interrupted uploads that nobody has continued."""
    while not engine.stopping.wait(FORGET_SECONDS):
        try:
            with engine.database.begin() as db:
                leftovers = expired(db, engine.node_id)
        except SQLAlchemyError:
            log.exception("looking for forgotten uploads failed; it is tried again")
        else:
            _discard(engine, leftovers)


def _discard(engine: Any, filesets: list[int]) -> None:
    for fileset in filesets:
        try:
            discard(engine, fileset)
        except Exception:
            log.exception("the unfinished import %d cannot be removed; this is tried again at the next start", fileset)
