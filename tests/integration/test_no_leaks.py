"""What a caller must not read leaves no trace: no row, no number, no order of any query or service depends on it.

Everything is asked before and after others have added data that the caller must not see, linked from both sides to data
that he sees; the answers have to be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import omero
import omero.model
import omero.sys
from omero_server.queries import run
from omero_server.services.containers.service import ContainerService
from omero_server.services.metadata.service import MetadataService
from omero_server.services.query import QueryService
from omero_server.services.timeline.service import TimelineService
from omero_server.sessions.call import Call
from omero_server.sessions.store import SessionRequest
from tests.support.instance import fresh_root
from tests.support.lab import Lab, id_of, open_lab
from tests.support.scene import READ_ANNOTATE, READ_WRITE, Scene
from tests.support.secrets import flat, hide, plain, shapes

# (user, group of the call), with None for all groups.
MEMBERS = [("bob", "P"), ("bob", None)]
OTHERS = [("nora", "N"), ("nora", None), ("lea", None)]
TYPES = ["Project", "Dataset", "Image", "Annotation", "RenderingDef"]
Answers = dict[tuple[str, str | None], dict[str, Any]]


class World:
    """Data of Bob's in a private group and of Ann's in a shared one; eve is alone in her group S."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        with lab.database.begin() as db:
            scene = Scene(db)
            for name, bits in (("S", READ_WRITE), ("N", READ_ANNOTATE)):
                scene.group(name, bits)
            scene.user("eve", "S")
            scene.user("nora", "N")
        for mine, theirs in (
            (lab.scene.groups, scene.groups),
            (lab.scene.users, scene.users),
            (lab.scene.bits, scene.bits),
            (lab.scene.members, scene.members),
            (lab.scene.leaders, scene.leaders),
        ):
            mine.update(theirs)  # type: ignore[attr-defined]
        self.visible = [plain(lab, *where, "open") for where in (("bob", "P"), ("ann", "RA"), ("nora", "N"))]
        self.queries = list(dict.fromkeys(shapes()))

    def ids(self, cls: str) -> list[int]:
        return [id_of(made[cls]) for made in self.visible]

    def answers(self, callers: list[tuple[str, str | None]]) -> Answers:
        """What every caller is told about everything."""
        return {caller: self._told(*caller) for caller in callers}

    def _told(self, user: str, group: str | None) -> dict[str, Any]:
        told: dict[str, Any] = {}
        groups, users = self.lab.scene.groups, self.lab.scene.users
        values = {"secretGroup": groups["S"], "secretOwner": users["ann"], "openGroup": groups["RA"]}
        with self.lab.call(user, group, writable=False) as call:
            for query in self.queries:
                found = flat(run(call, query, values))
                told[query] = found if "order by" in query else tuple(sorted(found, key=repr))
            for name, ask in services(self).items():
                told[name] = flat(ask(call))
        return told


def parameters(**values: Any) -> Any:
    return omero.sys.Parameters(None, omero.sys.Filter(**values), None)


def services(world: World) -> dict[str, Callable[[Call], Any]]:
    """Calls of services that list or count, by a name for messages."""
    containers, metadata, timeline, query = ContainerService(), MetadataService(), TimelineService(), QueryService()
    made: dict[str, Callable[[Call], Any]] = {}
    secret = [parameters(groupId=omero.RLong(_val=world.lab.scene.groups["S"]))]
    secret.append(parameters(ownerId=omero.RLong(_val=world.lab.scene.users["eve"])))
    everybody = parameters(ownerId=omero.RLong(_val=-1), groupId=omero.RLong(_val=-1))
    counted = (("Dataset", "imageLinks"), ("Image", "datasetLinks"), ("Image", "annotationLinks"), ("Image", "pixels"),
               ("Project", "datasetLinks"), ("Plate", "wells"), ("Screen", "plateLinks"))  # fmt: skip
    for number, given in enumerate([None, *secret]):
        for cls, name in counted:
            made[f"getCollectionCount {cls}.{name} {number}"] = lambda c, k=cls, n=name, p=given: (
                containers.getCollectionCount(c, k, n, world.ids(k), p)
            )
        for cls in ("Project", "Dataset", "Screen"):
            made[f"loadContainerHierarchy {cls} {number}"] = lambda c, k=cls, p=given: (
                containers.loadContainerHierarchy(c, k, world.ids(k), p)
            )
        for kind in ("TagAnnotation", "Annotation"):
            made[f"countSpecifiedAnnotations {kind} {number}"] = lambda c, k=kind, p=given: (
                metadata.countSpecifiedAnnotations(c, k, [], [], p)
            )
        made[f"countByPeriod {number}"] = lambda c, p=given: timeline.countByPeriod(c, TYPES, None, None, p)
        made[f"getMostRecentObjects {number}"] = lambda c, p=given: timeline.getMostRecentObjects(c, TYPES, p, False)
        made[f"loadTagSets {number}"] = lambda c, p=given: metadata.loadTagSets(c, p)
        made[f"getTaggedObjectsCount {number}"] = lambda c, p=given: metadata.getTaggedObjectsCount(
            c, world.ids("TagAnnotation"), p
        )
        made[f"loadTagContent {number}"] = lambda c, p=given: metadata.loadTagContent(c, world.ids("TagAnnotation"), p)
    for cls in ("Dataset", "Image"):
        made[f"getImages {cls}"] = lambda c, k=cls: containers.getImages(c, k, world.ids(k), None)
    made["getUserImages"] = lambda c: containers.getUserImages(c, everybody)
    made["merged"] = lambda c: timeline.getMostRecentObjects(c, ["Image", "Dataset"], everybody, True)
    made["all counts"] = lambda c: timeline.countByPeriod(c, ["Image", "Dataset", "Annotation"], None, None, everybody)
    made["links"] = lambda c: timeline.getMostRecentAnnotationLinks(c, None, None, None, everybody)
    made["used"] = lambda c: metadata.countAnnotationsUsedNotOwned(c, "TagAnnotation", c.caller.user_id)
    made["used by Eve"] = lambda c: metadata.countAnnotationsUsedNotOwned(
        c, "TagAnnotation", world.lab.scene.users["eve"]
    )
    for cls in ("Image", "Dataset", "Project"):
        made[f"loadAnnotations {cls}"] = lambda c, k=cls: metadata.loadAnnotations(c, k, world.ids(k), None, None, None)
        made[f"findAllByFullText {cls}"] = lambda c, k=cls: query.findAllByFullText(c, k, "secret", None)
        made[f"findAllByFullText {cls} open"] = lambda c, k=cls: query.findAllByFullText(c, k, "open", None)
        made[f"findAllByString {cls}"] = lambda c, k=cls: query.findAllByString(c, k, "name", "e", False, None)
        made[f"findAll {cls}"] = lambda c, k=cls: sorted(query.findAll(c, k, None), key=id_of)
    return made


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with fresh_root() as root, open_lab(root) as lab:
        yield World(lab)


def differences(before: Answers, after: Answers) -> list[str]:
    return [
        f"{caller}: {question}: {before[caller][question]!r:.200} is now {answer!r:.200}"
        for caller, told in after.items()
        for question, answer in told.items()
        if before[caller][question] != answer
    ]


def test_what_others_hide_leaves_no_trace(world: World) -> None:
    """First another group gets data, then another member of a private group."""
    assert len(world.queries) > 800
    before = world.answers(MEMBERS + OTHERS)
    hide(world.lab, "eve", "S", world.visible)
    between = world.answers(MEMBERS + OTHERS)
    hide(world.lab, "ann", "P", world.visible[:1])
    wrong = differences(before, between) + differences(between, world.answers(MEMBERS))
    assert not wrong, f"{len(wrong)} answers depend on what is hidden:\n" + "\n".join(wrong)


def test_hidden_data_is_there(world: World) -> None:
    """Whose it is, and the leader of the private group, see it."""
    for user, group, count in (("eve", "S", 1), ("lea", "P", 2), ("ann", "P", 1)):
        with world.lab.call(user, group, writable=False) as call:
            assert run(call, "select count(*) from Project o") == [count]


@pytest.mark.parametrize("group", ["S", "N"])
def test_foreign_group_is_no_context(world: World, group: str) -> None:
    store = world.lab.engine.sessions
    session = store.create(SessionRequest(world.lab.scene.users["bob"]))
    with pytest.raises(omero.SecurityViolation):
        store.caller(session, {"omero.group": str(world.lab.scene.groups[group])})
