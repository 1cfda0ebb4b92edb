"""The official command line against our server, and sessions that it shares with ours."""

from __future__ import annotations

import re
import subprocess
import sys
import time
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


@pytest.mark.parametrize("argument", ["version", "-h"])
def test_ours_starts_faster(official: Official, argument: str) -> None:
    """Best of a few runs each, because other tests may keep the machine busy."""

    def ours() -> None:
        subprocess.run([sys.executable, "-m", "omero_cli.main", argument], check=True, capture_output=True)

    def seconds(run: Callable[[], object], enough: float, tries: int) -> float:
        best = 99.0
        for _ in range(tries):
            begun = time.perf_counter()
            run()
            best = min(best, time.perf_counter() - begun)
            if best < enough:
                break
        return best

    mine = seconds(ours, 0.25, 20)
    theirs = seconds(lambda: official.omero(argument), 0.0, 3)
    print(f"omero {argument}: {mine:.2f} s, official {theirs:.2f} s")
    assert mine < 0.25 and mine < theirs


def test_each_ends_sessions_of_the_other(omero: Omero, official: Official) -> None:
    """Sessions in groups and of other users, by key, and their ends: what one does, the other sees."""
    instance, store = official.instance, {"OMERO_USERDIR": str(official.home / "user")}
    login = [*where(official), "-u", "root", "-w", instance.root_password, "-C"]
    assert instance.omero("login", *login, "-g", "user", **store).returncode == 0
    key = omero("sessions", "key")
    assert instance.omero("sessions", "key", **store).stdout.strip() == key
    assert omero("sessions", "group") == instance.omero("sessions", "group", **store).stdout.strip()
    joined = official.omero("login", "-k", key, *where(official))
    assert joined.returncode == 0 and "Joined session for root" in joined.stderr
    omero("logout")
    assert instance.omero("sessions", "key", **store).stdout == ""
    listed = instance.omero("sessions", "list", **store).stdout
    assert key not in listed
    omero("login", *login)
    key = omero("sessions", "key")
    done = instance.omero("login", "-k", key, *where(official), **store)
    assert done.returncode == 0 and "Joined session for root" in done.stderr
    assert instance.omero("sessions", "clear", **store).returncode == 0
    assert omero("sessions", "key") == ""
    omero("login", *login)
