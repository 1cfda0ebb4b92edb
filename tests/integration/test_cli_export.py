"""`omero export` and `omero download`."""

import hashlib
from pathlib import Path

import pytest
import tifffile

from tests.support.command_line import CommandLine
from tests.support.instance import Instance

NAME = "cells&sizeX=20&sizeY=10&sizeC=2.fake"


@pytest.fixture(scope="module")
def root(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(instance, tmp_path_factory.mktemp("root"), "root", instance.root_password)


@pytest.fixture(scope="module")
def omero(root: CommandLine, instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    assert root("group", "add", "export-lab", "--type", "private").code == 0
    assert root("user", "add", "elke", "Eve", "Smith", "export-lab", "-P", "secret").code == 0
    return CommandLine(instance, tmp_path_factory.mktemp("elke"), "elke", "secret")


@pytest.fixture(scope="module")
def image(omero: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Image:ID of an imported image."""
    path = tmp_path_factory.mktemp("data") / NAME
    path.write_bytes(b"content of no interest")
    return omero("import", str(path)).line


def printed(omero: CommandLine, instance: Instance, *arguments: str) -> str:
    """What a process of its own writes to standard output: commands write bytes there."""
    done = instance.omero(*arguments, OMERO_SESSIONDIR=str(omero.sessions))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_image(omero: CommandLine, instance: Instance, image: str, tmp_path: Path) -> None:
    tiff, xml = tmp_path / "image.ome.tiff", tmp_path / "image.ome"
    assert omero("export", "-f", str(tiff), image).code == 0
    with tifffile.TiffFile(tiff) as opened:
        assert opened.series[0].shape == (2, 10, 20)
    assert omero("export", "-f", str(xml), "-t", "XML", image).code == 0
    assert b"MetadataOnly" in xml.read_bytes()
    assert "MetadataOnly" in printed(omero, instance, "export", "-f", "-", "-t", "XML", image)
    assert omero("export", "-f", str(tiff), image).code == 2, "no file is overwritten"


def test_a_dataset(omero: CommandLine, image: str, tmp_path: Path) -> None:
    dataset = omero("obj", "new", "Dataset", "name=exported").line
    assert omero("obj", "new", "DatasetImageLink", f"parent={dataset}", f"child={image}").code == 0
    folder = tmp_path / "new" / "folder"
    assert omero("export", "-f", str(folder), "--iterate", dataset).code == 0
    assert [path.name for path in folder.iterdir()] == [f"{image.partition(':')[2]}.ome.tiff"]
    assert omero("export", "-f", str(folder), dataset).code == 4
    assert omero("export", "-f", "-", "--iterate", dataset).code == 950 % 256
    empty = omero("obj", "new", "Dataset", "name=empty").line
    assert omero("export", "-f", str(folder), "--iterate", empty).code == 7


def test_what_cannot_be_exported(omero: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "none"
    for target, code in (("Image:x", 3), ("Project:1", 5), ("1", 5), ("Image:99999999", 1)):
        assert omero("export", "-f", str(path), target).code == code
        assert not path.exists()


def test_files_of_an_image(omero: CommandLine, image: str, tmp_path: Path) -> None:
    query = f"select i.fileset.id from Image i where i.id = {image.partition(':')[2]}"  # noqa: S608
    fileset = omero("hql", "--ids-only", "--style", "plain", query).line.partition(",")[2]
    for target in (image, f"Fileset:{fileset}"):
        folder = tmp_path / target.partition(":")[0]
        done = omero("download", target, str(folder))
        assert done.code == 0 and done.out.startswith(f"Fileset: {fileset}\n")
        (path,) = folder.rglob(NAME)
        assert path.read_bytes() == b"content of no interest"
    assert "File exists! Skipping..." in omero("download", image, str(tmp_path / "Image")).out
    assert omero("download", image, str(tmp_path), "--insert_fileset_folder").code == 0
    assert list((tmp_path / f"Fileset_{fileset}").rglob(NAME))


def test_single_files(omero: CommandLine, instance: Instance, image: str, tmp_path: Path) -> None:
    query = f"select e.originalFile.id from FilesetEntry e, Image i where i.fileset.id = e.fileset.id and i.id = {image.partition(':')[2]}"  # noqa: E501, S608
    number = omero("hql", "--ids-only", "--style", "plain", query).line.partition(",")[2]
    for target in (number, f"OriginalFile:{number}"):
        path = tmp_path / target.replace(":", "_")
        assert omero("download", target, str(path)).code == 0
        assert hashlib.sha1(path.read_bytes()).digest() == hashlib.sha1(b"content of no interest").digest()
        assert printed(omero, instance, "download", target, "-") == "content of no interest"
    attached = omero("obj", "new", "FileAnnotation", f"file=OriginalFile:{number}").line
    assert omero("download", attached, str(tmp_path / "attached")).code == 0
    assert (tmp_path / "attached").stat().st_size == 22


def test_what_cannot_be_downloaded(omero: CommandLine, root: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "none"
    for target in ("Project:1", "OriginalFile:x", "OriginalFile:99999999", "Image:99999999", "Fileset:99999999"):
        assert omero("download", target, str(path)).code == 601 % 256, target
        assert not path.exists()
    made = omero("obj", "new", "Image", "name=empty").line
    assert omero("download", made, str(path)).code == 602 % 256
