"""Uploads that are interrupted go on where they were, also in another process and after a restart of the server."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import Ice
import numpy as np
import pytest
import tifffile
from sqlalchemy import create_engine, text

import omero
from omero.importing import Candidate, Imported, Options, import_all, import_fileset, scan
from omero.importing.process import begin_import, managed_repository
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance, fresh_root, running

MIB = 1024 * 1024
RESUMING = Options(resume=True, minmax=False, thumbnails=False)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C at some point."""


@contextmanager
def client_of(instance: Instance, user: str = "root", password: str | None = None) -> Iterator[Any]:
    made = omero.client(instance.host, instance.ports.ssl)
    made.createSession(user, password or instance.root_password)
    try:
        yield made
    finally:
        with suppress(Ice.Exception):
            made.closeSession()


@pytest.fixture(scope="module")
def mortal() -> Iterator[Instance]:
    """A server to kill."""
    with fresh_root() as root, running(root) as server:
        yield server


@pytest.fixture
def large(tmp_path: Path) -> Candidate:
    """A TIFF of 48 MB."""
    noise = np.frombuffer(random.Random(3).randbytes(MIB), np.uint8).reshape(1024, 1024)
    tifffile.imwrite(tmp_path / "large.tif", np.broadcast_to(noise, (48, 1024, 1024)))
    return scan([tmp_path / "large.tif"]).candidates[0]


def interrupted(client: Any, candidate: Candidate, after: int = 30 * MIB) -> None:
    """Upload a part, then stop as if by Ctrl-C."""

    def stop(what: str, done: int, total: int) -> None:
        if done >= after:
            raise Interrupted

    with pytest.raises(Interrupted):
        import_fileset(client, candidate, RESUMING, stop)


def finished(client: Any, candidate: Candidate, options: Options = RESUMING) -> tuple[Imported, int]:
    """The import, and how many bytes were sent (a spy on the blocks)."""
    sent = 0

    class Counting:
        def __init__(self, process: Any) -> None:
            self._process = process

        def __getattr__(self, name: str) -> Any:
            return getattr(self._process, name)

        def getUploader(self, index: int) -> Any:
            store = self._process.getUploader(index)
            plain = store.writeAsync

            def write(block: bytes, position: int, length: int) -> Any:
                nonlocal sent
                sent += length
                return plain(block, position, length)

            store.writeAsync = write
            return store

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("omero.importing.process.begin_import", lambda *args: Counting(begin_import(*args)))
        return import_fileset(client, candidate, options), sent


def filesets(instance: Instance) -> list[int]:
    engine = create_engine(instance.uri.replace("postgresql://", "postgresql+psycopg2://", 1))
    with engine.connect() as db:
        found = list(db.execute(text("SELECT id FROM fileset ORDER BY id")).scalars())
    engine.dispose()
    return found


def test_another_client_goes_on(mortal: Instance, large: Candidate) -> None:
    with client_of(mortal) as first:
        interrupted(first, large)
    [waiting] = set(filesets(mortal)) - set(imported_before := filesets(mortal)[:-1])
    assert inconsistencies(mortal) == []
    with client_of(mortal) as second:
        done, sent = finished(second, large)
    assert done.fileset == waiting and done.images and sent <= 28 * MIB
    assert filesets(mortal) == [*imported_before, waiting] and inconsistencies(mortal) == []


def test_after_the_server_was_killed(mortal: Instance, large: Candidate) -> None:
    with client_of(mortal) as client:
        interrupted(client, large)
        mortal.kill_blitz()
    mortal.await_blitz()
    waiting = filesets(mortal)[-1]
    assert inconsistencies(mortal) == []
    with client_of(mortal) as client:
        done, sent = finished(client, large)
        assert done.fileset == waiting and done.images and sent <= 28 * MIB
    assert inconsistencies(mortal) == []


def test_a_killed_command(mortal: Instance, large: Candidate, tmp_path: Path) -> None:
    """The program dies in the middle, its session lives on."""
    environment = mortal.environment | {"OMERO_SESSIONDIR": str(tmp_path / "s")}
    login = ["-s", mortal.host, "-p", str(mortal.ports.ssl), "-u", "root", "-w", mortal.root_password]
    command = [sys.executable, "-m", "omero_cli.main", "-q", "import", *login, "--skip=minmax", str(large.entry)]
    before = filesets(mortal)
    for _ in range(20):
        program = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while len(filesets(mortal)) == len(before) and program.poll() is None:
            time.sleep(0.01)
        time.sleep(random.Random(1).random() / 20)
        with suppress(ProcessLookupError):
            os.kill(program.pid, signal.SIGKILL)
        program.communicate()
        if program.returncode < 0:
            break
    assert program.returncode < 0
    time.sleep(0.5)
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("Image:"), done.stderr
    assert len(filesets(mortal)) == len(before) + 1 and inconsistencies(mortal) == []


def test_a_file_that_changed_is_sent_anew(mortal: Instance, large: Candidate) -> None:
    with client_of(mortal) as client:
        interrupted(client, large)
    with large.entry.open("r+b") as file:
        file.seek(5 * MIB)
        file.write(bytes(100))
    with client_of(mortal) as client:
        done, sent = finished(client, large)
    assert done.images and sent > large.entry.stat().st_size
    assert inconsistencies(mortal) == []


def test_a_file_that_became_shorter(mortal: Instance, large: Candidate) -> None:
    with client_of(mortal) as client:
        interrupted(client, large)
    tifffile.imwrite(large.entry, np.zeros((64, 64), np.uint8))
    with client_of(mortal) as client:
        assert import_fileset(client, large, RESUMING).images
    assert inconsistencies(mortal) == []


def test_who_does_not_ask_or_is_still_there(mortal: Instance, large: Candidate) -> None:
    before = filesets(mortal)
    with client_of(mortal) as first:
        process = begin_import(first, large, RESUMING)
        process.getUploader(0).write(bytes(MIB), 0, MIB)
        with client_of(mortal) as second:
            # The first client is connected, and the second one gets a fileset of its own.
            other = begin_import(second, large, RESUMING)
            assert len(filesets(mortal)) == len(before) + 2
            other.close()
            assert len(filesets(mortal)) == len(before) + 1
            listed = [one.ice_getIdentity() for one in managed_repository(first).listImports()]
            assert process.ice_getIdentity() in listed
    with client_of(mortal) as client:
        begin_import(client, large, Options()).close()
        begin_import(client, large, Options(resume=True, checksum_algorithm="File-Size-64")).close()
        assert len(filesets(mortal)) == len(before) + 1
        again = begin_import(client, large, RESUMING)
        store = again.getUploader(0)
        assert again.getUploadOffset(0) == MIB and len(filesets(mortal)) == len(before) + 1
        store.close()
        again.close()
    assert filesets(mortal) == before and inconsistencies(mortal) == []


def test_an_old_client_is_told_that_another_goes_on(mortal: Instance, large: Candidate) -> None:
    """Its connection was lost for the server, but the program still runs and keeps the session."""
    keeper = omero.client(mortal.host, mortal.ports.ssl)
    key = keeper.createSession("root", mortal.root_password).ice_getIdentity().name
    first = omero.client(mortal.host, mortal.ports.ssl)
    first.joinSession(key)
    process = begin_import(first, large, RESUMING)
    store = process.getUploader(0)
    store.write(bytes(10), 0, 10)
    first.sf.detachOnDestroy()
    first.closeSession()
    with client_of(mortal) as second:
        assert import_fileset(second, large, RESUMING).images
    keeper.closeSession()
    assert inconsistencies(mortal) == []


def test_interrupted_uploads_are_not_kept_for_ever(mortal: Instance, large: Candidate) -> None:
    before = filesets(mortal)
    with client_of(mortal) as client:
        interrupted(client, large, MIB)
    assert len(filesets(mortal)) == len(before) + 1
    engine = create_engine(mortal.uri.replace("postgresql://", "postgresql+psycopg2://", 1))
    with engine.begin() as db:
        db.execute(
            text(
                "UPDATE event SET time = time - interval '25 hours' WHERE id = (SELECT update_id FROM fileset"
                " ORDER BY id DESC LIMIT 1)"
            )
        )
    engine.dispose()
    mortal.kill_blitz()
    mortal.await_blitz()
    assert filesets(mortal) == before and inconsistencies(mortal) == []


def test_side_by_side_threads_stop(mortal: Instance, tmp_path: Path) -> None:
    for number in range(3):
        tifffile.imwrite(tmp_path / f"{number}.tif", np.zeros((40, 1024, 1024), np.uint8))
    candidates, ended = scan([tmp_path]).candidates, threading.Event()

    def slowly(candidate: Candidate) -> Any:
        def told(what: str, done: int, total: int) -> None:
            if candidate is not candidates[0] and what == "upload":
                ended.wait(1)

        return told

    with client_of(mortal) as client:
        found = import_all(client, candidates, RESUMING, parallel=2, progress_of=slowly)
        next(found)
        started = time.monotonic()
        found.close()
        # The second file has 20 blocks, each of which takes a second.
        assert time.monotonic() - started < 15
    with client_of(mortal) as client:
        assert all(one.imported for one in import_all(client, candidates, RESUMING))
    assert inconsistencies(mortal) == []
