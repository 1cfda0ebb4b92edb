"""Scenarios of graphs 138 to 151: what is given with objects to another user; what new permissions take away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import omero.cmd
import omero.model
from tests.support.actors import LEVELS, Stage
from tests.support.garden import COMMENT, FILE, TAG, Garden
from tests.support.ground import Ground

ALL = pytest.mark.parametrize("level", list(LEVELS))
VISIBLE = pytest.mark.parametrize("level", list(LEVELS)[1:])


def noted(garden: Garden, kind: str = TAG, owner: str = "ann") -> tuple[int, int, int]:
    """An image of ann with an annotation; their ids, and that of the link."""
    image, note = garden.image(), garden.annotation(kind, owner)
    return image, note, garden.note("image", image, note, owner)


@ALL
def test_138_tags(ground: Ground, level: str) -> None:
    image, tag, link = noted(ground.garden(level))
    included, _ = ground.give("root", "bob", Image=image)
    given = level in ("P", "RO")
    assert ("TagAnnotation" in included, "ImageAnnotationLink" in included) == (given, given)
    for table, object_id in (("annotation", tag), ("imageannotationlink", link)):
        assert ground.owner_of(table, object_id) == ("bob" if given else "ann")
    assert ground.owner_of("image", image) == "bob"


@ALL
def test_139_comments_of_others(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image, note, link = noted(garden, COMMENT, "bob")
    _, deleted = ground.give("root", "lea", Image=image)
    if level == "P":
        assert deleted == {"CommentAnnotation": [note], "ImageAnnotationLink": [link]}
    else:
        assert deleted == {} and ground.owner_of("annotation", note) == "bob"


@ALL
def test_140_views_and_regions(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    settings = [garden.view(image)[0], garden.view(image, "lea")[0]]
    roi, theirs = garden.roi(image), garden.roi(image, "lea")
    ground.give("root", "bob", Image=image)
    assert [ground.owner_of("renderingdef", i) for i in settings] == (["bob"] * 2 if level == "P" else ["ann", "lea"])
    assert ground.owner_of("roi", roi) == ("bob" if level in ("P", "RO") else "ann")
    assert ground.owner_of("roi", theirs) == "lea"


@ALL
def test_141_datasets(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    included, deleted = ground.give("root", "bob", Dataset=garden.dataset(image))
    assert included["Image"] == [image] and len(included["DatasetImageLink"]) == 1 and deleted == {}
    theirs = garden.image("lea")
    included, deleted = ground.give("root", "bob", Dataset=garden.dataset(theirs))
    assert "Image" not in included and ground.owner_of("image", theirs) == "lea"
    assert ("DatasetImageLink" in deleted) is (level != "RW")


@ALL
def test_142_containers_that_stay(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    dataset = garden.dataset(image)
    included, deleted = ground.give("root", "bob", Image=image)
    assert "Dataset" not in included and ("DatasetImageLink" in deleted) is (level != "RW")
    assert ground.owner_of("dataset", dataset) == "ann"


@ALL
def test_143_images_in_two_datasets(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    datasets = [garden.dataset(image), garden.dataset(image)]
    included, deleted = ground.give("root", "bob", Dataset=datasets[:1])
    assert "Image" not in included and ("DatasetImageLink" in deleted) is (level != "RW")
    image = garden.image()
    datasets = [garden.dataset(image), garden.dataset(image)]
    included, deleted = ground.give("root", "bob", Dataset=datasets)
    assert included["Image"] == [image] and len(included["DatasetImageLink"]) == 2 and deleted == {}


@ALL
def test_144_leaders(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    included, _ = ground.give("lea", "bob", Dataset=garden.dataset(garden.image()))
    assert set(included) == {"Dataset"}
    own = ground.garden(level, "lea")
    image = own.image()
    included, _ = ground.give("lea", "bob", Dataset=own.dataset(image))
    assert included["Image"] == [image] and len(included["DatasetImageLink"]) == 1


@ALL
def test_145_what_images_share(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    instrument = garden.add("instrument")
    image, other = (garden.image(instrument=instrument) for _ in range(2))
    if level == "P":
        assert f"Instrument[{instrument}]" in ground.refused("root", ground.giving("bob", Image=image))
    else:
        ground.give("root", "bob", Image=image)
        assert ground.owner_of("instrument", instrument) == "ann"
    assert ground.owner_of("image", other) == "ann"
    images = [garden.image(), garden.image()]
    fileset = garden.fileset(*images)
    assert f"Fileset[{fileset}]" in ground.refused("root", ground.giving("bob", Image=images[0]))


def test_146_all_that_a_user_has(ground: Ground, stage: Stage) -> None:
    """A user of her own for this, since she loses everything."""
    eve = stage.cast.user(stage.groups["RA"], stage.groups["P"])
    ground.scene.users["eve"] = eve.id
    owned = []
    for level in ("RA", "P"):
        garden = ground.garden(level, "eve")
        image = garden.image()
        owned += [("image", image), ("dataset", garden.dataset(image)), ("annotation", garden.annotation())]
    theirs = ground.garden("RA", "bob").image()
    note = garden.add("annotation", discriminator=COMMENT)
    link = ground.garden("RA", "eve").note("image", theirs, ground.garden("RA", "bob").annotation())
    owned += [("annotation", note), ("imageannotationlink", link)]
    included, _ = ground.give("root", "ann", ["eve"])
    assert {ground.owner_of(table, object_id) for table, object_id in owned} == {"ann"}
    assert len(included["Image"]) == 2 and link in included["ImageAnnotationLink"]
    assert ground.owner_of("image", theirs) == "bob"


def test_147_no_second_link(ground: Ground) -> None:
    garden = ground.garden("RW", "lea")
    image, dataset = garden.image(), garden.dataset()
    for owner in ("lea", "bob"):
        garden.link("datasetimagelink", dataset, image, owner)
    assert "DatasetImageLink[" in ground.refused("lea", ground.giving("bob", Dataset=dataset, Image=image))


@ALL
def test_148_files_in_use(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    file, archived, logged = garden.file(), garden.file(), garden.file()
    garden.annotation(FILE, file=file)
    garden.link("pixelsoriginalfilemap", archived, garden.pixels_of(garden.image()))
    now = ground.value("SELECT now()")
    job = garden.add("job", username="x", groupname="x", type="x", message="", status=1, submitted=now,
                     scheduledfor=now)  # fmt: skip
    garden.part("uploadjob", job_id=job)
    garden.link("joboriginalfilelink", job, logged)
    for one in (file, archived, logged):
        assert f"OriginalFile[{one}]" in ground.refused("root", ground.giving("bob", OriginalFile=one))


@pytest.fixture
def fresh(ground: Ground, stage: Stage) -> Iterator[str]:
    """The name of a read-annotate group that a test may change, with ann, bob, and its leader lea."""
    group = stage.cast.group("rwra--")
    for actor in (stage.ann, stage.bob, stage.lea):
        stage.root.admin.addGroups(omero.model.ExperimenterI(actor.id, False), [group])
    stage.root.admin.setGroupOwner(group, omero.model.ExperimenterI(stage.lea.id, False))
    ground.scene.groups["fresh"] = int(group.id.val)
    yield "fresh"
    del ground.scene.groups["fresh"]


def permit(ground: Ground, letters: str) -> omero.cmd.Chmod2:
    return omero.cmd.Chmod2({"ExperimenterGroup": [ground.scene.groups["fresh"]]}, [], False, letters)


def letters_of(ground: Ground, stage: Stage) -> str:
    group = stage.root.admin.getGroup(ground.scene.groups["fresh"])
    return str(group.details.permissions)


def test_149_a_group_becomes_private(ground: Ground, stage: Stage, fresh: str) -> None:
    lea = stage.cast.log_in(stage.lea.name)
    garden = ground.garden(fresh)
    image, tag, link = noted(garden, TAG, "bob")
    comment = garden.annotation(COMMENT, "bob")
    links = sorted([link, garden.note("image", image, comment, "bob")])
    mine, theirs = garden.view(image), garden.view(image, "bob")
    rois = [garden.roi(image), garden.roi(image, "bob")]
    own = garden.note("image", image, garden.annotation(COMMENT))
    included, deleted = ground.done(lea, permit(ground, "rw----"))
    assert included == {"ExperimenterGroup": [garden.group_id]} and letters_of(ground, stage) == "rw----"
    assert deleted["ImageAnnotationLink"] == links and deleted["CommentAnnotation"] == [comment]
    assert (deleted["RenderingDef"], deleted["Thumbnail"], deleted["Roi"]) == ([theirs[0]], [theirs[1]], rois[1:])
    for table, object_id in (("annotation", tag), ("renderingdef", mine[0]), ("thumbnail", mine[1]),
                             ("roi", rois[0]), ("imageannotationlink", own)):  # fmt: skip
        assert garden.there(table, object_id)


def test_150_what_keeps_a_group_from_becoming_private(ground: Ground, stage: Stage, fresh: str) -> None:
    lea, garden = stage.cast.log_in(stage.lea.name), ground.garden(fresh)
    instrument = garden.add("instrument")
    image = garden.image("bob", instrument=instrument)
    message = ground.refused(lea, permit(ground, "rw----"))
    assert f"Instrument[{instrument}]" in message and f"Image[{image}]" in message
    assert letters_of(ground, stage) == "rwra--"
    ground.delete("root", Image=image)
    link = garden.link("datasetimagelink", garden.dataset(), garden.image("bob"), "bob")
    ground.done(lea, permit(ground, "rwrw--"))
    assert ground.done(lea, permit(ground, "rw----"))[1] == {"DatasetImageLink": [link]}


def test_151_other_permissions(ground: Ground, stage: Stage, fresh: str) -> None:
    lea, garden = stage.cast.log_in(stage.lea.name), ground.garden(fresh)
    image, _, link = noted(garden, TAG, "bob")
    links: list[Any] = [("imageannotationlink", link)]
    links.append(("datasetimagelink", garden.link("datasetimagelink", garden.dataset(), image, "bob")))
    for letters in ("rwr---", "rwrw--", "rwra--"):
        assert ground.done(lea, permit(ground, letters)) == ({"ExperimenterGroup": [garden.group_id]}, {})
        assert letters_of(ground, stage) == letters
        assert all(garden.there(table, object_id) for table, object_id in links)
    assert ground.error("ann", permit(ground, "rw----")) == "graph-fail"
    ground.done(lea, permit(ground, "rw----"))
    assert ground.done(lea, permit(ground, "rw----")) == ({}, {})
