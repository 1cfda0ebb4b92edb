"""Where programs are: ``which`` and its like, by the path."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["WhichError", "which", "whichall", "whichgen"]


class WhichError(Exception):
    """There is no such program."""


def whichgen(command: str, path: Any = None, verbose: int = 0, exts: Sequence[str] | None = None) -> Iterator[Any]:
    """All programs called ``command``, in the order of ``path`` (a list of folders; by default PATH).

    With ``verbose`` each is (program, folder it comes from).
    """
    folders = path if path is not None else os.environ.get("PATH", os.defpath).split(os.pathsep)
    for folder in folders:
        for name in (command, *(f"{command}{ext}" for ext in exts or ())):
            found = shutil.which(name, path=str(folder).strip('"'))
            if found:
                yield (found, f"from PATH element {folder}") if verbose else found


def which(command: str, path: Any = None, verbose: int = 0, exts: Sequence[str] | None = None) -> Any:
    """The first program called ``command``. Raises WhichError when there is none."""
    for found in whichgen(command, path, verbose, exts):
        return found
    raise WhichError(f"Could not find '{command}' on the path.")


def whichall(command: str, path: Any = None, verbose: int = 0, exts: Sequence[str] | None = None) -> list[Any]:
    """All programs called ``command``."""
    return list(whichgen(command, path, verbose, exts))
