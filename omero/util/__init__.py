"""Helpers around programs for OMERO: the user's folders, paths, logging, and servers that hold servants.

What needs Ice or writes logs is loaded when first named.
"""

from __future__ import annotations

import getpass
import os
import shlex
import subprocess
import sys
from collections import deque
from importlib import import_module
from typing import Any

from omero._release import omero_version
from omero.util.paths import path

APPDIR_DEFAULTS = ("OMERO.py", "OME", "5")
LOGDIR = os.path.join("var", "log")
LOGFORMAT = "%(asctime)s %(levelname)-5.5s [%(name)40s] (%(threadName)-10s) %(message)s"
LOGLEVEL = 20
LOGSIZE = 500_000_000
LOGNUM = 9
LOGMODE = "a"

orig_stdout = sys.stdout
orig_stderr = sys.stderr

_ELSEWHERE = {
    "Dependency": "omero.util.loading",
    "Environment": "omero.util.loading",
    "load_dotted_class": "omero.util.loading",
    "StreamRedirect": "omero.util.logs",
    "configure_logging": "omero.util.logs",
    "configure_server_logging": "omero.util.logs",
    "make_logname": "omero.util.logs",
    "Resources": "omero.util.resources",
    "Servant": "omero.util.servers",
    "Server": "omero.util.servers",
    "ServerContext": "omero.util.servers",
    "SimpleServant": "omero.util.servers",
    "add_grid_object": "omero.util.servers",
    "create_admin_session": "omero.util.servers",
    "internal_service_factory": "omero.util.servers",
}

__all__ = [
    "APPDIR_DEFAULTS",
    "LOGDIR",
    "LOGFORMAT",
    "LOGLEVEL",
    "LOGMODE",
    "LOGNUM",
    "LOGSIZE",
    "edit_path",
    "get_omero_user_cache_dir",
    "get_omero_userdir",
    "get_user",
    "get_user_dir",
    "long_to_path",
    "omero_version",
    "orig_stderr",
    "orig_stdout",
    "tail_lines",
]


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module 'omero.util' has no attribute {name!r}")
    return getattr(import_module(_ELSEWHERE[name]), name)


def get_user(default: str | None = None) -> str | None:
    """The name of the user who runs the program; ``default`` when it cannot be told."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return default


def get_user_dir() -> str:
    """The user's home."""
    return os.path.expanduser("~")


def get_omero_userdir() -> path:
    """The user's folder for OMERO: OMERO_USERDIR, else ~/omero."""
    return path(os.environ.get("OMERO_USERDIR") or os.path.join(get_user_dir(), "omero"))


def get_omero_user_cache_dir() -> path:
    """The user's folder for what can be made again: ``cache`` in OMERO_USERDIR, else the system's for caches."""
    if os.environ.get("OMERO_USERDIR"):
        return get_omero_userdir() / "cache"
    above = os.environ.get("XDG_CACHE_HOME") or os.path.join(get_user_dir(), ".cache")
    name, _author, release = APPDIR_DEFAULTS
    return path(os.path.join(above, name, release))


def edit_path(path_or_obj: Any, start_text: str) -> None:
    """Write ``start_text`` to a file, and let the user edit it: with VISUAL or EDITOR, else vi.

    Raises RuntimeError when the editor fails.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    file = path(path_or_obj)
    file.write_text(start_text)
    try:
        code = subprocess.call([*shlex.split(editor), str(file)])
    except OSError as error:
        raise RuntimeError(f"Couldn't spawn editor: {editor} ({error.strerror})") from error
    if code:
        raise RuntimeError(f"Couldn't spawn editor: {editor} (it ended with {code})")


def tail_lines(filename: Any, linesback: int = 10, returnlist: int = 0) -> Any:
    """The last lines of a file: as text, or with ``returnlist`` as a list of lines without their ends."""
    with open(filename, encoding="utf-8", errors="replace") as file:
        last = deque(file, maxlen=linesback)
    return [line.rstrip("\n") for line in last] if returnlist else "".join(last)


def long_to_path(id: int, root: str = "") -> str:
    """The path of a file in a binary repository, by its id: ``Dir-001/Dir-234/1234567``."""
    folders: list[str] = []
    rest = int(id)
    while rest > 999:
        rest //= 1000
        folders.insert(0, f"Dir-{rest % 1000:03d}")
    return os.path.join(root, *folders, str(id))
