"""Twenty clients of several users change the same few objects at once: what they are told fits one serial order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg2
import pytest

import omero
import omero.model
from omero.rtypes import rstring
from tests.support.contention import LINKS, Plan, event_of
from tests.support.history import Entry, Register, check_links, check_registers, load
from tests.support.instance import Instance
from tests.support.old_compare import Rows
from tests.support.old_order import disorder
from tests.support.people import PASSWORD, logged_in, make_group, make_user

CLIENTS, PROCESSES, USERS = 20, 4, 4
CHANGES_BEFORE_KILL = 500
SECONDS = float(os.environ.get("OMERO_TEST_CONTENTION_SECONDS", "60"))
READERS: dict[str, Callable[[Any], Any]] = {
    "Project": lambda obj: obj.description.val,
    "Image": lambda obj: obj.name.val,
    "MapAnnotation": lambda obj: [[pair.name, pair.value] for pair in obj.getMapValue()],
}


def some_objects(update: Any) -> dict[str, list[int]]:
    """A few objects of each kind that clients change."""
    made: dict[str, list[int]] = {}
    for kind, cls, count in (("project", "Project", 2), ("dataset", "Dataset", 3), ("image", "Image", 4)):
        objects = [getattr(omero.model, f"{cls}I")() for _ in range(count)]
        for obj in objects:
            obj.name, obj.description = rstring("begin"), rstring("0")
        made[kind] = update.saveAndReturnIds(objects)
    tags = [omero.model.TagAnnotationI() for _ in range(3)]
    pairs = [omero.model.MapAnnotationI() for _ in range(2)]
    for annotation in pairs:
        annotation.setMapValue([])
    made["tag"], made["pairs"] = update.saveAndReturnIds(tags), update.saveAndReturnIds(pairs)
    rois = [omero.model.RoiI() for _ in range(2)]
    for roi in rois:
        roi.addAllShapeSet([omero.model.PointI() for _ in range(4)])
    made["roi"] = update.saveAndReturnIds(rois)
    return made


class Contention:
    """A group, its users and objects on a running server, and the clients that work there."""

    def __init__(self, instance: Instance, folder: Path) -> None:
        self.instance, self.folder = instance, folder
        with logged_in(instance) as root:
            group = make_group(root, "rwrw--")
            self.users = [make_user(root, group) for _ in range(USERS)]
        with logged_in(instance, self.users[0]) as session:
            self.objects = some_objects(session.getUpdateService())
        self.begin = self.states()

    def states(self) -> dict[str, tuple[int, Any]]:
        """Update event and value of each object that is changed."""
        found = {}
        with logged_in(self.instance, self.users[0]) as session:
            query = session.getQueryService()
            for kind, cls in (("project", "Project"), ("image", "Image"), ("pairs", "MapAnnotation")):
                for object_id in self.objects[kind]:
                    obj = query.get(cls, object_id)
                    found[f"{cls}:{object_id}"] = (event_of(obj), READERS[cls](obj))
        return found

    def start(self, seconds: float) -> list[subprocess.Popen[str]]:
        """Start the clients."""
        started = []
        for process in range(PROCESSES):
            numbers = range(process, CLIENTS, PROCESSES)
            plan = Plan(
                self.instance.host, self.instance.ports.tcp, seconds, process, str(self.folder), PASSWORD,
                [(number, self.users[number // PROCESSES % USERS]) for number in numbers], self.objects,
            )  # fmt: skip
            path = self.folder / f"{process}.plan"
            path.write_text(json.dumps(asdict(plan)))
            command = [sys.executable, "-m", "tests.support.contention", str(path)]
            started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return started

    def history(self) -> list[Entry]:
        """What the clients did."""
        return load(self.folder.glob("*.history"))

    def registers(self) -> dict[str, Register]:
        """The objects that were changed, in the beginning and now."""
        now = self.states()
        return {key: Register(*begin, *now[key]) for key, begin in self.begin.items()}


@pytest.fixture
def contention(instance: Instance, tmp_path: Path) -> Contention:
    return Contention(instance, tmp_path)


@pytest.fixture
def db(instance: Instance) -> Iterator[Any]:
    connection = psycopg2.connect(instance.uri)
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


def links_left(db: Any, objects: dict[str, list[int]]) -> set[str]:
    found = set()
    for kind, cls in LINKS.items():
        db.execute(f"SELECT id FROM {cls.lower()} WHERE parent = ANY(%s)", (objects[kind],))  # noqa: S608
        found |= {f"{kind}{row[0]}" for row in db.fetchall()}
    return found


@pytest.mark.timeout(SECONDS + 120)
def test_answers_fit_one_serial_order(contention: Contention, db: Any) -> None:
    for process in contention.start(SECONDS):
        output = process.communicate(timeout=SECONDS + 60)[0]
        assert process.returncode == 0, output
    entries = contention.history()
    counts = Counter(entry.kind for entry in entries)
    print(f"{len(entries) / SECONDS:.0f} calls/s: {dict(counts)}")
    problems = [f"{e.key}: {e.message}" for e in entries if e.kind == "failed"]
    problems += check_registers(contention.registers(), entries)
    problems += check_links(entries, links_left(db, contention.objects))
    assert not problems, f"{len(problems)} problems:\n" + "\n".join(problems[:20])
    db.execute("SELECT roi, array_agg(roi_index ORDER BY roi_index) FROM shape WHERE roi = ANY(%s) GROUP BY roi",
               (contention.objects["roi"],))  # fmt: skip
    for roi, places in db.fetchall():
        assert places == list(range(len(places))), f"the places of Roi:{roi}'s shapes have gaps"
    for kind in ("write", "conflict", "link", "refused link", "unlink", "refused unlink", "list", "read"):
        assert counts[kind] > 10, f"too few to judge: {counts}"


def test_nothing_is_half_done_when_the_server_is_killed(make_instance: Callable[..., Instance], tmp_path: Path) -> None:
    server = make_instance()
    server.start()
    contention = Contention(server, tmp_path)
    clients = contention.start(60)
    connection = psycopg2.connect(server.uri)
    connection.autocommit = True
    rows = Rows(connection)
    while rows.query("SELECT count(*) AS n FROM eventlog")[0]["n"] < CHANGES_BEFORE_KILL:
        assert all(client.poll() is None for client in clients)
        time.sleep(0.1)
    server.kill_blitz()
    for client in clients:
        client.communicate(timeout=90)
    server.await_blitz()
    made = {entry.made for entry in contention.history() if entry.kind == "write"}
    assert len(made) > 20, "too few changes to judge"
    assert not list(disorder(rows))
    assert made <= {row["event"] for row in rows.query("SELECT event FROM eventlog")}, "an acknowledged change is lost"
    silent = "SELECT id FROM event e WHERE experimenter <> 0 AND NOT EXISTS (SELECT 1 FROM eventlog WHERE event = e.id)"
    assert not rows.query(silent), "events without a log"
    places = "SELECT array_agg(roi_index ORDER BY roi_index) AS at FROM shape GROUP BY roi"
    assert all(row["at"] == list(range(len(row["at"]))) for row in rows.query(places))
    connection.close()
    with logged_in(server, contention.users[0]) as session:
        project = session.getQueryService().get("Project", contention.objects["project"][0])
        project.description = rstring("after")
        assert session.getUpdateService().saveAndReturnObject(project).description.val == "after"
