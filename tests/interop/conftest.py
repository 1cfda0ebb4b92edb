"""The official client, omero-py with Python 3.10 and ZeroC Ice 3.6.5, against a server of ours.

The client lives in an environment of its own (`build_venv.sh` makes it). Programs for it are in `scripts/`: they read
what to do as JSON from standard input and print what they found as JSON; the tests on this side judge.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.instance import Instance
from tests.support.samples import DATA, PATHS

HERE = Path(__file__).parent
SECONDS = 240.0


def environment_path() -> Path:
    """Where the official client is installed; the same rule as in `build_venv.sh`."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("OMERO_INTEROP_VENV") or cache / "omero-interop" / "venv310")


@pytest.fixture(scope="session")
def official_python() -> Path:
    """The Python that has the official client."""
    python = environment_path() / "bin" / "python"
    if not python.exists():
        pytest.fail(f"The official client is not installed: {python} is missing. tests/interop/build_venv.sh makes it.")
    return python


@dataclass(frozen=True)
class Official:
    """Runs programs with the official client as a user of one server."""

    python: Path
    instance: Instance
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """Without anything of ours: own home, own session directory, no OMERODIR with our configuration."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("OMERO", "PYTHON", "ICE_"))}
        return kept | {
            "HOME": str(self.home),
            "OMERODIR": str(self.home),
            "OMERO_USERDIR": str(self.home / "user"),
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONWARNINGS": "ignore",
            # `omero duplicate`, which is else a plugin that has to be installed.
            "OMERO_DEV_PLUGINS": "1",
        }

    def script(self, name: str, **given: Any) -> Any:
        """What `scripts/NAME.py` prints, which gets `given` and where the server is."""
        ports = self.instance.ports
        where = {
            "host": self.instance.host,
            "ports": {"ssl": ports.ssl, "tcp": ports.tcp, "wss": ports.wss, "ws": ports.ws},
            "user": "root",
            "password": self.instance.root_password,
        }
        done = self._run([str(self.python), str(HERE / "scripts" / f"{name}.py")], input=json.dumps(where | given))
        assert done.returncode == 0, f"{name}.py ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr}"
        return json.loads(done.stdout)

    def omero(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """The official command line; without arguments, each line of `input` is a command.

        It refuses to run as root, so then it is shown another user id.
        """
        as_somebody = ["unshare", "--user", "--map-user=1000"] if os.geteuid() == 0 else []
        return self._run([*as_somebody, str(self.python), str(self.python.parent / "omero"), *arguments], **options)

    def _run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        options = {"stdin": subprocess.DEVNULL} | options if "input" not in options else options
        return subprocess.run(
            command, env=self.environment, cwd=self.home, capture_output=True, text=True, timeout=SECONDS, **options
        )


@pytest.fixture(scope="session")
def official(official_python: Path, instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Official:
    """The official client for the shared server."""
    return Official(official_python, instance, tmp_path_factory.mktemp("official"))


@pytest.fixture(scope="session")
def images(official: Official) -> dict[str, list[int]]:
    """Image ids by path of the sample below tests/data; every sample is imported. Don't delete them."""
    return import_samples(official, PATHS)


def import_samples(official: Official, paths: Sequence[str]) -> dict[str, list[int]]:
    """Import samples through our command line; ids of the new images by path."""
    instance = official.instance
    login = ["-s", instance.host, "-p", str(instance.ports.ssl), "-u", "root", "-w", instance.root_password, "-C"]
    sessions = str(official.home / "our-sessions")
    done = instance.omero("import", *login, *(str(DATA / path) for path in paths), OMERO_SESSIONDIR=sessions)
    assert done.returncode == 0, done.stderr
    lines = [line.partition(":") for line in done.stdout.splitlines()]
    new = {int(number) for kind, _, numbers in lines if kind == "Image" for number in numbers.split(",")}
    plates = [int(number) for kind, _, numbers in lines if kind == "Plate" for number in numbers.split(",")]
    entries = official.script("imported", images=sorted(new), plates=plates)
    return {path: [image for image, entry in entries if _below(DATA / path, entry)] for path in paths}


def _below(path: Path, entry: str) -> bool:
    """Whether a client path is the sample or in its folder. Client paths have no leading slash."""
    sample = str(path).lstrip("/")
    return entry.lstrip("/") == sample or entry.lstrip("/").startswith(f"{sample}/")
