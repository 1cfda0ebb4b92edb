"""What a supervisor tells about itself: a lock held while it lives, and a small state file.

Light to import: the command line reads it for `status`, `waitup` and `waitdown`.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from omero_server.control.instance import Instance

__all__ = [
    "State",
    "SupervisorLock",
    "accepts",
    "answers_http",
    "clear_state",
    "read_state",
    "supervisor_alive",
    "wait_for",
    "write_state",
]

STARTING, RUNNING, STOPPING, FAILED = "starting", "running", "stopping", "failed"


@dataclass
class State:
    """Phase of the supervisor (starting, running, stopping, failed), why it failed, and its processes' ids by name."""

    pid: int
    phase: str
    message: str = ""
    processes: dict[str, int] = field(default_factory=dict)


class SupervisorLock:
    """Held by the one supervisor of an instance; the kernel releases it whatever way that process ends."""

    def __init__(self, instance: Instance) -> None:
        self._path = _lock_file(instance)
        self._handle: IO[bytes] | None = None

    def acquire(self) -> bool:
        """False when another supervisor holds it."""
        # Inheritable handles would keep the lock alive in children; Python's are not inherited.
        handle = open(self._path, "ab")  # noqa: SIM115 (held until release)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Let another supervisor start."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def supervisor_alive(instance: Instance) -> bool:
    """Whether a supervisor of this instance runs, whatever its state file says."""
    try:
        with open(_lock_file(instance), "rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def read_state(instance: Instance) -> State | None:
    """The last state written; it may be of a supervisor that has died since, see `supervisor_alive`."""
    try:
        return State(**json.loads(_state_file(instance).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write_state(instance: Instance, state: State) -> None:
    """Replace the state file; a reader sees the old or the new one. The pid is also left in supervisor.pid."""
    temporary = _state_file(instance).with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(asdict(state)))
    temporary.replace(_state_file(instance))
    (instance.run_dir / "supervisor.pid").write_text(f"{state.pid}\n")


def clear_state(instance: Instance) -> None:
    """Remove what a stopped supervisor leaves."""
    _state_file(instance).unlink(missing_ok=True)
    (instance.run_dir / "supervisor.pid").unlink(missing_ok=True)


def answers_http(host: str, port: int) -> bool:
    """Whether a web server gives any HTTP answer there within half a second."""
    try:
        with socket.create_connection((_reachable(host), port), timeout=0.5) as connection:
            connection.sendall(b"HEAD / HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False


def accepts(host: str, port: int) -> bool:
    """Whether something accepts TCP connections there."""
    try:
        with socket.create_connection((_reachable(host), port), timeout=1.0):
            return True
    except OSError:
        return False


def _reachable(host: str) -> str:
    """An address to connect to for an address that is listened on: wildcards become the loopback interface."""
    return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "*": "127.0.0.1", "::": "::1"}.get(host, host)


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll until `condition` holds (True) or `seconds` have passed (False)."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _lock_file(instance: Instance) -> Path:
    return instance.run_dir / "supervisor.lock"


def _state_file(instance: Instance) -> Path:
    return instance.run_dir / "supervisor.json"
