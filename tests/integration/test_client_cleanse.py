"""Removing files without objects, from a directory beside the server's and from its repository."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import omero
from omero.gateway import BlitzGateway
from omero.util import cleanse
from tests.support.instance import Instance
from tests.support.people import PASSWORD, logged_in, make_group, make_user

GONE = 10**9


@pytest.fixture(scope="module")
def pixels(conn: Any) -> int:
    """The id of pixels that are there."""
    import numpy

    planes = iter([numpy.zeros((4, 4), "uint8")])
    return int(conn.createImageFromNumpySeq(planes, "cleanse", 1, 1, 1).getPrimaryPixels().id)


@pytest.fixture
def data(tmp_path: Path, pixels: int) -> Path:
    """Files of 5 bytes: of objects that are there, of others, and of none."""
    names = [f"{pixels}", f"{pixels}_pyramid", f".{pixels}_pyramid.pyr_lock", "abc", "2.tmp"]
    names += [f"{GONE}", f"{GONE}_pyramid", f".{GONE}_pyramid12.tmp", f"Dir-001/{GONE + 1}"]
    for path in [f"Pixels/{name}" for name in names] + [f"Files/{GONE}", f"Thumbnails/{GONE}.bak"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("12345")
    return tmp_path


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


REMOVED = {
    f"Pixels/{GONE}",
    f"Pixels/{GONE}_pyramid",
    f"Pixels/.{GONE}_pyramid12.tmp",
    f"Pixels/Dir-001/{GONE + 1}",
    f"Files/{GONE}",
}


def test_only_files_without_objects_go(conn: Any, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(data)
    cleanse.cleanse(str(data), conn.c, dry_run=True)
    assert files(data) == before
    lines = capsys.readouterr().out.splitlines()
    assert {line for line in lines if line.endswith("(remove)")} >= {
        rf"   \_ {data}/{name} (remove)" for name in REMOVED
    }
    assert [line for line in lines if line.startswith("Cleansing")] == [
        "Cleansing context: 4 files (20 bytes)",
        "Cleansing context: 1 files (5 bytes)",
        "Cleansing context: 0 files (0 bytes)",
    ]
    for name in cleanse.SEARCH_DIRECTORIES:
        cleanse.cleanse(str(data), conn.c, subdirectory=name)
    assert before - files(data) == REMOVED
    assert capsys.readouterr().out == ""


def test_one_directory(conn: Any, data: Path, pixels: int, capsys: pytest.CaptureFixture[str]) -> None:
    cleanse.cleanse(str(data), conn.c, subdirectory="Pixels", verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert rf"   \_ {data}/Pixels/{pixels} (keep)" in lines
    assert rf"   \_ {data}/Pixels/abc (ignored/keep)" in lines
    assert (data / f"Files/{GONE}").exists()
    for name in ("Nothing", "../Pixels"):
        cleanse.cleanse(str(data), conn.c, subdirectory=name)
        assert capsys.readouterr().out == f"{data}/{name} does not exist. Skipping...\n"


def test_many_files_are_asked_for_in_batches(conn: Any, tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / str(GONE + number)).touch()
    cleanser = cleanse.Cleanser(conn.getQueryService(), "Pixels", str(tmp_path))
    cleanser.cleanse(str(tmp_path))
    assert len(cleanser.cleansed) == 50
    cleanser.finalize()
    assert (str(cleanser), os.listdir(tmp_path)) == ("Cleansing context: 60 files (0 bytes)", [])


def test_empty_directories_of_the_repository(
    conn: Any, instance: Instance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged_in(instance) as root:
        name = make_user(root, make_group(root, "rw----"))
    simulated = tmp_path / "of another group.fake"
    simulated.touch()
    with BlitzGateway(name, PASSWORD, host=instance.host, port=instance.ports.ssl) as other:
        imported = other.import_files(simulated)[0].id
    repository = conn.c.getManagedRepository()
    for path in ("/cleanse/a/b", "/cleanse/a/c", "/cleanse/full"):
        repository.makeDir(path, True)
    with_file = repository.file("/cleanse/full/file", "rw")
    with_file.write(b"x", 0, 1)
    with_file.close()
    root = "ManagedRepository"
    cleanse.delete_empty_dirs(repository, root, conn.c, True)
    assert rf"   \_ {root}/cleanse/a (remove)" in capsys.readouterr().out.splitlines()
    cleanse.cleanse("/nowhere", conn.c, subdirectory=root)
    assert "Removing empty directories from..." in capsys.readouterr().out
    assert not repository.fileExists("/cleanse/a")
    assert repository.fileExists("/cleanse/full/file")
    with BlitzGateway(name, PASSWORD, host=instance.host, port=instance.ports.ssl) as other:
        assert len(list(other.getObject("Image", imported).getImportedImageFiles())) == 1


def test_empty_pyramids(conn: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    services = {"config_service": conn.getConfigService(), "admin_service": conn.getAdminService()}
    folder = tmp_path / "Pixels" / "Dir-001"
    folder.mkdir(parents=True)
    for name in ("1001_pyramid", "1002_pyramid", ".1002_pyramid.pyr_lock", "1003", "1004_pyramid.x"):
        (folder / name).touch()
    (folder / "1005_pyramid").write_text("x")
    cleanse.fixpyramids(str(tmp_path), conn.getQueryService(), True, **services)
    assert capsys.readouterr().out == f"Would remove {folder}/1001_pyramid\n"
    cleanse.fixpyramids(str(tmp_path), conn.getQueryService(), **services)
    assert sorted(os.listdir(folder)) == [
        ".1002_pyramid.pyr_lock",
        "1002_pyramid",
        "1003",
        "1004_pyramid.x",
        "1005_pyramid",
    ]
    with pytest.raises(Exception, match="No admin service provided!"):
        cleanse.fixpyramids(str(tmp_path), conn.getQueryService())


def test_pyramids_of_other_times(conn: Any, capsys: pytest.CaptureFixture[str]) -> None:
    later = 4_000_000_000_000
    cleanse.removepyramids(conn.c, little_endian=True, imported_after=later, limit=3)
    assert capsys.readouterr().out == "No more than 3 pyramids will be removed\nNo pyramids to remove\n"


def test_only_administrators(instance: Instance, data: Path) -> None:
    with logged_in(instance) as root:
        name = make_user(root, make_group(root, "rw----"))
    with omero.client(instance.host, instance.ports.ssl) as client:
        client.createSession(name, PASSWORD)
        for call in (cleanse.cleanse, lambda _data, client: cleanse.removepyramids(client)):
            with pytest.raises(omero.SecurityViolation):
                call(str(data), client)
    assert len(files(data)) == 11
