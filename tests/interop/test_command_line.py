"""The official command line against our server, and sessions that it shares with ours."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.interop.conftest import Official

Omero = Callable[..., str]


@pytest.fixture(scope="module")
def omero(official: Official) -> Omero:
    """Runs a command of the official command line, logged in as root; its standard output."""

    def run(*arguments: str) -> str:
        done = official.omero(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    run("login", *where(official), "-u", "root", "-w", official.instance.root_password)
    return run


def where(official: Official) -> list[str]:
    return ["-s", official.instance.host, "-p", str(official.instance.ports.ssl)]


def test_wrong_password(official: Official) -> None:
    done = official.omero("login", *where(official), "-u", "root", "-w", "wrong")
    assert done.returncode != 0 and "Password check failed for 'root'" in done.stderr


def test_sessions(omero: Omero) -> None:
    key = omero("sessions", "key")
    assert re.fullmatch(r"[0-9a-f-]{36}", key)
    listed = omero("sessions", "list")
    assert key in listed and "root" in listed and "Logged in" in listed
    assert "root" in omero("sessions", "who")


def test_objects(omero: Omero) -> None:
    dataset = omero("obj", "new", "Dataset", "name=official")
    assert re.fullmatch(r"Dataset:\d+", dataset)
    assert omero("obj", "get", dataset, "name") == "official"
    assert omero("obj", "update", dataset, "description=µm") == dataset
    assert "description=µm" in omero("obj", "get", dataset)
    number = dataset.partition(":")[2]
    query = ("hql", "-q", "--style", "plain", "select d.id, d.name, d.description from Dataset d")
    assert f"{number},official,µm" in omero(*query)
    project = omero("obj", "new", "Project", "name=official")
    link = omero("obj", "new", "ProjectDatasetLink", f"parent={project}", f"child={dataset}")
    tag = omero("tag", "create", "--name", "outside", "--desc", "from the command line")
    tagged = re.search(r"TagAnnotation:(\d+)|(\d+)", tag)
    assert tagged, tag
    assert "outside" in omero("tag", "list")
    report = omero("delete", project, "--report", "--include", "Dataset")
    assert link.partition(":")[2] in report and number in report
    assert f"{number},official" not in omero(*query)


def test_hql_with_an_unknown_property(official: Official, omero: Omero) -> None:
    done = official.omero("hql", "-q", "select d.colour from Dataset d")
    assert done.returncode != 0 and "colour" in done.stdout + done.stderr


def test_people(omero: Omero, official: Official) -> None:
    omero("group", "add", "official-lab", "--type", "read-only")
    omero("user", "add", "ada", "Ada", "Lovelace", "--group-name", "official-lab", "-P", "secret")
    users = omero("user", "list", "--style", "plain")
    assert "ada,Ada,Lovelace" in users
    groups = omero("group", "list", "--style", "plain")
    assert re.search(r"official-lab,rwr---,", groups), groups
    theirs = [*where(official), "-u", "ada", "-w", "secret", "-C"]
    assert re.fullmatch(r"Dataset:\d+", omero("obj", *theirs, "new", "Dataset", "name=Ada's"))
    done = official.omero("group", *theirs, "add", "not-allowed")
    assert done.returncode != 0


def test_sessions_are_shared_with_our_command_line(omero: Omero, official: Official) -> None:
    instance, store = official.instance, {"OMERO_USERDIR": str(official.home / "user")}
    theirs = omero("sessions", "key")
    ours = instance.omero("sessions", "key", **store)
    assert ours.stdout.strip() == theirs, ours.stderr
    made = instance.omero("obj", "new", "Dataset", "name=shared", **store)
    assert made.returncode == 0, made.stderr
    assert omero("obj", "get", made.stdout.strip(), "name") == "shared"

    login = [*where(official), "-u", "root", "-w", instance.root_password]
    assert instance.omero("logout", **store).returncode == 0
    assert instance.omero("login", *login, **store).returncode == 0
    key = instance.omero("sessions", "key", **store).stdout.strip()
    assert key != theirs and omero("sessions", "key") == key
    assert omero("obj", "get", made.stdout.strip(), "name") == "shared"
    omero("logout")
