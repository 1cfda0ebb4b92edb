"""Duplicate as clients ask for it: rows and files of imported images, and people in groups of each kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import omero
import omero.cmd
from omero.importing import Options, import_fileset, scan
from omero.rtypes import rint, rlong
from omero.sys import ParametersI
from omero_server.repository.layout import Layout, index_name
from tests.support.actors import Actor, Stage
from tests.support.consistency import inconsistencies
from tests.support.instance import Instance

STEPS = 14
Found = dict[str, list[int]]


def ended(actor: Actor, group: int | None = None, **asked: Any) -> Any:
    """The response to a Duplicate in a group."""
    handle = actor.sf.submit(omero.cmd.Duplicate(**asked), actor.context(group))
    callback = omero.callbacks.CmdCallbackI(actor.client, handle)
    callback.loop(60, 500)
    response = callback.getResponse()
    callback.close(True)
    return response


def copied(actor: Actor, group: int | None = None, **asked: Any) -> Found:
    """Ids of the copies by simple class name."""
    response = ended(actor, group, **asked)
    assert isinstance(response, omero.cmd.DuplicateResponse), response
    return {name.rpartition(".")[2]: ids for name, ids in response.duplicates.items()}


def refused(actor: Actor, group: int | None = None, **asked: Any) -> str:
    """The message of the GraphException."""
    response = ended(actor, group, **asked)
    assert isinstance(response, omero.cmd.GraphException), response
    assert (response.category, response.name) == ("::omero::cmd::Duplicate", "graph-fail")
    return str(response.message)


def imported(actor: Actor, folder: Path, name: str = "cells&sizeX=30&sizeY=20&sizeC=2&series=2") -> list[int]:
    """Ids of the images of a new fileset."""
    path = folder / f"{name}.fake"
    path.touch()
    return sorted(import_fileset(actor.client, scan([path]).candidates[0], Options()).images)


def files_below(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


def fileset_of(actor: Actor, image_id: int) -> Any:
    hql = "select f from Fileset f join fetch f.usedFiles u join fetch u.originalFile join f.images i where i.id = :id"
    return actor.query.findByQuery(hql, ParametersI().addId(image_id), actor.context(-1))


def plane(actor: Actor, image_id: int) -> bytes:
    store = actor.sf.createRawPixelsStore()
    try:
        pixels = actor.query.findByQuery("from Pixels p where p.image.id = :i", ParametersI().add("i", rlong(image_id)))
        store.setPixelsId(pixels.id.val, False)
        return bytes(store.getPlane(0, 1, 0))
    finally:
        store.close()


def thumbnail(actor: Actor, image_id: int) -> bytes:
    store = actor.sf.createThumbnailStore()
    try:
        pixels = actor.query.findByQuery("from Pixels p where p.image.id = :i", ParametersI().add("i", rlong(image_id)))
        assert store.setPixelsId(pixels.id.val)
        return bytes(store.getThumbnail(rint(24), rint(16)))
    finally:
        store.close()


def test_an_imported_fileset_is_whole_in_its_new_folder(stage: Stage, instance: Instance, tmp_path: Path) -> None:
    ann, layout = stage.ann, Layout.of(instance.config)
    images = imported(ann, tmp_path)
    problems, before = inconsistencies(instance), files_below(layout.data)
    split = refused(ann, targetObjects={"Image": images[:1]})
    assert "Fileset[" in split and all(f"Image[{i}]" in split for i in images)
    assert copied(ann, targetObjects={"Image": images}, dryRun=True)["Image"] == images
    assert files_below(layout.data) == before
    new = copied(ann, targetObjects={"Image": images})
    assert len(new["Image"]) == 2 and len(new["Fileset"]) == len(new["FilesetEntry"]) == 1 and new["UploadJob"]
    assert inconsistencies(instance) == problems
    old_set, new_set = fileset_of(ann, images[0]), fileset_of(ann, new["Image"][1])
    assert old_set.templatePrefix.val != new_set.templatePrefix.val and new_set.id.val == new["Fileset"][0]
    old, copy = ((entry.originalFile.path.val, entry.originalFile.name.val)
                 for entry in (old_set.copyUsedFiles()[0], new_set.copyUsedFiles()[0]))  # fmt: skip
    assert copy[0].startswith(new_set.templatePrefix.val) and copy[1] == old[1]
    assert layout.in_managed(*old).samefile(layout.in_managed(*copy))
    assert (layout.managed / index_name(new_set.templatePrefix.val)).is_file()
    assert plane(ann, new["Image"][1]) == plane(ann, images[1])
    assert thumbnail(ann, new["Image"][0]) == thumbnail(ann, images[0])


def test_copies_outlive_their_originals(stage: Stage, instance: Instance, tmp_path: Path) -> None:
    ann = stage.ann
    problems = inconsistencies(instance)
    images = imported(ann, tmp_path)
    expected = plane(ann, images[0])
    new = copied(ann, targetObjects={"Fileset": [fileset_of(ann, images[0]).id.val]})["Image"]
    for gone in (images, new):
        if gone is new:
            assert plane(ann, new[0]) == expected
        callback = ann.client.submit(omero.cmd.Delete2(targetObjects={"Image": gone}))
        callback.close(True)
    assert inconsistencies(instance) == problems
