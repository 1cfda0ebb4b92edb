"""Where imported images go: every form of `omero import -T`, and templates that the server expands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import omero
import omero.model
from omero.importing import Imported, Options, TargetError, find_destination, find_target, import_fileset, scan
from omero.rtypes import rstring, unwrap
from omero.sys import ParametersI
from omero_server.imports.template import AUTO_CLOSE, TEMPLATE
from tests.support.command_line import CommandLine
from tests.support.instance import Instance

DATASETS = "select l.parent.id, l.parent.name from DatasetImageLink l where l.child.id = :id order by l.parent.id"
SCREENS = "select l.parent.id, l.parent.name from ScreenPlateLink l where l.child.id = :id"
PROJECTS = "select p.name from ProjectDatasetLink l join l.parent p where l.child.id = :id order by p.id"


@pytest.fixture(scope="module")
def client(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A user of a group of their own."""
    root = CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)
    assert root("group", "add", "targets-lab", "--type", "private").code == 0
    assert root("user", "add", "tara", "Tara", "Get", "targets-lab", "-P", "secret").code == 0
    made = omero.client(instance.host, instance.ports.ssl)
    made.createSession("tara", "secret")
    yield made
    made.closeSession()


def picture(folder: Path, name: str = "a&sizeX=8&sizeY=8.fake") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()
    return folder / name


def make(client: Any, cls: str, name: str) -> int:
    made = getattr(omero.model, f"{cls}I")()
    made.setName(rstring(name))
    return int(client.sf.getUpdateService().saveAndReturnObject(made).getId().getValue())


def ask(client: Any, query: str, number: int) -> list[Any]:
    rows = unwrap(client.sf.getQueryService().projection(query, ParametersI().addId(number)))
    return [row[0] if len(row) == 1 else tuple(row) for row in rows]


def imported(client: Any, path: Path, **options: Any) -> Imported:
    [candidate] = scan([path]).candidates
    return import_fileset(client, candidate, Options(thumbnails=False, minmax=False, **options))


def names(client: Any, path: Path, template: str) -> list[str]:
    """The datasets that an image is in after an import with a template."""
    [image] = imported(client, path, template=template).images
    return [name for _, name in ask(client, DATASETS, image)]


def test_by_name(client: Any) -> None:
    oldest, middle, newest = (make(client, "Dataset", "by name") for _ in range(3))
    for written, expected in (
        ("Dataset:name:by name", newest),
        ("Dataset:+name:by name", newest),
        ('Dataset:-name:"by name"', oldest),
        (f"Dataset:id:{middle}", middle),
        (f"Dataset:{middle}", middle),
        (f"{middle}", middle),
    ):
        assert find_target(client, written).getId().getValue() == expected
    with pytest.raises(TargetError, match="3 Datasets named 'by name'"):
        find_target(client, "Dataset:%name:by name")
    assert find_target(client, "Dataset:@name:by name").getId().getValue() > newest
    assert isinstance(find_target(client, "Screen:name:with: a colon/and more"), omero.model.ScreenI)


def test_a_dataset_in_a_project(client: Any) -> None:
    written = 'Project:name:"a project"/Dataset:name:"a dataset"'
    first = find_target(client, written).getId().getValue()
    assert ask(client, PROJECTS, first) == ["a project"]
    assert find_target(client, written).getId().getValue() == first
    assert ask(client, PROJECTS, first) == ["a project"]
    assert find_target(client, "Project:name:other/Dataset:name:a dataset").getId().getValue() == first
    assert ask(client, PROJECTS, first) == ["a project", "other"]
    make(client, "Dataset", "a dataset")  # newer, and in no project
    assert find_target(client, written).getId().getValue() == first
    project = make(client, "Project", "by id")
    made = find_target(client, f"Project:{project}/Dataset:@name:a dataset").getId().getValue()
    assert made > first and ask(client, PROJECTS, made) == ["by id"]


@pytest.mark.parametrize(
    "written", ["Image:1", "Dataset:two", "Dataset:999999999", "nothing", "Project:name:alone", "regex:.*", "Dataset:²"]
)
def test_bad_targets_say_what_is_wrong(client: Any, written: str) -> None:
    with pytest.raises(TargetError, match=r"not understood|is no id|no Dataset|Container1"):
        find_destination(client, written)


def test_named_by_folder(client: Any, tmp_path: Path) -> None:
    path = picture(tmp_path / "images" / "dv")
    assert names(client, path, "regex:^.*images/(?<Container1>.*?)") == ["dv"]
    [first], [second] = (imported(client, path, template="regex:.*/(?<Container1>dv)").images for _ in range(2))
    assert ask(client, DATASETS, first) == ask(client, DATASETS, second)
    assert ask(client, DATASETS, first) != ask(client, DATASETS, imported(
        client, path, template="regex:@name:.*/(?<Container1>dv)").images[0])  # fmt: skip
    assert names(client, path, "regex:.*/(?<Container1>elsewhere)") == []


def test_the_choice_among_containers_of_a_name(client: Any, tmp_path: Path) -> None:
    path = picture(tmp_path / "choice")
    old, new = make(client, "Dataset", "choice"), make(client, "Dataset", "choice")
    for choice, expected in (("", [new]), ("+", [new]), ("-", [old]), ("%", [])):
        [image] = imported(client, path, template=f"regex:{choice}name:.*/(?<Container1>choice)").images
        assert [number for number, _ in ask(client, DATASETS, image)] == expected


def test_plates_go_to_screens(client: Any, tmp_path: Path) -> None:
    path = picture(tmp_path / "week-1", "p&plates=1&plateRows=1&plateCols=1&sizeX=8&sizeY=8.fake")
    found = imported(client, path, template="regex:^.*/(?<Container1>[^/]*)")
    assert [name for _, name in ask(client, SCREENS, found.plates[0])] == ["week-1"]
    assert ask(client, DATASETS, found.images[0]) == []


def test_bad_templates_are_refused_before_the_upload(client: Any, tmp_path: Path) -> None:
    path = picture(tmp_path / "b")
    started = time.monotonic()
    for template in (
        "regex:(?<Container1>",
        "regex:(?<Other>.*)",
        "regex:(?<Container1>(.*?/?)+)" + "(.*)+" * 30 + "!",
    ):
        with pytest.raises(omero.ApiUsageException, match="cannot be used"):
            imported(client, path, template=template)
    assert time.monotonic() - started < 30


def test_annotations_for_the_server_are_put_on_no_image(client: Any, tmp_path: Path) -> None:
    path = picture(tmp_path / "quiet")
    notes = []
    for space in (TEMPLATE, AUTO_CLOSE):
        note = omero.model.CommentAnnotationI()
        note.setNs(rstring(space))
        note.setTextValue(rstring("regex:.*/(?<Container1>quiet)"))
        note.setDescription(rstring("C:\\data\\quiet"))
        notes.append(note)
    stored = client.sf.getUpdateService().saveAndReturnObject(notes[0])
    for given in (notes[0], omero.model.CommentAnnotationI(stored.getId().getValue(), False)):
        [image] = imported(client, path, annotations=[given, notes[1]]).images
        assert [name for _, name in ask(client, DATASETS, image)] == ["quiet"]
        assert ask(client, "select l.id from ImageAnnotationLink l where l.parent.id = :id", image) == []


def test_the_command(client: Any, instance: Instance, tmp_path: Path) -> None:
    tara = CommandLine(instance, tmp_path / "sessions", "tara", "secret")
    for week in ("week-1", "week-2"):
        picture(tmp_path / "bd-pathway" / week / "plate", "p&plates=1&plateRows=1&plateCols=1&sizeX=8&sizeY=8.fake")
    done = tara("import", "-T", "regex:+name:^.*bd-pathway/(?<Container1>[^/]*)/.*", str(tmp_path / "bd-pathway"))
    plates = [int(line.removeprefix("Plate:")) for line in done.out.splitlines()]
    assert [ask(client, SCREENS, plate)[0][1] for plate in plates] == ["week-1", "week-2"]
    path = str(picture(tmp_path / "one"))
    image = int(tara("import", "-T", "Project:name:P/Dataset:name:D", path).line.removeprefix("Image:"))
    assert [name for _, name in ask(client, DATASETS, image)] == ["D"]
    assert tara("import", "-T", "Dataset:%name:by name", path).code == 1
    assert tara("import", "-d", "1", "-T", "Dataset:name:D", path).code == 1
