"""Each change of a file and each SQL statement of an import fails once: rows and files agree, the next one works."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import Ice
import pytest

import omero
from omero.importing import Candidate, ImportFailed, Options, import_fileset, scan
from tests.support import failures
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance, fresh_root, running

HOOK = str(Path(failures.__file__).parent)
MOST = 400


@pytest.fixture(scope="module")
def frail() -> Iterator[Instance]:
    """A server in which one thing can be made to fail."""
    with fresh_root() as root, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMERO_TEST_FAILURE", str(root / "failure"))
        patch.setenv("PYTHONPATH", HOOK, prepend=os.pathsep)
        with running(root) as server:
            yield server


@pytest.fixture(scope="module")
def client(frail: Instance) -> Iterator[Any]:
    made = omero.client(frail.host, frail.ports.ssl)
    made.createSession("root", frail.root_password)
    yield made
    made.closeSession()


@pytest.fixture(scope="module")
def candidate(frail: Instance) -> Candidate:
    """Two small images, with settings and thumbnails, in a folder that is not deep."""
    folder = frail.root / "files"
    folder.mkdir()
    path = folder / "cells&sizeX=12&sizeY=8&sizeC=2&series=2.fake"
    path.touch()
    return scan([path]).candidates[0]


@pytest.fixture(scope="module")
def bad(candidate: Candidate) -> Candidate:
    """A file that the server finds to be no image."""
    path = candidate.entry.with_name("bad.tif")
    path.write_text("no image")
    return Candidate(path, (path,), "none")


def order(frail: Instance, kind: str, number: int) -> None:
    """What is to fail from now on."""
    waiting = frail.root / "failure.new"
    waiting.write_text(f"{kind} {number}")
    waiting.rename(frail.root / "failure")


def attempt(frail: Instance, client: Any, candidate: Candidate, kind: str, number: int) -> bool:
    """Import while something fails; False when there was nothing of that number any more."""
    done = frail.root / "failure.done"
    order(frail, kind, number)
    try:
        assert import_fileset(client, candidate, Options()).images
    except (ImportFailed, omero.ServerError, Ice.UnknownException) as error:
        assert done.exists() or candidate.reader == "none", error
    order(frail, "nothing", 1)
    failed = done.exists()
    done.unlink(missing_ok=True)
    return failed


@pytest.mark.parametrize("kind", ["file", "sql"])
@pytest.mark.parametrize("which", ["good", "bad"])
def test_everything_fails_once(
    which: str, kind: str, frail: Instance, client: Any, candidate: Candidate, bad: Candidate
) -> None:
    """Also when the import is taken back, because its file is no image.

    Each attempt gets past what failed in the one before, so that it shows that imports work again.
    """
    wrong = {}
    for number in range(1, MOST):
        if not attempt(frail, client, candidate if which == "good" else bad, kind, number):
            break
        found = inconsistencies(frail)
        if found:
            wrong[number] = found
    assert 10 < number < MOST
    assert wrong == {}
    assert len(import_fileset(client, candidate).images) == 2
    assert inconsistencies(frail) == []
