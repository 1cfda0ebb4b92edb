"""Scenarios of graphs 66 to 86: how requests are asked for, tried, refused, cancelled, combined, and answered."""

from __future__ import annotations

from typing import Any

import pytest

import omero
import omero.cmd
from tests.support.actors import LEVELS, Actor, Stage
from tests.support.garden import FILE, Garden, option, simple
from tests.support.ground import Ground, deletion
from tests.support.requests import Listener, answer

CANCELLED = omero.cmd.State.CANCELLED
ALL = pytest.mark.parametrize("level", list(LEVELS))


@pytest.fixture
def garden(ground: Ground) -> Garden:
    return ground.garden("RO")


@pytest.fixture(scope="module")
def mover(stage: Stage) -> Actor:
    """An administrator with the privilege Chgrp only."""
    return stage.cast.light_admin("Chgrp")


def test_66_names_of_classes(ground: Ground, garden: Garden) -> None:
    for name in ("Image", "ome.model.core.Image", "ImageI", "omero.model.Image"):
        image = garden.image()
        response = ground.ask("ann", omero.cmd.Delete2({name: [image]}))
        assert response.deletedObjects["ome.model.core.Image"] == [image]


def test_67_which_classes_can_be_asked_for(ground: Ground, garden: Garden) -> None:
    pixels, tag = garden.pixels_of(garden.image()), garden.annotation()
    assert ground.error("ann", deletion(Pixels=pixels)) == "bad-target"
    response = ground.ask("ann", deletion(Annotation=tag))
    assert response.deletedObjects == {"ome.model.annotations.TagAnnotation": [tag]}


@ALL
def test_68_what_does_not_exist(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    assert ground.error("ann", deletion(NoSuchType=1)) == "graph-fail"
    image = garden.image()
    assert "Image[987654321]" in ground.refused("ann", deletion(Image=[image, 987654321]))
    theirs = ground.garden("P", "bob").image()
    assert f"Image[{theirs}]" in ground.refused("ann", deletion(Image=[image, theirs])) and garden.there("image", image)


def test_69_nothing(ground: Ground) -> None:
    assert ground.ask("ann", deletion()).deletedObjects == {}
    assert ground.ask("ann", deletion(Image=[])).deletedObjects == {}
    for request in (ground.moving("h"), omero.cmd.Duplicate({}, [], False), omero.cmd.Chmod2({}, [], False, "rw----")):
        assert not isinstance(ground.ask("ann", request), omero.cmd.ERR)


def test_70_trying(ground: Ground, stage: Stage, garden: Garden) -> None:
    image = garden.image()
    file = garden.file()
    path = ground.layout.file(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("abc")
    garden.note("image", image, garden.annotation(FILE, file=file))
    told, steps = [], []
    for dry in (True, False):
        assert garden.there("image", image) and garden.there("originalfile", file) and path.exists()
        handle = stage.ann.sf.submit(omero.cmd.Delete2({"Image": [image]}, [], dry))
        listener = Listener(stage.ann.client, handle)
        assert listener.hears(1)
        told.append(listener.getResponse().deletedObjects)
        steps.append(listener.getStatus().steps)
        listener.close(True)
    assert told[0] == told[1] and steps == [4, 6] and not path.exists()


@ALL
def test_71_trying_to_split_a_fileset(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    images = [garden.image(), garden.image()]
    fileset = garden.fileset(*images)
    assert f"Fileset[{fileset}]" in ground.refused("ann", deletion(Image=images[0]))


def test_72_all_or_nothing(ground: Ground, garden: Garden) -> None:
    mine, theirs = garden.image(), garden.image("bob")
    message = ground.refused("ann", deletion(Image=[mine, theirs]))
    assert message == f"not permitted to delete Image[{theirs}]" and garden.there("image", mine)


def test_73_legal_targets(ground: Ground) -> None:
    found = ground.ask("ann", omero.cmd.LegalGraphTargets(omero.cmd.Chgrp2())).targets
    assert {"ome.model.core.Image", "ome.model.containers.Dataset", "ome.model.annotations.Annotation",
            "ome.model.annotations.MapAnnotation", "ome.model.annotations.TagAnnotation"} < set(found)  # fmt: skip
    assert not {"ome.model.core.Pixels", "ome.model.containers.DatasetImageLink"} & set(found)
    only = ground.ask("ann", omero.cmd.LegalGraphTargets(omero.cmd.Chmod2())).targets
    assert list(only) == ["ome.model.meta.ExperimenterGroup"]


def test_74_one_of_several_fails(ground: Ground, stage: Stage, garden: Garden) -> None:
    image, parts = garden.image(), [garden.image(), garden.image()]
    garden.fileset(*parts)
    before = ground.state()
    handle = stage.ann.sf.submit(omero.cmd.DoAll([deletion(Image=image), deletion(Image=parts[0])], []))
    listener = Listener(stage.ann.client, handle)
    assert listener.hears(1)
    response, status = listener.getResponse(), listener.getStatus()
    listener.close(True)
    assert isinstance(response, omero.cmd.GraphException) and response.category == "::omero::cmd::Delete2"
    assert status.name == "subcancel" and ground.state() == before


def test_75_options_that_make_no_sense(ground: Ground, garden: Garden) -> None:
    image = garden.image()
    for wrong in (option(), option(include=["Image"], ns=["a"], not_ns=["b"])):
        assert ground.error("ann", deletion([wrong], Image=image)) == "steps-cancel"


@ALL
def test_76_who_may_move_where(ground: Ground, stage: Stage, mover: Actor, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    for who in ("ann", stage.light):
        assert ground.error(who, ground.moving("other", Image=image)) == "not-in-group"
    assert ground.move("root", "other", Image=image)[0]["Image"] == [image]
    image = garden.image()
    assert ground.move(mover, "other", Image=image)[0]["Image"] == [image]


@ALL
def test_77_who_may_give_to_whom(ground: Ground, level: str) -> None:
    image = ground.garden(level).image()
    assert ground.error("ann", ground.giving("bob", Image=image)) == "steps-cancel"
    assert f"Image[{image}]" in ground.refused("lea", ground.giving("nora", Image=image))
    assert ground.give("root", "nora", Image=image)[0]["Image"] == [image]


def test_78_permissions_and_groups_that_make_no_sense(ground: Ground, stage: Stage) -> None:
    group = stage["RO"]
    wrong = omero.cmd.Chmod2({"ExperimenterGroup": [group]}, [], False, "rwx")
    assert ground.error("lea", wrong) == "bad-permissions"
    missing = omero.cmd.Chmod2({"ExperimenterGroup": [987654321]}, [], False, "rw----")
    assert ground.error("lea", missing) == "bad-group"


def test_79_cancelled_before_it_ends(ground: Ground, stage: Stage, garden: Garden) -> None:
    """The requests before it take a while, so it has not begun when it is cancelled."""
    image = garden.image()
    before = ground.state()
    handle = stage.ann.sf.submit(omero.cmd.DoAll([omero.cmd.Timing(100, 20), deletion(Image=image)], []))
    assert handle.cancel()
    listener = Listener(stage.ann.client, handle)
    assert listener.hears(1)
    response, status = listener.getResponse(), listener.getStatus()
    listener.close(True)
    assert (type(response), response.name) == (omero.cmd.ERR, "cancel-called")
    assert CANCELLED in status.flags and ground.state() == before


def test_80_event_log(ground: Ground, garden: Garden) -> None:
    image, stays = garden.image(), garden.image()
    garden.dataset(image)
    kept = ground.query("SELECT version, update_id FROM image WHERE id = :i", i=stays)
    rows = "SELECT action, entitytype FROM eventlog WHERE event = (SELECT max(event) FROM eventlog WHERE action = :a)"
    ground.ask("ann", deletion(Image=image))
    gone = {entity for action, entity in ground.query(rows, a="DELETE")}
    assert {"ome.model.core.Image", "ome.model.core.Pixels", "ome.model.containers.DatasetImageLink"} <= gone
    ground.ask("ann", ground.moving("h", Image=stays))
    assert ("UPDATE", "ome.model.core.Image") in set(ground.query(rows, a="UPDATE"))
    assert ground.query("SELECT version, update_id FROM image WHERE id = :i", i=stays) == kept


def skipping(start: str, inner: Any, **targets: Any) -> omero.cmd.SkipHead:
    return omero.cmd.SkipHead(deletion(**targets).targetObjects, [], False, [start], inner)


def test_81_settings_without_their_image(ground: Ground, garden: Garden) -> None:
    image = garden.image()
    settings = [garden.view(image)[0], garden.view(image, "bob")[0]]
    gone = ground.ask("ann", skipping("RenderingDef", deletion(), Image=image)).deletedObjects
    assert simple(gone)["RenderingDef"] == settings and garden.there("image", image)


@ALL
def test_82_images_without_their_dataset(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    only, shared = garden.image(), garden.image()
    dataset = garden.dataset(only, shared)
    garden.dataset(shared)
    gone = ground.ask("ann", skipping("Image", deletion(), Dataset=dataset)).deletedObjects
    assert simple(gone)["Image"] == [only] and garden.there("dataset", dataset) and garden.there("image", shared)


def test_83_without_a_request(ground: Ground, garden: Garden) -> None:
    assert ground.error("ann", skipping("Image", None, Dataset=garden.dataset())) == "steps-cancel"


@ALL
def test_84_parents(ground: Ground, stage: Stage, level: str) -> None:
    garden = ground.garden(level)
    image = garden.image()
    project = garden.project(garden.dataset(image))
    request = omero.cmd.FindParents({"Image": [image]}, ["Project"], [])
    assert ground.ask("ann", request).parents == {"ome.model.containers.Project": [project]}
    for types in ([], ["NoSuchType"]):
        assert answer(stage.ann.sf, omero.cmd.FindParents({"Image": [image]}, types, [])).name == "bad-options"


@ALL
def test_85_children(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    images = [garden.image(), garden.image()]
    project = garden.project(garden.dataset(images[0]), garden.dataset(*images))
    garden.project(garden.dataset(images[1]))
    found = ground.ask("ann", omero.cmd.FindChildren({"Project": [project]}, ["Image"], [])).children
    assert found == {"ome.model.core.Image": images}


@ALL
def test_86_disk_usage(ground: Ground, level: str) -> None:
    garden = ground.garden(level)
    image, file = garden.image(), garden.file(size=100)
    for note in (garden.annotation(FILE, file=file), garden.annotation(FILE, file=file)):
        garden.note("image", image, note)
    for size in (3, 5):
        path = ground.layout.thumbnail(garden.view(image)[1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    garden.fileset(image, files=[garden.file(size=1000)])
    found = ground.ask("ann", omero.cmd.DiskUsage2({"Image": [image]}, []))
    (key, bytes_by_use), (total,) = next(iter(found.bytesUsedByReferer.items())), found.totalBytesUsed.values()
    assert (key.first, key.second) == (ground.stage.ann.id, garden.group_id)
    assert bytes_by_use == {"FileAnnotation": 100, "Thumbnail": 8, "FilesetEntry": 1000, "Job": 3}
    assert total == 1111 and next(iter(found.totalFileCount.values())) == 5
