"""The download policy for the bytes of a file."""

from __future__ import annotations

import omero
import omero._generated
from omero_server.imports.files import FileRow, subject_of
from omero_server.security.downloads import file_restricted
from omero_server.sessions.call import Call

__all__ = ["check_download"]


def check_download(call: Call, row: FileRow) -> None:
    """SecurityViolation unless the policy lets the caller have the bytes of this file."""
    if file_restricted(call.caller, call.db, subject_of(row), row.id, row.name):
        raise omero.SecurityViolation(
            message=f"The download policy of this server does not allow to read the file {row.name!r} ({row.id})."
        )
