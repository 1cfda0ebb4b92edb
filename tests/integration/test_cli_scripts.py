"""`omero script` against a real server."""

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.instance import Instance

SCRIPT = """
import omero.scripts as scripts
from omero.rtypes import rlong

client = scripts.client("Sum.py", "Adds.", scripts.List("Numbers", optional=False).ofType(rlong(0)))
numbers = client.getInput("Numbers", unwrap=True)
open(RESULT, "w").write(f"{sum(numbers)} {client.sf.getAdminService().getEventContext().userName}")
client.closeSession()
if sum(numbers) > 100:
    raise SystemExit(7)
"""


@pytest.fixture(scope="module")
def root(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "sum.py"
    file.write_text(SCRIPT.replace("RESULT", repr(str(tmp_path / "result"))), encoding="utf-8")
    return file


def test_a_script_runs_here_with_the_present_login(root: CommandLine, script: Path) -> None:
    done = root("script", "run", str(script), "Numbers=40,2")
    assert done.code == 0, done.err
    assert script.with_name("result").read_text(encoding="utf-8") == "42 root"
    done = root("script", "run", str(script), "Numbers=400,2")
    assert (done.code, done.err) == (7, "Execution failed.\n")


def test_what_a_script_needs(root: CommandLine, script: Path) -> None:
    assert root("script", "run", str(script)).code == 564 & 255, "nobody can be asked for the numbers"
    assert root("script", "run", str(script), "Numbers=two").code == 502 & 255
    assert root("script", "run", str(script) + ".missing").code == 670 & 255
    assert root("script", "upload", str(script) + ".missing").code == 502 & 255
    assert root("script", "list", "everybody").code == 2
    assert root("script", "serve").code == 100


def test_jobs_are_a_query(root: CommandLine) -> None:
    first, *table = root("script", "jobs").out.splitlines()
    assert first.startswith("Running query via 'hql' subcommand: select j, j.username") and "is null" in first
    assert table
    assert "is null" not in root("script", "jobs", "--all").out


def test_a_script_is_switched_off_and_on(root: CommandLine, script: Path) -> None:
    fields = ["name=sum.py", "path=/", "mimetype=text/x-python"]
    file = root("obj", "new", "OriginalFile", *fields).line
    number = file.partition(":")[2]
    assert root("script", "disable", number).line == f"Disabled {number} by setting mimetype to text/plain"
    assert root("obj", "get", file, "mimetype").line == "text/plain"
    assert root("script", "enable", f"file={number}").line == f"Enabled {number} by setting mimetype to text/x-python"
    assert root("obj", "get", file, "mimetype").line == "text/x-python"
    assert root("script", "disable", "987654321").code == 455 & 255
    root("delete", file)
