"""One fileset from the first byte to the images."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import Ice

import omero
import omero.cmd
import omero.grid
import omero.model
from omero.importing.inplace import Originals, Repository
from omero.importing.settings import Options, fileset_of, settings_of
from omero.importing.transfers import TransferError
from omero.importing.upload import upload_file
from omero.sys.parameters import ParametersI
from omero_server.formats.scan import Candidate

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

_FILESET = "select e.fileset.id from FilesetEntry e where e.originalFile.id = :id"
RESUME = "omero.import.resume"
"""In the context of importFileset: the server keeps an interrupted upload, and continues one."""
STOPPED = "stopped"
FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.01, 0.5, 1.1
"""A pause becomes about a tenth of the time that it was waited before."""
Progress = Callable[[str, int, int], None]
"""Told what is going on ("upload", "import"), how much of it is done, and how much there is."""


class ImportFailed(Exception):
    """The server could not import a fileset and has removed it again. `code` is the server's name for the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message or code)
        self.code = code


@dataclass(frozen=True)
class Imported:
    """Ids of what came out; `seconds` it took.

    finished: False when it was not waited for the server; there are no images yet then. leftovers: originals that were
    to be removed and could not be, in words.
    """

    fileset: int
    images: list[int]
    pixels: list[int]
    plates: list[int]
    files: int
    size: int
    seconds: float = field(compare=False, default=0.0)
    finished: bool = True
    leftovers: tuple[str, ...] = ()


def import_fileset(
    client: Any,
    candidate: Candidate,
    options: Options | None = None,
    progress: Progress | None = None,
    uploads: Executor | None = None,
) -> Imported:
    """Import one fileset with a connected client. `uploads`: who uploads files, side by side with other filesets.

    ImportFailed when the server refuses the files; omero.SecurityViolation and other server errors when it refuses the
    import as such; TransferError when files cannot be put into the repository; OSError when a file cannot be read.
    Nothing stays on the server in all these cases. With `options.resume` an upload stays that was interrupted, for
    example by Ctrl-C or a lost connection.
    """
    options, progress, started = options or Options(), progress or _silent, time.monotonic()
    originals, size = Originals.of(candidate), total_size(candidate)
    repository = _repository(client, candidate, options)
    process, giving_up = begin_import(client, candidate, options), True
    try:
        transport = _Transport(process, candidate, options, repository, progress, size)
        handle = transport.verified(uploads)
        response = _wait(handle, progress, options.wait)
        if response is None:
            return _unfinished(client, transport, candidate, size, time.monotonic() - started)
        handle.close()
    except BaseException as error:
        giving_up = not (options.resume and _is_interruption(error))
        raise
    finally:
        if giving_up:
            # With `auto_close` the server may have been faster.
            with suppress(Ice.ObjectNotExistException):
                process.close()
    if isinstance(response, omero.cmd.ERR):
        raise ImportFailed(response.name, (response.parameters or {}).get("message", ""))
    leftovers: list[str] = []
    if options.transfer.removes:
        originals.remove(leftovers.append)
    return _imported(response, candidate, size, time.monotonic() - started, tuple(leftovers))


def begin_import(client: Any, candidate: Candidate, options: Options) -> Any:
    """Proxy of a new ImportProcess, to upload the files to. To be closed."""
    fileset = fileset_of(candidate, options.transfer)
    context = _context(client) | ({RESUME: "true"} if options.resume else {})
    if options.group is not None:
        context["omero.group"] = str(options.group)
    return managed_repository(client).importFileset(fileset, settings_of(candidate, options), context)


def _is_interruption(error: BaseException) -> bool:
    stopped = isinstance(error, ImportFailed) and error.code == STOPPED
    return stopped or isinstance(error, KeyboardInterrupt | SystemExit | Ice.LocalException)


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


def _context(client: Any) -> dict[str, str]:
    # A repository belongs to no session: the call must name it, and a context of its own replaces the common one.
    return dict(client.getImplicitContext().getContext()) | {"omero.session.uuid": client.getSessionId()}


def _repository(client: Any, candidate: Candidate, options: Options) -> Repository | None:
    """Where files are put without sending them. TransferError for files that the server has already."""
    if options.transfer.place is None and not options.transfer.removes:
        return None
    repository = Repository(client, managed_repository(client), _context(client))
    inside = next((path for path in candidate.files if repository.holds(path)), None)
    if inside is not None:
        raise TransferError(f"{inside} lies in the server's repository {repository.root}. Import it from elsewhere.")
    return repository


@dataclass
class _Transport:
    """Brings the files of one fileset to the server.

    first: becomes the id of the first file. continued: indexes of files of which a part was there already.
    """

    process: Any
    candidate: Candidate
    options: Options
    repository: Repository | None
    progress: Progress
    total: int
    first: int | None = None
    continued: set[int] = field(default_factory=set)
    _done: int = 0
    _lock: Lock = field(default_factory=Lock)

    def send(self, uploads: Executor | None) -> list[str]:
        """Bring all files; their checksums. The first error stops it once the files on their way have ended."""
        indexes = range(len(self.candidate.files))
        if uploads is not None:
            return self._together(uploads, indexes)
        if self.options.parallel_upload > 1:
            with ThreadPoolExecutor(self.options.parallel_upload, "upload") as pool:
                return self._together(pool, indexes)
        return [self._send(index) for index in indexes]

    def verified(self, uploads: Executor | None) -> Any:
        """Bring all files and have the server compare them; the handle of the import that then begins.

        What an earlier attempt has left may be wrong: such files are sent again, once.
        """
        hashes = self.send(uploads)
        try:
            return self.process.verifyUpload(hashes)
        except omero.ChecksumValidationException as error:
            wrong = self.continued.intersection(error.failingChecksums)
            if not wrong:
                raise
        self._done = 0
        for index in wrong:
            hashes[index] = self._send(index, anew=True)
        return self.process.verifyUpload(hashes)

    def _together(self, pool: Executor, indexes: Sequence[int]) -> list[str]:
        futures = [pool.submit(self._send, index) for index in indexes]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()
            wait(futures)

    def _send(self, index: int, anew: bool = False) -> str:
        path, transfer, algorithm = self.candidate.files[index], self.options.transfer, self.options.checksum_algorithm
        store = self.process.getUploader(index)
        if index == 0:
            self.first = store.getFileId().getValue()
        if self.repository is None or transfer.place is None:
            return upload_file(store, path, algorithm, self._sent, self._offset(index, store, anew))
        checksum = self.repository.put(store, path, transfer, algorithm)
        self._sent(path.stat().st_size)
        return checksum

    def _offset(self, index: int, store: Any, anew: bool) -> int:
        """How much of a file an earlier attempt has left."""
        if anew:
            store.truncate(0)
        offset = self.process.getUploadOffset(index) if self.options.resume and not anew else 0
        if offset:
            self.continued.add(index)
        return int(offset)

    def _sent(self, count: int) -> None:
        with self._lock:
            self._done += count
            self.progress("upload", self._done, self.total)


def _wait(handle: Any, progress: Progress, seconds: float | None) -> Any:
    """The response of the server's import; None when it takes longer than `seconds`."""
    pause, end = FIRST_PAUSE, None if seconds is None else time.monotonic() + seconds
    while (response := handle.getResponse()) is None:
        if end is not None and time.monotonic() >= end:
            return None
        status = handle.getStatus()
        progress("import", status.currentStep, status.steps)
        time.sleep(pause)
        pause = min(pause * GROWTH, LONGEST_PAUSE)
    return response


def _unfinished(client: Any, transport: _Transport, candidate: Candidate, size: int, seconds: float) -> Imported:
    """What is known of an import that goes on in the server."""
    rows = client.sf.getQueryService().projection(_FILESET, ParametersI().addId(transport.first))
    leftovers = tuple(map(str, candidate.files)) if transport.options.transfer.removes else ()
    fileset = int(rows[0][0].getValue())
    return Imported(fileset, [], [], [], len(candidate.files), size, seconds, False, leftovers)


def _imported(response: Any, candidate: Candidate, size: int, seconds: float, leftovers: tuple[str, ...]) -> Imported:
    images = [one for one in response.objects if isinstance(one, omero.model.Image)]
    plates = [one for one in response.objects if isinstance(one, omero.model.Plate)]
    return Imported(
        fileset=images[0].getFileset().getId().getValue(),
        images=[one.getId().getValue() for one in images],
        pixels=[one.getId().getValue() for one in response.pixels],
        plates=[one.getId().getValue() for one in plates],
        files=len(candidate.files),
        size=size,
        seconds=seconds,
        leftovers=leftovers,
    )


def _silent(what: str, done: int, total: int) -> None:
    """No progress is shown."""
