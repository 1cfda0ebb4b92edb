"""Clients that change the same few objects at the same time, each on a thread, some in one process:

    python -m tests.support.contention PLAN.json

The plan says where the server is, who logs in, what to change and for how long. Each client writes a file with what
it did, see ``history``. All objects lie in one read-write group.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import omero
import omero.cmd
import omero.model
import omero.sys
from omero.rtypes import rstring
from tests.support.history import Entry, line

LINKS = {"dataset": "DatasetImageLink", "image": "ImageAnnotationLink"}
QUERIES = {
    "dataset": "select l from DatasetImageLink l where l.parent.id = :id",
    "image": "select l from ImageAnnotationLink l where l.parent.id = :id",
}
POLL = 0.002


@dataclass
class Plan:
    """Names are also the keys of the history. objects: ids by kind; "dataset", "image", "tag", "project", "pairs",
    "roi".
    """

    host: str
    port: int
    seconds: float
    seed: int
    folder: str
    password: str
    clients: list[tuple[int, str]]
    objects: dict[str, list[int]]


class Client(threading.Thread):
    """One session; does things at random until the time is over."""

    def __init__(self, plan: Plan, number: int, user: str) -> None:
        super().__init__(name=f"client {number}")
        self.plan, self.number = plan, number
        self.random = random.Random(plan.seed * 1000 + number)
        self.client = omero.client(f"tcp://{plan.host}:{plan.port}")
        self.session = self.client.createSession(user, plan.password)
        self.update, self.query = self.session.getUpdateService(), self.session.getQueryService()
        self.user = self.session.getAdminService().getEventContext().userId
        self.out = (Path(plan.folder) / f"{number}.history").open("w", buffering=1 << 16)
        self.steps: list[tuple[int, Callable[[], None]]] = [
            (4, self.count_up), (3, self.rename_two), (3, self.add_pair), (2, self.reorder), (5, self.link_some),
            (5, self.unlink_one), (2, self.unlink_by_request), (2, self.list_links), (2, self.look),
        ]  # fmt: skip

    def run(self) -> None:
        """Work until the time is over, then log out."""
        deadline = time.monotonic() + self.plan.seconds
        weights = [weight for weight, _ in self.steps]
        try:
            while time.monotonic() < deadline:
                self.random.choices(self.steps, weights)[0][1]()
        finally:
            self.out.close()
            self.client.closeSession()

    def note(self, kind: str, key: str, start: float, **facts: Any) -> None:
        """Write down a call that ends now."""
        self.out.write(line(Entry(self.number, kind, key, start, time.monotonic(), **facts)))

    def pick(self, kind: str) -> int:
        """One of the objects of a kind."""
        return self.random.choice(self.plan.objects[kind])

    def read(self, cls: str, object_id: int, value: Callable[[Any], Any]) -> Any:
        """Load an object, and note what it is like."""
        start = time.monotonic()
        obj = self.query.get(cls, object_id)
        self.note("read", f"{cls}:{object_id}", start, seen=event_of(obj), value=value(obj))
        return obj

    def save(self, objects: list[tuple[Any, Callable[[Any], Any]]]) -> None:
        """Save changed copies, and note whether that was accepted."""
        start = time.monotonic()
        copies = [(f"{type(obj).__name__[:-1]}:{obj.id.val}", event_of(obj), value(obj)) for obj, value in objects]
        try:
            saved = self.update.saveAndReturnArray([obj for obj, _ in objects])
        except omero.OptimisticLockException as error:
            self.refused(error, copies, start)
        except Exception as error:
            self.note("failed", copies[0][0], start, message=f"{type(error).__name__}: {error}"[:600])
        else:
            for (key, seen, value), obj in zip(copies, saved, strict=True):
                self.note("write", key, start, seen=seen, made=event_of(obj), value=value)

    def refused(self, error: Any, copies: list[tuple[str, int, Any]], start: float) -> None:
        """A conflict is noted of the object that the message names."""
        named = [copy for copy in copies if f"{copy[0]} " in error.message]
        assert len(named) == 1, error.message
        self.note("conflict", named[0][0], start, seen=named[0][1])

    # What clients do.

    def count_up(self) -> None:
        """Add one to the number in a project's description."""
        project = self.read("Project", self.pick("project"), description)
        project.description = rstring(str(int(project.description.val) + 1))
        self.save([(project, description)])

    def rename_two(self) -> None:
        """Rename two images at once, in any order; the first one by a client that works slowly."""
        images = [self.read("Image", i, name) for i in self.random.sample(self.plan.objects["image"], 2)]
        for image in images:
            image.name = rstring(f"{self.number}-{time.monotonic()}")
        self.save([(image, name) for image in images])

    def add_pair(self) -> None:
        """Append a pair to a map annotation."""
        annotation = self.read("MapAnnotation", self.pick("pairs"), pairs)
        annotation.getMapValue().append(omero.model.NamedValue(str(self.number), str(time.monotonic())))
        self.save([(annotation, pairs)])

    def reorder(self) -> None:
        """Shuffle the shapes of a ROI, add one, or leave one out. Places are looked at in the end."""
        params = omero.sys.ParametersI().addId(self.pick("roi"))
        roi = self.query.findByQuery("select r from Roi r left outer join fetch r.shapes where r.id = :id", params)
        shapes = roi.copyShapes()
        self.random.shuffle(shapes)
        if len(shapes) > 6:
            shapes.pop()
        elif self.random.random() < 0.5:
            shapes.append(omero.model.PointI())
        roi.clearShapes()
        roi.addAllShapeSet(shapes)
        start = time.monotonic()
        try:
            self.update.saveObject(roi)
            if self.random.random() < 0.5:
                point = omero.model.PointI()
                point.setRoi(omero.model.RoiI(roi.id.val, False))
                self.update.saveObject(point)
        except (omero.OptimisticLockException, omero.ValidationException) as error:
            # A shape of the list may have been taken away meanwhile.
            if "does not exist" not in error.message:
                self.note("failed", f"Roi:{roi.id.val}", start, message=error.message)
        except Exception as error:
            self.note("failed", f"Roi:{roi.id.val}", start, message=f"{type(error).__name__}: {error}"[:600])

    def link_some(self) -> None:
        """One to three links at once."""
        kind, child = self.random.choice([("dataset", "image"), ("image", "tag")])
        ends = {(self.pick(kind), self.pick(child)) for _ in range(self.random.randint(1, 3))}
        links = [self.new_link(kind, *pair) for pair in sorted(ends, key=lambda pair: self.random.random())]
        start = time.monotonic()
        keys = [f"{kind}{link.parent.id.val}-{link.child.id.val}-{self.user}" for link in links]
        try:
            saved = self.update.saveAndReturnArray(links)
        except omero.ValidationException as error:
            unique = len(keys) == 1 and "unique" in error.message
            self.note("refused link" if unique else "refused links", keys[0], start, message=error.message)
        except Exception as error:
            self.note("failed", keys[0], start, message=f"{type(error).__name__}: {error}"[:600])
        else:
            for key, link in zip(keys, saved, strict=True):
                self.note("link", key, start, value=f"{kind}{link.id.val}")

    def new_link(self, kind: str, parent: int, child: int) -> Any:
        """A link between existing objects."""
        if kind == "dataset":
            link, ends = omero.model.DatasetImageLinkI(), (omero.model.DatasetI, omero.model.ImageI)
        else:
            link, ends = omero.model.ImageAnnotationLinkI(), (omero.model.ImageI, omero.model.TagAnnotationI)
        link.setParent(ends[0](parent, False))
        link.setChild(ends[1](child, False))
        return link

    def some_links(self) -> tuple[str, list[Any]]:
        """The links below one object."""
        kind = self.random.choice(["dataset", "image"])
        parent, start = self.pick(kind), time.monotonic()
        params = omero.sys.ParametersI().addId(parent)
        links = self.query.findAllByQuery(QUERIES[kind], params)
        self.note("list", f"{kind}{parent}", start, value=[f"{kind}{link.id.val}" for link in links])
        return kind, links

    def list_links(self) -> None:
        """Only look."""
        self.some_links()

    def unlink_one(self) -> None:
        """Delete any link, also of somebody else."""
        kind, links = self.some_links()
        if not links:
            return
        link = self.random.choice(links)
        start, link_id = time.monotonic(), f"{kind}{link.id.val}"
        try:
            self.update.deleteObject(link)
            self.note("unlink", "", start, value=link_id)
        except omero.ValidationException:
            self.note("refused unlink", "", start, value=link_id)
        except Exception as error:
            self.note("failed", link_id, start, message=f"{type(error).__name__}: {error}"[:600])

    def unlink_by_request(self) -> None:
        """Delete two links with Delete2."""
        kind, links = self.some_links()
        chosen = self.random.sample(links, min(2, len(links)))
        ids = [link.id.val for link in chosen]
        if not ids:
            return
        start = time.monotonic()
        handle = self.session.submit(omero.cmd.Delete2(targetObjects={LINKS[kind]: ids}))
        while (response := handle.getResponse()) is None:
            time.sleep(POLL)
        if isinstance(response, omero.cmd.OK):
            for link_id in ids:
                self.note("unlink", "", start, value=f"{kind}{link_id}")
        elif len(ids) == 1 and isinstance(response, omero.cmd.GraphException):
            self.note("refused unlink", "", start, value=f"{kind}{ids[0]}")
        elif not isinstance(response, omero.cmd.GraphException):
            self.note("failed", "", start, message=f"{response.name} {response.parameters}"[:600])
        handle.close()

    def look(self) -> None:
        """Read something."""
        self.read("Image", self.pick("image"), name)
        self.read("MapAnnotation", self.pick("pairs"), pairs)


def event_of(obj: Any) -> int:
    """The update event of a copy."""
    return int(obj.details.updateEvent.id.val)


def description(obj: Any) -> str:
    """Text of the description."""
    return str(obj.description.val)


def name(obj: Any) -> str:
    """The name."""
    return str(obj.name.val)


def pairs(obj: Any) -> list[list[str]]:
    """The pairs of a map annotation."""
    return [[pair.name, pair.value] for pair in obj.getMapValue()]


def main() -> None:
    """Run the clients of one plan."""
    plan = Plan(**json.loads(Path(sys.argv[1]).read_text()))
    clients = [Client(plan, number, user) for number, user in plan.clients]
    for client in clients:
        client.start()
    for client in clients:
        client.join()


if __name__ == "__main__":
    main()
