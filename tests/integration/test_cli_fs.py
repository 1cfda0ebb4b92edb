"""`omero fs`: files and logs of imports, repositories, folders."""

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.instance import Instance


@pytest.fixture(scope="module")
def root(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)


@pytest.fixture(scope="module")
def omero(root: CommandLine, instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    assert root("group", "add", "fs-lab", "--type", "private").code == 0
    assert root("user", "add", "fay", "Fay", "Smith", "fs-lab", "-P", "secret").code == 0
    return CommandLine(instance, tmp_path_factory.mktemp("fay"), "fay", "secret")


@pytest.fixture(scope="module")
def fileset(omero: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of an imported fileset of one file."""
    path = tmp_path_factory.mktemp("data") / "cells&sizeX=8&sizeY=8.fake"
    path.touch()
    image = omero("import", str(path)).line.partition(":")[2]
    query = f"select i.fileset.id from Image i where i.id = {image}"  # noqa: S608
    return omero("hql", "--ids-only", "--style", "plain", query).line.partition(",")[2]


def test_files(omero: CommandLine, fileset: str) -> None:
    for name in (fileset, f"Fileset:{fileset}"):
        line = omero("fs", "ls", name).line
        assert line.startswith("fay_") and line.endswith("/cells&sizeX=8&sizeY=8.fake")
    assert omero("fs", "ls", "99999999").err == "No files of Fileset:99999999 found\n"
    assert omero("fs", "ls", f"Image:{fileset}").code == 2


def test_log(omero: CommandLine, fileset: str, tmp_path: Path) -> None:
    text = omero("fs", "logfile", fileset).out
    assert f"fileset {fileset}" in text
    assert omero("fs", "logfile", fileset, "--name").line.endswith(".log")
    assert int(omero("fs", "logfile", fileset, "--size").line) == len(text.encode())
    saved = tmp_path / "log"
    assert omero("fs", "logfile", fileset, str(saved)).code == 0 and saved.read_text() == text
    assert omero("fs", "logfile", fileset, str(saved)).code == 115
    assert omero("fs", "logfile", "99999999").code == 117


def test_repositories(omero: CommandLine, root: CommandLine) -> None:
    for who in (omero, root):
        managed = [row for row in who("fs", "repos").cells if row[3] == "Managed"]
        assert len(managed) == 1 and managed[0][4].endswith("/ManagedRepository")
        lines = who("fs", "repos", "--managed", "--style", "plain").out.splitlines()
        assert len(lines) == 1 and lines[0].startswith("0,") and managed[0][2] in lines[0]


def test_folders(omero: CommandLine, root: CommandLine) -> None:
    done = omero("fs", "mkdir", "somewhere")
    assert (done.code, done.err) == (111, "SecurityViolation: Admins only!\n")
    assert root("fs", "mkdir", "fs-made").code == 0
    assert root("fs", "mkdir", "fs-made").code == 1
    assert root("fs", "mkdir", "fs-made/below/below", "--parents").code == 0


def test_usage_of_an_image(omero: CommandLine, fileset: str) -> None:
    rows = [line.split(",") for line in omero("fs", "usage", "--report", "--style", "plain").out.splitlines()[1:]]
    assert {"Job", "Pixels"} & {row[2] for row in rows} and all(int(row[3]) > 0 for row in rows)
    assert omero("fs", "usage", f"Fileset:{fileset}", "--size-only").line == omero("fs", "usage", "--size-only").line
