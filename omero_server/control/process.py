"""One supervised child process: start, readiness, stop, log file, restart delay."""

import ctypes
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Program", "Running", "die_with_parent", "rotate"]

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
STABLE_SECONDS = 60.0
_libc = ctypes.CDLL(None)


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """For `preexec_fn`: have the kernel send `number` to this process when its parent ends (Linux)."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, number)


@dataclass(frozen=True)
class Program:
    """What to run. `ready` answers whether the started process does its work already."""

    name: str
    command: list[str]
    log_file: Path
    ready: Callable[[], bool]
    environment: dict[str, str] = field(default_factory=dict)
    before_start: Callable[[], None] = lambda: None
    start_seconds: float = 120.0
    stop_seconds: float = 30.0


class Running:
    """A program's current process and the history that decides when it may be started again."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._delay = 0.0
        self._not_before = 0.0
        self.was_ready = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start a process; it leads its own session and dies with the supervisor."""
        program = self.program
        program.before_start()
        with program.log_file.open("ab") as out:
            self._process = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **program.environment},
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self._started = time.monotonic()
        self.was_ready = False
        log.info("%s started (pid %d)", program.name, self._process.pid)

    def poll(self) -> int | None:
        """Exit code when the process has ended (once: then it counts as not started), else None."""
        code = self._process.poll() if self._process else None
        if code is None:
            self.was_ready = self.was_ready or self.program.ready()
            return None
        self._process = None
        if time.monotonic() - self._started > STABLE_SECONDS:
            self._delay = 0.0
        self._delay = min(LONGEST_DELAY, self._delay * 2 or FIRST_DELAY)
        self._not_before = time.monotonic() + self._delay
        return code

    def due(self) -> bool:
        """Whether it is not running and may be started again."""
        return self._process is None and time.monotonic() >= self._not_before

    @property
    def delay(self) -> float:
        """Seconds between the last end and the next start."""
        return self._delay

    @property
    def late(self) -> bool:
        """Whether it still is not ready although its time for that is over."""
        return not self.was_ready and time.monotonic() - self._started > self.program.start_seconds

    def stop(self) -> None:
        """Ask it to end; end it by force, with its whole session, when it does not."""
        if self._process is None:
            return
        pid = self._process.pid
        self._process.terminate()
        try:
            self._process.wait(self.program.stop_seconds)
        except subprocess.TimeoutExpired:
            log.warning("%s (pid %d) did not stop in %d s: killed", self.program.name, pid, self.program.stop_seconds)
            self.abort()
        log.info("%s stopped", self.program.name)
        self._process = None

    def abort(self) -> None:
        """End it by force. SIGABRT first: Python programs then write the stacks of all threads to their log."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGABRT)
        try:
            self._process.wait(3.0)
        except subprocess.TimeoutExpired:
            log.warning("%s does not even react to SIGABRT", self.program.name)
        _kill_session(self._process.pid)
        self._process.wait()
        self._process = None


def rotate(path: Path, largest: int, keep: int) -> None:
    """Move a log file over `largest` bytes to PATH.1 (and .1 to .2 ...), keeping `keep` of them.

    Copy and truncate: the writing process keeps its open file, which it writes in append mode.
    """
    if not path.exists() or path.stat().st_size <= largest:
        return
    for number in range(keep - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    if keep > 0:
        shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)


def _kill_session(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        log.debug("process group %d is already gone", pid)
