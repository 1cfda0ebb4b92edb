"""Tiles, figures and texts of the client library, on images and files of a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest

import omero
import omero.model
from omero.model.enums import UnitsTime
from omero.rtypes import rint, rstring
from omero.util import figureUtil, image_utils, imageUtil, pydict_text_io, roi_handling_utils, script_utils
from omero.util.metadata_mapannotations import MapAnnotationManager
from omero.util.tiles import RPSTileLoop, TileData, TileLoopIteration


@pytest.fixture(scope="module")
def image(conn: Any) -> Any:
    """2 sections, 1 channel, 3 time points."""
    planes = (numpy.arange(48, dtype="uint8").reshape(6, 8) for _ in range(6))
    return conn.createImageFromNumpySeq(planes, "client utils", sizeZ=2, sizeC=1, sizeT=3)


def save(conn: Any, made: Any, **texts: str) -> Any:
    for name, text in texts.items():
        setattr(made, name, rstring(text))
    return conn.getUpdateService().saveAndReturnObject(made)


class Fill(TileLoopIteration):
    """Writes each tile's number into it, and keeps where it was."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def run(
        self, rps: TileData, z: int, c: int, t: int, x: int, y: int, tileWidth: int, tileHeight: int, tileCount: int
    ) -> None:
        rps.setTile(bytes([tileCount]) * (tileWidth * tileHeight), z, c, t, x, y, tileWidth, tileHeight)
        self.seen.append((z, c, t, x, y, tileWidth, tileHeight, tileCount))


def test_all_tiles_are_written(conn: Any) -> None:
    kind = conn.getQueryService().findByString("PixelsType", "value", "uint8")
    made = conn.getPixelsService().createImage(10, 7, 2, 1, [0], kind, "client utils", "")
    number = conn.getObject("Image", made.val).getPrimaryPixels().id
    fill = Fill()
    loop = RPSTileLoop(conn.c.sf, omero.model.PixelsI(number, False))
    assert loop.forEachTile(6, 4, fill) == 8
    assert fill.seen[:5] == [
        (0, 0, 0, 0, 0, 6, 4, 0),
        (0, 0, 0, 6, 0, 4, 4, 1),
        (0, 0, 0, 0, 4, 6, 3, 2),
        (0, 0, 0, 6, 4, 4, 3, 3),
        (1, 0, 0, 0, 0, 6, 4, 4),
    ]
    assert loop.getPixels().id.val == number
    plane = conn.getObject("Image", made.val).getPrimaryPixels().getPlane(1, 0, 0)
    assert [int(plane[y, x]) for y, x in ((0, 0), (0, 9), (6, 0), (6, 9))] == [4, 5, 6, 7]
    with pytest.raises(omero.ClientError):
        RPSTileLoop(conn.c.sf, omero.model.PixelsI())


def test_times_of_planes(conn: Any, image: Any) -> None:
    query, number = conn.getQueryService(), image.getPrimaryPixels().id
    assert figureUtil.getTimeLabels(query, number, [0, 2], 3) == ["1/3", "3/3", None]
    for t, z, value, unit in ((0, 0, 1.5, UnitsTime.SECOND), (1, 0, 2, UnitsTime.MINUTE), (0, 1, 3, UnitsTime.SECOND)):
        info = omero.model.PlaneInfoI()
        info.theT, info.theZ, info.theC = rint(t), rint(z), rint(0)
        info.deltaT, info.pixels = omero.model.TimeI(value, unit), omero.model.PixelsI(number, False)
        save(conn, info)
    assert figureUtil.getTimes(query, number, [0, 1, 2]) == {0: 1.5, 1: 120.0}
    assert figureUtil.getTimes(query, number, [0, 1], theZ=1) == {0: 3.0}
    assert figureUtil.getTimes(query, number, []) == {}
    assert figureUtil.getTimeLabels(query, number, [0, 1, 2], 3) == ["0:02", "2:00", "3/3", "MINS_SECS"]
    assert figureUtil.getTimeLabels(query, number, [0, 1], 3, "SECS", True) == ["0", "118", "SECS"]
    with pytest.deprecated_call():
        assert [info.theT.val for info in script_utils.getPlaneInfo(query, number)] == [0, 0, 1]


def test_containers_and_tags(conn: Any, image: Any) -> None:
    inside, alone = (save(conn, omero.model.DatasetI(), name=f"client utils {name}") for name in "ab")
    project = save(conn, omero.model.ProjectI(), name="client utils")
    for cls, parent, child in (
        (omero.model.ProjectDatasetLinkI, project, inside),
        (omero.model.DatasetImageLinkI, inside, image._obj),
        (omero.model.DatasetImageLinkI, alone, image._obj),
    ):
        link = cls()
        link.parent, link.child = parent.proxy(), child.proxy()
        save(conn, link)
    found = figureUtil.getDatasetsProjectsFromImages(conn.getQueryService(), [image.id, 10**9])
    names = [("client utils", "client utils a"), ("", "client utils b")]
    assert found == {image.id: names, 10**9: []}
    for cls, text in ((omero.model.TagAnnotationI, "tag"), (omero.model.CommentAnnotationI, "comment")):
        link = omero.model.ImageAnnotationLinkI()
        link.parent, link.child = image._obj.proxy(), save(conn, cls(), textValue=f"client utils {text}").proxy()
        save(conn, link)
    tags = figureUtil.getTagsFromImages(conn.c.sf.getMetadataService(), [image.id, 10**9])
    assert tags == {image.id: ["client utils tag"], 10**9: []}


def test_thumbnails_side_by_side(conn: Any, image: Any) -> None:
    number = image.getPrimaryPixels().id
    image.getThumbnail()
    store = conn.c.sf.createThumbnailStore()
    try:
        plain = image_utils.paint_thumbnail_grid(store, 32, 2, [number, 10**9, number], 2)
        assert plain.size == (2 + 2 * 34, 2 + 2 * 34)
        assert plain.getpixel((0, 0))[:3] == (255, 255, 255)
        painted = [plain.getpixel((x, y))[:3] != (255, 255, 255) for x, y in ((18, 18), (52, 18), (18, 52))]
        assert painted == [True, False, True]
        labelled = image_utils.paint_thumbnail_grid(store, 32, 2, [number], 1, left_label="left", top_label="top")
        assert labelled.width > 36
        assert labelled.height > 36
        with pytest.deprecated_call():
            assert imageUtil.getThumbnail(store, number, 32)[:2] == b"\xff\xd8"
        with pytest.deprecated_call():
            assert list(imageUtil.getThumbnailSet(store, 32, [number])) == [number]
    finally:
        store.close()


def test_line_of_an_image(conn: Any, image: Any) -> None:
    pixels = conn.getObject("Image", image.id).getPrimaryPixels()
    assert roi_handling_utils.get_line_data(pixels, 1, 1, 6, 1).tolist() == [[1, 2, 3, 4, 5], [9, 10, 11, 12, 13]]


def test_texts_on_the_server(conn: Any, tmp_path: Path) -> None:
    update, store = conn.getUpdateService(), conn.createRawFileStore()
    path = tmp_path / "text"
    path.write_text('{"a": 1}')

    def stored(name: str, mimetype: str | None) -> str:
        file = script_utils.create_file(update, str(path), mimetype, name)
        script_utils.upload_file(store, file, str(path))
        return f"OriginalFile:{file.id.val}"

    for name, mimetype, kind in (("a.json", None, None), ("a", "application/json", None), ("a.txt", None, "yaml")):
        assert pydict_text_io.load(stored(name, mimetype), kind, session=conn.c.sf) == {"a": 1}
    unknown = stored("a.txt", "text/plain")
    with pytest.raises(ValueError, match=f"Unknown file format: {unknown}"):
        pydict_text_io.load(unknown, session=conn.c.sf)
    store.close()


def test_map_annotations_of_a_namespace(conn: Any) -> None:
    for pairs in ([("k", "1"), ("x", "2")], [("k", "1"), ("y", "3")], [("x", "4")]):
        made = omero.model.MapAnnotationI()
        made.setMapValue([omero.model.NamedValue(*pair) for pair in pairs])
        save(conn, made, ns="client utils/map")
    manager = MapAnnotationManager()
    manager.add_from_namespace_query(conn.c.sf, "client utils/map", ["k"])
    assert [each.kvpairs for each in manager.get_map_annotations()] == [[("k", "1"), ("x", "2"), ("y", "3")]]
