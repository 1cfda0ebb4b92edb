"""FindParents and FindChildren against a real database."""

from __future__ import annotations

from typing import Any

import pytest

import omero
import omero.cmd
from omero_server.commands.find import find_children, find_parents
from omero_server.commands.registry import CommandError
from tests.support.garden import FILE, Garden, Steps
from tests.support.lab import Lab

Found = dict[str, list[int]]


def parents(lab: Lab, user: str, targets: Found, *types: str, stop: tuple[str, ...] = ()) -> Found:
    request = omero.cmd.FindParents(targetObjects=targets, typesOfParents=list(types), stopBefore=list(stop))
    with lab.call(user, None, writable=False) as call:
        return simple(find_parents(call, request, Steps()).parents)


def children(lab: Lab, user: str, targets: Found, *types: str, stop: tuple[str, ...] = ()) -> Found:
    request = omero.cmd.FindChildren(targetObjects=targets, typesOfChildren=list(types), stopBefore=list(stop))
    with lab.call(user, None, writable=False) as call:
        return simple(find_children(call, request, Steps()).children)


def simple(found: dict[str, Any]) -> Found:
    return {name.rpartition(".")[2]: ids for name, ids in found.items()}


def test_containers_of_an_image(garden: Garden) -> None:
    image, other = garden.image(), garden.image()
    first, second = garden.dataset(image), garden.dataset(image, other)
    projects = [garden.project(first), garden.project(first, second), garden.project(second)]
    garden.project()
    lab = garden.lab
    assert parents(lab, "ann", {"Image": [image]}, "Project") == {"Project": projects}
    assert parents(lab, "ann", {"Image": [image]}, "Project", "Dataset")["Dataset"] == [first, second]
    assert parents(lab, "ann", {"Image": [image]}, "Project", stop=("Dataset",)) == {}
    assert parents(lab, "ann", {"Image": [other]}, "Dataset") == {"Dataset": [second]}
    assert children(lab, "ann", {"Project": projects[:1]}, "Image") == {"Image": [image]}
    assert children(lab, "bob", {"Project": projects[1:]}, "Image") == {"Image": [image, other]}
    pixels = garden.pixels_of(image)
    assert parents(lab, "ann", {"Pixels": [pixels]}, "DatasetImageLink", "Image").keys() == {
        "DatasetImageLink",
        "Image",
    }


def test_annotations_files_and_plates(garden: Garden) -> None:
    lab, image = garden.lab, garden.image()
    file = garden.file()
    annotation = garden.annotation(FILE, file=file)
    link = garden.note("image", image, annotation)
    run = garden.plate(image)
    assert parents(lab, "ann", {"OriginalFile": [file]}, "Image", "Plate") == {"Image": [image], "Plate": [run]}
    assert parents(lab, "ann", {"OriginalFile": [file]}, "ImageAnnotationLink") == {"ImageAnnotationLink": [link]}
    assert children(lab, "ann", {"Plate": [run]}, "Annotation", "OriginalFile") == {
        "FileAnnotation": [annotation], "OriginalFile": [file],
    }  # fmt: skip
    assert children(lab, "ann", {"Plate": [run]}, "OriginalFile", stop=("Annotation",)) == {}
    mask = garden.add("shape", discriminator="mask", roi=garden.roi(image, shapes=0), roi_index=0,
                      pixels=garden.pixels_of(garden.image()))  # fmt: skip
    assert len(children(lab, "ann", {"Roi": [lab.value("SELECT roi FROM shape WHERE id = :i", i=mask)]}, "Image")) == 1


def test_only_what_the_caller_can_read(lab: Lab) -> None:
    garden = Garden(lab, "P")
    image = garden.image()
    garden.view(image)
    garden.view(image, "lea")
    garden.dataset(image, user="lea")
    assert "Dataset" not in parents(lab, "ann", {"Image": [image]}, "Dataset")
    assert len(children(lab, "ann", {"Image": [image]}, "Thumbnail")["Thumbnail"]) == 1
    assert len(children(lab, "lea", {"Image": [image]}, "Thumbnail")["Thumbnail"]) == 2


@pytest.mark.parametrize("types", [(), ("NoSuchType",), ("Event",), ("Image", "NoSuchType")])
def test_wanted_classes_that_make_no_sense(garden: Garden, types: tuple[str, ...]) -> None:
    for ask in (parents, children):
        with pytest.raises(CommandError) as caught:
            ask(garden.lab, "ann", {"Image": [garden.bare_image()]}, *types)
        assert caught.value.name == "bad-options"


def test_targets_that_make_no_sense(garden: Garden) -> None:
    with pytest.raises(CommandError) as caught:
        parents(garden.lab, "ann", {"Experimenter": [0]}, "Project")
    assert caught.value.name == "bad-target"
    with pytest.raises(CommandError) as caught:
        parents(garden.lab, "ann", {"Image": [999999]}, "Project")
    assert "Image[999999]" in caught.value.response.message
    assert children(garden.lab, "ann", {"Image": []}, "Roi") == children(garden.lab, "ann", {}, "Roi") == {}
