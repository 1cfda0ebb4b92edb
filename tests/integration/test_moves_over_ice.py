"""Chgrp2, Chown2, Chmod2 and SkipHead as clients ask for them: imported images, and people in groups of each kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import omero
import omero.callbacks
import omero.cmd
import omero.model
from omero.importing import Options, import_fileset, scan
from omero.sys import ParametersI
from tests.support.actors import Actor, Stage, image, joined, named, tag
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance

SKIPPING_STEPS = 7


def ended(actor: Actor, request: Any) -> Any:
    """The callback of a request that has come to its end."""
    handle = actor.sf.submit(request, actor.context())
    callback = omero.callbacks.CmdCallbackI(actor.client, handle)
    callback.loop(60, 500)
    return callback


def answer(actor: Actor, kind: str, targets: dict[str, list[int]], **asked: Any) -> Any:
    """The response to a request of a type."""
    callback = ended(actor, getattr(omero.cmd, kind)(targetObjects=targets, **asked))
    response = callback.getResponse()
    callback.close(True)
    return response


def group_of(actor: Actor, cls: str, object_id: int) -> int:
    return int(actor.get(cls, object_id, -1).details.group.id.val)


def owner_of(actor: Actor, cls: str, object_id: int) -> int:
    return int(actor.get(cls, object_id, -1).details.owner.id.val)


def imported(actor: Actor, folder: Path, name: str = "cells&sizeX=30&sizeY=20&series=2") -> list[int]:
    """Ids of the images of a new fileset."""
    path = folder / f"{name}.fake"
    path.touch()
    return sorted(import_fileset(actor.client, scan([path]).candidates[0], Options()).images)


def plane(actor: Actor, image_id: int, group: int) -> bytes:
    context = actor.context(group)
    find = "from Pixels p where p.image.id = :id"
    pixels = actor.query.findByQuery(find, ParametersI().addId(image_id), context)
    store = actor.sf.createRawPixelsStore(context)
    try:
        store.setPixelsId(pixels.id.val, False, context)
        return bytes(store.getPlane(0, 0, 0, context))
    finally:
        store.close()


def test_an_imported_fileset_moves_with_its_files(stage: Stage, instance: Instance, tmp_path: Path) -> None:
    ann, h = stage.ann, stage["h"]
    images = imported(ann, tmp_path)
    home, problems = group_of(ann, "Image", images[0]), inconsistencies(instance)
    data = plane(ann, images[1], home)
    split = answer(ann, "Chgrp2", {"Image": images[:1]}, groupId=h)
    assert isinstance(split, omero.cmd.GraphException) and "Fileset[" in split.message
    assert group_of(ann, "Image", images[0]) == home
    moved = answer(ann, "Chgrp2", {"Image": images}, groupId=h)
    assert moved.includedObjects["ome.model.core.Image"] == images and moved.deletedObjects == {}
    assert {"ome.model.core.OriginalFile", "ome.model.jobs.UploadJob"} <= set(moved.includedObjects)
    assert {group_of(ann, "Image", one) for one in images} == {h} and plane(ann, images[1], h) == data
    assert inconsistencies(instance) == problems


def test_codes_of_failures(stage: Stage) -> None:
    ann, lea = stage.ann, stage.lea
    mine = ann.save(image(), stage["RO"]).id.val
    expected = [
        (lea, "Chgrp2", {"groupId": stage["h"]}, "not-in-group"),
        (ann, "Chown2", {"userId": stage.bob.id}, "steps-cancel"),
        (ann, "Chmod2", {"permissions": "rwr---"}, "bad-target"),
        (ann, "SkipHead", {}, "steps-cancel"),
    ]
    for actor, kind, asked, code in expected:
        response = answer(actor, kind, {"Image": [mine]}, **asked)
        assert (type(response), response.name) == (omero.cmd.ERR, code), kind
        assert response.category == f"::omero::cmd::{kind}"
    unknown = answer(ann, "Chgrp2", {"NoSuchType": [1]}, groupId=stage["h"])
    assert (type(unknown), unknown.name) == (omero.cmd.ERR, "graph-fail")


@pytest.mark.parametrize("level", ["P", "RO", "RA", "RW"])
def test_giving_an_image_with_its_tag(stage: Stage, level: str) -> None:
    ann, group = stage.ann, stage[level]
    link = ann.save(joined("ImageAnnotationLink", image(), tag()), group)
    given = answer(stage.root, "Chown2", {"Image": [link.parent.id.val]}, userId=stage.bob.id)
    assert isinstance(given, omero.cmd.Chown2Response)
    assert owner_of(stage.root, "Image", link.parent.id.val) == stage.bob.id
    whose = stage.bob.id if level in ("P", "RO") else ann.id
    assert owner_of(stage.root, "TagAnnotation", link.child.id.val) == whose


def test_a_group_becomes_private(stage: Stage) -> None:
    group = stage.cast.group("rwra--").id.val
    members = [stage.root.get("Experimenter", actor.id, -1) for actor in (stage.ann, stage.bob)]
    for member in members:
        stage.root.sf.getAdminService().addGroups(member, [omero.model.ExperimenterGroupI(group, False)])
    ann, bob = stage.cast.log_in(members[0].omeName.val), stage.cast.log_in(members[1].omeName.val)
    mine = ann.save(image(), group)
    link = bob.save(joined("ImageAnnotationLink", omero.model.ImageI(mine.id.val, False), tag()), group)
    targets = {"ExperimenterGroup": [group]}
    assert isinstance(answer(ann, "Chmod2", targets, permissions="rw----"), omero.cmd.GraphException)
    done = answer(stage.root, "Chmod2", targets, permissions="rw----")
    assert done.includedObjects == {"ome.model.meta.ExperimenterGroup": [group]}
    assert done.deletedObjects == {"ome.model.annotations.ImageAnnotationLink": [link.id.val]}
    assert bob.find("Image", mine.id.val, -1) is None
    assert bob.find("TagAnnotation", link.child.id.val, -1) is not None
    assert answer(stage.root, "Chmod2", targets, permissions="rw----").includedObjects == {}


def test_skipping_a_dataset(stage: Stage) -> None:
    ann = stage.ann
    link = ann.save(joined("DatasetImageLink", named("Dataset"), image()), stage["RA"])
    inner = omero.cmd.Delete2()
    request = omero.cmd.SkipHead(targetObjects={"Dataset": [link.parent.id.val]}, startFrom=["Image"], request=inner)
    callback = ended(ann, request)
    deleted = callback.getResponse().deletedObjects
    assert deleted["ome.model.core.Image"] == [link.child.id.val] and "ome.model.containers.Dataset" not in deleted
    assert callback.getStatus().steps == SKIPPING_STEPS
    callback.close(True)
    assert ann.find("Dataset", link.parent.id.val, stage["RA"]) is not None


def test_all_or_nothing_with_others(stage: Stage) -> None:
    ann, home = stage.ann, stage["RA"]
    mine = ann.save(image(), home).id.val
    theirs = stage.bob.save(image(), home).id.val
    requests = [omero.cmd.Chgrp2(targetObjects={"Image": [one]}, groupId=stage["h"]) for one in (mine, theirs)]
    callback = ended(ann, omero.cmd.DoAll(requests=requests))
    response = callback.getResponse()
    callback.close(True)
    assert isinstance(response, omero.cmd.GraphException) and f"Image[{theirs}]" in response.message
    assert group_of(ann, "Image", mine) == home
