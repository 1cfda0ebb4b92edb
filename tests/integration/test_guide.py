"""The guide for users, docs/users/a-day.md: its commands are run as they stand there, and print what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from tests.support.instance import Instance

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "users" / "a-day.md"
SERVER = "omero.example.org"
MARK = "@@ended"
OBJECT = re.compile(r"\b[A-Z]\w+:\d+")


@dataclass
class Step:
    """A command of the guide, and the lines it shows below."""

    command: str
    shown: list[str] = field(default_factory=list)


def steps() -> list[Step]:
    found: list[Step] = []
    for block in re.findall(r"```console\n(.*?)```", GUIDE.read_text(), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Step(line.removeprefix("$ ")))
            elif not line.startswith(("Password:", "Please ")):
                found[-1].shown.append(line)
    return found


def plain(text: str) -> str:
    """Without numbers, which differ from one server to another."""
    return re.sub(r"\d+", "#", text).rstrip()


class Shell:
    """A shell in which one command after the other is typed. Objects that it names have other ids than in the guide."""

    def __init__(self, folder: Path, instance: Instance) -> None:
        self._names = {
            SERVER: f"{instance.host}:{instance.ports.ssl}",
            "ann": "ann-of-the-day",
            "lab": "lab-of-the-day",
        }
        self._ids: dict[str, str] = {}
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "OMERO_SESSIONDIR": str(folder / "sessions"),
            "OMERODIR": str(instance.root),
        }
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._bash = subprocess.Popen(["bash"], cwd=folder, env=environment, text=True, **pipes)

    def run(self, step: Step, password: str) -> str:
        """What a command prints, in the names of the guide. It must end well."""
        command = OBJECT.sub(lambda found: self._ids.get(found[0], found[0]), step.command)
        command = command.replace(SERVER, self._names[SERVER]).replace("ann@", f"{self._names['ann']}@")
        command += " -P secret-carl" if command.startswith("omero user add carl") else ""
        assert self._bash.stdin is not None and self._bash.stdout is not None
        self._bash.stdin.write(f"export OMERO_PASSWORD='{password}'\n{command} </dev/null\necho {MARK} $?\n")
        self._bash.stdin.flush()
        lines: list[str] = []
        while not (line := self._bash.stdout.readline()).startswith(MARK):
            assert line, f"the shell ended at {command}"
            lines.append(line)
        output = "".join(lines)
        assert line.split()[1] == "0", f"{command}\n{output}"
        self._ids |= dict(zip(OBJECT.findall("\n".join(step.shown)), OBJECT.findall(output), strict=False))
        output = re.sub(r"(?<![\w])/[\w/-]+/(?=plate-a/)|(?<=originals/)[\w/-]+/(?=plate-a/)", "", output)
        for name, real in self._names.items():
            output = output.replace(real, name)
        return re.sub(r"^Using session for .*\n", "", output, flags=re.MULTILINE)

    def close(self) -> None:
        self._bash.terminate()
        self._bash.communicate()


@pytest.fixture(scope="module")
def outputs(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each command printed."""
    folder, password = tmp_path_factory.mktemp("day"), "secret-ann"
    (folder / "plate-a").mkdir()
    for name in ("control", "treated"):
        tifffile.imwrite(folder / "plate-a" / f"{name}.tiff", np.arange(600, dtype=np.uint16).reshape(20, 30))
    with closing(Shell(folder, instance)) as shell:
        for line in (
            f"omero login root@{SERVER}",
            "omero group add lab-of-the-day --type read-annotate",
            f"omero user add ann-of-the-day Ann Smith lab-of-the-day -P {password}",
            "omero logout",
        ):
            shell.run(Step(line), instance.root_password)
        return [shell.run(step, instance.root_password if "root@" in step.command else password) for step in steps()]


def test_every_command_prints_what_is_shown(outputs: list[str]) -> None:
    assert len(outputs) == len(steps()) > 25
    for step, output in zip(steps(), outputs, strict=True):
        if step.shown:
            assert plain(output).splitlines() == [plain(line) for line in step.shown], step.command


def test_commands_of_all_kinds_are_shown() -> None:
    words = {step.command.split()[1] for step in steps() if step.command.startswith("omero ")}
    assert {"login", "import", "hql", "tag", "download", "export", "delete", "user", "group", "logout"} <= words
