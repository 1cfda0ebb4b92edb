"""Scenarios of graphs 152 to 157: what is copied with objects, and who owns the copies.

Copies of imported files are in test_duplicate_over_ice.py.
"""

from __future__ import annotations

from typing import Any

import pytest

import omero.cmd
from tests.support.actors import LEVELS
from tests.support.garden import COMMENT, FILE, MAP, TAG, Garden, simple
from tests.support.ground import Ground, Ids

ALL = pytest.mark.parametrize("level", list(LEVELS))
VISIBLE = pytest.mark.parametrize("level", list(LEVELS)[1:])


def copying(targets: Ids, **asked: Any) -> omero.cmd.Duplicate:
    return omero.cmd.Duplicate(targets, [], False, **asked)


def copied(ground: Ground, who: str, level: str, targets: Ids, **asked: Any) -> Ids:
    """Ids of the copies."""
    return ground.done(who, copying(targets, **asked), level)[0]


def furnished(garden: Garden) -> tuple[int, list[int]]:
    """An image in a dataset with a region, views of two owners and annotations, whose ids come last."""
    image = garden.image()
    garden.dataset(image)
    garden.roi(image, shapes=2)
    for owner in ("ann", "bob"):
        garden.view(image, owner)
    notes = [garden.annotation(TAG), garden.annotation(FILE, file=garden.file(size=0)), garden.annotation(COMMENT)]
    for note in notes:
        garden.note("image", image, note)
    return image, notes


@ALL
def test_152_an_image_with_all_that_it_has(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image, notes = furnished(garden)
    before = ground.query("SELECT * FROM image WHERE id = :i", i=image)
    new = copied(ground, "ann", level, {"Image": [image]})
    kinds = ("Image", "Roi", "TagAnnotation", "FileAnnotation", "CommentAnnotation", "OriginalFile", "RenderingDef")
    assert [len(new[kind]) for kind in kinds] == [1] * 7 and len(new["Rectangle"]) == 2 and "Dataset" not in new
    assert len(new["ImageAnnotationLink"]) == 3 and not set(notes) & {*new["TagAnnotation"], *new["FileAnnotation"]}
    assert ground.query("SELECT * FROM image WHERE id = :i", i=image) == before
    copy = new["Image"][0]
    assert ground.owner_of("image", copy) == ground.owner_of("roi", new["Roi"][0]) == "ann"
    assert ground.group_of("image", copy) == level
    assert ground.value("SELECT count(*) FROM datasetimagelink WHERE child = :i", i=copy) == 0


@ALL
def test_153_annotations_that_are_not_copied(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image, notes = furnished(garden)
    new = copied(ground, "ann", level, {"Image": [image]}, typesToReference=["Annotation"])
    assert "TagAnnotation" not in new and len(new["ImageAnnotationLink"]) == 3
    linked = ground.query("SELECT child FROM imageannotationlink WHERE parent = :i ORDER BY 1", i=new["Image"][0])
    assert [child for (child,) in linked] == notes
    new = copied(ground, "ann", level, {"Image": [image]}, typesToIgnore=["ImageAnnotationLink"])
    assert not {"ImageAnnotationLink", "TagAnnotation", "FileAnnotation", "CommentAnnotation"} & set(new)
    ground.refused("ann", copying({"Image": [image]}, typesToIgnore=["Annotation"]), level)


@ALL
def test_154_data_of_others(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    note = garden.annotation(MAP)
    garden.note("image", image, note)
    if level == "P":
        assert f"Image[{image}]" in ground.refused("bob", copying({"Image": [image]}), level)
        return
    new = copied(ground, "bob", level, {"Image": [image]})
    owners = [ground.owner_of("image", new["Image"][0]), ground.owner_of("annotation", new["MapAnnotation"][0])]
    assert owners == ["bob", "bob"] and ground.owner_of("image", image) == "ann"


@ALL
def test_155_filesets(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    images = [garden.image(), garden.image()]
    fileset = garden.fileset(*images, files=[garden.file(size=0)])
    assert f"Fileset[{fileset}]" in ground.refused("ann", copying({"Image": images[:1]}), level)
    dry = copying({"Image": images})
    dry.dryRun = True
    before = ground.state()
    told = simple(ground.ask("ann", dry, level).duplicates)
    assert told["Image"] == images and told["Fileset"] == [fileset] and ground.state() == before
    new = copied(ground, "ann", level, {"Image": images})
    assert len(new["Image"]) == 2 and len(new["Fileset"]) == len(new["FilesetEntry"]) == 1
    assert ground.field("image", new["Image"][0], "fileset") == new["Fileset"][0] != fileset


@ALL
def test_156_what_images_share(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    experiment, instrument = garden.add("experiment", type=1), garden.add("instrument")
    image, _ = (garden.image(experiment=experiment, instrument=instrument) for _ in range(2))
    new = copied(ground, "ann", level, {"Image": [image]})
    copy = new["Image"][0]
    assert "Experiment" not in new and ground.field("image", copy, "experiment") == experiment
    assert [ground.field("image", copy, "instrument")] == new["Instrument"] != [instrument]


@VISIBLE
def test_157_links_in_containers_of_others(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    dataset = garden.dataset()
    link = garden.link("datasetimagelink", dataset, image)
    request = copying({"DatasetImageLink": [link]})
    if level == "RW":
        new = ground.done("bob", request, level)[0]["DatasetImageLink"]
        assert ground.field("datasetimagelink", new[0], "parent") == dataset
    else:
        assert f"DatasetImageLink[{link}]" in ground.refused("bob", request, level)
