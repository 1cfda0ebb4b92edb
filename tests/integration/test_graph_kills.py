"""The server is killed (SIGKILL) in the middle of deletes and copies: rows and files agree when it is up again.

Among the statements it is caught while it waits for a table that the test has locked; among the changes of files by an
audit hook (tests/support/faults), before the first, the second, the third change, until a request gets through.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import Ice
import pytest
from sqlalchemy import create_engine, text

import omero
import omero.cmd
from omero.importing import Options, import_fileset, scan
from omero.sys import ParametersI
from omero_server.repository.layout import Layout
from tests.support import faults
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance, fresh_root, running
from tests.support.requests import ended

HOOK = str(Path(faults.__file__).parent)
LOCKED = ["image", "pixels", "filesetentry", "originalfile", "thumbnail", "eventlog"]
MOST = 40


@pytest.fixture(scope="module")
def mortal() -> Iterator[Instance]:
    """A server to kill, again and again. It watches for the file "fault" in its directory."""
    with fresh_root() as root, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMERO_TEST_FAULT", str(root / "fault"))
        patch.setenv("PYTHONPATH", HOOK, prepend=os.pathsep)
        with running(root) as server:
            yield server


@contextmanager
def client_of(instance: Instance) -> Iterator[Any]:
    made = omero.client(instance.host, instance.ports.ssl)
    made.createSession("root", instance.root_password)
    try:
        yield made
    finally:
        with suppress(Ice.Exception):
            made.closeSession()


@pytest.fixture
def folder(mortal: Instance) -> Path:
    """Not deep, since folders are stored and removed one by one."""
    made = mortal.root / "files"
    made.mkdir(exist_ok=True)
    return made


def imported(client: Any, folder: Path, images: int) -> list[int]:
    """Ids of the images of a new fileset, which has a file, a log, views and thumbnails."""
    path = folder / f"cells&sizeX=30&sizeY=20&sizeC=2&series={images}.fake"
    path.touch()
    return sorted(import_fileset(client, scan([path]).candidates[0], Options()).images)


def present(instance: Instance, images: list[int]) -> int:
    """How many of the images there are."""
    with client_of(instance) as client:
        found = client.sf.getQueryService().findAllByQuery(
            "from Image i where i.id in (:ids)", ParametersI().addIds(images)
        )
        return len(found)


def request_for(what: str, images: list[int]) -> Any:
    made = {"delete": omero.cmd.Delete2, "duplicate": omero.cmd.Duplicate}[what]
    return made({"Image": images}, [], False)


@contextmanager
def locked(instance: Instance, table: str) -> Iterator[Any]:
    """Nobody can write to a table inside of the block. Yields a function that waits until somebody tries."""
    engine = create_engine(instance.uri.replace("postgresql://", "postgresql+psycopg2://", 1))
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST(:t AS regclass)")

    def wait() -> None:
        deadline = time.monotonic() + 20
        with engine.connect() as other:
            while not other.execute(waiting, {"t": table}).scalar_one():
                assert time.monotonic() < deadline, f"nobody writes to {table}"
                time.sleep(0.02)

    try:
        with engine.begin() as db:
            db.execute(text(f'LOCK TABLE "{table}" IN EXCLUSIVE MODE'))
            yield wait
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("what", "table"), [*(("delete", table) for table in LOCKED), ("duplicate", "image"), ("duplicate", "eventlog")]
)
def test_killed_among_its_statements(mortal: Instance, folder: Path, what: str, table: str) -> None:
    """Before the commit nothing is done, and nothing of what was prepared remains."""
    with client_of(mortal) as client:
        images = imported(client, folder, 2)
        rows, before = len(all_images(client)), files_of(mortal)
        with locked(mortal, table) as wait:
            client.sf.submit(request_for(what, images))
            wait()
            mortal.kill_blitz()
    restart(mortal)
    assert inconsistencies(mortal) == [] and files_of(mortal) == before
    with client_of(mortal) as client:
        assert len(all_images(client)) == rows and present(mortal, images) == 2
        ended(client.sf, request_for("delete", images))
    assert present(mortal, images) == 0 and inconsistencies(mortal) == []


def all_images(client: Any) -> list[Any]:
    found: list[Any] = client.sf.getQueryService().findAllByQuery("from Image", None)
    return found


def files_of(instance: Instance) -> set[Path]:
    return {path for path in Layout.of(instance.config).managed.rglob("*") if path.is_file()}


def restart(instance: Instance) -> None:
    """Do not wait for the supervisor, which lets more and more time pass before it starts what keeps ending."""
    instance.stop()
    instance.start()


@pytest.mark.parametrize("what", ["delete", "duplicate"])
def test_killed_at_each_change_of_files(mortal: Instance, folder: Path, what: str) -> None:
    """Wholly done, or not at all; at first not, since files are touched after what will be done is written down."""
    outcomes = []
    for number in range(1, MOST):
        with client_of(mortal) as client:
            images = imported(client, folder, 1)
            rows = len(all_images(client))
            (mortal.root / "fault").write_text(f"{number} {mortal.root}/")
            survived = through(client, request_for(what, images))
        restart(mortal)
        (mortal.root / "fault").unlink(missing_ok=True)
        assert inconsistencies(mortal) == [], f"after change {number}"
        with client_of(mortal) as client:
            outcomes.append(len(all_images(client)) - rows)
        if survived:
            break
    done = {"delete": -1, "duplicate": 1}[what]
    assert set(outcomes) == {0, done} and outcomes == sorted(outcomes, key=lambda each: each == done)
    assert survived and len(outcomes) > 5


def through(client: Any, request: Any) -> bool:
    """Whether the server outlives a request."""
    try:
        ended(client.sf, request)
    except Ice.Exception:
        return False
    return True
