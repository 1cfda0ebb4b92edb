"""IRoi as clients call it: finding, points, statistics of real pixels, measurements, masks from pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import create_engine, text

import omero
import omero.api
import omero.model
from omero.rtypes import rdouble, rint, rlong, rstring
from tests.support.instance import Instance
from tests.support.people import logged_in, make_group, make_user

SIZE_X, SIZE_Y, SIZE_Z, SIZE_C, SIZE_T = 20, 16, 2, 2, 2
MEASUREMENT = "openmicroscopy.org/omero/measurement"
MANY = 100_000
MANY_ROIS = """
    INSERT INTO roi (id, permissions, owner_id, group_id, creation_id, update_id, version, image)
    SELECT :roi + i, -120, :owner, :group, 0, 0, 0, :image FROM generate_series(1, :n) i
"""
MANY_SHAPES = """
    INSERT INTO shape (id, permissions, owner_id, group_id, creation_id, update_id, version, discriminator, roi,
                       roi_index, x, y, width, height)
    SELECT :shape + i, -120, :owner, :group, 0, 0, 0, 'rect', :roi + i, 0, 1, 1, 2, 2 FROM generate_series(1, :n) i
"""


@dataclass
class World:
    """Two members of a private group; ann has an image with random pixels, data[t, c, z, y, x]."""

    instance: Instance
    ann: Any
    bob: Any
    image: int
    data: np.ndarray[Any, Any]

    @property
    def roi(self) -> Any:
        return self.ann.getRoiService()

    def save(self, obj: Any) -> Any:
        return self.ann.getUpdateService().saveAndReturnObject(obj)

    def draw(self, *shapes: Any, image: int | None = None) -> Any:
        """A new ROI with these shapes."""
        made = omero.model.RoiI()
        made.image = omero.model.ImageI(image or self.image, False)
        for shape in shapes:
            made.addShape(shape)
        return self.save(made)


def empty_image(session: Any, write: bool = True) -> tuple[int, np.ndarray[Any, Any]]:
    service = session.getPixelsService()
    kind = service.getEnumeration("PixelsType", "uint16")
    image = service.createImage(SIZE_X, SIZE_Y, SIZE_Z, SIZE_T, list(range(SIZE_C)), kind, "made", "").val
    query = "select p.id from Pixels p where p.image.id = :id"
    ((pixels,),) = session.getQueryService().projection(query, omero.sys.ParametersI().addId(image))
    data = np.random.default_rng(7).integers(0, 60000, (SIZE_T, SIZE_C, SIZE_Z, SIZE_Y, SIZE_X)).astype(">u2")
    if write:
        store = session.createRawPixelsStore()
        store.setPixelsId(pixels.val, False)
        for t, c, z in np.ndindex(data.shape[:3]):
            store.setPlane(data[t, c, z].tobytes(), z, c, t)
        store.close()
    return image, data


@pytest.fixture(scope="module")
def world(instance: Instance) -> Iterator[World]:
    with logged_in(instance) as root:
        group = make_group(root, "rw----")
        ann_name, bob_name = make_user(root, group), make_user(root, group)
    with logged_in(instance, ann_name) as ann, logged_in(instance, bob_name) as bob:
        image, data = empty_image(ann)
        yield World(instance, ann, bob, image, data)


def shape(kind: str, z: int | None = None, t: int | None = None, **values: Any) -> Any:
    made = getattr(omero.model, f"{kind}I")()
    for name, value in values.items():
        setattr(made, name, rstring(value) if isinstance(value, str) else rdouble(value))
    made.theZ, made.theT = (None if one is None else rint(one) for one in (z, t))
    return made


def rectangle(x: float, y: float, w: float, h: float, **plane: Any) -> Any:
    return shape("Rectangle", x=x, y=y, width=w, height=h, **plane)


def shape_ids(rois: list[Any]) -> list[list[int]]:
    return [[one.id.val for one in roi.copyShapes()] for roi in rois]


def test_rois_of_an_image_come_in_pages_with_shapes_and_folders(world: World) -> None:
    image = empty_image(world.ann, write=False)[0]
    rois = [world.draw(rectangle(0, 0, n + 1, 1, z=n % 2), shape("Point", x=1, y=1), image=image) for n in range(5)]
    empty = world.save(omero.model.RoiI())
    folder = omero.model.FolderI()
    folder.name = rstring("a folder")
    link = omero.model.FolderRoiLinkI()
    link.parent, link.child = folder, omero.model.RoiI(rois[0].id.val, False)
    world.save(link)
    found = world.roi.findByImage(image, None)
    assert [roi.id.val for roi in found.rois] == [roi.id.val for roi in rois]
    assert shape_ids(found.rois) == shape_ids(rois)
    assert found.rois[0].copyFolderLinks()[0].parent.name.val == "a folder"
    assert sorted(found.byZ) == [-1, 0, 1] and list(found.byT) == [-1]
    assert len(found.byZ[-1]) == 5 and len(found.byT[-1]) == 10
    assert found.byZ[0][0].roi.id.val == rois[0].id.val
    page = world.roi.findByImage(image, omero.api.RoiOptions(limit=rint(2), offset=rint(1)))
    assert [roi.id.val for roi in page.rois] == [roi.id.val for roi in rois[1:3]]
    assert page.opts.limit.val == 2
    user = world.ann.getAdminService().getEventContext().userId
    for owner, count in ((user, 5), (user + 1000, 0), (-1, 5)):
        options = omero.api.RoiOptions(userId=rlong(owner))
        assert len(world.roi.findByImage(image, options).rois) == count
    (one,) = world.roi.findByRoi(rois[2].id.val, None).rois
    assert shape_ids([one]) == shape_ids([rois[2]]) and not one.isFolderLinksLoaded()
    assert [r.id.val for r in world.roi.findByRoi(empty.id.val, None).rois] == [empty.id.val]
    assert world.roi.findByRoi(10**9, None).rois == []
    found = world.roi.findByImage(10**9, None)
    assert (found.rois, found.byZ, found.byT) == ([], {}, {})


def test_planes_show_their_own_shapes_and_those_of_all(world: World) -> None:
    image = empty_image(world.ann, write=False)[0]
    first = world.draw(rectangle(0, 0, 1, 1, z=0, t=0), rectangle(0, 0, 1, 1, z=1), image=image)
    second = world.draw(rectangle(0, 0, 1, 1), image=image)
    everywhere, (on_plane, on_z) = shape_ids([second]), shape_ids([first])[0]
    assert shape_ids(world.roi.findByPlane(image, 0, 0, None).rois) == [[on_plane], *everywhere]
    assert shape_ids(world.roi.findByPlane(image, 1, 5, None).rois) == [[on_z], *everywhere]
    assert shape_ids(world.roi.findByPlane(image, 0, 1, None).rois) == everywhere


def test_nothing_of_a_private_group_is_shown_to_others(world: World) -> None:
    roi = world.draw(rectangle(0, 0, 2, 2))
    (one,) = shape_ids([roi])[0]
    service = world.bob.getRoiService()
    assert service.findByImage(world.image, None).rois == service.findByRoi(roi.id.val, None).rois == []
    for refused in (
        lambda: service.getPoints(one),
        lambda: service.getShapeStats(one),
        lambda: service.getRoiStats(roi.id.val),
        lambda: service.getShapeStatsRestricted([one], 0, 0, []),
        lambda: service.uploadMask(world.image, 0, 0, b""),
    ):
        with pytest.raises(omero.ApiUsageException):
            refused()


def points(world: World, one: Any) -> set[tuple[int, int]]:
    ((saved,),) = shape_ids([world.draw(one)])
    found = world.roi.getPoints(saved)
    return set(zip(found.x, found.y, strict=True))


def test_points_of_every_kind_of_shape(world: World) -> None:
    square = {(x, y) for x in (2, 3) for y in (5, 6)}
    assert points(world, rectangle(2, 5, 2, 2)) == square
    assert points(world, shape("Polygon", points="2,5 4,5 4,7 2,7")) == square
    assert points(world, shape("Path", d="M2 5h2v2h-2z")) == square
    assert points(world, shape("Polyline", points="2,5 4,5 4,7")) == {(2, 5), (3, 5), (4, 5), (4, 6), (4, 7)}
    assert points(world, shape("Line", x1=0.0, y1=0.0, x2=2.0, y2=2.0)) == {(0, 0), (1, 1), (2, 2)}
    assert points(world, shape("Point", x=3.7, y=4.2)) == {(3, 4)}
    assert points(world, shape("Label", x=3.0, y=4.0, textValue="x")) == {(3, 4)}
    assert points(world, shape("Ellipse", x=5.0, y=5.0, radiusX=1.5, radiusY=1.5)) == {
        (x, y) for x in (4, 5, 6) for y in (4, 5, 6)
    }
    mask = shape("Mask", x=10.0, y=11.0, width=3.0, height=2.0)
    mask.bytes = np.packbits([1, 0, 0, 0, 1, 1]).tobytes()
    assert points(world, mask) == {(10, 11), (11, 12), (12, 12)}
    moved = rectangle(0, 0, 2, 2)
    moved.transform = omero.model.AffineTransformI()
    for name, value in zip(("a00", "a10", "a01", "a11", "a02", "a12"), (1, 0, 0, 1, 2, 5), strict=True):
        setattr(moved.transform, name, rdouble(value))
    assert points(world, moved) == square


def test_shapes_that_cannot_be_drawn_are_named(world: World) -> None:
    for wrong in (shape("Polygon", points="1,2 x"), shape("Path", d="nonsense"), rectangle(0, 0, 1e9, 1e9),
                  shape("Rectangle", x=1.0)):  # fmt: skip
        ((saved,),) = shape_ids([world.draw(wrong)])
        with pytest.raises(omero.ApiUsageException, match=str(saved)):
            world.roi.getPoints(saved)
    with pytest.raises(omero.ApiUsageException, match="no shape"):
        world.roi.getPoints(10**9)


def check_stats(stats: Any, values: np.ndarray[Any, Any], channel: int) -> None:
    """Compare one channel with numpy."""
    at = list(stats.channelIds).index(channel)
    values = values.astype(np.float64)
    found = [getattr(stats, name)[at] for name in ("pointsCount", "min", "max", "sum", "mean", "stdDev")]
    expected = [values.size, values.min(), values.max(), values.sum(), values.mean(), values.std(ddof=1)]
    assert found == pytest.approx(expected)


def test_statistics_over_all_planes_that_a_shape_covers(world: World) -> None:
    on_plane, everywhere = rectangle(2, 3, 4, 5, z=1, t=0), rectangle(18, 14, 10, 10)
    roi = world.draw(on_plane, everywhere)
    first, second = shape_ids([roi])[0]
    stats = world.roi.getShapeStats(first)
    assert list(stats.channelIds) == [0, 1] and stats.shapeId == first
    for c in range(SIZE_C):
        check_stats(stats, world.data[0, c, 1, 3:8, 2:6], c)
    found = world.roi.getShapeStatsList([second, first])
    assert [one.shapeId for one in found] == [second, first]
    check_stats(found[0], world.data[:, 1, :, 14:, 18:], 1)
    whole = world.roi.getRoiStats(roi.id.val)
    assert (whole.roiId, whole.imageId, whole.combined) == (roi.id.val, world.image, None)
    assert [one.shapeId for one in whole.perShape] == [first, second]
    ((pixels,),) = world.ann.getQueryService().projection(
        "select p.id from Pixels p where p.image.id = :id", omero.sys.ParametersI().addId(world.image)
    )
    assert whole.pixelsId == pixels.val


def test_restricted_statistics_and_what_they_refuse(world: World) -> None:
    roi = world.draw(rectangle(2, 3, 4, 5), rectangle(0, 0, 3, 3, z=1))
    ids = shape_ids([roi])[0]
    free, bound = world.roi.getShapeStatsRestricted(ids, 0, 1, [1])
    check_stats(free, world.data[1, 1, 0, 3:8, 2:6], 1)
    check_stats(bound, world.data[1, 1, 1, :3, :3], 1)
    assert list(free.channelIds) == [1]
    assert list(world.roi.getShapeStatsRestricted(ids, 0, 0, [])[0].channelIds) == [0, 1]
    other = world.draw(rectangle(0, 0, 1, 1), image=empty_image(world.ann, write=False)[0])
    nowhere = world.save(omero.model.RoiI())
    for arguments in (
        ([], 0, 0, []),
        ([*ids, 10**9], 0, 0, []),
        ([*ids, *shape_ids([other])[0]], 0, 0, []),
        (ids, SIZE_Z, 0, []),
        (ids, 0, -1, []),
        (ids, 0, 0, [SIZE_C]),
    ):
        with pytest.raises(omero.ApiUsageException):
            world.roi.getShapeStatsRestricted(*arguments)
    for refused in (lambda: world.roi.getShapeStatsList([]), lambda: world.roi.getRoiStats(nowhere.id.val)):
        with pytest.raises(omero.ApiUsageException):
            refused()


def test_measurements_are_found_from_image_and_plate(world: World) -> None:
    image = empty_image(world.ann, write=False)[0]
    rois = [world.draw(rectangle(0, 0, 1, 1), image=image) for _ in range(2)]
    annotations = []
    for roi in rois:
        annotation = omero.model.FileAnnotationI()
        annotation.ns = rstring(MEASUREMENT)
        annotation.file = omero.model.OriginalFileI()
        annotation.file.name, annotation.file.path = rstring("m"), rstring("/")
        link = omero.model.RoiAnnotationLinkI()
        link.parent, link.child = omero.model.RoiI(roi.id.val, False), annotation
        annotations.append(world.save(link).child.id.val)
    found = world.roi.getRoiMeasurements(image, None)
    assert sorted(one.id.val for one in found) == annotations
    assert found[0].file.name.val == "m" and found[0].details.owner.isLoaded()
    measured = world.roi.getMeasuredRois(image, annotations[1], None)
    assert shape_ids(measured.rois) == shape_ids(rois[1:])
    several = world.roi.getMeasuredRoisMap(image, [*annotations, -1], None)
    assert [[roi.id.val for roi in several[one].rois] for one in annotations] == [[roi.id.val] for roi in rois]
    assert several[-1].rois == world.roi.getMeasuredRois(image, -1, None).rois == []
    assert world.bob.getRoiService().getRoiMeasurements(image, None) == []
    table = world.roi.getTable(annotations[0])
    with pytest.raises(omero.ApiUsageException, match="Not yet initialized"):
        table.getHeaders()
    table.close()


def png(pixels: np.ndarray[Any, Any]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_each_colour_of_a_picture_becomes_a_mask(world: World) -> None:
    image = empty_image(world.ann, write=False)[0]
    picture = np.zeros((SIZE_Y, SIZE_X, 3), np.uint8)
    picture[2:5, 3:7] = (255, 0, 0)
    picture[3, 4] = 0
    picture[10, 12] = (0, 0, 255)
    world.roi.uploadMask(image, 1, -1, png(picture))
    rois = world.roi.findByImage(image, None).rois
    masks = {one.fillColor.val: one for roi in rois for one in roi.copyShapes()}
    assert len(rois) == 2 and sorted(masks) == [0xFF0000FF - (1 << 32), 0x0000FFFF]
    red, blue = masks[0xFF0000FF - (1 << 32)], masks[0x0000FFFF]
    assert [one.val for one in (red.x, red.y, red.width, red.height)] == [3, 2, 4, 3]
    assert red.bytes == np.packbits([1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]).tobytes()
    assert red.locked.val and red.theZ.val == 1 and red.theT is None
    assert len(blue.bytes) == 1
    found = world.roi.getPoints(red.id.val)
    rows, columns = np.nonzero(picture[..., 0])
    assert list(zip(found.y, found.x, strict=True)) == list(zip(rows, columns, strict=True))
    world.roi.uploadMask(image, 0, 0, png(np.zeros((4, 4), np.uint8)))
    assert len(world.roi.findByImage(image, None).rois) == 2
    for wrong in (b"", b"no picture", png(picture)[:60]):
        with pytest.raises(omero.ApiUsageException, match="PNG"):
            world.roi.uploadMask(image, 0, 0, wrong)
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8)
    with pytest.raises(omero.ApiUsageException, match="colours"):
        world.roi.uploadMask(image, 0, 0, png(noise))


def test_a_page_of_a_hundred_thousand_rois_is_quick(world: World) -> None:
    image = empty_image(world.ann, write=False)[0]
    context = world.ann.getAdminService().getEventContext()
    engine = create_engine(world.instance.uri.replace("postgresql://", "postgresql+psycopg2://", 1))
    given: dict[str, Any] = {"owner": context.userId, "group": context.groupId, "image": image, "n": MANY}
    with engine.begin() as db:
        # Without the triggers, which make a note for the search of each of these rows.
        db.execute(text("ALTER TABLE roi DISABLE TRIGGER USER; ALTER TABLE shape DISABLE TRIGGER USER"))
        for kind in ("roi", "shape"):
            sequence = {"s": f"seq_{kind}", "n": MANY}
            given[kind] = db.execute(text("SELECT ome_nextval(:s, :n)"), sequence).scalar_one() - MANY
        db.execute(text(MANY_ROIS), given)
        db.execute(text(MANY_SHAPES), given)
        db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        db.execute(text("ALTER TABLE roi ENABLE TRIGGER USER; ALTER TABLE shape ENABLE TRIGGER USER"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("ANALYZE roi, shape"))
    engine.dispose()
    started = monotonic()
    page = world.roi.findByImage(image, omero.api.RoiOptions(limit=rint(50), offset=rint(MANY - 1000)))
    assert monotonic() - started < 3
    assert len(page.rois) == 50 and all(len(one) == 1 for one in shape_ids(page.rois))
