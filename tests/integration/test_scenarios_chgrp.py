"""Scenarios of graphs 123 to 137: what moves with objects to another group, what is left and what is deleted."""

from __future__ import annotations

from typing import Any

import pytest

import omero.cmd
from omero_server.db.tables import TABLES
from tests.support.actors import Actor, Stage
from tests.support.garden import COMMENT, FILE, MAP, TAG, Garden, option
from tests.support.ground import Ground, deletion

LEVELS = ["P", "RO", "RA", "RW"]
ALL = pytest.mark.parametrize("level", LEVELS)
VISIBLE = pytest.mark.parametrize("level", LEVELS[1:])


@pytest.fixture(scope="module")
def mover(stage: Stage) -> Actor:
    """An administrator with the privilege Chgrp only."""
    return stage.cast.light_admin("Chgrp")


@pytest.fixture(scope="module")
def deleter(stage: Stage) -> Actor:
    """An administrator with the privilege DeleteOwned only."""
    return stage.cast.light_admin("DeleteOwned")


def noted(garden: Garden, kind: str = TAG, owner: str = "ann", **values: Any) -> tuple[int, int, int]:
    """An image of ann with an annotation; their ids, and that of the link."""
    image, note = garden.image(), garden.annotation(kind, owner, **values)
    return image, note, garden.note("image", image, note, owner)


def changed(garden: Garden, table: str, object_id: int, **values: Any) -> None:
    with garden.scene() as scene:
        rows = TABLES[table]
        scene.db.execute(rows.update().where(rows.c.id == object_id).values(**values))


@ALL
def test_123_own_annotations(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    for kind, name in ((TAG, "TagAnnotation"), (COMMENT, "CommentAnnotation"), (FILE, "FileAnnotation")):
        file = garden.file() if kind == FILE else None
        image, note, link = noted(garden, kind, file=file)
        included, deleted = ground.move("ann", "h", Image=image)
        assert (included[name], included["ImageAnnotationLink"], deleted) == ([note], [link], {})
        assert included.get("OriginalFile", [None]) == [file] and ground.group_of("annotation", note) == "h"
    image, tag, link = noted(garden)
    garden.note("image", garden.image(), tag)
    included, deleted = ground.move("ann", "h", Image=image)
    assert "TagAnnotation" not in included and deleted == {"ImageAnnotationLink": [link]}


@pytest.mark.parametrize(("level", "kind", "outcome"), [
    ("RA", TAG, "stays"), ("RO", COMMENT, "goes"), ("RA", COMMENT, "goes"), ("RW", COMMENT, "moves"),
])  # fmt: skip
def test_124_annotations_of_others(ground: Ground, level: str, kind: str, outcome: str) -> None:
    check_annotation_of_another(ground, level, kind, "h", outcome)


@pytest.mark.parametrize(("level", "to", "outcome"), [
    ("RO", "h", "stays"), ("RA", "h", "stays"), ("RW", "h", "moves"), ("RW", "private", "goes"),
])  # fmt: skip
def test_125_maps_of_others(ground: Ground, level: str, to: str, outcome: str) -> None:
    check_annotation_of_another(ground, level, MAP, to, outcome)


def check_annotation_of_another(ground: Ground, level: str, kind: str, to: str, outcome: str) -> None:
    garden = ground.garden(level)
    image, note, link = noted(garden, kind, "bob")
    included, deleted = ground.move("ann", to, Image=image)
    assert garden.there("annotation", note) is (outcome != "goes")
    if outcome == "moves":
        assert included["ImageAnnotationLink"] == [link] and ground.group_of("annotation", note) == to
    else:
        assert deleted["ImageAnnotationLink"] == [link]


@VISIBLE
def test_126_views_of_others(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    for to in ("h", "private"):
        image = garden.image()
        settings, thumbnail = garden.view(image, "bob")
        included, deleted = ground.move("ann", to, Image=image)
        there = included if to == "h" else deleted
        assert (there["RenderingDef"], there["Thumbnail"]) == ([settings], [thumbnail])


@VISIBLE
def test_127_regions_of_others(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    for to in ("h", "private"):
        for owner in ("bob", "lea"):
            image = garden.image()
            roi = garden.roi(image, owner)
            included, deleted = ground.move("ann", to, Image=image)
            assert (included if to == "h" else deleted)["Roi"] == [roi]


@ALL
def test_128_containers(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image, shared = garden.image(), garden.image()
    garden.dataset(shared)
    included, deleted = ground.move("ann", "h", Dataset=garden.dataset(image, shared))
    assert included["Image"] == [image] and len(included["DatasetImageLink"]) == len(deleted["DatasetImageLink"]) == 1
    dataset = garden.dataset()
    garden.project(dataset)
    included, deleted = ground.move("ann", "h", Project=garden.project(dataset))
    assert set(included) == {"Project"} and len(deleted["ProjectDatasetLink"]) == 1


@ALL
def test_129_excluded_annotations(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image, tag, link = noted(garden)
    included, deleted = ground.move("ann", "h", [option(exclude=["Annotation"])], Image=image)
    assert included["Image"] == [image] and deleted == {"ImageAnnotationLink": [link]}
    assert ground.group_of("annotation", tag) == level


def test_130_images_of_others_in_datasets(ground: Ground) -> None:
    for level, who, to, moves in (("RW", "ann", "h", True), ("RW", "ann", "private", False), ("RO", "root", "h", True)):
        garden = ground.garden(level)
        image = garden.image("bob")
        included, deleted = ground.move(who, to, Dataset=garden.dataset(image))
        assert ("Image" in included, "DatasetImageLink" in deleted) == (moves, not moves)
        assert ground.group_of("image", image) == (to if moves else level)


@ALL
def test_131_filesets(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    images, file = [garden.image(), garden.image()], garden.file()
    fileset = garden.fileset(*images, files=[file])
    message = ground.refused("ann", ground.moving("h", Image=images[:1]))
    assert f"Fileset[{fileset}]" in message and all(f"Image[{image}]" in message for image in images)
    included, deleted = ground.move("ann", "h", Image=images)
    assert included["Fileset"] == [fileset] and file in included["OriginalFile"] and deleted == {}
    assert len(included["OriginalFile"]) == 2 and "UploadJob" in included


@ALL
def test_132_plates_and_screens(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    plate, screen = garden.plate(image), garden.add("screen", name="s")
    garden.link("screenplatelink", screen, plate)
    assert f"Image[{image}]" in ground.refused("ann", ground.moving("h", Image=image))
    included, deleted = ground.move("ann", "h", Plate=plate)
    assert included["Image"] == [image] and len(included["Well"]) == len(included["WellSample"]) == 1
    assert len(deleted["ScreenPlateLink"]) == 1
    plate, reagent = garden.plate(garden.image()), garden.add("reagent", screen=screen)
    garden.link("screenplatelink", screen, plate)
    included, deleted = ground.move("ann", "h", Screen=screen)
    assert (included["Plate"], included["Reagent"], deleted) == ([plate], [reagent], {})


@ALL
def test_133_what_images_share(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    for table, values in (("instrument", {}), ("stagelabel", {"name": "x"}), ("experiment", {"type": 1})):
        shared = garden.add(table, **values)
        images = [garden.image(**{table: shared}) for _ in range(2)]
        ground.refused("ann", ground.moving("h", Image=images[0]))
        ground.move("ann", "h", Image=images)
        assert ground.group_of(table, shared) == "h"
    images = [garden.image(), garden.image()]
    one, other = (garden.pixels_of(image) for image in images)
    logical = ground.value("SELECT logicalchannel FROM channel WHERE pixels = :p", p=one)
    garden.add("channel", pixels=other, pixels_index=1, logicalchannel=logical)
    assert f"LogicalChannel[{logical}]" in ground.refused("ann", ground.moving("h", Image=images[0]))
    assert logical in ground.move("ann", "h", Image=images)[0]["LogicalChannel"]


@ALL
def test_134_parts_alone(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    roi, file = garden.roi(garden.image()), garden.file()
    _, note, link = noted(garden, FILE, file=file)
    assert f"Roi[{roi}]" in ground.refused("ann", ground.moving("h", Roi=roi))
    assert f"OriginalFile[{file}]" in ground.refused("ann", ground.moving("h", OriginalFile=file))
    included, deleted = ground.move("ann", "h", Annotation=note)
    assert (included, deleted) == ({"FileAnnotation": [note], "OriginalFile": [file]}, {"ImageAnnotationLink": [link]})
    if level == "P":
        return
    tag = garden.annotation()
    link = garden.note("image", garden.image("bob"), tag)
    if level == "RW":
        assert ground.move("ann", "h", Annotation=tag)[1] == {"ImageAnnotationLink": [link]}
    else:
        assert f"TagAnnotation[{tag}]" in ground.refused("ann", ground.moving("h", Annotation=tag))


@ALL
def test_135_jobs_of_scripts(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    script = garden.file(name="script.py")
    changed(garden, "originalfile", script, group_id=1)
    now = ground.value("SELECT now()")
    job = garden.add("job", username="x", groupname="x", type="x", message="", status=1, submitted=now,
                     scheduledfor=now)  # fmt: skip
    garden.part("scriptjob", job_id=job)
    link = garden.link("joboriginalfilelink", job, script)
    included, deleted = ground.move("ann", "h", Job=job)
    assert (included, deleted) == ({"ScriptJob": [job], "JobOriginalFileLink": [link]}, {})
    assert ground.field("originalfile", script, "group_id") == 1


@VISIBLE
def test_136_data_of_others(ground: Ground, stage: Stage, level: str) -> None:
    image = ground.garden(level).image()
    message = f"not permitted to process Image[{image}]"
    assert ground.refused("lea", ground.moving("RA" if level != "RA" else "RO", Image=image)) == message
    if level == "RW":
        assert ground.refused("bob", ground.moving("h", Image=image)) == message


@VISIBLE
def test_137_restricted_administrators(ground: Ground, mover: Actor, deleter: Actor, level: str) -> None:
    garden = ground.garden(level)
    image, tag, link = noted(garden)
    other = garden.note("image", image, garden.annotation(TAG, "bob"), "bob")
    included, deleted = ground.move(mover, "h", Image=image)
    assert (included["Image"], included["TagAnnotation"]) == ([image], [tag])
    assert included["ImageAnnotationLink"] == [link] and deleted == {"ImageAnnotationLink": [other]}
    image, file, alone = garden.image(), garden.file(), garden.file()
    garden.fileset(image, files=[file])
    request = omero.cmd.Delete2({"OriginalFile": [alone]})
    assert ground.refused(deleter, request) == f"not permitted to delete OriginalFile[{alone}]"
    gone = ground.done(deleter, deletion(Image=image))[1]
    assert gone["Image"] == [image] and file in gone["OriginalFile"]
