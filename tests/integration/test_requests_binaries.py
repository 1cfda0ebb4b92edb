"""What lies on disk for images, and raw access to the repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import omero
import omero.cmd
import omero.grid
from omero.importing import Options, import_fileset, scan
from omero.rtypes import rbool, rtime
from omero.sys import ParametersI
from omero_server.repository.layout import Layout
from tests.support.actors import Actor, Stage, image, joined, original_file
from tests.support.instance import Instance
from tests.support.requests import answer, ended, refused


@pytest.fixture(scope="module")
def layout(instance: Instance) -> Layout:
    return Layout.of(instance.config)


def manage(sf: Any, image_id: int, **asked: bool) -> Any:
    return answer(sf, omero.cmd.ManageImageBinaries(imageId=image_id, **asked))


def pixels_of(actor: Actor, image_id: int) -> int:
    found = actor.query.findByQuery("select p from Pixels p where p.image.id = :id", ParametersI().addId(image_id))
    return int(found.id.val)


@pytest.fixture
def imported(stage: Stage, layout: Layout, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Ann's image with a fileset, and the place where pixels would lie; with pixels and a pyramid."""
    path = tmp_path / "binaries&sizeX=30&sizeY=20.fake"
    path.touch()
    image_id = import_fileset(stage.ann.client, scan([path]).candidates[0], Options()).images[0]
    place = layout.pixels(pixels_of(stage.ann, image_id))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"p" * 600)
    pyramid(place).write_bytes(b"II" + b"q" * 98)
    yield image_id, place
    for left in place.parent.glob(f"*{place.name}*"):
        left.unlink()


def pyramid(place: Path) -> Path:
    return place.with_name(f"{place.name}_pyramid")


def test_inventory(stage: Stage, imported: tuple[int, Path]) -> None:
    image_id, place = imported
    archived = original_file("a.tif")
    archived.size = omero.rtypes.rlong(77)
    ann = stage.ann
    file = ann.save(archived)
    pixels = ann.query.get("Pixels", int(place.name))
    ann.save(joined("PixelsOriginalFileMap", file, pixels))
    handle = ended(ann.sf, omero.cmd.ManageImageBinaries(imageId=image_id))
    found = handle.getResponse()
    assert handle.getStatus().steps == 7
    handle.close()
    assert found.filesetId.val == ann.query.get("Image", image_id).fileset.id.val
    assert (found.archivedFiles, found.archivedSize) == ([file.id.val], 77)
    assert (found.pixelsPresent, found.pixelSize) == (True, 600)
    assert (found.pyramidPresent, found.pyramidSize) == (True, 100)
    assert found.thumbnailSize > 100


def test_pixels_are_put_aside_and_back(stage: Stage, imported: tuple[int, Path]) -> None:
    image_id, place = imported
    found = manage(stage.ann.sf, image_id, togglePixels=True)
    assert (found.pixelsPresent, found.pixelSize) == (False, 0)
    assert not place.exists() and place.with_name(f"{place.name}_bak").read_bytes() == b"p" * 600
    assert manage(stage.ann.sf, image_id, togglePixels=True).pixelsPresent and place.exists()
    assert pyramid(place).exists()


def test_pyramid_and_thumbnails_are_removed(stage: Stage, layout: Layout, imported: tuple[int, Path]) -> None:
    image_id, place = imported
    found = manage(stage.ann.sf, image_id, deletePyramid=True, deleteThumbnails=True)
    assert (found.pyramidPresent, found.pyramidSize, found.thumbnailSize) == (False, 0, 0)
    assert place.exists() and not list(place.parent.glob(f".{place.name}*"))
    thumbnails = stage.ann.sf.createThumbnailStore()
    thumbnails.setPixelsId(int(place.name))
    place.unlink()
    assert thumbnails.getThumbnailByLongestSide(omero.rtypes.rint(96))
    thumbnails.close()


def test_files_come_back_with_the_transaction(stage: Stage, imported: tuple[int, Path]) -> None:
    image_id, place = imported
    both = omero.cmd.ManageImageBinaries(image_id, True, True, True)
    response = answer(stage.ann.sf, omero.cmd.DoAll([both, omero.cmd.ManageImageBinaries(imageId=987654321)], []))
    assert response.name == "no-image"
    assert place.read_bytes() == b"p" * 600 and pyramid(place).stat().st_size == 100
    assert manage(stage.ann.sf, image_id).thumbnailSize > 0


def test_who_may(stage: Stage, layout: Layout, imported: tuple[int, Path]) -> None:
    image_id, place = imported
    ann, group = stage.ann, stage["RO"]
    plain = ann.save(image(), group).id.val
    assert manage(stage.bob.sf, plain).filesetId is None
    for asked, code in (("togglePixels", "pixels-requires-fileset"), ("deletePyramid", "pyramid-requires-fileset")):
        assert refused(ann.sf, omero.cmd.ManageImageBinaries(plain, **{asked: True})) == code
    delete = {"deleteThumbnails": True}
    assert refused(stage.bob.sf, omero.cmd.ManageImageBinaries(plain, **delete)) == "thumbnail-delete-disallowed"
    assert isinstance(manage(stage.lea.sf, plain, **delete), omero.cmd.ManageImageBinariesResponse)
    assert refused(stage.nora.sf, omero.cmd.ManageImageBinaries(plain)) == "no-image"
    for asked, code in (("togglePixels", "pixels-move"), ("deletePyramid", "pyramid")):
        request = omero.cmd.ManageImageBinaries(image_id, **{asked: True})
        assert refused(stage.light.sf, request) == f"{code}-delete-disallowed"
    assert place.exists()


def test_finding_pyramids(stage: Stage, imported: tuple[int, Path]) -> None:
    image_id, place = imported

    def find(actor: Actor = stage.ann, limit: int = 10, **asked: Any) -> Any:
        return answer(actor.sf, omero.cmd.FindPyramids(limit=limit, **asked)).pyramidFiles

    assert find() == [image_id] and find(littleEndian=rbool(True)) == [image_id]
    assert find(littleEndian=rbool(False)) == [] and find(limit=0) == [] and find(limit=-1) == []
    made = pyramid(place).stat().st_mtime * 1000
    assert find(importedAfter=rtime(made - 1000)) == [image_id] and find(importedAfter=rtime(made + 1000)) == []
    assert find(stage.nora) == [] and find(checkEmptyFile=True) == []
    os.truncate(pyramid(place), 0)
    assert find(checkEmptyFile=True, littleEndian=rbool(False)) == [image_id]
    assert find(littleEndian=rbool(True)) == [] and find() == [image_id]
    place.with_name(f".{place.name}_pyramid.pyr_lock").touch()
    assert find(checkEmptyFile=True) == []


class Raw:
    """Raw access of somebody."""

    def __init__(self, sf: Any, uuid: str) -> None:
        self.sf, self.uuid = sf, uuid

    def request(self, command: str, *args: str, path: str = "") -> Any:
        return omero.grid.RawAccessRequest(self.uuid, command, list(args), path)

    def works(self, command: str, *args: str, path: str = "") -> bool:
        response = answer(self.sf, self.request(command, *args, path=path))
        assert isinstance(response, omero.cmd.OK) or response.name == "raw-access", response
        return isinstance(response, omero.cmd.OK)


@pytest.fixture(scope="module")
def raw(client: Any) -> Raw:
    repositories = client.sf.sharedResources().repositories()
    uuids = [d.hash.val for d, p in zip(repositories.descriptions, repositories.proxies, strict=True) if p is not None]
    return Raw(client.sf, uuids[0])


def test_work_on_files(raw: Raw, layout: Layout) -> None:
    root = layout.managed
    assert raw.works("touch", "/raw/a/one", "raw/two") and (root / "raw/a/one").exists() and (root / "raw/two").exists()
    assert raw.works("exists", "/raw/two") and not raw.works("exists", "/raw/three") and not raw.works("exists")
    assert raw.works("mkdir", "/raw/b") and not raw.works("mkdir", "/raw/b") and not raw.works("mkdir", "/raw/c/d")
    assert raw.works("mkdir", "-p", "/raw/b", "/raw/c/d") and (root / "raw/c/d").is_dir()
    assert raw.works("mv", "/raw/two", "/raw/b") and (root / "raw/b/two").exists()
    assert raw.works("mv", "/raw/b/two", "/raw/three") and (root / "raw/three").exists()
    assert not raw.works("mv", "/raw/three", "/raw/a/one") and not raw.works("mv", "/raw/three")
    (root / "raw/three").write_bytes(b"abc")
    assert raw.works("checksum", "MD5-128", "900150983cd24fb0d6963f7d28e17f72", "/raw/three")
    assert not raw.works("checksum", "MD5-128", "0" * 32, "/raw/three") and not raw.works("checksum", "x", "y", "/raw")
    assert raw.works("read-only", "/raw/three") and not (root / "raw/three").stat().st_mode & 0o222
    assert not raw.works("rm", "/raw/a", "/raw/b") and not raw.works("rm", "/raw/nothing")
    assert raw.works("rm", "/raw") and not (root / "raw").exists()


@pytest.mark.parametrize("path", ["/", "..", "/../x", "a/../..", ".omero", "/.omero/repository", "/a/../../x"])
def test_the_repository_is_not_left(raw: Raw, path: str) -> None:
    for command in ("rm", "touch", "mkdir", "read-only", "exists"):
        assert not raw.works(command, path)


def test_links_do_not_lead_out(raw: Raw, layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    link = layout.managed / "out"
    link.symlink_to(tmp_path)
    assert not raw.works("rm", "/out/kept") and raw.works("rm", "/out")
    assert (tmp_path / "kept").exists() and not link.exists()


def test_lines_in_the_log(raw: Raw, instance: Instance) -> None:
    assert raw.works("log", "a line", "of\nwords", path="warn")
    assert "a line of words" in instance.log("Blitz-0")
    assert not raw.works("log", "x", path="loud") and not raw.works("dance")


def test_who_has_raw_access(raw: Raw, stage: Stage) -> None:
    assert refused(stage.ann.sf, raw.request("exists", "/x")) == "not-admin"
    light = Raw(stage.light.sf, raw.uuid)
    assert not light.works("exists", "/x")
    for command in ("rm", "touch"):
        assert refused(stage.light.sf, light.request(command, "/x")) == "not-admin"
    unknown = answer(raw.sf, Raw(raw.sf, "nothing").request("exists", "/x"))
    assert isinstance(unknown, omero.cmd.Unknown) and unknown.name == "unknown-repo"
