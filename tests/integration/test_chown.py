"""Chown2: giving objects and what belongs to them to another user, against a real database."""

from __future__ import annotations

from typing import Any

import pytest

import omero
import omero.cmd
from omero_server.commands.registry import CommandError
from tests.support.garden import COMMENT, TAG, Garden, Steps, run, simple
from tests.support.lab import Lab
from tests.support.service_calls import counted

LEVELS = ["P", "RO", "RA", "RW"]
Ids = dict[str, list[int]]


def given(
    lab: Lab, user: str, targets: Ids, to: str = "bob", *, dry_run: bool = False, users: tuple[str, ...] = (),
    steps: Steps | None = None, **caller: Any,
) -> tuple[Ids, Ids]:  # fmt: skip
    """What was given and what was deleted."""
    request = omero.cmd.Chown2(
        targetObjects=targets, childOptions=[], dryRun=dry_run, userId=lab.scene.users[to],
        targetUsers=[lab.scene.users[one] for one in users],
    )  # fmt: skip
    response = run(lab, user, request, steps, caller)
    return simple(response.includedObjects), simple(response.deletedObjects)


def refused(lab: Lab, user: str, targets: Ids, to: str = "bob", **asked: Any) -> str:
    """The message of the GraphException; no row may be gone."""
    before = Garden(lab).counts()
    with pytest.raises(CommandError) as caught:
        given(lab, user, targets, to, **asked)
    assert Garden(lab).counts() == before
    assert caught.value.response.category == "::omero::cmd::Chown2"
    return str(caught.value.response.message)


@pytest.mark.parametrize("level", LEVELS)
def test_an_image_in_each_kind_of_group(lab: Lab, level: str) -> None:
    garden = Garden(lab, level)
    image, tag = garden.image(), garden.annotation()
    link = garden.note("image", image, tag)
    settings, thumbnail = garden.view(image)
    mine, theirs = garden.roi(image), garden.roi(image, "cat")
    comment = garden.annotation(COMMENT, "cat")
    garden.note("image", image, comment, "cat")
    dataset = garden.dataset(image)
    included, deleted = given(lab, "root", {"Image": [image]})
    owners = {
        "image": image, "annotation": tag, "imageannotationlink": link, "renderingdef": settings,
        "thumbnail": thumbnail, "roi": mine,
    }  # fmt: skip
    changed = {table for table, object_id in owners.items() if lab.owner_of(table, object_id) == "bob"}
    strict, private = level in ("P", "RO"), level == "P"
    expected = {"image"} | ({"annotation", "imageannotationlink", "roi"} if strict else set())
    assert changed == expected | ({"renderingdef", "thumbnail"} if private else set())
    assert lab.owner_of("roi", theirs) == "cat" and lab.owner_of("dataset", dataset) == "ann"
    assert garden.there("annotation", comment) != private
    assert ("DatasetImageLink" in deleted) == (level != "RW")
    assert ("TagAnnotation" in included) == strict and len(included["Channel"]) == 1


@pytest.mark.parametrize("level", LEVELS)
def test_content_of_containers(lab: Lab, level: str) -> None:
    garden = Garden(lab, level)
    mine, shared, theirs = garden.image(), garden.image(), garden.image("cat")
    dataset = garden.dataset(mine, shared, theirs)
    garden.dataset(shared)
    included, deleted = given(lab, "root", {"Dataset": [dataset]})
    assert (included["Dataset"], included["Image"]) == ([dataset], [mine])
    assert len(deleted.get("DatasetImageLink", [])) == (0 if level == "RW" else 2)
    assert lab.owner_of("image", shared) == "ann" and lab.owner_of("image", theirs) == "cat"


def test_leaders(lab: Lab) -> None:
    garden = Garden(lab, "RA")
    image = garden.image()
    dataset = garden.dataset(image)
    assert given(lab, "lea", {"Dataset": [dataset]})[0] == {"Dataset": [dataset]}
    assert lab.owner_of("image", image) == "ann"
    assert given(lab, "lea", {"Image": [image]}, "cat")[0]["Image"] == [image]
    outsider = garden.image()
    with lab.more() as scene:
        scene.user("zoe")
    assert refused(lab, "lea", {"Image": [outsider]}, "zoe") == f"not permitted to process Image[{outsider}]"
    assert given(lab, "root", {"Image": [outsider]}, "zoe")[0]["Image"] == [outsider]


def test_who_may_not_begin(garden: Garden) -> None:
    lab, image = garden.lab, garden.image()
    with lab.more() as scene:
        scene.user("eve", "H")
    for user, asked in (("ann", {}), ("lea", {"users": ("eve",)})):
        with pytest.raises(CommandError) as caught:
            given(lab, user, {"Image": [image]}, **asked)  # type: ignore[arg-type]
        assert (caught.value.name, caught.value.response) == ("steps-cancel", None)
    assert lab.owner_of("image", image) == "ann"


def test_steps(garden: Garden) -> None:
    image = garden.image()
    dry, real = Steps(), Steps()
    told = given(garden.lab, "root", {"Image": [image]}, dry_run=True, steps=dry)
    assert garden.lab.owner_of("image", image) == "ann"
    assert told == given(garden.lab, "root", {"Image": [image]}, steps=real)
    assert (dry.total, real.total, real.done[-1]) == (5, 7, 7)


@pytest.mark.parametrize("level", LEVELS)
def test_what_images_share(lab: Lab, level: str) -> None:
    garden = Garden(lab, level)
    instrument = garden.add("instrument")
    images = [garden.image(instrument=instrument) for _ in range(2)]
    if level == "P":
        assert f"Instrument[{instrument}]" in refused(lab, "root", {"Image": images[:1]})
    else:
        assert "Instrument" not in given(lab, "root", {"Image": images[:1]})[0]
    garden.fileset(*images)
    assert "cannot be split" in refused(lab, "root", {"Image": images[:1]}, "cat")


def test_all_that_users_have(lab: Lab) -> None:
    with lab.more() as scene:
        scene.user("dan", "RA", "H")
    garden = Garden(lab, "RA", "dan")
    image, theirs, tag = garden.image(), garden.image("ann"), garden.annotation()
    link = garden.note("image", theirs, tag)
    garden.note("image", image, tag)
    dataset = garden.dataset(image)
    hidden = Garden(lab, "H", "dan").image()
    steps = Steps()
    included, deleted = given(lab, "lea", {}, users=("dan",), steps=steps)
    assert (included["Image"], included["Dataset"], included["TagAnnotation"]) == ([image], [dataset], [tag])
    assert link in included["ImageAnnotationLink"] and deleted == {} and steps.total == 7
    assert given(lab, "root", {}, users=("dan",))[0]["Image"] == [hidden]
    left = lab.query("SELECT id FROM image WHERE owner_id = :i", i=lab.scene.users["dan"])
    assert left == [] and lab.owner_of("imageannotationlink", link) == "bob"


@pytest.mark.parametrize("user", ["lea", "root"])
def test_no_second_link_between_the_same_objects(garden: Garden, user: str) -> None:
    image, tag = garden.image(), garden.annotation(TAG, "bob")
    links = [garden.note("image", image, tag, owner) for owner in ("ann", "bob")]
    message = refused(garden.lab, user, {"ImageAnnotationLink": links[:1]})
    assert all(f"ImageAnnotationLink[{link}]" in message for link in links)


def test_as_many_statements_for_many_as_for_few(lab: Lab) -> None:
    garden, counts = Garden(lab, "P"), []
    # Before the first one ids are reserved.
    for size in (1, 2, 20):
        images = [garden.image() for _ in range(size)]
        for image in images:
            garden.note("image", image, garden.annotation())
            garden.view(image, "cat")
            garden.roi(image)
        dataset = garden.dataset(*images)
        with counted(lab) as seen:
            included, _ = given(lab, "root", {"Dataset": [dataset]})
        assert included["Image"] == images
        counts.append(len(seen))
    assert counts[1] == counts[2] < 200
