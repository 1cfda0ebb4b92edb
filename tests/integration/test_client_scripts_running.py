"""A script that is run by hand, with its session in ICE_CONFIG, against a real server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import omero
from omero import scripts
from omero.rtypes import rlist, rlong, rstring, unwrap
from tests.support.instance import Instance

SCRIPT = """
import omero.scripts as scripts
from omero.rtypes import rlong, rstring

client = scripts.client(
    "Sum.py", "Adds numbers.",
    scripts.List("Numbers", optional=False).ofType(rlong(0)),
    scripts.Long("Sum").out(),
)
inputs = client.getInputs(unwrap=True)
client.setOutput("Sum", rlong(sum(inputs["Numbers"])))
client.setOutput("Host", rstring(client.getProperty("omero.host")))
client.closeSession()
"""


@pytest.fixture
def job(instance: Instance) -> Any:
    """A session that waits for a script, as a server makes one."""
    with omero.client(instance.host, instance.ports.ssl) as client:
        client.createSession("root", instance.root_password)
        yield client


def run(job: Any, tmp_path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the script as a process that is told no more than the router and the session."""
    uuid = job.getSessionId()
    config = tmp_path / "ice.config"
    router = job.getProperty("Ice.Default.Router")
    config.write_text("\n".join([f"omero.user={uuid}", f"omero.pass={uuid}", f"Ice.Default.Router={router}", *more]))
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = {"ICE_CONFIG": str(config), "PYTHONPATH": str(Path(omero.__file__).parents[1])}
    return subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=120)


def test_inputs_and_outputs(job: Any, instance: Instance, tmp_path: Path) -> None:
    job.setInput("Numbers", rlist(rlong(2), rlong(3)))
    done = run(job, tmp_path)
    assert done.returncode == 0, done.stderr
    assert job.getOutput("Sum", unwrap=True) == 5
    assert job.getOutput("Host", unwrap=True) == instance.host


def test_description_is_left_in_the_session(job: Any, tmp_path: Path) -> None:
    done = run(job, tmp_path, "omero.scripts.parse=true")
    assert "ParseExit" in done.stderr
    params = job.getOutput("omero.scripts.parse").getValue()
    assert (params.name, list(params.inputs), list(params.outputs)) == ("Sum.py", ["Numbers"], ["Sum"])
    assert unwrap(params.inputs["Numbers"].prototype) == [0]
    assert job.getOutputKeys() == ["omero.scripts.parse"]


def test_defaults_are_set_in_the_session(job: Any) -> None:
    params = scripts.parse_text("import omero.scripts as s\ns.client('x', 'y', s.String('Name', default='z'))")
    service = job.getSession().getSessionService()
    assert scripts.validate_inputs(params, {}, service, job.getSessionId()) == ""
    assert job.getInput("Name") == rstring("z")
