"""Whatever an imported file does to its reader, the server goes on: real crashes, loops and bombs in real processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import omero
import omero.cmd
from omero.sys.parameters import ParametersI
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance, fresh_root, running
from tests.support.samples import DATA
from tests.support.sending import answer_of, send, sent, submit
from tests.support.unruly import plugin, unruly

PICTURE = (DATA / "gif/cogs.gif").read_bytes()
LIMITS = {
    "omero.readers.memory": "300", "omero.readers.seconds": "4",
    "omero.pixeldata.max_plane_width": "250", "omero.pixeldata.max_plane_height": "250",
}  # fmt: skip


@pytest.fixture(scope="module")
def target() -> Iterator[Instance]:
    """A server with an unruly reader."""
    with fresh_root() as root, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", plugin(root / "plugin"))
        with running(root, properties=LIMITS) as server:
            yield server


@pytest.fixture
def client(target: Instance) -> Iterator[Any]:
    made = omero.client(target.host, target.ports.ssl)
    made.createSession("root", target.root_password)
    yield made
    made.closeSession()


@pytest.fixture(autouse=True)
def unharmed(request: pytest.FixtureRequest, target: Instance) -> Iterator[None]:
    """The same server before and after, with nothing half done; the next test shows that it is able to import."""
    pid = target.pid("Blitz-0")
    client = request.getfixturevalue("client")
    assert pictures(send(client, {"/data/before.gif": PICTURE})) == 1
    yield
    assert target.pid("Blitz-0") == pid or "restarts" in request.node.name
    assert inconsistencies(target) == []


def pictures(answer: Any) -> int:
    assert isinstance(answer, omero.grid.ImportResponse), answer
    return len(answer.pixels)


def workers(server: Instance) -> list[int]:
    """Processes that read, of this server."""
    parent = str(server.pid("Blitz-0")).encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):
            words = path.read_bytes().split(b"\0")
            if b"omero_server.imports.worker" in words and parent in words:
                found.append(int(path.parent.name))
    return found


def eventually(true: Callable[[], Any], seconds: float = 20.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def gone(pid: int) -> bool:
    """Whether it has ended; it may not have been waited for."""
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] == "Z"


@pytest.mark.parametrize(
    ("deed", "when", "reason"),
    [
        ("crash", "read", "its reader crashed (SIGSEGV)"),
        ("hang", "describe", "its reader was stopped after 4 s without progress (omero.readers.seconds)"),
        ("grow", "read", "reading it takes more than 300 MB of memory (omero.readers.memory)"),
        ("leave", "describe", "its reader ended with exit code 3"),
        ("chatter", "read", "its reader gave no sensible answer"),
        ("stumble", "describe", "surprise"),
    ],
)
def test_a_reader_fails(deed: str, when: str, reason: str, client: Any) -> None:
    started = time.monotonic()
    answer = send(client, {"/data/cells.unruly": unruly(deed, when)})
    assert isinstance(answer, omero.cmd.ERR) and answer.name == "import-file-exception", answer
    message = answer.parameters["message"]
    assert message.startswith("data/cells.unruly: ") and reason in message, message
    assert answer.parameters["filename"] == "cells.unruly"
    assert time.monotonic() - started < 20


def test_files_of_others_are_not_taken(client: Any) -> None:
    answer = send(client, {"/data/cells.unruly": unruly("steal")})
    assert isinstance(answer, omero.cmd.ERR) and "do not belong to it" in answer.parameters["message"]


@pytest.mark.parametrize(("deed", "when"), [("hang", "describe"), ("dawdle", "read")])
def test_cancelled_in_the_middle(deed: str, when: str, client: Any, target: Instance) -> None:
    [idle] = workers(target)
    with sent(client, {"/data/cells.unruly": unruly(deed, when)}) as handle:
        time.sleep(0.7)
        assert handle.getStatus().currentStep == (0 if when == "describe" else 1)
        started = time.monotonic()
        assert handle.cancel()
        assert time.monotonic() - started < 2
        assert handle.getResponse().name == "cancel-called"
        assert omero.cmd.State.CANCELLED in handle.getStatus().flags
    assert eventually(lambda: gone(idle))


def test_long_reading_that_makes_progress_is_no_failure(client: Any) -> None:
    with sent(client, {"/data/cells.unruly": unruly("dawdle", "read")}) as handle:
        time.sleep(float(LIMITS["omero.readers.seconds"]) + 1)
        assert handle.getResponse() is None
        assert handle.cancel()


def test_a_process_is_killed_between_two_imports(client: Any, target: Instance) -> None:
    for pid in workers(target):
        os.kill(pid, signal.SIGKILL)
    assert pictures(send(client, {"/data/cogs.gif": PICTURE})) == 1


def test_a_process_is_killed_in_the_middle(client: Any, target: Instance) -> None:
    with sent(client, {"/data/cells.unruly": unruly("dawdle", "read")}) as handle:
        time.sleep(0.7)
        for pid in workers(target):
            os.kill(pid, signal.SIGKILL)
        assert "was killed" in answer_of(handle).parameters["message"]


def test_others_import_meanwhile(client: Any, target: Instance) -> None:
    with sent(client, {"/data/slow.unruly": unruly("dawdle", "read")}) as first:
        with sent(client, {"/data/stuck.unruly": unruly("dawdle", "read")}) as second:
            assert pictures(send(client, {"/data/cogs.gif": PICTURE})) == 1
            assert len(workers(target)) == 3
            assert second.cancel()
        assert first.cancel()


def test_a_plate_is_read_by_several(client: Any, target: Instance) -> None:
    """Images come in their order, whoever has read them."""
    name = "/data/plate&plates=1&plateRows=4&plateCols=6&sizeX=64&sizeY=64.fake"
    answer = send(client, {name: b""})
    query, parameters = (
        client.getSession().getQueryService(),
        ParametersI().addIds([one.id.val for one in answer.pixels]),
    )
    found = query.findAllByQuery(
        "select p from Pixels p join fetch p.image i where p.id in (:ids) order by i.series", parameters
    )
    assert [one.image.series.val for one in found] == list(range(24))
    assert [one.id.val for one in found] == [one.id.val for one in answer.pixels]
    assert len({one.sha1.val for one in found}) == 24
    assert len(workers(target)) >= min(os.cpu_count() or 1, 2)


def test_a_crash_over_a_pyramid(client: Any, target: Instance) -> None:
    """Of large planes little is read before the image is there."""
    assert pictures(send(client, {"/data/cells.unruly": unruly("tire", "read")})) == 1
    eventually(lambda: "no pyramid of the pixels" in target.log("Blitz-0"), 60)
    assert "its reader crashed (SIGSEGV)" in target.log("Blitz-0").rsplit("no pyramid of the pixels", 1)[1]


def test_the_server_is_killed_and_restarts(client: Any, target: Instance) -> None:
    """Nothing is left of what it has started, not even of a process that cannot notice it."""
    submit(client, {"/data/cells.unruly": unruly("hang")})
    time.sleep(0.7)
    old = workers(target)
    assert old
    target.kill_blitz()
    assert eventually(lambda: all(gone(pid) for pid in old))
    target.await_blitz()


def test_the_server_stops_and_restarts(client: Any, target: Instance) -> None:
    """A long import does not hold it up."""
    submit(client, {"/data/cells.unruly": unruly("dawdle", "read")})
    time.sleep(0.5)
    old = workers(target)
    assert old
    target.stop()
    assert all(gone(pid) for pid in old)
    assert "did not stop" not in target.log("supervisor")
    target.start()
