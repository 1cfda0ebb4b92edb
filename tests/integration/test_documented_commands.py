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
    ran = 0
    for page, commands in {"": screens, **COMMANDS}.items():
        script = "\n".join(["set -e", login, *commands])
        done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{page}\n{done.stdout}{done.stderr}"
        ran += len(commands)
    with capsys.disabled():
        print(f"\ndocumented commands: {ran - len(screens)} run, {ran - len(screens)} passed")
    assert done.stdout.splitlines()[-1].startswith("ProjectDatasetLink:")
    assert instance.omero("config", "get", "Ice.Default.Host").stdout == "127.0.0.1\n"
