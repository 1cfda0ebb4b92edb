"""Python programs that are started with this folder on their PYTHONPATH can be killed at any change of a file.

The file named by OMERO_TEST_FAULT, when it is there, holds "<number> <folder>": the program kills itself (SIGKILL) just
before it changes files below the folder for that many times. It is read with the first change, and then removed.
"""

import os
import signal
import sys
from typing import Any

CHANGES = {"os.remove", "os.rename", "os.link", "os.mkdir", "os.rmdir", "os.truncate", "os.symlink"}


class _Fault:
    """Counts changes."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.left = 0
        self.folder = ""
        self.reading = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in CHANGES and not (event == "open" and _writes(arguments)):
            return
        if self.reading or not (self.left or self._read()):
            return
        if any(str(path).startswith(self.folder) for path in arguments[:2] if isinstance(path, str | os.PathLike)):
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)

    def _read(self) -> bool:
        try:
            handle = os.open(self.order, os.O_RDONLY)
        except FileNotFoundError:
            return False
        left, self.folder = os.read(handle, 4096).decode().split(" ", 1)
        os.close(handle)
        self.reading = True
        os.unlink(self.order)
        self.reading, self.left = False, int(left)
        return True


def _writes(arguments: tuple[Any, ...]) -> bool:
    return bool(isinstance(arguments[0], str | os.PathLike) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


if "OMERO_TEST_FAULT" in os.environ:
    sys.addaudithook(_Fault(os.environ["OMERO_TEST_FAULT"]))
