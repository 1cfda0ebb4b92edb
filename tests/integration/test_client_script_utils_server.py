"""Helpers for scripts, on images and files of a real server."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

import omero
import omero.model
from omero.rtypes import rlong, rstring, unwrap
from omero.util import script_utils

HELLO = "f572d396fae9206628714fb2ce00f72e94f2258f"
PLANES = [numpy.arange(48, dtype="uint16").reshape(6, 8) * 100, numpy.full((6, 8), 7, "uint16")]


@pytest.fixture(scope="module")
def image(conn: Any) -> Any:
    """6 rows, 8 columns, two channels."""
    return conn.createImageFromNumpySeq(iter(PLANES), "script utils", sizeZ=1, sizeC=2, sizeT=1)


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    path = tmp_path / "hello.txt"
    path.write_text("hello\n")
    return path


def test_objects_of_inputs(conn: Any, image: Any) -> None:
    other = conn.createImageFromNumpySeq(iter(PLANES[:1]), "script utils", sizeZ=1, sizeC=1, sizeT=1)

    def found(kind: str, *ids: int) -> tuple[list[int], str]:
        objects, message = script_utils.get_objects(conn, {"Data_Type": kind, "IDs": list(ids)})
        return [each.getId() for each in objects], message

    gone = 10**9
    assert found("Image", other.id, image.id) == ([other.id, image.id], "")
    assert found("Image", image.id, gone) == ([image.id], "Found 1 out of 2 image(s). ")
    assert found("Image", image.id, image.id) == ([image.id, image.id], "")
    assert found("Dataset", gone) == ([], "No dataset found. ")
    assert found("Plate") == ([], "No plate found. ")
    assert found("Experimenter", 0) == ([0], "")
    with pytest.raises(KeyError):
        found("Nothing", 1)


def test_files_go_there_and_back(conn: Any, hello: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    update, store = conn.getUpdateService(), conn.createRawFileStore()
    file = script_utils.create_file(update, str(hello), "text/plain", "/else/where.txt")
    described = [unwrap(getattr(file, name)) for name in ("name", "path", "size", "hash", "mimetype")]
    assert described == ["where.txt", "/else", 6, HELLO, "text/plain"]
    script_utils.upload_file(store, file, str(hello))
    assert unwrap(conn.getQueryService().get("OriginalFile", file.id.val).hash) == HELLO
    folder = tmp_path / "down"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert [script_utils.download_file(store, file) for _ in range(3)] == ["where.txt", "where_1.txt", "where_2.txt"]
    assert [script_utils.download_file(store, file, str(folder / "x")) for _ in range(2)] == [
        str(folder / "x"),
        str(folder / "x_1"),
    ]
    assert {path.read_text() for path in folder.iterdir()} == {"hello\n"}
    other = script_utils.create_file(update, str(hello))
    assert unwrap(other.mimetype) == "application/octet-stream"
    script_utils.upload_file(store, other, str(hello))
    store.close()


def test_name_of_a_file_does_not_lead_elsewhere(
    conn: Any, hello: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = omero.model.OriginalFileI()
    file.name, file.path, file.size = rstring("../up.txt"), rstring(""), rlong(6)
    file = conn.getUpdateService().saveAndReturnObject(file)
    store = conn.createRawFileStore()
    script_utils.upload_file(store, file, str(hello))
    assert script_utils.download_file(store, file) == "up.txt"
    store.close()


def test_files_are_attached(conn: Any, image: Any, hello: Path) -> None:
    annotation, message = script_utils.create_link_file_annotation(
        conn, str(hello), image, output="Table", mimetype="text/plain", description="six bytes", namespace="a/b"
    )
    assert message == "Table created and attached to image script utils."
    assert (annotation.getNs(), annotation.getDescription(), annotation.getFileName()) == (
        "a/b",
        "six bytes",
        "hello.txt",
    )
    attached = conn.getObject("Image", image.id).getAnnotation("a/b")
    assert (attached.id, b"".join(attached.getFileInChunks())) == (annotation.id, b"hello\n")
    alone, message = script_utils.create_link_file_annotation(conn, str(hello), None)
    assert (alone.getFile().getMimetype(), message) == ("application/octet-stream", "Output created")
    nothing = script_utils.create_link_file_annotation(conn, str(hello) + ".gone", image)
    assert nothing == (None, "Output not created.")


def test_planes(conn: Any, image: Any) -> None:
    pixels = image.getPrimaryPixels()
    store = conn.c.sf.createRawPixelsStore()
    store.setPixelsId(pixels.id, False)
    for described in (pixels, pixels._obj):
        plane = script_utils.download_plane(store, described, 0, 0, 0)
        assert (plane.dtype, plane.tolist()) == (numpy.uint16, PLANES[0].tolist())
    store.close()


@pytest.mark.parametrize("upload", [script_utils.upload_plane, script_utils.upload_plane_by_row])
def test_planes_are_written(conn: Any, upload: Any) -> None:
    kind = conn.getQueryService().findByString("PixelsType", "value", "float")
    made = conn.getPixelsService().createImage(8, 6, 1, 1, [0], kind, "script utils", "")
    pixels = conn.getObject("Image", made.val).getPrimaryPixels()
    store = conn.c.sf.createRawPixelsStore()
    store.setPixelsId(pixels.id, True)
    plane = numpy.linspace(-1, 1, 48, dtype="float32").reshape(6, 8)
    upload(store, plane, 0, 0, 0)
    store.save()
    assert script_utils.download_plane(store, pixels, 0, 0, 0).tolist() == plane.tolist()
    store.close()


def test_rendering_settings(conn: Any, image: Any) -> None:
    number = image.getPrimaryPixels().id
    engine = conn.c.sf.createRenderingEngine()
    script_utils.reset_rendering_settings(engine, number, 0, 5, 30, (255, 0, 0, 255))
    script_utils.reset_rendering_settings(engine, number, 1, 0, 20)
    engine.close()
    with pytest.deprecated_call():
        engine = script_utils.getRenderingEngine(conn.c.sf, number)
    assert [engine.getChannelWindowStart(c) for c in (0, 1)] == [5.0, 0.0]
    assert [engine.getChannelWindowEnd(c) for c in (0, 1)] == [30.0, 20.0]
    assert list(engine.getRGBA(0)) == [255, 0, 0, 255]
    with pytest.deprecated_call():
        assert len(script_utils.getPlaneAsPackedInt(engine, 0, 0)) == 48
    engine.close()


def test_image_is_split(conn: Any, image: Any, tmp_path: Path) -> None:
    script_utils.split_image(conn.c, image.id, str(tmp_path), "p_%s_%d_%d.tif", ("C", "T", "Z"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p_0_1_1.tif", "p_1_1_1.tif"]
    with Image.open(tmp_path / "p_0_1_1.tif") as picture:
        assert numpy.asarray(picture)[0, :2].tolist() == [0, 5]


def test_old_helpers_with_files(conn: Any, image: Any, hello: Path, recwarn: Any) -> None:
    warnings.simplefilter("ignore", DeprecationWarning)
    update, query, store = conn.getUpdateService(), conn.getQueryService(), conn.createRawFileStore()
    file = script_utils.createFile(update, str(hello), "text/plain")
    script_utils.uploadFile(store, file, str(hello))
    assert script_utils.readFromOriginalFile(store, query, file.id.val, 4) == "hello\n"
    link = script_utils.attachFileToParent(update, image._obj, file, "described", "su/old")
    assert [unwrap(link.child.ns), unwrap(link.child.description)] == ["su/old", "described"]
    stored = script_utils.uploadAndAttachFile(query, update, store, image._obj, str(hello), "text/plain")
    assert unwrap(query.get("FileAnnotation", stored.id.val).file.id) != file.id.val
    numbers = numpy.array([[1.5, 2.0], [3.0, 4.0]])
    table = script_utils.uploadArray(store, update, query, image._obj, "t.csv", "su/table", numbers)
    of_table = query.get("FileAnnotation", table.id.val).file.id.val
    assert script_utils.readFileAsArray(store, query, of_table, 2, 2, ",").tolist() == numbers.tolist()
    with pytest.raises(ValueError, match="Format has no annotations"):
        script_utils.attachFileToParent(update, omero.model.FormatI(1, False), file)
    first = script_utils.registerNamespace(query, update, "script/utils", "a, b")
    second = script_utils.registerNamespace(query, update, "script/utils", ["b", "c"])
    assert (second.getId(), second.getKeywords()) == (first.getId(), ["a", "b", "c"])
    store.close()


def test_old_helpers_with_images(conn: Any, tmp_path: Path, recwarn: Any) -> None:
    warnings.simplefilter("ignore", DeprecationWarning)
    session = conn.c.sf
    dataset = omero.model.DatasetI()
    dataset.name = rstring("script utils")
    dataset = conn.getUpdateService().saveAndReturnObject(dataset)
    made = script_utils.createNewImage(session, [PLANES[0], PLANES[1]], "stack", "two sections", dataset)
    stack = conn.getObject("Image", made.id.val)
    assert (stack.getSizeX(), stack.getSizeY(), stack.getSizeZ(), stack.getSizeC()) == (8, 6, 2, 1)
    assert stack.getPrimaryPixels().getPlane(1, 0, 0).tolist() == PLANES[1].tolist()
    assert stack.getParent().id == dataset.id.val
    for t, c, z in numpy.ndindex(2, 2, 3):
        plane = numpy.full((3, 4), 100 * t + 10 * z + c, "uint8")
        Image.fromarray(plane).save(tmp_path / f"img_T{t:03d}_C{'DG'[c]}_Z{z}_S1.tif")
    number = script_utils.uploadDirAsImages(session, None, None, None, str(tmp_path))
    built = conn.getObject("Image", number.val)
    assert [getattr(built, f"getSize{axis}")() for axis in "XYZCT"] == [4, 3, 3, 2, 2]
    assert (built.getName(), built.getDescription()) == ("img", f"Imported from images in {tmp_path}")
    assert built.getPrimaryPixels().getPlane(2, 1, 1).max() == 121
    assert script_utils.findROIByImage(session.getRoiService(), built._obj, "none") == []
    assert script_utils.getROIFromImage(session.getRoiService(), built.id).rois == []
    assert script_utils.getPlaneInfo(session.getQueryService(), built.getPrimaryPixels().id) == []
    store = script_utils.getRawPixelsStore(session, built.getPrimaryPixels().id)
    assert script_utils.readFlimImageFile(store, built.getPrimaryPixels()._obj).shape == (2, 3, 4)
    store.close()


def test_inputs_of_the_session(conn: Any) -> None:
    conn.c.setInput("script utils", rlong(3))
    with pytest.deprecated_call():
        inputs = script_utils.parseInputs(conn.c)
    assert inputs["script utils"] == 3
    conn.c.setInput("script utils", None)
