"""`BlitzGateway.import_files`, and `omero.util.import_candidates`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import omero
from omero.gateway import BlitzGateway
from omero.importing import ImportFailed, TargetError
from omero.util.import_candidates import as_dictionary, as_stdout
from tests.support.command_line import CommandLine
from tests.support.instance import Instance


@pytest.fixture(scope="module")
def conn(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    root = CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)
    for group in ("gate-one", "gate-two"):
        assert root("group", "add", group, "--type", "private").code == 0
    assert root("user", "add", "gerda", "Gi", "Na", "gate-one", "gate-two", "-P", "secret").code == 0
    with BlitzGateway("gerda", "secret", host=instance.host, port=instance.ports.ssl, secure=True) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a&series=3", "b"):
        (tmp_path / f"{name}&sizeX=16&sizeY=8.fake").touch()
    return tmp_path


def test_a_folder(conn: Any, folder: Path) -> None:
    heard: list[tuple[str, str, int, int]] = []
    images = conn.import_files(folder, "Dataset:name:From Python", lambda *words: heard.append(words), parallel=2)
    assert [image.getName().partition("&")[0] for image in images] == ["a", "a", "a", "b"]
    assert images[0].getSizeX() == 16 and images[0].getPrimaryPixels().getPlane().shape == (8, 16)
    assert {image.getParent().getName() for image in images} == {"From Python"}
    assert {Path(path).name[0] for path, _, _, _ in heard} <= {"a", "b"}


def test_targets_and_options(conn: Any, folder: Path) -> None:
    path = str(folder / "b&sizeX=16&sizeY=8.fake")
    [first] = conn.import_files([path], "Dataset:@name:Mine", name="Named", description="Words", minmax=False)
    dataset = first.getParent()
    assert (first.getName(), first.getDescription()) == ("Named", "Words")
    for target in (dataset, dataset._obj, omero.model.DatasetI(dataset.getId(), False), dataset.getId().__str__()):
        [image] = conn.import_files(path, target, transfer="cp", checksum_algorithm="MD5-128")
        assert image.getParent().getId() == dataset.getId()
    [image] = conn.import_files(path)
    assert image.getParent() is None
    [image] = conn.import_files(path, f"regex:.*/(?<Container1>{folder.name})")
    assert image.getParent().getName() == folder.name


def test_into_another_group(conn: Any, folder: Path) -> None:
    other = next(group.getId() for group in conn.getGroupsMemberOf() if group.getName() == "gate-two")
    conn.SERVICE_OPTS.setOmeroGroup(other)
    try:
        images = conn.import_files(folder, "Dataset:name:Elsewhere")
        assert {image.getDetails().getGroup().getId() for image in images} == {other}
        assert {image.getParent().getDetails().getGroup().getId() for image in images} == {other}
    finally:
        conn.SERVICE_OPTS.setOmeroGroup(conn.getEventContext().groupId)


def test_what_cannot_be_imported(conn: Any, folder: Path) -> None:
    before = sum(1 for _ in conn.getObjects("Image"))
    (folder / "c.tif").write_text("no picture")
    with pytest.raises(ImportFailed, match=r"c\.tif"):
        conn.import_files(folder)
    with pytest.raises(TargetError):
        conn.import_files(folder / "b&sizeX=16&sizeY=8.fake", "Dataset:999999999")
    assert sum(1 for _ in conn.getObjects("Image")) == before
    (folder / "empty").mkdir()
    assert conn.import_files(folder / "empty") == []


def test_candidates(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = (str(folder / f"{name}&sizeX=16&sizeY=8.fake") for name in ("a&series=3", "b"))
    assert as_dictionary(str(folder)) == {a: [a], b: [b]}
    assert as_stdout([b]) == capsys.readouterr().out.splitlines()
    (folder / "readers").write_text("png\n")
    for arguments in ((str(folder), str(folder / "readers")), (str(folder.parent), "", ["--depth", "1"])):
        with pytest.raises(Exception, match="No import candidates"):
            as_dictionary(*arguments)
