"""The request that turns an uploaded fileset into images. The server itself submits it; clients cannot."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Generator
from typing import Any

import omero
import omero._generated
import omero.grid
from omero_server.commands.registry import CommandError, Progress, Steps, command
from omero_server.formats.base import FormatError, UnsupportedFormat
from omero_server.imports.journal import Journal
from omero_server.imports.process import FAILED, FINISHED, PROCESSES, Import
from omero_server.imports.run import STEPS, run_import
from omero_server.imports.undo import discard
from omero_server.sessions.call import Call

__all__ = ["import_fileset"]

log = logging.getLogger(__name__)


@command("::omero::grid::ImportRequest", mode="none", background=True)
def import_fileset(call: Call, request: omero.grid.ImportRequest, progress: Progress) -> Steps[Any]:
    """Import, or leave nothing behind: a failure removes the uploaded files and their rows again."""
    process = PROCESSES.get(request.clientUuid or "")
    if process is None:
        raise CommandError("bad-location", "Imports begin with ManagedRepository.importFileset.")
    yield STEPS
    try:
        with process.lock:
            response = yield from _run(call, process, progress)
        process.state = FINISHED
        return response
    except BaseException:
        process.state = FAILED
        _undo(call, process)
        raise
    finally:
        if process.auto_close:
            call.engine.objects.drop(process.proxy)
        if process.closed:
            PROCESSES.remove(process)


def _run(call: Call, process: Import, progress: Progress) -> Generator[None, None, Any]:
    journal = Journal(process.log_path)
    try:
        return (yield from run_import(call, process, progress, journal))
    except UnsupportedFormat as error:
        raise CommandError("import-unknown-format", _plain(error, process)) from error
    except FormatError as error:
        name = error.path.name
        raise CommandError("import-file-exception", _plain(error, process), filename=name) from error
    except (omero.ServerError, OSError, ValueError, LookupError) as error:
        message = getattr(error, "message", "") or str(error)
        log.warning("the import of fileset %d failed", process.fileset_id, exc_info=error)
        stack = "".join(traceback.format_exception(error))
        raise CommandError("import-request-failure", message, stacktrace=stack) from error
    finally:
        journal.close()


def _plain(error: FormatError, process: Import) -> str:
    """The message with the client's file name in the place of the server's path."""
    return str(error).replace(f"{process.repository.root}/{process.prefix}", "")


def _undo(call: Call, process: Import) -> None:
    try:
        discard(call.engine, process.fileset_id)
    except Exception:
        # The next start of the server tries again.
        log.exception("what the failed import %d has left cannot be removed now", process.fileset_id)
