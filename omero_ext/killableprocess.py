"""``Popen`` whose children can be killed with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from subprocess import CalledProcessError
from typing import Any

__all__ = ["CalledProcessError", "Popen", "call", "check_call", "mswindows"]

mswindows = sys.platform == "win32"


class Popen(subprocess.Popen[Any]):
    """A process that leads a group of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("start_new_session", True)
        super().__init__(*args, **kwargs)

    def kill(self, group: bool = True) -> None:
        """Kill the process, and with ``group`` all that it started."""
        if self.poll() is not None:
            return
        if group and not mswindows:
            os.killpg(self.pid, signal.SIGKILL)
        else:
            super().kill()

    def wait(self, timeout: float | None = -1, group: bool = True) -> int:
        """Wait for the end; after ``timeout`` seconds (never when negative) the process is killed.

        The return code, negative when a signal ended the process.
        """
        try:
            return super().wait(None if timeout is None or timeout < 0 else timeout)
        except subprocess.TimeoutExpired:
            self.kill(group)
            return super().wait(None)


def call(*args: Any, **kwargs: Any) -> int:
    """Run a program to its end: its return code."""
    return Popen(*args, **kwargs).wait()


def check_call(*args: Any, **kwargs: Any) -> None:
    """Run a program to its end. Raises CalledProcessError when it fails."""
    code = call(*args, **kwargs)
    if code:
        raise CalledProcessError(code, kwargs["args"] if "args" in kwargs else args[0])
