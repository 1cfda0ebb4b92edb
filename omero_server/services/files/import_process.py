"""ImportProcess: the upload of one fileset."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import omero
import omero._generated
import omero.grid
import omero.model
from omero_server.imports.files import files_by_id, record_contents
from omero_server.imports.process import CONTINUED, PROCESSES, SUBMITTED, UPLOADING, Import
from omero_server.imports.references import reference
from omero_server.imports.run import set_job_status
from omero_server.imports.undo import discard
from omero_server.repository.store import OpenFile
from omero_server.services.files.raw import RawFileStoreService
from omero_server.services.service import StatefulService, unmanaged
from omero_server.sessions.call import Call
from omero_server.sessions.store import Session

__all__ = ["ImportProcessService"]

log = logging.getLogger(__name__)

MODE_KEY = "omero.fs.mode"


class ImportProcessService(StatefulService):
    """Closing it, or losing its session, before the upload is verified takes the import back.

    An import that is resumable waits for its continuation when it loses its session.
    """

    interface = "::omero::grid::ImportProcess"

    def __init__(self, engine: Any, session: Session, process: Import) -> None:
        self._engine = engine
        self._session = session
        self._process = process
        self._uploaders: dict[int, tuple[RawFileStoreService, Any]] = {}

    @unmanaged
    def getUploader(self, call: Call, i: int) -> Any:
        """A store to write file `i` with: the same while it is open."""
        if not 0 <= i < len(self._process.files):
            raise omero.InternalException(message=f"There is no file {i}: the fileset has {len(self._process.files)}.")
        if self._process.state != UPLOADING:
            raise omero.ApiUsageException(message="The upload of this fileset has been verified and is over.")
        known = self._uploaders.get(i)
        if known is not None and known[0].is_open:
            return known[1]
        writable = call.context.get(MODE_KEY, "rw") != "r"
        file = OpenFile(self._process.path(i), writable=writable)
        if writable:
            self._begin(i, file)
        store = RawFileStoreService.of(call, self._process.files[i], file, recorded=False)
        proxy = call.engine.activate(call, store)
        self._uploaders[i] = (store, proxy)
        return proxy

    def _begin(self, i: int, file: OpenFile) -> None:
        """Have the file on disk. One that is complete already keeps its recorded checksum."""
        row, size = self._process.files[i], file.size if file.exists else 0
        file.touch()
        if self._process.resumed:
            file.position = size
            file.modified = row.hash is None or row.size != size

    @unmanaged
    def getUploadOffset(self, call: Call, i: int) -> int:
        """Where the last write of file `i` ended; 0 when its store is not open."""
        known = self._uploaders.get(i)
        return known[0].position if known is not None else 0

    @unmanaged
    def verifyUpload(self, call: Call, hash: list[str]) -> Any:
        """Compare the client's checksums with those of the files on disk; if all are right, begin to import.

        ChecksumValidationException tells which are wrong; the upload may then be repeated.
        """
        process = self._process
        if hash is None or len(hash) != len(process.files):
            raise omero.ApiUsageException(message=f"One checksum for each of the {len(process.files)} files is needed.")
        with process.lock:
            if process.state != UPLOADING:
                raise omero.ApiUsageException(message="The upload of this fileset has been verified already.")
            with call.engine.begin(process.caller, writable=True, session=call.session) as own:
                self._compare(own, hash)
                set_job_status(own, [process.upload_job_id], "Finished")
            process.state = SUBMITTED
            self._drop_stores()
            process.handle = call.engine.submit(replace(call, caller=process.caller), self._request())
        return process.handle

    def _compare(self, call: Call, hashes: list[str]) -> None:
        process = self._process
        written = {process.files[i].id: store.content for i, (store, _) in self._uploaders.items()}
        record_contents(call, {file_id: content for file_id, content in written.items() if content is not None})
        process.files = files_by_id(call, [row.id for row in process.files])
        stored = [row.hash or "" for row in process.files]
        wrong = {i: stored[i] for i, sent in enumerate(hashes) if not sent or sent.lower() != stored[i]}
        if wrong:
            names = ", ".join(process.files[i].name for i in wrong)
            raise omero.ChecksumValidationException(
                message=f"These files arrived differently than they were sent: {names}. Upload them again.",
                failingChecksums=wrong,
            )

    def _request(self) -> Any:
        process = self._process
        return omero.grid.ImportRequest(
            clientUuid=process.key,
            repoUuid=process.repository.uuid,
            process=process.proxy,
            activity=reference("FilesetJobLink", process.job_link_id),
            settings=process.settings,
            location=process.location(),
            logFile=reference("OriginalFile", process.log_file_id),
        )

    @unmanaged
    def getHandle(self, call: Call) -> Any:
        """The handle of the import, or None before the upload was verified."""
        return self._process.handle

    @unmanaged
    def getImportSettings(self, call: Call) -> Any:
        """The settings as they were given."""
        return self._process.settings

    def on_close(self) -> None:
        """Forget the import; what was uploaded in vain is removed. An import that runs goes on."""
        process = self._process
        process.closed = True
        if process.state != UPLOADING:
            if process.state == CONTINUED:
                self._drop_stores()
            if process.state != SUBMITTED:
                PROCESSES.remove(process)
            return
        with process.lock:
            if process.state != UPLOADING:
                return
            PROCESSES.remove(process)
            self._drop_stores()
            if process.resumable and self._session.closed:
                log.info("the upload of fileset %d was interrupted; it can be continued", process.fileset_id)
            else:
                discard(self._engine, process.fileset_id)

    def _drop_stores(self) -> None:
        for store, _ in self._uploaders.values():
            store.drop()
