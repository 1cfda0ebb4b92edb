"""The sessions of the command line: those of `omero.session_files`, with an error that commands end with."""

from pathlib import Path

from omero.session_files import DEFAULT_PORT, SessionFiles, StoredSession, default_directory
from omero_cli.framework import CommandError

__all__ = ["DEFAULT_PORT", "SessionsStore", "StoredSession", "default_directory"]


class SessionsStore(SessionFiles):
    """The stored sessions of this user. CommandError 155 when the directory cannot be used."""

    def __init__(self, directory: Path | None = None) -> None:
        try:
            super().__init__(directory)
        except OSError as error:
            place = directory or default_directory()
            raise CommandError(f"Could not access session dir: {place} ({error.strerror})", 155) from error
