"""An import from its beginning to the end of the upload: the folder, the rows, and what is known of it in memory."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import omero
import omero._generated
import omero.grid
import omero.model
from omero_server.imports.files import FileRow, files_by_id
from omero_server.imports.references import Enumerations, reference
from omero_server.imports.target import check_target
from omero_server.imports.template import AUTO_CLOSE, Named, named_container, take_special
from omero_server.repository.directories import register_folders, split
from omero_server.repository.fresh import fresh_folder
from omero_server.repository.identity import Repository
from omero_server.repository.paths import parse_rules, relative_paths
from omero_server.repository.rows import NewFile, insert_files
from omero_server.repository.template import Expanded
from omero_server.saving.saver import save
from omero_server.sessions.call import USER_GROUP, Call

__all__ = [
    "LOG_TYPE",
    "NODE_KEY",
    "PROCESSES",
    "RESUME_KEY",
    "Import",
    "Processes",
    "apply_special",
    "prepare",
    "resumable",
]

LOG_TYPE = "application/omero-log-file"
NODE_KEY = "omero.import.node"
"""In the version information of the import job: which server runs it, so that another does not take it for dead."""
RESUME_KEY = "omero.import.resume"
"""In the context of importFileset ("true"): an upload that is interrupted is kept, and continued by the next import of
the same files. In the version information of the import job: this was asked for.
"""
UNCHECKED = "File-Size-64"
UPLOADING, SUBMITTED, FINISHED, FAILED, CONTINUED = "uploading", "submitted", "finished", "failed", "continued"


@dataclass(eq=False)
class Import:
    """One import. `files` are the uploaded files in the order of the entries; `prefix` ends with "/".

    container: where the images go when that was asked for by the name of their folder. auto_close: the server closes
    the process when the import has ended, because the client does not wait for it. resumable: an interrupted upload is
    kept. resumed: files may have content from an earlier attempt. session_key, client: uuids of who uploads.
    caller: the user in the group of the import, whatever group later calls name.
    """

    fileset_id: int
    job_link_id: int
    upload_job_id: int
    import_job_id: int
    job_ids: list[int]
    log_file_id: int
    prefix: str
    omitted_levels: int
    files: list[FileRow]
    repository: Repository
    settings: Any
    group_id: int
    container: Named | None = None
    auto_close: bool = False
    resumable: bool = False
    resumed: bool = False
    caller: Any = None
    session_key: str = ""
    client: str = ""
    begun: float = field(default_factory=time.time)
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = UPLOADING
    closed: bool = False
    proxy: Any = None
    handle: Any = None
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def paths(self) -> list[Path]:
        """Where the files lie."""
        return [self.path(i) for i in range(len(self.files))]

    def path(self, i: int) -> Path:
        """Where file `i` lies."""
        row = self.files[i]
        return self.repository.root / row.path.strip("/") / row.name

    @property
    def log_path(self) -> Path:
        """The import's log, beside its folder."""
        return self.repository.root / f"{self.prefix.rstrip('/')}.log"

    def location(self) -> Any:
        """As clients see it."""
        names = ["/".join(part for part in (row.path.strip("/"), row.name) if part) for row in self.files]
        return omero.grid.ImportLocation(
            sharedPath=self.prefix.rstrip("/"),
            omittedLevels=self.omitted_levels,
            usedFiles=[name.removeprefix(self.prefix) for name in names],
        )


class Processes:
    """The imports that clients have begun and not closed, and those that run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Import] = {}

    def add(self, process: Import) -> None:
        """Remember an import."""
        with self._lock:
            self._known[process.key] = process

    def get(self, key: str) -> Import | None:
        """The import with a key, which only the server knows."""
        return self._known.get(key)

    def remove(self, process: Import) -> None:
        """Forget an import."""
        with self._lock:
            self._known.pop(process.key, None)

    def all(self) -> list[Import]:
        """All of them."""
        with self._lock:
            return list(self._known.values())


PROCESSES = Processes()


def prepare(call: Call, repository: Repository, fileset: Any, settings: Any) -> Import:
    """Make the folder and all rows of an import, so that the client can upload.

    ApiUsageException without files or checksum algorithm; ValidationException when the fileset has not exactly one job,
    an UploadJob; and whatever is wrong with the target.
    """
    paths = client_paths(fileset)
    special = take_special(call, settings)
    container = named_container(settings, special)
    algorithm = checksum_algorithm(call, settings)
    upload = upload_job(fileset)
    check_target(call, settings.userSpecifiedTarget)
    rules = parse_rules(call.engine.config.get("omero.fs.repo.path_rules"))
    relative, omitted = relative_paths(paths, rules)
    folder = fresh_folder(call, repository, paths)
    ids = _register_files(call, repository, folder, relative, algorithm)
    log_file = _log_row(call, repository, folder.path)
    jobs = [upload, *_jobs(call, settings, resumable(call, algorithm))]
    saved = save(call, [_fileset(call, fileset, f"{folder.path}/", ids, jobs, log_file)])[0]
    process = _found(call, repository, saved, ids, log_file, settings, omitted)
    apply_special(process, special, container)
    process.resumable = resumable(call, algorithm)
    return process


def resumable(call: Call, algorithm: str) -> bool:
    """Whether the client asked to keep an interrupted upload. Sizes alone do not show that its parts fit together."""
    return call.context.get(RESUME_KEY) == "true" and algorithm != UNCHECKED


def apply_special(process: Import, special: Sequence[Any], container: Named | None) -> None:
    """Remember what the client wants besides images."""
    process.container = container
    process.auto_close = any(one._ns._val == AUTO_CLOSE for one in special)


def client_paths(fileset: Any) -> list[str]:
    """The paths of the files on the client's machine."""
    entries = [] if fileset is None else list(fileset._usedFilesSeq or [])
    if not entries:
        raise omero.ApiUsageException(message="No paths provided: the fileset has no entries.")
    if any(entry is None or entry._clientPath is None or not entry._clientPath._val for entry in entries):
        raise omero.ApiUsageException(message="Every entry of the fileset needs a clientPath.")
    return [entry._clientPath._val for entry in entries]


def checksum_algorithm(call: Call, settings: Any) -> str:
    """Name of the algorithm that the upload is checked with."""
    chosen = None if settings is None else settings.checksumAlgorithm
    if chosen is None:
        raise omero.ApiUsageException(message="The import settings name no checksumAlgorithm.")
    value = chosen._value._val if chosen._value is not None else None
    if value is None and chosen._id is not None:
        ids = Enumerations(call).ids("ChecksumAlgorithm")
        value = next((name for name, row_id in ids.items() if row_id == chosen._id._val), None)
    if value not in call.engine.config.get_list("omero.checksum.supported"):
        raise omero.ApiUsageException(
            message=f"The checksum algorithm {value!r} is not offered by this server; see listChecksumAlgorithms."
        )
    return str(value)


def upload_job(fileset: Any) -> Any:
    """The one job that clients send."""
    links = list(fileset._jobLinksSeq or [])
    if len(links) != 1 or not isinstance(links[0]._child, omero.model.UploadJob):
        raise omero.ValidationException(message="A fileset to import must be linked to exactly one job, an UploadJob.")
    return links[0]._child


def _register_files(
    call: Call, repository: Repository, folder: Expanded, relative: Sequence[str], algorithm: str
) -> list[int]:
    caller, places = call.caller, [split(f"{folder.path}/{path}") for path in relative]
    register_folders(call, repository.uuid, {parent for parent, _ in places}, lambda _: caller.user_id, USER_GROUP)
    mimetype, owner, group = "application/octet-stream", caller.user_id, caller.event_group
    return insert_files(
        call, [NewFile(*place, repository.uuid, mimetype, owner, group, hasher=algorithm) for place in places]
    )


def _log_row(call: Call, repository: Repository, folder: str) -> int:
    parent, name = split(f"{folder}.log")
    row = NewFile(parent, name, repository.uuid, LOG_TYPE, call.caller.user_id, call.caller.event_group, size=0)
    return insert_files(call, [row])[0]


def _jobs(call: Call, settings: Any, kept: bool) -> list[Any]:
    """What the server will do, as jobs of the fileset."""
    info = [omero.model.NamedValue(NODE_KEY, str(call.engine.node_id))]
    info += [omero.model.NamedValue(RESUME_KEY, "true")] if kept else []
    jobs = [omero.model.MetadataImportJob(_loaded=True, _versionInfo=info), omero.model.PixelDataJob(_loaded=True)]
    if settings.doThumbnails is not None and settings.doThumbnails._val:
        jobs.append(omero.model.ThumbnailGenerationJob(_loaded=True))
    return [*jobs, omero.model.IndexingJob(_loaded=True)]


def _fileset(call: Call, sent: Any, prefix: str, ids: Sequence[int], jobs: Sequence[Any], log_file: int) -> Any:
    """The fileset to save: the client's entries, jobs and annotations, on our files."""
    fileset = omero.model.Fileset(_loaded=True, _templatePrefix=omero.RString(prefix))
    fileset._usedFilesSeq = [
        omero.model.FilesetEntry(
            _loaded=True,
            _fileset=fileset,
            _clientPath=entry._clientPath,
            _originalFile=reference("OriginalFile", file_id),
        )
        for entry, file_id in zip(sent._usedFilesSeq, ids, strict=True)
    ]
    submitted = Enumerations(call).get("JobStatus", "Submitted")
    for job in jobs:
        _fill_job(call, job, submitted)
    jobs[0]._originalFileLinksSeq = [
        omero.model.JobOriginalFileLink(_loaded=True, _parent=jobs[0], _child=reference("OriginalFile", log_file))
    ]
    jobs[0]._originalFileLinksLoaded = True
    fileset._jobLinksSeq = [omero.model.FilesetJobLink(_loaded=True, _parent=fileset, _child=job) for job in jobs]
    fileset._usedFilesLoaded = fileset._jobLinksLoaded = True
    if sent._annotationLinksLoaded and sent._annotationLinksSeq:
        for link in sent._annotationLinksSeq:
            link._parent = fileset
        fileset._annotationLinksSeq, fileset._annotationLinksLoaded = sent._annotationLinksSeq, True
    return fileset


def _fill_job(call: Call, job: Any, status: Any) -> None:
    """The fields that every job must have."""
    now = omero.RTime(int(datetime.now(UTC).timestamp() * 1000))
    job._username = omero.RString(call.caller.user_name)
    job._groupname = omero.RString(call.caller.group_name)
    job._type = omero.RString(call.caller.event_type)
    job._message = job._message or omero.RString("")
    job._status = status
    job._submitted = job._scheduledFor = now


def _found(
    call: Call, repository: Repository, saved: Any, ids: Sequence[int], log_file: int, settings: Any, omitted: int
) -> Import:
    links = {type(link._child).__name__: link for link in saved._jobLinksSeq}
    job = links["MetadataImportJob"]
    return Import(
        fileset_id=saved._id._val,
        job_link_id=job._id._val,
        upload_job_id=links["UploadJob"]._child._id._val,
        import_job_id=job._child._id._val,
        job_ids=[link._child._id._val for link in saved._jobLinksSeq],
        log_file_id=log_file,
        prefix=saved._templatePrefix._val,
        omitted_levels=omitted,
        files=files_by_id(call, ids),
        repository=repository,
        settings=settings,
        group_id=call.caller.event_group,
    )
