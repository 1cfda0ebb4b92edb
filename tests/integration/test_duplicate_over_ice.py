"""Duplicate as clients ask for it: rows and files of imported images, and people in groups of each kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import omero
import omero.callbacks
import omero.cmd
import omero.model
from omero.importing import Options, import_fileset, scan
from omero.rtypes import rint, rlong, rstring
from omero.sys import ParametersI
from omero_server.repository.layout import Layout, index_name
from tests.support.actors import Actor, Stage, image, joined, named, original_file, rectangle, tag
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


@pytest.mark.parametrize("level", ["RO", "RA", "RW"])
def test_what_comes_along_with_an_image(stage: Stage, level: str) -> None:
    """ROIs, tags, files and comments do, views of others and containers do not."""
    ann, bob, group = stage.ann, stage.bob, stage[level]
    original = ann.save(image(), group)
    ann.save(joined("DatasetImageLink", ann.save(named("Dataset"), group), original), group)
    roi = omero.model.RoiI()
    roi.image = original.proxy()
    roi.addShape(rectangle())
    ann.save(roi, group)
    note, file = omero.model.CommentAnnotationI(), omero.model.FileAnnotationI()
    note.textValue, file.file = rstring("fine"), ann.save(original_file(), group).proxy()
    for annotation in (tag(), note, file):
        ann.save(joined("ImageAnnotationLink", original, ann.save(annotation, group)), group)
    for actor in (ann, bob):
        copies = copied(actor, group, targetObjects={"Image": [original.id.val]})
        kinds = {"Image", "Pixels", "Channel", "Roi", "Rectangle", "TagAnnotation", "CommentAnnotation",
                 "FileAnnotation", "OriginalFile"}  # fmt: skip
        assert all(len(copies[kind]) == 1 for kind in kinds) and "Dataset" not in copies
        copy = actor.get("Image", copies["Image"][0], group)
        assert copy.details.owner.id.val == actor.id and copy.details.group.id.val == group
        assert copy.name.val == original.name.val and copy.version.val == 0
        assert actor.flags(copy, group).startswith("EDAL")
    assert ann.get("Image", original.id.val, group).version.val == original.version.val


def test_what_cannot_be_read_cannot_be_copied(stage: Stage) -> None:
    secret = stage.ann.save(image(), stage["P"]).id.val
    for actor, group in ((stage.bob, stage["P"]), (stage.nora, None), (stage.bob, stage["RW"])):
        assert f"Image[{secret}]" in refused(actor, group, targetObjects={"Image": [secret]})


def test_links_into_containers_of_others(stage: Stage) -> None:
    for level, allowed in (("RO", False), ("RA", False), ("RW", True)):
        group = stage[level]
        made = stage.ann.save(joined("DatasetImageLink", named("Dataset"), image()), group)
        asked = {"DatasetImageLink": [made.id.val]}
        if allowed:
            new = copied(stage.bob, group, targetObjects=asked)
            assert (
                stage.bob.get("DatasetImageLink", new["DatasetImageLink"][0], group).parent.id.val == made.parent.id.val
            )
        else:
            assert f"DatasetImageLink[{made.id.val}]" in refused(stage.bob, group, targetObjects=asked)


def test_errors_and_status(stage: Stage) -> None:
    ann, group = stage.ann, stage["RW"]
    made = ann.save(image(), group).id.val
    wrong = ended(ann, group, targetObjects={"Image": [made]}, typesToIgnore=["Image"], typesToReference=["Image"])
    assert (wrong.ice_id(), wrong.name, wrong.category) == ("::omero::cmd::ERR", "bad-class", "::omero::cmd::Duplicate")
    assert ended(ann, group, targetObjects={"Session": [1]}).name == "bad-target"
    assert copied(ann, group, targetObjects={"Image": []}) == copied(ann, group, targetObjects={}) == {}
    for dry, steps in ((True, 3), (False, STEPS)):
        request = omero.cmd.Duplicate(targetObjects={"Image": [made]}, dryRun=dry)
        handle = ann.sf.submit(request, ann.context(group))
        callback = omero.callbacks.CmdCallbackI(ann.client, handle)
        callback.loop(60, 500)
        assert callback.getStatus().steps == steps
        callback.close(True)


def test_legal_targets(stage: Stage) -> None:
    def legal(request: Any) -> Any:
        callback = stage.ann.client.submit(omero.cmd.LegalGraphTargets(request=request), failonerror=False)
        try:
            return callback.getResponse()
        finally:
            callback.close(True)

    chgrp = legal(omero.cmd.Chgrp2()).targets
    assert {"ome.model.core.Image", "ome.model.containers.Dataset", "ome.model.annotations.TagAnnotation",
            "ome.model.annotations.Annotation"} <= set(chgrp)  # fmt: skip
    assert {"ome.model.core.Pixels", "ome.model.containers.DatasetImageLink"}.isdisjoint(chgrp)
    assert legal(omero.cmd.Chmod2()).targets == ["ome.model.meta.ExperimenterGroup"]
    assert legal(omero.cmd.SkipHead(request=omero.cmd.Chgrp2())).targets == chgrp
    assert "ome.model.core.Pixels" in legal(omero.cmd.Duplicate()).targets
    assert "ome.model.meta.Experimenter" in legal(omero.cmd.DiskUsage2()).targets
    assert legal(None).name == legal(omero.cmd.SkipHead()).name == "graph-no-targets"


def test_finds_and_usage(stage: Stage, instance: Instance, tmp_path: Path) -> None:
    """Counts and bytes of a whole import, against the rows and the files."""
    ann, layout = stage.ann, Layout.of(instance.config)
    images = imported(ann, tmp_path)
    dataset = ann.save(named("Dataset"))
    ann.save(joined("DatasetImageLink", dataset, ann.get("Image", images[0])))
    for picture in images:
        thumbnail(ann, picture)

    def ask(request: Any) -> Any:
        callback = ann.client.submit(request)
        response = callback.getResponse()
        callback.close(True)
        return response

    found = ask(omero.cmd.FindParents(targetObjects={"Image": images}, typesOfParents=["Dataset"], stopBefore=[]))
    assert found.parents == {"ome.model.containers.Dataset": [dataset.id.val]}
    below = {"Dataset": [dataset.id.val]}
    children = ask(omero.cmd.FindChildren(targetObjects=below, typesOfChildren=["Image", "Thumbnail"], stopBefore=[]))
    assert children.children["ome.model.core.Image"] == images[:1]
    usage = ask(omero.cmd.DiskUsage2(targetObjects=below, targetClasses=[]))
    ((key, by_use),) = usage.bytesUsedByReferer.items()
    assert (key.first, key.second) == (ann.id, ann.admin.getEventContext().groupId)
    hql = "select t.id from Thumbnail t join t.pixels p where p.image.id in (:ids)"
    rows = ann.query.projection(hql, ParametersI().addIds(images))
    paths = [layout.thumbnail(row[0].val) for row in rows]
    assert by_use["Thumbnail"] == sum(path.stat().st_size for path in paths if path.exists()) > 0
    prefix = fileset_of(ann, images[0]).templatePrefix.val.rstrip("/")
    assert by_use["Job"] == (layout.managed / f"{prefix}.log").stat().st_size
    assert usage.totalBytesUsed[key] == sum(by_use.values())


def test_several_in_one_request_and_only_what_is_inside(stage: Stage) -> None:
    ann, group = stage.ann, stage["RW"]
    made = ann.save(joined("DatasetImageLink", named("Dataset"), image()), group)
    dataset, picture = made.parent.id.val, made.child.id.val
    inner = omero.cmd.Duplicate(targetObjects={}, childOptions=[])
    skip = omero.cmd.SkipHead(
        targetObjects={"Dataset": [dataset]}, childOptions=[], startFrom=["Image"], request=inner
    )  # fmt: skip
    again = omero.cmd.Duplicate(targetObjects={"Image": [picture]})
    handle = ann.sf.submit(omero.cmd.DoAll(requests=[again, skip], contexts=[]), ann.context(group))
    callback = omero.callbacks.CmdCallbackI(ann.client, handle)
    callback.loop(60, 500)
    responses = callback.getResponse().responses
    callback.close(True)
    ids = [response.duplicates["ome.model.core.Image"][0] for response in responses]
    assert len({picture, *ids}) == 3 and "ome.model.containers.Dataset" not in responses[1].duplicates


def test_one_file_of_the_repository(stage: Stage, instance: Instance, tmp_path: Path) -> None:
    ann, layout = stage.ann, Layout.of(instance.config)
    problems = inconsistencies(instance)
    file = fileset_of(ann, imported(ann, tmp_path)[0]).copyUsedFiles()[0].originalFile
    new = ann.get("OriginalFile", copied(ann, targetObjects={"OriginalFile": [file.id.val]})["OriginalFile"][0])
    places = [layout.in_managed(each.path.val, each.name.val) for each in (file, new)]
    assert places[0] != places[1] and places[0].samefile(places[1]) and new.hash.val == file.hash.val
    assert inconsistencies(instance) == problems
