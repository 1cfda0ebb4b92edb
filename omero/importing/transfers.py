"""How files get into the repository of the server.

| mode | |
|---|---|
| upload | through the server (the default) |
| ln_s, ln | a symbolic or hard link, made by the importing program |
| cp | a copy, made by the importing program |
| upload_rm, ln_rm, cp_rm | as above, and the originals go once the images are there |

Links and copies need the server's repository in the same file system tree as this program, and an account of the
operating system that may write there. A mode of your own is a `Transfer` in a Python module: `my.module:MY_TRANSFER`.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

__all__ = ["MODES", "NAMESPACE", "PACKAGE", "Transfer", "TransferError", "find_transfer"]

NAMESPACE = "openmicroscopy.org/omero/import/fileTransfer"
"""Of the comment on a fileset that says how its files came; its text is `Transfer.class_name`."""
PACKAGE = "ome.formats.importer.transfers."
_NOT_HERE = (errno.EXDEV, errno.EPERM, errno.EMLINK)


class TransferError(Exception):
    """Files cannot be put into the repository in this way: what went wrong, and what helps."""


@dataclass(frozen=True)
class Transfer:
    """A way for files to get to the server.

    place(original, target) puts a file into the repository; target does not exist yet. None: it is uploaded.
    removes: whether the originals go after a successful import. class_name: what OMERO calls the mode.
    """

    symbol: str
    class_name: str
    place: Callable[[Path, Path], None] | None = None
    removes: bool = False


def _symbolic_link(original: Path, target: Path) -> None:
    target.symlink_to(original)


def _hard_link(original: Path, target: Path) -> None:
    try:
        os.link(original.resolve(), target)
    except OSError as error:
        if error.errno in _NOT_HERE:
            raise TransferError(
                f"{original} cannot get a hard link {target}: {error.strerror}. Hard links need both in one file "
                "system, and a file that you own or may write. Use ln_s or cp."
            ) from error
        raise


def _copy(original: Path, target: Path) -> None:
    shutil.copyfile(original, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


MODES = {
    mode.symbol: mode
    for mode in (
        Transfer("upload", f"{PACKAGE}UploadFileTransfer"),
        Transfer("upload_rm", f"{PACKAGE}UploadRmFileTransfer", removes=True),
        Transfer("ln", f"{PACKAGE}HardlinkFileTransfer", _hard_link),
        Transfer("ln_rm", f"{PACKAGE}MoveFileTransfer", _hard_link, removes=True),
        Transfer("ln_s", f"{PACKAGE}SymlinkFileTransfer", _symbolic_link),
        Transfer("cp", f"{PACKAGE}CopyFileTransfer", _copy),
        Transfer("cp_rm", f"{PACKAGE}CopyMoveFileTransfer", _copy, removes=True),
    )
}


def find_transfer(name: str) -> Transfer:
    """A mode by its name, by OMERO's name of its class, or by `module:NAME` in Python. TransferError without one."""
    known = {mode.class_name: mode for mode in MODES.values()} | MODES
    if name in known:
        return known[name]
    module, separator, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute) if separator else None
    except (ImportError, AttributeError) as error:
        raise TransferError(f"There is no transfer mode {name!r}: {error}.") from error
    if not isinstance(found, Transfer):
        raise TransferError(f"There is no transfer mode {name!r}. There are {', '.join(MODES)}, and module:NAME.")
    return found
