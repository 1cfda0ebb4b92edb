"""Imports over Ice as they are, without the checks that our client makes before them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import omero
import omero.cmd
import omero.model
from omero.importing import Candidate, Options
from omero.importing.process import _context, managed_repository
from omero.importing.settings import settings_of
from omero.rtypes import rstring

__all__ = ["answer_of", "begin", "send", "sent", "submit"]

SECONDS = 60
"""For one import; the machine may be busy."""
PIECE = 1 << 20


def begin(client: Any, names: Sequence[str]) -> Any:
    """The process of an import of files that are called so."""
    fileset = omero.model.FilesetI()
    for name in names:
        entry = omero.model.FilesetEntryI()
        entry.setClientPath(rstring(name))
        fileset.addFilesetEntry(entry)
    fileset.linkJob(omero.model.UploadJobI())
    settings = settings_of(Candidate(Path("a"), (), "none"), Options())
    return managed_repository(client).importFileset(fileset, settings, _context(client))


def submit(client: Any, files: Mapping[str, bytes]) -> tuple[Any, Any]:
    """Upload bytes under whatever names; the process and the handle of the import."""
    process = begin(client, list(files))
    try:
        for number, data in enumerate(files.values()):
            store = process.getUploader(number)
            for at in range(0, len(data), PIECE):
                store.write(piece := data[at : at + PIECE], at, len(piece))
            store.close()
        return process, process.verifyUpload([hashlib.sha1(data).hexdigest() for data in files.values()])
    except BaseException:
        process.close()
        raise


@contextmanager
def sent(client: Any, files: Mapping[str, bytes]) -> Iterator[Any]:
    """Handle of an import that has been submitted."""
    process, handle = submit(client, files)
    try:
        yield handle
        handle.close()
    finally:
        process.close()


def answer_of(handle: Any) -> Any:
    """What the server answers."""
    limit = time.monotonic() + SECONDS
    while (answer := handle.getResponse()) is None:
        assert time.monotonic() < limit, f"no answer within {SECONDS} s"
        time.sleep(0.01)
    return answer


def send(client: Any, files: Mapping[str, bytes]) -> Any:
    """Import bytes; what the server answers."""
    with sent(client, files) as handle:
        return answer_of(handle)
