"""The request by which administrators work on the files of a repository, past its rows."""

from __future__ import annotations

import logging
import os
import shutil
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import omero
import omero._generated
import omero.cmd
import omero.grid
from omero_server.commands.registry import CommandError, Progress, command
from omero_server.repository.checksums import file_checksum
from omero_server.repository.identity import Repository, find_repository
from omero_server.repository.layout import Layout
from omero_server.sessions.call import Call

__all__ = ["raw_access"]

log = logging.getLogger(__name__)

CATEGORY = "::omero::grid::RawAccessRequest"
IDENTITY = ".omero"
LEVELS = {"trace": logging.DEBUG, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING,
          "error": logging.ERROR}  # fmt: skip
WRITE_BITS = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@command(CATEGORY, mode="read")
def raw_access(call: Call, request: omero.grid.RawAccessRequest, progress: Progress) -> omero.cmd.OK:
    """Run one of touch, exists, mkdir, rm, mv, checksum, read-only and log on the managed repository.

    Paths are those below its root. Errors: not-admin (also for administrators without the privilege for such a
    change), unknown-repo, raw-access with whatever went wrong.
    """
    name = request.command or ""
    if not call.caller.is_admin:
        raise CommandError("not-admin", "Only administrators have raw access to repositories.")
    privilege = PRIVILEGES.get(name)
    if privilege is not None and not call.caller.may(privilege):
        raise CommandError("not-admin", f"The command {name} needs the privilege {privilege}.")
    repository = find_repository(call.db, Layout.of(call.engine.config).managed)
    if repository is None or repository.uuid != request.repoUuid:
        raise _unknown(request.repoUuid)
    try:
        _run(_Access(repository, request.path or ""), name, list(request.args or []))
    except (OSError, shutil.Error, ValueError, omero.ServerError) as error:
        raise CommandError("raw-access", getattr(error, "message", "") or str(error)) from error
    return omero.cmd.OK()


def _unknown(uuid: str) -> CommandError:
    message = f"This server has no repository {uuid!r}."
    parameters = {"message": message, "stacktrace": message}
    response = omero.cmd.Unknown(category=CATEGORY, name="unknown-repo", parameters=parameters)
    return CommandError("unknown-repo", message, response=response)


def _run(access: _Access, name: str, args: Sequence[str]) -> None:
    function = COMMANDS.get(name)
    if function is None:
        known = ", ".join(sorted(COMMANDS))
        raise omero.ApiUsageException(message=f"There is no command {name!r}. There are {known}.")
    function(access, args)


@dataclass(frozen=True)
class _Access:
    """A repository, and the request's field ``path``."""

    repository: Repository
    path: str

    def place(self, path: str) -> Path:
        """Where something lies; ApiUsageException for what is outside of the repository, or makes it one."""
        root = self.repository.root
        found = Path(os.path.normpath(root / path.lstrip("/")))
        if found == root or not found.is_relative_to(root) or found.relative_to(root).parts[0] == IDENTITY:
            raise omero.ApiUsageException(message=f"{path!r} is not a file or folder that may be worked on.")
        if not found.parent.resolve().is_relative_to(root.resolve()):
            raise omero.ApiUsageException(message=f"{path!r} leads out of the repository.")
        return found

    def places(self, args: Sequence[str], count: int | None = None) -> list[Path]:
        """Where the arguments lie; ApiUsageException unless there are ``count``, or any at all."""
        if not args or count not in (None, len(args)):
            raise omero.ApiUsageException(message=f"{len(args)} arguments are not what this command takes.")
        return [self.place(arg) for arg in args]


def _touch(access: _Access, args: Sequence[str]) -> None:
    for path in access.places(args):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _exists(access: _Access, args: Sequence[str]) -> None:
    for path in access.places(args, 1):
        if not path.exists():
            raise omero.ResourceError(message=f"{args[0]!r} does not exist.")


def _mkdir(access: _Access, args: Sequence[str]) -> None:
    parents = list(args[:1]) == ["-p"]
    for path in access.places(args[parents:]):
        path.mkdir(parents=parents, exist_ok=parents)


def _rm(access: _Access, args: Sequence[str]) -> None:
    (path,) = access.places(args, 1)
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        raise omero.grid.FileDeleteException(message=f"{args[0]!r} cannot be removed: {error.strerror}.") from error


def _mv(access: _Access, args: Sequence[str]) -> None:
    source, target = access.places(args, 2)
    target = target / source.name if target.is_dir() else target
    if target.exists():
        raise omero.ResourceError(message=f"{args[1]!r} is there already.")
    os.rename(source, target)


def _checksum(access: _Access, args: Sequence[str]) -> None:
    if len(args) != 3:
        raise omero.ApiUsageException(message="A checksum needs the algorithm, the expected value and a path.")
    found = file_checksum(access.place(args[2]), args[0])
    if found != args[1]:
        raise omero.ResourceError(message=f"The {args[0]} of {args[2]!r} is {found}, not {args[1]}.")


def _read_only(access: _Access, args: Sequence[str]) -> None:
    for path in access.places(args, 1):
        path.chmod(path.stat().st_mode & ~WRITE_BITS)


def _log(access: _Access, args: Sequence[str]) -> None:
    level = LEVELS.get(access.path)
    if level is None:
        raise omero.ApiUsageException(message=f"{access.path!r} is no level. There are {', '.join(LEVELS)}.")
    # On one line, so that nobody can write others into the log.
    log.log(level, "%s", " ".join(" ".join(args).split()))


COMMANDS: dict[str, Callable[[_Access, Sequence[str]], None]] = {
    "touch": _touch, "exists": _exists, "mkdir": _mkdir, "rm": _rm, "mv": _mv, "checksum": _checksum,
    "read-only": _read_only, "log": _log,
}  # fmt: skip
PRIVILEGES = {
    "touch": "WriteManagedRepo", "mkdir": "WriteManagedRepo", "mv": "WriteManagedRepo",
    "read-only": "WriteManagedRepo", "rm": "DeleteManagedRepo",
}  # fmt: skip
