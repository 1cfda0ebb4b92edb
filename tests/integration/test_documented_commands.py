"""The commands of the published documentation, typed as they are written, against a server of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.support.instance import Instance

COMMANDS: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "documented" / "commands.yaml").read_text()
)


def test_commands(make_instance: Callable[..., Instance], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of a page end well, in one shell. There are two screens, for the sake of `Screen:2`."""
    instance = make_instance()
    instance.start()
    environment = {
        **instance.environment,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMERO_SESSIONDIR": str(tmp_path),
        "OMERO_PASSWORD": instance.root_password,
    }
    login = f"omero login root@{instance.host}:{instance.ports.ssl}"
    screens = ["omero obj new Screen name=first", "omero obj new Screen name=second"]
    ran = passed = 0
    failures = []
    for page, commands in {"": screens, **COMMANDS}.items():
        script = "\n".join(["set -e", login, *commands])
        done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False)
        ran += len(commands) * bool(page)
        passed += len(commands) * bool(page) * (done.returncode == 0)
        failures += [f"{page}\n{done.stdout}{done.stderr}"] * (done.returncode != 0)
    with capsys.disabled():
        print(f"\ndocumented commands: {ran} run, {passed} passed")
    assert not failures, "\n".join(failures)
    assert done.stdout.splitlines()[-1].startswith("ProjectDatasetLink:")
    assert instance.omero("config", "get", "Ice.Default.Host").stdout == "127.0.0.1\n"
