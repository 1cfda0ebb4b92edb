"""Temporary files that go when the program ends, in a folder of the user.

    <temporary folder>/<prefix>_<user>/<process>/...

The folder is that of OMERO_TMPDIR, else ``tmp`` in OMERO_USERDIR or ~/omero. Files of programs that ended without
clearing up are removed by ``python -m omero.util.temp_files clean``.
"""

from __future__ import annotations

import atexit
import fcntl
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from omero.util import get_omero_userdir, get_user
from omero.util.paths import path

__all__ = ["TempFileManager", "create_path", "gettempdir", "manager", "remove_path"]

LOCK = ".lock"


class TempFileManager:
    """The temporary files of this process. The folder is made with the first of them."""

    def __init__(self, prefix: str = "omero") -> None:
        self.logger = logging.getLogger("omero.util.TempFileManager")
        self.prefix = prefix
        self.userdir = path(self.tmpdir()) / f"{prefix}_{self.username()}"
        self.dir = self.userdir / self.pid()
        self.lock: IO[str] | None = None
        atexit.register(self.cleanup)

    def tmpdir(self) -> str:
        """The folder for temporary files: the first of OMERO_TMPDIR, the user's, and the system's that can be used."""
        candidates = (os.environ.get("OMERO_TMPDIR"), get_omero_userdir() / "tmp", tempfile.gettempdir())
        for candidate in candidates:
            if candidate and self.access(candidate):
                return str(candidate)
        raise OSError("No folder for temporary files can be written: set OMERO_TMPDIR to one")

    def access(self, dir: str) -> bool:
        """Whether files can be made in ``dir``, which is made if need be."""
        try:
            os.makedirs(dir, exist_ok=True)
            return os.access(dir, os.W_OK | os.X_OK)
        except OSError:
            return False

    def username(self) -> str:
        """The user, as part of the folder's name."""
        return get_user("user") or "user"

    def pid(self) -> str:
        """This process, as the folder's name."""
        return str(os.getpid())

    def create(self, dir: str) -> None:
        """Make a folder that only the user can read."""
        os.makedirs(dir, mode=0o700, exist_ok=True)

    def gettempdir(self) -> path:
        """The folder of this process."""
        self._prepare()
        return self.dir

    def _prepare(self) -> None:
        if self.lock is None or not self.dir.exists():
            self.create(self.dir)
            # Others see by the lock that the process lives.
            self.lock = open(self.dir / LOCK, "a+", encoding="utf-8")  # noqa: SIM115 - held until cleanup
            fcntl.lockf(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def mkstemp(self, prefix: str, suffix: str, dir: str, text: bool = False) -> str:
        """A new empty file in ``dir``."""
        handle, name = tempfile.mkstemp(suffix, prefix, dir, text)
        os.close(handle)
        return name

    def create_path(self, prefix: str, suffix: str, folder: bool = False, text: bool = False, mode: str = "r+") -> path:
        """A new empty file, or folder, that goes at the end of the program."""
        self._prepare()
        if folder:
            return path(tempfile.mkdtemp(suffix, prefix, self.dir))
        return path(self.mkstemp(prefix, suffix, self.dir, text))

    def remove_path(self, name: str) -> None:
        """Remove a file or folder that ``create_path`` made. Raises ValueError for any other."""
        found = path(name)
        if self.dir not in (found.parent, *map(path, map(str, Path(found).parents))):
            raise ValueError(f"{found} is not in {self.dir}")
        if found.isdir():
            shutil.rmtree(found, onerror=self.on_rmtree)
        elif found.exists():
            found.remove()

    def cleanup(self) -> None:
        """Remove all files of this process."""
        if self.lock is not None:
            self.lock.close()
            self.lock = None
        self.clean_tempdir()

    def clean_tempdir(self) -> None:
        """Remove the folder of this process."""
        if self.dir.exists():
            self.logger.debug("Removing tree: %s", self.dir)
            shutil.rmtree(self.dir, onerror=self.on_rmtree)

    def clean_userdir(self) -> None:
        """Remove the folders of processes of the user that live no more."""
        for folder in self.userdir.dirs() if self.userdir.exists() else ():
            if folder != self.dir and not _locked(folder / LOCK):
                shutil.rmtree(folder, onerror=self.on_rmtree)

    def on_rmtree(self, func: Callable[..., Any], name: str, exc: Any) -> None:
        """What could not be removed stays, and is logged."""
        self.logger.warning("Could not remove %s: %s", name, exc[1])


def _locked(lock: str) -> bool:
    """Whether a process holds the lock."""
    try:
        with open(lock, "a+", encoding="utf-8") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


# Programs that set OMERO_NO_TEMP_MANAGER look after their files themselves.
manager: Any = None if os.environ.get("OMERO_NO_TEMP_MANAGER") else TempFileManager()


def create_path(prefix: str = "omero", suffix: str = ".tmp", folder: bool = False) -> path:
    """A new empty file, or folder, that goes at the end of the program."""
    created: path = _manager().create_path(prefix, suffix, folder)
    return created


def remove_path(file: str) -> None:
    """Remove such a file or folder before."""
    _manager().remove_path(file)


def gettempdir() -> path:
    """The folder of this process' temporary files."""
    folder: path = _manager().gettempdir()
    return folder


def _manager() -> Any:
    if manager is None:
        raise RuntimeError("OMERO_NO_TEMP_MANAGER is set: there are no temporary files")
    return manager


if __name__ == "__main__":
    if sys.argv[1:] == ["clean"]:
        TempFileManager().clean_userdir()
    else:
        print(gettempdir())
