"""ITimeline: what changed last, in pages, spans of time and by owner."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

import omero
import omero.model
from omero_server.db.tables import TABLES
from omero_server.services.timeline.service import TimelineService
from tests.support.garden import COMMENT, FILE, TAG, Garden
from tests.support.lab import Lab, id_of
from tests.support.service_calls import options

SERVICE = TimelineService()
BEGIN = datetime(2024, 1, 1)


class Diary(Garden):
    """Makes objects at hours after BEGIN."""

    def event(self, hour: int, user: str | None = None) -> int:
        moment = BEGIN + timedelta(hours=hour)
        with self.scene() as scene:
            return scene.add("event", time=moment, experimenter=self.id_of(user), experimentergroup=self.group_id,
                             session=0, type=0)  # fmt: skip

    def at(self, table: str, object_id: int, created: int, updated: int | None = None) -> int:
        """Set when an object was made and changed."""
        changed = TABLES[table]
        values = {"creation_id": self.event(created)}
        if "update_id" in changed.c:
            values["update_id"] = self.event(created if updated is None else updated)
        with self.lab.database.begin() as db:
            db.execute(update(changed).where(changed.c.id == object_id).values(**values))
        return object_id

    def taken(self, hour: int, user: str | None = None) -> int:
        """An image with pixels."""
        image = self.image(user)
        with self.lab.database.begin() as db:
            moment = BEGIN + timedelta(hours=hour)
            images = TABLES["image"]
            db.execute(update(images).where(images.c.id == image).values(acquisitiondate=moment))
        return self.at("image", image, hour)

    def log(self, event: int, kind: str, object_id: int, action: str) -> None:
        with self.scene() as scene:
            row = {"id": scene.next_id("seq_eventlog"), "permissions": -52, "entityid": object_id,
                   "entitytype": kind, "action": action, "event": event}  # fmt: skip
            scene.db.execute(insert(TABLES["eventlog"]).values(**row))


@pytest.fixture(scope="module")
def made(lab: Lab) -> dict[str, list[int]]:
    """Objects of ann by kind, oldest first, one of bob, and a private one."""
    diary = Diary(lab)
    projects = [diary.at("project", diary.project(), hour, 10 - hour) for hour in range(4)]
    datasets = [diary.at("dataset", diary.dataset(), hour) for hour in (20, 21)]
    images = [diary.taken(hour) for hour in (5, 15, 25)]
    settings = []
    for image in images[:2]:
        settings.append(diary.at("renderingdef", diary.view(image, user="bob")[0], 30))
    theirs = diary.at("project", diary.project(user="bob"), 12)
    private = Diary(lab, group="P")
    private.at("project", private.project(user="bob"), 13)
    return {"Project": projects[::-1], "Dataset": datasets, "Image": images, "RenderingDef": settings, "bob": [theirs]}


def hour(number: float) -> omero.RTime:
    return omero.RTime(int((BEGIN + timedelta(hours=number)).timestamp() * 1000))


def by_type(found: dict[str, list[Any]]) -> dict[str, list[int]]:
    return {name: [id_of(obj) for obj in objects] for name, objects in found.items()}


def test_own_objects_come_newest_first(lab: Lab, made: dict[str, list[int]]) -> None:
    with lab.call("ann", "RA") as call:
        found = SERVICE.getMostRecentObjects(call, [], None, False)
        newest = {kind: made[kind][::-1] for kind in ("Dataset", "Image", "RenderingDef")}
        # Updates went the other way round than creations; what was written last has the newest event.
        assert by_type(found) == {**newest, "Project": made["Project"], "Annotation": []}
        project, image, settings = (found[kind][0] for kind in ("Project", "Image", "RenderingDef"))
        for obj in (project, image):
            assert obj._details._owner._loaded and obj._details._group._loaded
            assert obj._details._creationEvent._loaded
        assert settings._pixels._image._loaded
        page = options(limit=1, offset=1, ownerId=lab.scene.users["ann"])
        found = SERVICE.getMostRecentObjects(call, ["Dataset", "ome.model.core.Image", "EventLog"], page, False)
        assert by_type(found) == {
            "Dataset": [made["Dataset"][0]], "ome.model.core.Image": [made["Image"][1]], "EventLog": [],
        }  # fmt: skip


def test_owner_and_group_choose(lab: Lab, made: dict[str, list[int]]) -> None:
    ann, bob, group = lab.scene.users["ann"], lab.scene.users["bob"], lab.scene.groups["RA"]
    everything = {*made["Project"], *made["bob"]}
    for user, in_group, chosen, expected in (
        ("bob", "RA", None, set(made["bob"])),
        ("cat", "RA", None, set()),
        ("cat", "RA", options(ownerId=ann), set(made["Project"])),
        ("cat", "RA", options(ownerId=-1), everything),
        ("cat", None, options(ownerId=-1), everything),
        ("cat", None, options(groupId=group), everything),
        ("cat", None, options(groupId=group, ownerId=bob), set(made["bob"])),
        ("cat", "RA", options(limit=5), set()),
    ):
        with lab.call(user, in_group) as call:
            found = SERVICE.getMostRecentObjects(call, ["Project"], chosen, False)["Project"]
        assert {id_of(one) for one in found} == expected, (user, in_group)


def test_merging_keeps_the_newest_of_all_types(lab: Lab, made: dict[str, list[int]]) -> None:
    with lab.call("ann", "RA") as call:
        found = by_type(SERVICE.getMostRecentObjects(call, [], options(limit=3, ownerId=-1), True))
        # Settings at 30 h, then the image of 25 h.
        assert found == {
            "RenderingDef": made["RenderingDef"][::-1], "Image": made["Image"][2:], "Project": [], "Dataset": [],
            "Annotation": [],
        }  # fmt: skip
        rest = by_type(SERVICE.getMostRecentObjects(call, [], options(limit=3, offset=3, ownerId=-1), True))
        assert (rest["Dataset"], rest["Image"]) == (made["Dataset"][::-1], [made["Image"][1]])


def test_periods_restrict_objects_and_counts(lab: Lab, made: dict[str, list[int]]) -> None:
    types = ["Project", "Dataset", "Image", "RenderingDef"]
    with lab.call("ann", "RA") as call:
        for start, end, expected in (
            (15, 20, {"Dataset": made["Dataset"][:1], "Image": [made["Image"][1]]}),
            (20.5, None, {"Dataset": made["Dataset"][1:], "Image": made["Image"][2:],
                          "RenderingDef": made["RenderingDef"][::-1]}),
            (None, 5, {"Project": made["Project"], "Image": made["Image"][:1]}),
            (6.5, 7.5, {"Project": made["Project"][:1]}),
            (99, None, {}),
        ):  # fmt: skip
            span = tuple(None if moment is None else hour(moment) for moment in (start, end))
            found = by_type(SERVICE.getByPeriod(call, types, *span, None, False))
            assert found == {kind: expected.get(kind, []) for kind in types}, (start, end)
            counts = SERVICE.countByPeriod(call, [*types, "Annotation"], *span, None)
            assert counts == {"Annotation": -1, **{kind: len(ids) for kind, ids in found.items()}}
        assert SERVICE.countByPeriod(call, [], None, None, None) == {
            "Project": 4, "Dataset": 2, "Image": 3, "RenderingDef": 2, "Annotation": -1,
        }  # fmt: skip


def test_logs_of_containers_and_images(lab: Lab, made: dict[str, list[int]]) -> None:
    diary = Diary(lab)
    dataset = made["Dataset"][0]
    for number, (kind, action) in enumerate((
        ("ome.model.containers.Dataset", "INSERT"), ("ome.model.containers.Project", "UPDATE"),
        ("ome.model.containers.Dataset", "REINDEX"), ("ome.model.containers.Dataset", "DELETE"),
        ("ome.model.core.Image", "INSERT"),
    )):  # fmt: skip
        diary.log(diary.event(14 + number), kind, dataset, action)
    diary.log(diary.event(16, user="bob"), "ome.model.containers.Dataset", dataset, "UPDATE")
    with lab.call("ann", "RA") as call:
        found = SERVICE.getEventLogsByPeriod(call, hour(14), hour(25), None)
        seen = [(one._entityType._val.rsplit(".", 1)[1], one._action._val, one._event._time._val) for one in found]
        assert seen == [
            ("Dataset", "REINDEX", hour(16)._val), ("Project", "UPDATE", hour(15)._val),
            ("Image", "INSERT", hour(15)._val), ("Dataset", "INSERT", hour(14)._val),
        ] or seen == [
            ("Dataset", "REINDEX", hour(16)._val), ("Image", "INSERT", hour(15)._val),
            ("Project", "UPDATE", hour(15)._val), ("Dataset", "INSERT", hour(14)._val),
        ]  # fmt: skip
        image = next(one for one in found if one._entityType._val.endswith("Image"))
        assert image._entityId._val == made["Image"][1] and image._event._id is None
        assert len(SERVICE.getEventLogsByPeriod(call, hour(14), hour(25), options(ownerId=-1))) == 5
        assert len(SERVICE.getEventLogsByPeriod(call, hour(14), hour(25), options(ownerId=-1, limit=2))) == 2
        for span in ((None, hour(1)), (hour(1), None)):
            with pytest.raises(omero.InternalException, match="start and an end"):
                SERVICE.getEventLogsByPeriod(call, *span, None)


def test_annotation_links_newest_first(lab: Lab, made: dict[str, list[int]]) -> None:
    diary = Diary(lab)
    image, project, screen = made["Image"][0], made["Project"][0], diary.add("screen", name="s")
    tag, comment = diary.annotation(TAG, ns="a/b"), diary.annotation(COMMENT, ns="c")
    links = [
        diary.at("imageannotationlink", diary.note("image", image, tag), 40),
        diary.at("projectannotationlink", diary.note("project", project, tag, user="bob"), 42),
        diary.at("imageannotationlink", diary.note("image", image, comment), 41),
        diary.at("screenannotationlink", diary.note("screen", screen, tag), 43),
    ]
    with lab.call("ann", "RA") as call:

        def ask(parents: Any = (), children: Any = (), spaces: Any = (), chosen: Any = None) -> list[tuple[str, int]]:
            found = SERVICE.getMostRecentAnnotationLinks(call, list(parents), list(children), list(spaces), chosen)
            for one in found:
                assert one._child._loaded and not one._parent._loaded
                assert one._details._creationEvent._loaded and one._details._updateEvent._loaded
            return [(type(one).__name__[:5], id_of(one)) for one in found]

        newest = [("Proje", links[1]), ("Image", links[2]), ("Image", links[0])]
        assert ask() == newest
        assert ask(["ScreenI"]) == [("Scree", links[3])]
        assert ask(children=["TagAnnotation"]) == [newest[0], newest[2]]
        assert ask(children=["ome.model.annotations.TextAnnotation"]) == newest
        assert ask(spaces=["a/%"]) == [newest[0], newest[2]]
        assert ask(spaces=["a/%", "c"]) == newest
        assert ask(spaces=["none"]) == ask(children=["FileAnnotation"]) == []
        assert ask(chosen=options(limit=1, offset=1)) == newest[1:2]
        assert ask(chosen=options(ownerId=lab.scene.users["bob"])) == newest[:1]
        for parents, children, error in (
            (["Pixels"], [], omero.ValidationException),
            (["Nonsense"], [], omero.ValidationException),
            ([], ["Image"], omero.ValidationException),
            ([], ["TagAnnotation", "CommentAnnotation"], omero.ApiUsageException),
        ):
            with pytest.raises(error):
                ask(parents, children)
    with lab.call("bob", "P") as call:
        assert SERVICE.getMostRecentAnnotationLinks(call, [], [], [], None) == []


def test_comments_of_others_in_own_and_member_shares(lab: Lab) -> None:
    diary = Diary(lab)
    ann, bob, cat = (lab.scene.users[name] for name in ("ann", "bob", "cat"))
    shares = []
    for owner, member in ((ann, bob), (bob, ann), (cat, bob)):
        with diary.scene() as scene:
            share = scene.add("session", permissions=-120, owner=owner, node=0, uuid=f"share {len(shares)}",
                              started=BEGIN, timetoidle=0, timetolive=0, defaulteventtype="User")  # fmt: skip
        diary.part("share", session_id=share, itemcount=0, active=True, data=b"", group=diary.group_id)
        with diary.scene() as scene:
            scene.add("sharemember", parent=share, child=member)
        shares.append(share)
    links = []
    for number, (share, author) in enumerate(((0, "bob"), (0, "ann"), (1, "bob"), (2, "bob"))):
        comment = diary.annotation(COMMENT, user=author)
        link = diary.note("session", shares[share], comment, user=author)
        links.append(diary.at("sessionannotationlink", link, 50 + number))
    diary.note("session", shares[0], diary.annotation(TAG, user="bob"), user="bob")
    with lab.call("ann", "RA") as call:
        found = SERVICE.getMostRecentShareCommentLinks(call, None)
        assert [id_of(one) for one in found] == [links[2], links[0]]
        assert found[0]._child._loaded
        assert len(SERVICE.getMostRecentShareCommentLinks(call, options(limit=1))) == 1
    with lab.call("cat", "RA") as call:
        assert [id_of(one) for one in SERVICE.getMostRecentShareCommentLinks(call, None)] == [links[3]]
    with lab.call("lea", "RA") as call:
        assert SERVICE.getMostRecentShareCommentLinks(call, None) == []


def test_file_annotations_may_be_without_a_file(lab: Lab, made: dict[str, list[int]]) -> None:
    diary = Diary(lab)
    link = diary.note("dataset", made["Dataset"][0], diary.annotation(FILE))
    with lab.call("ann", "RA") as call:
        (found,) = SERVICE.getMostRecentAnnotationLinks(call, ["Dataset"], ["FileAnnotation"], [], None)
    assert id_of(found) == link
