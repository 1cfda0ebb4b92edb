"""Chgrp2: moving objects and what belongs to them to another group, against a real database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

import omero
import omero.cmd
from omero_server.commands.registry import CommandError
from omero_server.db.tables import TABLES
from tests.support.garden import COMMENT, FILE, MAP, TAG, Garden, Steps, option, run, run_delete, simple
from tests.support.lab import Lab
from tests.support.service_calls import counted

LEVELS = ["P", "RO", "RA", "RW"]
Ids = dict[str, list[int]]


def moved(
    lab: Lab, user: str, targets: Ids, to: str = "H", *, dry_run: bool = False, options: Any = (),
    steps: Steps | None = None, **caller: Any,
) -> tuple[Ids, Ids]:  # fmt: skip
    """What was moved and what was deleted."""
    request = omero.cmd.Chgrp2(
        targetObjects=targets, childOptions=list(options), dryRun=dry_run, groupId=lab.scene.groups[to]
    )
    response = run(lab, user, request, steps, caller)
    return simple(response.includedObjects), simple(response.deletedObjects)


def refused(lab: Lab, user: str, targets: Ids, to: str = "H", **caller: Any) -> str:
    """The message of the GraphException; nothing may have been changed."""
    before = state(lab)
    with pytest.raises(CommandError) as caught:
        moved(lab, user, targets, to, **caller)
    assert state(lab) == before
    assert caught.value.response.ice_id() == "::omero::cmd::GraphException"
    assert caught.value.response.category == "::omero::cmd::Chgrp2"
    return str(caught.value.response.message)


def state(lab: Lab) -> list[tuple[Any, ...]]:
    """Groups of what tests look at, and the number of all rows."""
    rows: list[tuple[Any, ...]] = sorted(Garden(lab).counts().items())
    with lab.database.begin() as db:
        for name in ("image", "annotation", "imageannotationlink", "roi", "dataset", "originalfile"):
            columns = TABLES[name].c
            rows += map(tuple, db.execute(select(columns.id, columns.group_id).order_by(columns.id)))
    return rows


def test_an_image_with_all_its_parts(garden: Garden) -> None:
    image = garden.image(channels=3)
    garden.view(image)
    roi = garden.roi(image, shapes=2)
    tag = garden.annotation()
    link = garden.note("image", image, tag)
    file = garden.file()
    note = garden.annotation(FILE, file=file)
    garden.note("image", image, note)
    version = garden.lab.query("SELECT version, update_id FROM image WHERE id = :i", i=image)
    counts = garden.counts()
    included, deleted = moved(garden.lab, "ann", {"Image": [image]})
    assert deleted == {} and garden.counts() == counts
    assert included["Image"] == [image] and included["OriginalFile"] == [file] and len(included["Rectangle"]) == 2
    assert included["TagAnnotation"] == [tag] and link in included["ImageAnnotationLink"]
    assert len(included["Channel"]) == len(included["LogicalChannel"]) == 3
    for table, object_id in (("image", image), ("roi", roi), ("annotation", tag), ("originalfile", file)):
        assert garden.lab.group_of(table, object_id) == "H"
    assert garden.lab.query("SELECT version, update_id FROM image WHERE id = :i", i=image) == version


def test_dry_run_is_like_the_real_one(garden: Garden) -> None:
    image = garden.image()
    garden.note("image", image, garden.annotation(COMMENT, "bob"), "bob")
    dataset = garden.dataset(image)
    other = garden.dataset(image)
    before, dry, real = state(garden.lab), Steps(), Steps()
    told = moved(garden.lab, "ann", {"Dataset": [dataset, other]}, dry_run=True, steps=dry)
    assert state(garden.lab) == before
    assert told == moved(garden.lab, "ann", {"Dataset": [dataset, other]}, steps=real)
    assert (dry.total, dry.done, real.total, real.done) == (4, [1, 2, 3, 4], 6, [1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize("step", range(1, 7))
def test_cancelling_at_any_step_changes_nothing(garden: Garden, step: int) -> None:
    image = garden.image()
    before = state(garden.lab)
    with pytest.raises(InterruptedError):
        moved(garden.lab, "ann", {"Image": [image]}, steps=Steps(cancel_at=step))
    assert state(garden.lab) == before


def test_log_of_moved_objects(garden: Garden) -> None:
    image, dataset = garden.image(), garden.dataset()
    garden.link("datasetimagelink", dataset, image)
    moved(garden.lab, "ann", {"Image": [image]})
    logs = set(garden.lab.query(
        "SELECT action, entitytype FROM eventlog WHERE event = (SELECT max(event) FROM eventlog)"
    ))  # fmt: skip
    assert {("UPDATE", "ome.model.core.Image"), ("UPDATE", "ome.model.core.Pixels"),
            ("DELETE", "ome.model.containers.DatasetImageLink")} <= logs  # fmt: skip
    assert garden.lab.group_of("dataset", dataset) == "RA"


def test_who_may_move_where(garden: Garden) -> None:
    lab, image = garden.lab, garden.image()
    for user, group in (("cat", "H"), ("lea", "H"), ("ann", "nowhere")):
        lab.scene.groups["nowhere"] = 987654
        with pytest.raises(CommandError) as caught:
            moved(lab, user, {"Image": [image]}, group)
        assert (caught.value.name, caught.value.response) == ("not-in-group", None)
    del lab.scene.groups["nowhere"]
    light = {"is_admin": True, "privileges": frozenset(["Sudo"])}
    with pytest.raises(CommandError, match="not a member"):
        moved(lab, "cat", {"Image": [image]}, **light)
    assert moved(lab, "root", {"Image": [image]})[0]["Image"] == [image]
    assert moved(lab, "root", {"Image": [image]}, "RO")[0]["Image"] == [image]


def test_only_own_data_can_be_moved(lab: Lab) -> None:
    garden = Garden(lab, "RW")
    image = garden.image()
    assert refused(lab, "bob", {"Image": [image]}) == f"not permitted to process Image[{image}]"
    assert refused(lab, "lea", {"Image": [image]}, "RA") == f"not permitted to process Image[{image}]"


@pytest.mark.parametrize("level", LEVELS)
def test_annotations_that_are_used_elsewhere_stay(lab: Lab, level: str) -> None:
    garden = Garden(lab, level)
    image, other, tag = garden.image(), garden.image(), garden.annotation()
    links = [garden.note("image", each, tag) for each in (image, other)]
    included, deleted = moved(lab, "ann", {"Image": [image]})
    assert "TagAnnotation" not in included and deleted == {"ImageAnnotationLink": [links[0]]}
    assert moved(lab, "ann", {"Image": [other]})[0]["TagAnnotation"] == [tag]


@pytest.mark.parametrize(("level", "kind", "to", "outcome"), [
    ("RA", TAG, "H", "stays"), ("RW", TAG, "H", "stays"), ("RW", FILE, "H", "stays"),
    ("RA", COMMENT, "H", "goes"), ("RO", COMMENT, "H", "goes"), ("RW", COMMENT, "H", "moves"),
    ("RA", MAP, "H", "stays"), ("RW", MAP, "H", "moves"), ("RW", MAP, "P", "goes"), ("RA", MAP, "P", "stays"),
])  # fmt: skip
def test_annotations_of_others(lab: Lab, level: str, kind: str, to: str, outcome: str) -> None:
    garden = Garden(lab, level)
    image, note = garden.image(), garden.annotation(kind, "bob")
    garden.note("image", image, note, "bob")
    included, deleted = moved(lab, "ann", {"Image": [image]}, to)
    gone = not garden.there("annotation", note)
    assert gone == (outcome == "goes") and (outcome == "moves") == ("ImageAnnotationLink" in included)
    if not gone:
        assert lab.group_of("annotation", note) == (to if outcome == "moves" else level)
    assert ("ImageAnnotationLink" in deleted) == (outcome != "moves")


@pytest.mark.parametrize(("to", "kept"), [("H", True), ("P", False)])
def test_views_and_regions_of_others(garden: Garden, to: str, kept: bool) -> None:
    image = garden.image()
    mine, theirs = garden.view(image), garden.view(image, "bob")
    roi = garden.roi(image, "bob")
    included, deleted = moved(garden.lab, "ann", {"Image": [image]}, to)
    there = included if kept else deleted
    assert theirs[0] in there["RenderingDef"] and theirs[1] in there["Thumbnail"] and there["Roi"] == [roi]
    assert mine[0] in included["RenderingDef"] and len(there["ChannelBinding"]) == (2 if kept else 1)
    assert garden.there("renderingdef", theirs[0]) == kept and garden.there("roi", roi) == kept


def test_content_of_containers(garden: Garden) -> None:
    lab, image, shared = garden.lab, garden.image(), garden.image()
    dataset = garden.dataset(image, shared)
    garden.dataset(shared)
    project = garden.project(dataset)
    other = garden.project(garden.dataset())
    included, deleted = moved(lab, "ann", {"Project": [project]})
    assert (included["Image"], included["Dataset"]) == ([image], [dataset]) and len(deleted["DatasetImageLink"]) == 1
    assert lab.group_of("image", shared) == "RA"
    kept = moved(lab, "ann", {"Project": [other]}, options=[option(exclude=["Dataset"])])
    assert kept[0] == {"Project": [other]} and list(kept[1]) == ["ProjectDatasetLink"]


@pytest.mark.parametrize(("to", "moves"), [("H", True), ("P", False)])
def test_content_of_others(lab: Lab, to: str, moves: bool) -> None:
    garden = Garden(lab, "RW")
    image = garden.image("bob")
    dataset = garden.dataset(image)
    included, deleted = moved(lab, "ann", {"Dataset": [dataset]}, to)
    assert ("Image" in included, "DatasetImageLink" in deleted) == (moves, not moves)


def test_filesets_stay_together(garden: Garden) -> None:
    lab, images, file = garden.lab, [garden.image(), garden.image()], garden.file()
    fileset = garden.fileset(*images, files=[file])
    message = refused(lab, "ann", {"Image": images[:1]})
    assert f"Fileset[{fileset}]" in message and all(f"Image[{image}]" in message for image in images)
    included, deleted = moved(lab, "ann", {"Image": images})
    assert included["Fileset"] == [fileset] and "UploadJob" in included and len(included["OriginalFile"]) == 2
    assert "FilesetEntry" in included and "JobOriginalFileLink" in included and deleted == {}


def test_plates_and_screens(garden: Garden) -> None:
    lab, images = garden.lab, [garden.image(), garden.image()]
    plate = garden.plate(*images)
    screen = garden.add("screen", name="a screen")
    garden.link("screenplatelink", screen, plate)
    assert f"Image[{images[0]}]" in refused(lab, "ann", {"Image": images[:1]})
    included, deleted = moved(lab, "ann", {"Plate": [plate]})
    assert included["Image"] == images and len(included["WellSample"]) == len(included["Well"]) == 2
    assert list(deleted) == ["ScreenPlateLink"]
    garden.link("screenplatelink", screen, garden.plate(garden.image()))
    included, deleted = moved(lab, "ann", {"Screen": [screen]})
    assert len(included["Plate"]) == len(included["ScreenPlateLink"]) == 1 and deleted == {}


def test_what_images_share_moves_with_all_of_them(garden: Garden) -> None:
    lab, instrument = garden.lab, garden.add("instrument")
    garden.add("objective", instrument=instrument, immersion=1, correction=1)
    images = [garden.image(instrument=instrument) for _ in range(2)]
    assert f"Instrument[{instrument}]" in refused(lab, "ann", {"Image": images[:1]})
    included, _ = moved(lab, "ann", {"Image": images})
    assert included["Instrument"] == [instrument] and len(included["Objective"]) == 1
    alone = garden.add("instrument")
    image = garden.image(instrument=alone)
    moved(lab, "ann", {"Instrument": [alone]})
    assert lab.value("SELECT instrument FROM image WHERE id = :i", i=image) is None


def test_what_cannot_leave_what_it_is_part_of(garden: Garden) -> None:
    lab, image = garden.lab, garden.image()
    roi, file = garden.roi(image), garden.file()
    note = garden.annotation(FILE, file=file)
    assert f"Roi[{roi}]" in refused(lab, "ann", {"Roi": [roi]})
    assert f"OriginalFile[{file}]" in refused(lab, "ann", {"OriginalFile": [file]})
    garden.note("image", image, note)
    included, deleted = moved(lab, "ann", {"Annotation": [note]})
    assert included == {"FileAnnotation": [note], "OriginalFile": [file]} and list(deleted) == ["ImageAnnotationLink"]


@pytest.mark.parametrize(("level", "goes"), [("RO", False), ("RA", False), ("RW", True)])
def test_tags_on_data_of_others(lab: Lab, level: str, goes: bool) -> None:
    garden = Garden(lab, level)
    tag, image = garden.annotation(), garden.image("bob")
    garden.note("image", image, tag)
    if goes:
        assert moved(lab, "ann", {"Annotation": [tag]})[0] == {"TagAnnotation": [tag]}
    else:
        assert refused(lab, "ann", {"Annotation": [tag]}).startswith(f"TagAnnotation[{tag}] is used on Image[{image}]")


def test_restricted_administrators(garden: Garden) -> None:
    image, mine, theirs = garden.image(), garden.annotation(), garden.annotation(TAG, "bob")
    for tag in (mine, theirs):
        garden.note("image", image, tag)
    light = {"is_admin": True, "privileges": frozenset(["Chgrp"]), "member_of": (), "leader_of": ()}
    included, deleted = moved(garden.lab, "cat", {"Image": [image]}, **light)
    assert included["TagAnnotation"] == [mine] and len(deleted["ImageAnnotationLink"]) == 1


def test_nothing_unseen_ends_up_in_two_groups(lab: Lab) -> None:
    """A link that the owner of a private image cannot see; and then, without it, the move that it kept from."""
    garden = Garden(lab, "P")
    image, dataset = garden.image(), garden.dataset(user="bob")
    link = garden.link("datasetimagelink", dataset, image, "bob")
    assert f"DatasetImageLink.child of {link}" in refused(lab, "ann", {"Image": [image]})
    run_delete(lab, "bob", {"DatasetImageLink": [link]})
    assert moved(lab, "ann", {"Image": [image]})[0]["Image"] == [image]


def test_as_many_statements_for_many_as_for_few(garden: Garden) -> None:
    counts = []
    # Before the first one ids are reserved.
    for size in (1, 2, 20):
        images = [garden.image() for _ in range(size)]
        tag = garden.annotation()
        for image in images:
            garden.note("image", image, tag)
            garden.view(image, "bob")
            garden.roi(image)
        garden.fileset(*images)
        dataset = garden.dataset(*images)
        with counted(garden.lab) as seen:
            included, _ = moved(garden.lab, "ann", {"Dataset": [dataset]})
        assert included["Image"] == images
        counts.append(len(seen))
    assert counts[1] == counts[2] < 200
