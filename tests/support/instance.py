"""A complete server of its own for tests: own directory, own ports, own database, known password of root."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omero_server.control import lifecycle
from omero_server.control.config import Config
from omero_server.control.config_xml import ConfigFile
from omero_server.control.instance import Instance as Layout
from omero_server.control.instance import Ports
from omero_server.control.state import read_state, wait_for
from omero_server.db.location import database_uri

START_SECONDS = 90.0


class Instance:
    """An isolated OMERODIR in `root` (see `fresh_root`); OMERO.web only if `web`.

    `properties` are set before the first start.
    """

    def __init__(
        self,
        root: Path,
        properties: dict[str, str] | None = None,
        root_password: str = "omero",
        web: bool = False,
    ) -> None:
        self.layout = Layout(root)
        self.host = "127.0.0.1"
        self.root_password = root_password
        self.environment = {**os.environ, "OMERODIR": str(root), "ROOTPASS": root_password}
        numbers = iter(free_ports(5))
        names = [f"omero.ports.{kind}" for kind in ("ssl", "tcp", "wss", "ws")]
        chosen = {name: str(next(numbers)) for name in [*names, "omero.web.application_server.port"]}
        chosen["omero.web.start"] = str(web).lower()
        with ConfigFile.edit(self.layout.config_file) as stored:
            stored.properties.update(chosen | (properties or {}))

    @property
    def root(self) -> Path:
        """The OMERODIR."""
        return self.layout.root

    @property
    def config(self) -> Config:
        """The configuration as it stands on disk now."""
        return Config.load(self.root)

    @property
    def ports(self) -> Ports:
        """Ports by transport; `web` is OMERO.web's."""
        return self.config.ports

    @property
    def uri(self) -> str:
        """libpq URI of the database."""
        return database_uri(self.config)

    @property
    def web_url(self) -> str:
        return f"http://{self.host}:{self.ports.web}"

    def start(self) -> None:
        """Start and wait until logins are accepted; a failure shows the ends of the logs."""
        done = self.omero("admin", "start", "--wait", str(START_SECONDS))
        if done.returncode != 0:
            raise RuntimeError(f"{done.stdout}{done.stderr}\n{self.all_logs()}")

    def stop(self) -> None:
        """Stop it; nothing happens when it does not run."""
        try:
            lifecycle.stop(self.layout, 90.0)
        except lifecycle.LifecycleError:
            self.kill_blitz(signal.SIGABRT)
            raise

    def kill_blitz(self, number: int = signal.SIGKILL) -> int:
        """Send a signal to the Blitz process and wait until the supervisor has noticed; returns the old pid."""
        pid = self.pid("Blitz-0")
        (self.layout.run_dir / "blitz.ready").unlink(missing_ok=True)
        os.kill(pid, number)
        return pid

    def await_blitz(self, seconds: float = START_SECONDS) -> None:
        """Wait until Blitz accepts logins (again)."""
        assert wait_for((self.layout.run_dir / "blitz.ready").exists, seconds), self.all_logs()

    def pid(self, program: str) -> int:
        """Process id of "Blitz-0", "OMERO.web" or "PostgreSQL"."""
        state = read_state(self.layout)
        assert state is not None, "the instance does not run"
        return state.processes[program]

    def log(self, name: str) -> str:
        """Text of a log file: "Blitz-0", "OMEROweb", "postgres", "supervisor"."""
        path = self.layout.log_dir / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def all_logs(self, lines: int = 40) -> str:
        """The last lines of every log."""
        names = sorted(path.stem for path in self.layout.log_dir.glob("*.log"))
        return "\n".join(f"--- {name}.log\n" + "\n".join(self.log(name).splitlines()[-lines:]) for name in names)

    def omero(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the `omero` command for this instance; output is captured as text."""
        return subprocess.run(
            [sys.executable, "-m", "omero_cli.main", *arguments],
            env=self.environment | environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=300,
        )


@contextmanager
def fresh_root() -> Iterator[Path]:
    """A new directory for a server, removed afterwards.

    Not pytest's `tmp_path`: as root, PostgreSQL runs as another user, and every pytest that starts closes the directory
    above `tmp_path` to others again.
    """
    root = Path(tempfile.mkdtemp(prefix="omero-test-"))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def running(root: Path, **options: Any) -> Iterator[Instance]:
    """A started server, stopped afterwards; options as for `Instance`."""
    server = Instance(root, **options)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def free_ports(count: int) -> list[int]:
    """Different ports that nothing listens on, below those that the system gives to outgoing connections."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe:
            if port not in found and probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
    return found
