"""One fileset from the first byte to the images."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import omero
import omero.cmd
import omero.constants.namespaces
import omero.grid
import omero.model
from omero.importing.upload import upload_file
from omero.rtypes import rbool, rstring
from omero_server.formats.scan import Candidate
from omero_server.formats.zarrtree import tree_root

__all__ = [
    "ImportFailed",
    "Imported",
    "Options",
    "Progress",
    "begin_import",
    "import_fileset",
    "managed_repository",
    "total_size",
]

FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.5
Progress = Callable[[str, int, int], None]
"""Told what is going on ("upload", "import"), how much of it is done, and how much there is."""


class ImportFailed(Exception):
    """The server could not import a fileset and has removed it again. `code` is the server's name for the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message or code)
        self.code = code


@dataclass(frozen=True)
class Options:
    """How to import. target: a Dataset or Screen, loaded or not. annotations: to be linked to every image.

    template: instead of a target, what names one by the folder of the files: see `omero.importing.targets`.
    """

    target: Any = None
    template: str | None = None
    name: str | None = None
    description: str | None = None
    annotations: Sequence[Any] = ()
    checksum_algorithm: str = "SHA1-160"
    thumbnails: bool = True
    minmax: bool = True


@dataclass(frozen=True)
class Imported:
    """Ids of what came out; `seconds` it took."""

    fileset: int
    images: list[int]
    pixels: list[int]
    plates: list[int]
    files: int
    size: int
    seconds: float = field(compare=False, default=0.0)


def import_fileset(
    client: Any, candidate: Candidate, options: Options | None = None, progress: Progress | None = None
) -> Imported:
    """Import one fileset with a connected client.

    ImportFailed when the server refuses the files; omero.SecurityViolation and other server errors when it refuses the
    import as such; OSError when a file cannot be read. Nothing stays on the server in all these cases.
    """
    options, progress, started = options or Options(), progress or _silent, time.monotonic()
    process = begin_import(client, candidate, options)
    try:
        hashes = _upload(process, candidate, options, progress)
        handle = process.verifyUpload(hashes)
        try:
            response = _wait(handle, progress)
        finally:
            handle.close()
    finally:
        process.close()
    return _imported(response, candidate, time.monotonic() - started)


def begin_import(client: Any, candidate: Candidate, options: Options) -> Any:
    """Proxy of a new ImportProcess, to upload the files to. To be closed."""
    # A repository belongs to no session: the call must name it.
    context = {"omero.session.uuid": client.getSessionId()}
    return managed_repository(client).importFileset(_fileset(candidate), _settings(candidate, options), context)


def total_size(candidate: Candidate) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in candidate.files)


def managed_repository(client: Any) -> Any:
    """Proxy of the repository that takes imports. ImportFailed when the server has none."""
    found = client.sf.sharedResources().repositories()
    for proxy in found.proxies:
        if proxy is not None and proxy.ice_isA(omero.grid.ManagedRepository.ice_staticId()):
            return omero.grid.ManagedRepositoryPrx.uncheckedCast(proxy)
    raise ImportFailed("no-repository", "The server has no managed repository. Ask your administrator.")


def _fileset(candidate: Candidate) -> Any:
    fileset = omero.model.FilesetI()
    for path in candidate.files:
        entry = omero.model.FilesetEntryI()
        entry.setClientPath(rstring(path.as_posix()))
        fileset.addFilesetEntry(entry)
    job = omero.model.UploadJobI()
    job.setVersionInfo(
        [omero.model.NamedValue("client", "omero.importing"), omero.model.NamedValue("reader", candidate.reader)]
    )
    fileset.linkJob(job)
    return fileset


def _settings(candidate: Candidate, options: Options) -> Any:
    settings = omero.grid.ImportSettings()
    settings.userSpecifiedTarget = options.target
    settings.userSpecifiedName = None if options.name is None else rstring(options.name)
    settings.userSpecifiedDescription = None if options.description is None else rstring(options.description)
    settings.userSpecifiedAnnotationList = list(options.annotations)
    if options.template is not None:
        settings.userSpecifiedAnnotationList.append(_template(candidate, options.template))
    settings.doThumbnails = rbool(options.thumbnails)
    settings.noStatsInfo = rbool(not options.minmax)
    settings.checksumAlgorithm = omero.model.ChecksumAlgorithmI()
    settings.checksumAlgorithm.setValue(rstring(options.checksum_algorithm))
    return settings


def _template(candidate: Candidate, template: str) -> Any:
    """A comment that asks the server for a target named by the folder."""
    comment = omero.model.CommentAnnotationI()
    comment.setNs(rstring(omero.constants.namespaces.NSTARGETTEMPLATE))
    comment.setTextValue(rstring(template))
    comment.setDescription(rstring((tree_root(candidate.entry) or candidate.entry).parent.as_posix()))
    return comment


def _upload(process: Any, candidate: Candidate, options: Options, progress: Progress) -> list[str]:
    total, done, hashes = total_size(candidate), 0, []

    def sent(count: int) -> None:
        nonlocal done
        done += count
        progress("upload", done, total)

    for index, path in enumerate(candidate.files):
        store = process.getUploader(index)
        hashes.append(upload_file(store, path, options.checksum_algorithm, sent))
    return hashes


def _wait(handle: Any, progress: Progress) -> Any:
    """The response of the server's import. There is no limit of time: large filesets take as long as they take."""
    pause = FIRST_PAUSE
    while (response := handle.getResponse()) is None:
        status = handle.getStatus()
        progress("import", status.currentStep, status.steps)
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
    if isinstance(response, omero.cmd.ERR):
        raise ImportFailed(response.name, (response.parameters or {}).get("message", ""))
    return response


def _imported(response: Any, candidate: Candidate, seconds: float) -> Imported:
    images = [one for one in response.objects if isinstance(one, omero.model.Image)]
    plates = [one for one in response.objects if isinstance(one, omero.model.Plate)]
    return Imported(
        fileset=images[0].getFileset().getId().getValue(),
        images=[one.getId().getValue() for one in images],
        pixels=[one.getId().getValue() for one in response.pixels],
        plates=[one.getId().getValue() for one in plates],
        files=len(candidate.files),
        size=total_size(candidate),
        seconds=seconds,
    )


def _silent(what: str, done: int, total: int) -> None:
    """No progress is shown."""
