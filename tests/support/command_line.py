"""The `omero` command run in this process, logged in to a test server, with its output caught."""

import io
import logging
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from omero_cli.main import main
from tests.support.instance import Instance


@dataclass(frozen=True)
class Done:
    """What a command gave: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The output, which is one line."""
        assert self.code == 0, self.err
        (line,) = self.out.splitlines()
        return line

    @property
    def cells(self) -> list[list[str]]:
        """The rows of a table, without headers, rule and footer."""
        assert self.code == 0, self.err
        return [[cell.strip() for cell in line.split("|")] for line in self.out.splitlines()[2:-1]]


@contextmanager
def _same_logging() -> Iterator[None]:
    """Commands may set up logging for their process, which here is that of the tests."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers


class CommandLine:
    """Calls commands as one user, who has a directory of sessions of his own."""

    def __init__(self, instance: Instance, directory: Path, user: str, password: str, group: str | None = None) -> None:
        self._instance = instance
        self._environment = {"OMERO_SESSIONDIR": str(directory), "OMERODIR": str(instance.root)}
        where = ["-s", instance.host, "-p", str(instance.ports.ssl), "-u", user, "-w", password]
        self.sessions = directory
        done = self("login", *where, *(["-g", group] if group else []))
        assert done.code == 0, done.err

    def __call__(self, *arguments: str) -> Done:
        out, err = io.StringIO(), io.StringIO()
        with patch.dict(os.environ, self._environment), redirect_stdout(out), redirect_stderr(err), _same_logging():
            try:
                code = main(["-q", *arguments])
            except SystemExit as end:  # argparse
                code = int(end.code or 0)
        return Done(code, out.getvalue(), err.getvalue())

    def typed(self, arguments: list[str], answers: list[str], prompt: str, quiet: bool = True) -> tuple[int, str]:
        """Exit code and output of a command at a terminal, where every `prompt` gets the next answer."""
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "omero_cli.main", *(["-q"] if quiet else []), *arguments]
        environment = self._instance.environment | self._environment
        program = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=environment
        )
        os.close(theirs)
        text, asked, end = "", 0, time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([ours], [], [], 0.2)[0]:
                continue
            try:
                text += os.read(ours, 4096).decode()
            except OSError:  # The program has ended.
                break
            while text.count(prompt) > asked:
                os.write(ours, f"{answers[asked] if asked < len(answers) else ''}\n".encode())
                asked += 1
        os.close(ours)
        return program.wait(30), text
