"""DiskUsage2 against a real database and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import omero
import omero.api
import omero.cmd
from omero_server.commands.registry import CommandError
from omero_server.commands.running import execute
from omero_server.commands.usage import disk_usage, disk_usage_2
from omero_server.repository.layout import Layout
from tests.support.garden import FILE, Garden, Steps
from tests.support.lab import Lab

Key = tuple[int, int]


def usage(lab: Lab, user: str, targets: dict[str, list[int]] | None = None, *classes: str) -> Any:
    request = omero.cmd.DiskUsage2(targetObjects=targets or {}, targetClasses=list(classes))
    steps = Steps()
    with lab.call(user, None, writable=False) as call:
        found = execute(disk_usage_2, call, request, steps)
    assert (steps.total, steps.done) == (5, [1, 2, 3, 4, 5])
    return found


def by_use(response: Any, key: Key) -> dict[str, tuple[int, int]]:
    """Files and bytes by what uses them."""
    pair = omero.api.LongPair(*key)
    files = response.fileCountByReferer.get(pair, {})
    return {use: (count, response.bytesUsedByReferer[pair][use]) for use, count in files.items()}


def totals(response: Any, key: Key) -> tuple[int, int]:
    pair = omero.api.LongPair(*key)
    return response.totalFileCount.get(pair, 0), response.totalBytesUsed.get(pair, 0)


@pytest.fixture
def layout(lab: Lab) -> Layout:
    return Layout.of(lab.config)


def written(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)


def furnished(garden: Garden, layout: Layout) -> int:
    """An image of 7 + 11 bytes of pixels, thumbnails of 3 and 5 bytes, and an attached file of 100 bytes."""
    image = garden.image()
    pixels = garden.pixels_of(image)
    written(layout.pixels(pixels), 7)
    written(layout.pyramid(pixels), 11)
    for size in (3, 5):
        written(layout.thumbnail(garden.view(image)[1]), size)
    garden.note("image", image, garden.annotation(FILE, file=garden.file(size=100)))
    return image


def test_an_image_and_what_is_attached(garden: Garden, layout: Layout) -> None:
    image, key = furnished(garden, layout), (garden.id_of("ann"), garden.group_id)
    entry = garden.file(size=1000)
    garden.fileset(image, files=[entry, garden.file(size=0)])
    found = usage(garden.lab, "bob", {"Image": [image]})
    assert by_use(found, key) == {
        "Pixels": (2, 18), "Thumbnail": (2, 8), "FileAnnotation": (1, 100), "FilesetEntry": (1, 1000), "Job": (1, 3),
    }  # fmt: skip
    assert totals(found, key) == (7, 1129) and len(found.totalFileCount) == 1


def test_a_file_with_two_uses_counts_once_in_the_total(garden: Garden) -> None:
    image, key = garden.image(), (garden.id_of("ann"), garden.group_id)
    file = garden.file(size=50)
    garden.note("image", image, garden.annotation(FILE, file=file))
    garden.add("roi", image=image, source=file)
    found = usage(garden.lab, "ann", {"Dataset": [garden.dataset(image)], "Image": [image]})
    assert by_use(found, key) == {"FileAnnotation": (1, 50), "Roi": (1, 50)} and totals(found, key) == (1, 50)
    alone = garden.file(size=9)
    assert by_use(usage(garden.lab, "ann", {"OriginalFile": [alone]}), key) == {"OriginalFile": (1, 9)}


def test_one_image_of_a_fileset_stands_for_all(garden: Garden, layout: Layout) -> None:
    first, second = furnished(garden, layout), furnished(garden, layout)
    garden.fileset(first, second)
    key = (garden.id_of("ann"), garden.group_id)
    assert by_use(usage(garden.lab, "ann", {"Image": [first]}), key)["Pixels"] == (4, 36)


def test_users_and_groups_mean_all_that_is_theirs(lab: Lab, layout: Layout) -> None:
    garden = Garden(lab, "H")
    ann, bob, group = garden.id_of("ann"), garden.id_of("bob"), garden.group_id
    mine, theirs = furnished(garden, layout), furnished(Garden(lab, "H", "bob"), layout)
    other = furnished(Garden(lab, "H", "bob"), layout)
    whole = {"Pixels": (2, 18), "Thumbnail": (2, 8), "FileAnnotation": (1, 100)}
    found = usage(lab, "ann", {"Experimenter": [ann]})
    assert by_use(found, (ann, group)) == whole and (bob, group) not in _keys(found)
    # What lies in ann's dataset belongs to it, whoever owns it.
    garden.dataset(mine, theirs)
    found = usage(lab, "ann", {"Experimenter": [ann]})
    assert by_use(found, (bob, group)) == by_use(found, (ann, group)) == whole
    found = usage(lab, "ann", {"ExperimenterGroup": [group]})
    assert by_use(found, (ann, group)) == whole
    assert totals(found, (bob, group)) == (10, 252) and other
    # Nothing of a group that the caller does not belong to.
    assert usage(lab, "cat", {"ExperimenterGroup": [group]}).totalFileCount == {}


def _keys(response: Any) -> set[Key]:
    return {(pair.first, pair.second) for pair in response.totalFileCount}


def test_masks_lead_to_the_images_whose_pixels_they_use(lab: Lab, layout: Layout) -> None:
    garden = Garden(lab, "RW", "cat")
    theirs = furnished(Garden(lab, "RW", "bob"), layout)
    roi = garden.roi(garden.bare_image(), shapes=0)
    garden.add("shape", discriminator="mask", roi=roi, roi_index=0, pixels=garden.pixels_of(theirs))
    found = usage(lab, "cat", {"Experimenter": [garden.id_of("cat")]})
    assert totals(found, (garden.id_of("bob"), garden.group_id)) == (5, 126)


def test_all_visible_objects_of_a_class(lab: Lab, layout: Layout) -> None:
    garden = Garden(lab, "P")
    furnished(garden, layout)
    furnished(Garden(lab, "P", "bob"), layout)
    key = (garden.id_of("bob"), garden.group_id)
    assert totals(usage(lab, "bob", None, "Image"), key) == (5, 126)
    assert (garden.id_of("ann"), garden.group_id) not in _keys(usage(lab, "bob", None, "Image"))
    assert by_use(usage(lab, "lea", None, "FileAnnotation"), key) == {"FileAnnotation": (1, 100)}


def test_the_old_request_means_the_same(garden: Garden, layout: Layout) -> None:
    image = furnished(garden, layout)
    request = omero.cmd.DiskUsage(classes=[], objects={"Image": [image]})
    with garden.lab.call("ann", None, writable=False) as call:
        old = execute(disk_usage, call, request, Steps())
    new = usage(garden.lab, "ann", {"Image": [image]})
    assert old.ice_id() == "::omero::cmd::DiskUsageResponse" and old.totalBytesUsed == new.totalBytesUsed
    assert old.bytesUsedByReferer == new.bytesUsedByReferer


@pytest.mark.parametrize(
    ("targets", "classes", "name"),
    [({"Session": [1]}, (), "bad-target"), ({}, ("Nonsense",), "graph-fail"), ({"Image": [999999]}, (), "graph-fail"),
     ({}, ("Event",), "bad-target")],
)  # fmt: skip
def test_wrong_targets(lab: Lab, targets: dict[str, list[int]], classes: tuple[str, ...], name: str) -> None:
    with pytest.raises(CommandError) as caught:
        usage(lab, "ann", targets, *classes)
    assert caught.value.name == name


def test_nothing_is_nothing(lab: Lab) -> None:
    found = usage(lab, "ann")
    assert found.totalFileCount == found.totalBytesUsed == found.fileCountByReferer == {}
