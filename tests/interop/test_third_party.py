"""Packages of others that are written for omero-py, unmodified, with our library in its place.

`build_third_party.sh` fetches them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.instance import Instance

HERE = Path(__file__).parent
SETTINGS = """
channels:
  1:
    active: true
    color: "FF0000"
    label: "nuclei"
    start: 0
    end: 100
greyscale: false
version: 2
"""


@pytest.fixture(scope="module")
def others() -> Path:
    """Where the packages are; the same rule as in `build_third_party.sh`."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = Path(os.environ.get("OMERO_THIRD_PARTY") or cache / "omero-interop" / "others")
    if not (place / "ezomero").is_dir():
        pytest.fail(f"The packages of others are missing in {place}. tests/interop/build_third_party.sh fetches them.")
    return place


class Others:
    """Runs programs of others as root."""

    def __init__(self, instance: Instance, packages: Path, folder: Path) -> None:
        self.instance, self.folder = instance, folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(packages),
            "PYTHONWARNINGS": "ignore",
            "OMERO_SESSIONDIR": str(folder / "sessions"),
            "OMERO_USERDIR": str(folder / "user"),
        }

    def job(self, name: str, **more: Any) -> dict[str, Any]:
        """What a program in `third_party/` found."""
        where = {"host": self.instance.host, "port": self.instance.ports.ssl, "group": "system"}
        given = where | {"user": "root", "password": self.instance.root_password, "folder": str(self.folder)} | more
        command = [sys.executable, str(HERE / "third_party" / f"{name}_job.py")]
        done = self._run(command, json.dumps(given))
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
        return found

    def omero(self, *arguments: str, code: int = 0) -> str:
        """Standard output of our command line."""
        done = self._run([sys.executable, "-m", "omero_cli.main", *arguments])
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def hql(self, query: str) -> str:
        """The only row of a query, without its number."""
        (line,) = self.omero("hql", "-q", "--style", "plain", query).splitlines()
        return line.partition(",")[2]

    def _run(self, command: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, input=text, capture_output=True, text=True, env=self.environment, cwd=self.folder, check=False
        )


@pytest.fixture(scope="module")
def them(instance: Instance, others: Path, tmp_path_factory: pytest.TempPathFactory) -> Others:
    """Logged in on the command line."""
    made = Others(instance, others, tmp_path_factory.mktemp("others"))
    made.omero("login", f"root@{instance.host}:{instance.ports.ssl}", "-w", instance.root_password)
    return made


@pytest.fixture(scope="module")
def image(them: Others) -> str:
    """An image in a dataset: `Image:5`."""
    (them.folder / "seen&sizeX=60&sizeY=40&sizeC=2.fake").touch()
    dataset = them.omero("obj", "new", "Dataset", "name=others").strip()
    return them.omero("import", "-T", dataset, "seen&sizeX=60&sizeY=40&sizeC=2.fake").splitlines()[0].strip()


def test_ezomero(them: Others) -> None:
    assert them.job("ezomero") == {
        "pixels": [True, "uint16"],
        "pairs": {"stain": "DAPI", "rows": ["1", "2"]},
        "with pairs": [True],
        "roi": True,
        "shapes": ["Point", "Polygon", "Rectangle"],
        "tree": [True, True, True],
        "file": "hello",
        "table": [[1, 2.5], [3, 4.5]],
        "imported": ["by ezimport"],
    }


def test_rois_and_marshal(them: Others) -> None:
    assert them.job("rois") == {
        "masks": [[4, 3, 5, 4], [0, 0, 2, 2], [5, 5, 3, 4]],
        "bits": [20, 4, 12],
        "marshalled": ["masked", True, 30],
    }


def test_omero2pandas(them: Others, image: str) -> None:
    assert them.job("pandas", image=int(image.partition(":")[2])) == {
        "size": [3, 4],
        "columns": ["image", "area", "name", "good"],
        "part": [[2.5, "b", False], [3.5, "c", True]],
        "same": True,
    }


def test_render_plug_in(them: Others, image: str) -> None:
    settings = them.folder / "settings.yml"
    settings.write_text(SETTINGS)
    them.omero("render", "set", image, str(settings))
    shown = json.loads(them.omero("render", "info", image, "--style", "json"))
    channel = shown["channels"]["1"]
    assert (channel["label"], channel["color"], channel["start"], channel["end"]) == ("nuclei", "FF0000", 0, 100)
    assert them.omero("render", "test", image).startswith("ok: Pixels:")
    other = them.folder / "other&sizeX=60&sizeY=40&sizeC=2.fake"
    other.touch()
    copy = them.omero("import", str(other)).splitlines()[0].strip()
    them.omero("render", "copy", image, copy)
    assert json.loads(them.omero("render", "info", copy, "--style", "json"))["channels"]["1"]["end"] == 100


def test_metadata_plug_in(them: Others, image: str) -> None:
    table = them.folder / "table.csv"
    name = them.omero("obj", "get", image, "name").strip()
    table.write_text(f"Image Name,area,comment\n{name},1.5,first\n")
    number = image.partition(":")[2]
    query = "select l.parent.id from DatasetImageLink l where l.child.id = "
    dataset = f"Dataset:{them.hql(query + number)}"
    them.omero("metadata", "populate", "--file", str(table), dataset)
    assert "FileAnnotation:" in them.omero("metadata", "bulkanns", dataset)
    summary = them.omero("metadata", "summary", image)
    assert f"Name: {name}" in summary and "Roi count: 0" in summary
    them.omero("metadata", "pixelsize", "--x", "0.5", "--y", "0.25", image)
    query = "select p.physicalSizeX.value, p.physicalSizeY.value from Pixels p where p.image.id = "
    assert them.hql(query + number) == "0.5,0.25"
    them.omero("metadata", "testtables")


def test_transfer_plug_in(them: Others) -> None:
    assert "Transfer objects" in them.omero("transfer", "-h")
