"""SkipHead: requests on what the plan of another one reaches, against a real database."""

from __future__ import annotations

from typing import Any

import pytest

import omero
import omero.cmd
from omero_server.commands.registry import CommandError
from tests.support.garden import Garden, Steps, option, request, run, simple
from tests.support.lab import Lab

Ids = dict[str, list[int]]


def skipping(
    targets: Ids, start: list[str], inner: Any, *, dry_run: bool = False, options: Any = ()
) -> omero.cmd.SkipHead:
    return omero.cmd.SkipHead(
        targetObjects=targets, childOptions=list(options), dryRun=dry_run, startFrom=start, request=inner
    )


def test_images_of_a_dataset_without_it(garden: Garden) -> None:
    lab, only, shared = garden.lab, garden.image(), garden.image()
    dataset = garden.dataset(only, shared)
    garden.dataset(shared)
    asked = skipping({"Dataset": [dataset]}, ["Image"], request({}))
    dry, real = Steps(), Steps()
    told = simple(run(lab, "ann", skipping({"Dataset": [dataset]}, ["Image"], request({}), dry_run=True), dry)
                  .deletedObjects)  # fmt: skip
    assert garden.there("image", only, shared)
    deleted = simple(run(lab, "ann", asked, real).deletedObjects)
    assert deleted == told and deleted["Image"] == [only] and "Dataset" not in deleted
    assert garden.there("dataset", dataset) and garden.there("image", shared)
    assert (dry.total, real.total, real.done) == (5, 7, [1, 2, 3, 4, 5, 6, 7])
    both = skipping({"Dataset": [dataset]}, ["Image"], request({}), options=[option(include=["Image"])])
    assert simple(run(lab, "ann", both).deletedObjects)["Image"] == [shared]


@pytest.mark.parametrize("level", ["P", "RO", "RA", "RW"])
def test_waivers_are_kept(lab: Lab, level: str) -> None:
    garden = Garden(lab, level)
    image = garden.image()
    views = [garden.view(image)[0], garden.view(image, "bob")[0]]
    deleted = simple(run(lab, "ann", skipping({"Image": [image]}, ["RenderingDef"], request({}))).deletedObjects)
    assert deleted["RenderingDef"] == views and "Image" not in deleted and garden.there("image", image)


def test_copies_of_the_images_of_a_dataset(garden: Garden) -> None:
    """They are in no dataset, as copies of images are."""
    lab, image = garden.lab, garden.image()
    dataset = garden.dataset(image)
    inner = omero.cmd.Duplicate(targetObjects={}, childOptions=[], dryRun=False)
    copies = simple(run(lab, "ann", skipping({"Dataset": [dataset]}, ["Image"], inner)).duplicates)
    assert "Dataset" not in copies and len(copies["Image"]) == 1 and copies["Image"] != [image]
    links = "SELECT count(*) FROM datasetimagelink WHERE child = ANY (:i)"
    assert lab.value(links, i=copies["Image"]) == 0 and garden.there("dataset", dataset)


def test_inside_of_it_other_requests(garden: Garden) -> None:
    lab, image = garden.lab, garden.image()
    dataset = garden.dataset(image)
    group = lab.scene.groups["H"]
    inner = omero.cmd.Chgrp2(targetObjects={}, childOptions=[], dryRun=False, groupId=group)
    response = run(lab, "ann", skipping({"Dataset": [dataset]}, ["Image"], inner))
    assert simple(response.includedObjects)["Image"] == [image] and "Dataset" not in response.includedObjects
    assert simple(response.deletedObjects) == {"DatasetImageLink": response.deletedObjects.popitem()[1]}
    give = omero.cmd.Chown2(targetObjects={}, childOptions=[], dryRun=False, userId=garden.id_of("bob"), targetUsers=[])
    other = garden.image()
    steps = Steps()
    response = run(lab, "root", skipping({"Dataset": [garden.dataset(other)]}, ["Image"], give), steps)
    assert simple(response.includedObjects)["Image"] == [other] and steps.total == 9


def test_nothing_reached_nothing_done(garden: Garden) -> None:
    response = run(garden.lab, "ann", skipping({"Dataset": [garden.dataset()]}, ["Image"], request({})))
    assert response.deletedObjects == {}


@pytest.mark.parametrize("inner", [None, omero.cmd.ListRequests()])
def test_without_a_request_that_changes_something(garden: Garden, inner: Any) -> None:
    with pytest.raises(CommandError) as caught:
        run(garden.lab, "ann", skipping({"Dataset": [garden.dataset()]}, ["Image"], inner))
    assert caught.value.name == "steps-cancel"
