"""Many filesets, one after the other or side by side, and which of them were imported before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import Ice

import omero
from omero.importing.process import STOPPED, Imported, ImportFailed, Progress, import_fileset
from omero.importing.settings import Options
from omero.importing.transfers import TransferError
from omero.rtypes import rlist, rstring
from omero.sys.parameters import ParametersI
from omero_server.formats.scan import Candidate

__all__ = ["EXCLUSIONS", "Outcome", "import_all", "known_before", "reason"]

_TROUBLE = (ImportFailed, TransferError, omero.ServerError, Ice.Exception, OSError)
_CHUNK = 500
_KNOWN = (
    "select distinct e.{} from FilesetEntry e where e.{} in (:names)"
    " and exists (select i.id from Image i where i.fileset.id = e.fileset.id)"
)
EXCLUSIONS = {"clientpath": "clientPath", "filename": "originalFile.name"}


@dataclass(frozen=True)
class Outcome:
    """One fileset: what came out, or why nothing did."""

    candidate: Candidate
    imported: Imported | None = None
    error: Exception | None = None


def import_all(
    client: Any,
    candidates: Sequence[Candidate],
    options: Options | None = None,
    *,
    parallel: int = 1,
    proceed: bool = False,
    progress_of: Callable[[Candidate], Progress] | None = None,
) -> Iterator[Outcome]:
    """Import filesets, at most `parallel` at a time, and give each outcome as soon as it is known.

    After the first failure no other fileset is begun, unless `proceed`. All of them share `options.parallel_upload`
    threads for their files.
    """
    options, stopping = options or Options(), Event()

    def one(candidate: Candidate) -> Outcome:
        told = progress_of(candidate) if progress_of is not None else None

        def progress(what: str, done: int, total: int) -> None:
            if stopping.is_set():
                raise ImportFailed(STOPPED, "the program was interrupted")
            if told is not None:
                told(what, done, total)

        try:
            return Outcome(candidate, import_fileset(client, candidate, options, progress, uploads))
        except _TROUBLE as error:
            return Outcome(candidate, error=error)

    with ExitStack() as stack:
        uploads: Executor | None = None
        if options.parallel_upload > 1:
            uploads = stack.enter_context(ThreadPoolExecutor(options.parallel_upload, "upload"))
        try:
            if parallel > 1:
                pool = stack.enter_context(ThreadPoolExecutor(parallel, "fileset"))
                yield from _side_by_side(pool, one, candidates, parallel, proceed)
            else:
                yield from _in_turn(one, candidates, proceed)
        except BaseException:
            # Leaving the stack waits for the threads.
            stopping.set()
            raise


def _in_turn(one: Callable[[Candidate], Outcome], candidates: Sequence[Candidate], proceed: bool) -> Iterator[Outcome]:
    for candidate in candidates:
        outcome = one(candidate)
        yield outcome
        if outcome.error is not None and not proceed:
            return


def _side_by_side(
    pool: Executor, one: Callable[[Candidate], Outcome], candidates: Sequence[Candidate], parallel: int, proceed: bool
) -> Iterator[Outcome]:
    waiting, running = iter(candidates), set[Future[Outcome]]()
    while True:
        running |= {pool.submit(one, candidate) for candidate in islice(waiting, parallel - len(running))}
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()
            if future.result().error is not None and not proceed:
                waiting = iter(())


def known_before(client: Any, candidates: Sequence[Candidate], by: str) -> list[Candidate]:
    """Those of the candidates all of whose files were imported before, in the user's group.

    by: "clientpath", files of the same path on the client's machine, or "filename", of the same name.
    """
    names = {name for one in candidates for path in one.files for name in _names(path, by)}
    known = _known(client, sorted(names), EXCLUSIONS[by])
    return [one for one in candidates if all(known.intersection(_names(path, by)) for path in one.files)]


def _names(path: Path, by: str) -> tuple[str, ...]:
    # Importers leave out the first slash; scripts that fill filesets themselves may not.
    return (path.name,) if by == "filename" else (path.as_posix(), path.as_posix().lstrip("/"))


def _known(client: Any, names: Sequence[str], column: str) -> set[str]:
    found: set[str] = set()
    service, query = client.sf.getQueryService(), _KNOWN.format(column, column)
    for start in range(0, len(names), _CHUNK):
        values = rlist([rstring(name) for name in names[start : start + _CHUNK]])
        rows = service.projection(query, ParametersI().add("names", values))
        found.update(row[0].getValue() for row in rows)
    return found


def reason(error: Exception) -> str:
    """Why an import failed, for people."""
    if isinstance(error, ImportFailed):
        return f"{error} ({error.code})"
    if isinstance(error, Ice.Exception):
        return f"{getattr(error, 'message', None) or error} ({type(error).__name__})"
    return str(error)
