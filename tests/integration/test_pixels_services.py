"""RawPixelsStore, RenderingEngine, ThumbnailStore, IPixels and IRenderingSettings on a running server."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import update

import omero
import omero.model
import omero.romio
import omero.sys
from omero.constants.projection import ProjectionType
from omero.rtypes import rdouble, rint
from omero_server.db.engine import Database
from omero_server.db.tables import TABLES
from tests.support.instance import Instance
from tests.support.people import logged_in, make_group, make_user

SIZE_X, SIZE_Y, SIZE_Z, SIZE_T = 40, 30, 3, 2


@dataclass
class Made:
    """An image written through the API; data has the axes t, c, z, y, x and is big-endian."""

    image: int
    pixels: int
    data: np.ndarray[Any, Any]


def pixels_of(session: Any, image: int) -> Any:
    """The Pixels of an image, with the image."""
    query = "select p from Pixels p join fetch p.image where p.image.id = :id"
    return session.getQueryService().findByQuery(query, omero.sys.ParametersI().addId(image))


def make_image(session: Any, channels: int = 2, pixel_type: str = "uint16", written: bool = True) -> Made:
    """A new image with random pixels, or without any."""
    service = session.getPixelsService()
    kind = service.getEnumeration("PixelsType", pixel_type)
    made = service.createImage(SIZE_X, SIZE_Y, SIZE_Z, SIZE_T, list(range(channels)), kind, "made", "by a test")
    pixels = pixels_of(session, made.val).id.val
    shape = SIZE_T, channels, SIZE_Z, SIZE_Y, SIZE_X
    dtype = np.dtype(pixel_type).newbyteorder(">")
    data = np.random.default_rng(made.val).integers(0, 200, shape).astype(dtype)
    if written:
        store = session.createRawPixelsStore()
        store.setPixelsId(pixels, False)
        for t, c, z in np.ndindex(shape[:3]):
            store.setPlane(data[t, c, z].tobytes(), z, c, t)
        store.close()
    return Made(made.val, pixels, data)


@pytest.fixture(scope="module")
def root(instance: Instance) -> Iterator[Any]:
    with logged_in(instance) as session:
        yield session


@pytest.fixture(scope="module")
def made(root: Any) -> Made:
    return make_image(root)


@pytest.fixture
def store(root: Any, made: Made) -> Iterator[Any]:
    store = root.createRawPixelsStore()
    store.setPixelsId(made.pixels, False)
    yield store
    store.close()


def engine_for(session: Any, pixels: int) -> Any:
    """A ready engine; settings are made where there are none."""
    engine = session.createRenderingEngine()
    engine.lookupPixels(pixels)
    if not engine.lookupRenderingDef(pixels):
        engine.resetDefaultSettings(True)
        assert engine.lookupRenderingDef(pixels)
    engine.load()
    return engine


def plane(z: int = 0, t: int = 0, **more: Any) -> Any:
    return omero.romio.PlaneDef(slice=0, x=0, y=0, z=z, t=t, region=None, stride=0, **more)


def picture(jpeg: bytes) -> Any:
    return Image.open(io.BytesIO(jpeg))


def test_every_read_gives_the_bytes_of_its_part(store: Any, made: Made) -> None:
    data = made.data
    assert store.getPlane(1, 1, 1) == data[1, 1, 1].tobytes()
    assert store.getRow(5, 1, 0, 1) == data[1, 0, 1, 5].tobytes()
    assert store.getCol(7, 2, 1, 0) == data[0, 1, 2, :, 7].tobytes()
    assert store.getStack(1, 0) == data[0, 1].tobytes()
    assert store.getTimepoint(1) == data[1].tobytes()
    assert store.getTile(0, 1, 0, 3, 4, 10, 9) == data[0, 1, 0, 4:13, 3:13].tobytes()
    assert store.getRegion(5001, 333) == data.tobytes()[333:5334]
    assert store.getPlaneRegion(2, 1, 1, 100, 70) == data[1, 1, 2].ravel()[70:170].tobytes()
    cube = store.getHypercube([1, 2, 0, 1, 0], [20, 21, 3, 1, 2], [3, 2, 2, 1, 1])
    assert cube == data[:, 1:2, ::2, 2:23:2, 1:21:3].tobytes()


def test_sizes_and_offsets_are_in_bytes(store: Any) -> None:
    row, plane_size = SIZE_X * 2, SIZE_X * SIZE_Y * 2
    assert (store.getByteWidth(), store.isSigned(), store.isFloat()) == (2, False, False)
    assert (store.getRowSize(), store.getPlaneSize()) == (row, plane_size)
    assert store.getTotalSize() == plane_size * SIZE_Z * 2 * SIZE_T
    assert store.getRowOffset(3, 1, 1, 1) == 3 * row + (1 + 1 * SIZE_Z + 1 * SIZE_Z * 2) * plane_size
    assert store.getTileSize() == [SIZE_X, SIZE_Y]


def test_digest_and_statistics(store: Any, made: Made, root: Any) -> None:
    digest = hashlib.sha1(made.data.tobytes(), usedforsecurity=False)
    assert store.calculateMessageDigest() == digest.digest()
    assert root.getPixelsService().retrievePixDescription(made.pixels).sha1.val == digest.hexdigest()
    middle = made.data[0, 1, 1]
    assert store.findMinMax([1]) == {1: [float(middle.min()), float(middle.max())]}
    counts = store.getHistogram([0], 16, False, plane(z=2))
    assert len(counts[0]) == 16 and sum(counts[0]) == SIZE_X * SIZE_Y


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (omero.ApiUsageException, lambda store: store.getPlane(SIZE_Z, 0, 0)),
        (omero.ApiUsageException, lambda store: store.getTile(0, 0, 0, 39, 0, 2, 1)),
        (omero.ApiUsageException, lambda store: store.getPlaneOffset(0, 5, 0)),
        (omero.InternalException, lambda store: store.getHypercube([0], [1], [1])),
        (omero.ApiUsageException, lambda store: store.setResolutionLevel(1)),
        (omero.ApiUsageException, lambda store: store.setPlane(b"", 0, 0, 0)),
        (omero.ValidationException, lambda store: store.setPixelsId(2**40, False)),
    ],
)
def test_what_is_not_there_is_refused(store: Any, error: type[Exception], call: Callable[[Any], Any]) -> None:
    with pytest.raises(error):
        call(store)


def test_a_store_without_pixels_says_what_to_do(root: Any) -> None:
    store = root.createRawPixelsStore()
    assert store.getCurrentEventContext().userName == "root"
    with pytest.raises(omero.ApiUsageException, match="setPixelsId"):
        store.getPlane(0, 0, 0)


def test_writing_in_parts(root: Any) -> None:
    made = make_image(root, channels=1, written=False)
    store = root.createRawPixelsStore()
    store.setPixelsId(made.pixels, False)
    with pytest.raises(omero.LockTimeout):
        store.getPlane(0, 0, 0)
    assert store.getTileSize() == [SIZE_X, SIZE_Y] and store.getResolutionLevels() == 1
    assert not store.requiresPixelsPyramid()
    data = made.data
    for t in range(SIZE_T):
        store.setStack(data[t, 0].tobytes(), 0, 0, t)
    store.setTile(b"\1\2" * 6, 1, 0, 1, 5, 6, 3, 2)
    store.setRow(b"\3\4" * SIZE_X, 29, 2, 0, 1)
    data[1, 0, 1, 6:8, 5:8] = 0x0102
    data[1, 0, 2, 29] = 0x0304
    with pytest.raises(omero.ResourceError):
        store.setPlane(b"too short", 0, 0, 0)
    assert store.getTimepoint(1) == data[1].tobytes()
    saved = store.save()
    assert saved.sha1.val == hashlib.sha1(data.tobytes(), usedforsecurity=False).hexdigest()
    assert store.save() is None
    store.close()


def test_rendering_agrees_in_all_forms(root: Any, made: Made) -> None:
    engine = engine_for(root, made.pixels)
    engine.setActive(1, False)
    engine.setRGBA(0, 255, 0, 0, 255)
    engine.setChannelWindow(0, 0.0, 200.0)
    packed = np.array(engine.renderAsPackedInt(plane(z=1, t=1)), np.int64).reshape(SIZE_Y, SIZE_X)
    bands = engine.render(plane(z=1, t=1))
    red = np.frombuffer(bands.bands[0], np.uint8).reshape(SIZE_Y, SIZE_X)
    assert (bands.sizeX1, bands.sizeX2) == (SIZE_X, SIZE_Y)
    assert np.array_equal((packed >> 16) & 255, red) and not (packed & 0xFFFF).any()
    raw = made.data[1, 0, 1].astype(int)
    assert red[raw == raw.max()].max() > 200 and red[raw == raw.min()].max() < 10
    decoded = picture(engine.renderCompressed(plane(z=1, t=1)))
    assert decoded.size == (SIZE_X, SIZE_Y)
    region = plane(z=1, t=1)
    region.region = omero.romio.RegionDef(10, 20, 100, 5)
    assert np.array_equal(
        np.array(engine.renderAsPackedInt(region), np.int64).reshape(5, 30), packed[20:25, 10:]
    )  # fmt: skip
    engine.close()


def test_projection_of_the_maximum(root: Any, made: Made) -> None:
    engine = engine_for(root, made.pixels)
    engine.setActive(1, False)
    engine.setRGBA(0, 255, 0, 0, 255)
    whole = engine.renderProjectedAsPackedInt(ProjectionType.MAXIMUMINTENSITY, 0, 1, 0, SIZE_Z - 1)
    planes = [np.array(engine.renderAsPackedInt(plane(z=z)), np.int64) & 0xFFFFFF for z in range(SIZE_Z)]
    assert np.array_equal(np.array(whole, np.int64) & 0xFFFFFF, np.max(planes, axis=0))
    jpeg = engine.renderProjectedCompressed(ProjectionType.MEANINTENSITY, 0, 1, 0, SIZE_Z - 1)
    assert picture(jpeg).size == (SIZE_X, SIZE_Y)
    with pytest.raises(omero.ValidationException):
        engine.renderProjectedCompressed(ProjectionType.SUMINTENSITY, 0, 1, 0, SIZE_Z)
    engine.close()


def test_settings_survive_saving(root: Any) -> None:
    made = make_image(root)
    engine = engine_for(root, made.pixels)
    first = engine.getRenderingDefId()
    engine.setChannelWindow(0, 5.5, 99.0)
    engine.setRGBA(1, 1, 2, 3, 4)
    engine.setActive(1, False)
    engine.setChannelLookupTable(0, "fire.lut")
    engine.addCodomainMapToChannel(omero.romio.ReverseIntensityMapContext(), 0)
    family = {f.value.val: f for f in engine.getAvailableFamilies()}["exponential"]
    engine.setQuantizationMap(1, family, 2.5, True)
    engine.setModel({m.value.val: m for m in engine.getAvailableModels()}["greyscale"])
    engine.setDefaultZ(2)
    engine.setQuantumStrategy(127)
    engine.setCodomainInterval(10, 200)
    engine.saveCurrentSettings()
    again = engine_for(root, made.pixels)
    assert again.getRenderingDefId() == first
    assert (again.getChannelWindowStart(0), again.getChannelWindowEnd(0)) == (5.5, 99.0)
    assert (again.getRGBA(1), again.isActive(1), again.getChannelLookupTable(0)) == ([1, 2, 3, 4], False, "fire.lut")
    assert len(again.getCodomainMapContext(0)) == 1 and again.getCodomainMapContext(1) == []
    assert (again.getChannelFamily(1).value.val, again.getChannelCurveCoefficient(1)) == ("exponential", 2.5)
    assert again.getChannelNoiseReduction(1)
    quantum = again.getQuantumDef()
    assert (quantum.bitResolution.val, quantum.cdStart.val, quantum.cdEnd.val) == (127, 10, 200)
    assert (again.getModel().value.val, again.getDefaultZ()) == ("greyscale", 2)
    again.setChannelLookupTable(0, "")
    again.removeCodomainMap(omero.romio.ReverseIntensityMapContext())
    second = again.saveAsNewSettings()
    assert second != first
    graph = root.getPixelsService().retrieveRndSettings(made.pixels)
    assert graph.id.val == second and graph.getChannelBinding(0).lookupTable is None
    assert graph.getChannelBinding(0).sizeOfSpatialDomainEnhancement() == 0
    assert len(root.getPixelsService().retrieveAllRndSettings(made.pixels, -1)) == 2
    engine.close()
    again.close()


def test_the_engine_asks_for_its_steps_in_order(root: Any, made: Made) -> None:
    engine = root.createRenderingEngine()
    with pytest.raises(omero.ApiUsageException, match="lookupPixels"):
        engine.load()
    engine.lookupPixels(made.pixels)
    with pytest.raises(omero.ApiUsageException, match="lookupRenderingDef"):
        engine.renderCompressed(plane())
    with pytest.raises(omero.ValidationException):
        engine.loadRenderingDef(2**40)
    with pytest.raises(omero.ValidationException):
        engine.lookupPixels(2**40)
    engine.close()


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (omero.ApiUsageException, lambda engine: engine.setQuantumStrategy(5)),
        (omero.ApiUsageException, lambda engine: engine.setCodomainInterval(9, 3)),
        (omero.InternalException, lambda engine: engine.setActive(7, True)),
        (omero.InternalException, lambda engine: engine.renderCompressed(plane(z=SIZE_Z))),
        (omero.InternalException, lambda engine: engine.addCodomainMap(omero.romio.CodomainMapContext())),
    ],
)
def test_a_refused_setting_changes_nothing(
    root: Any, made: Made, error: type[Exception], call: Callable[[Any], Any]
) -> None:
    engine = engine_for(root, made.pixels)
    before = engine.renderAsPackedInt(plane())
    with pytest.raises(error):
        call(engine)
    assert engine.renderAsPackedInt(plane()) == before
    engine.close()


def test_update_settings_takes_what_is_set(root: Any, made: Made) -> None:
    engine = engine_for(root, made.pixels)
    given = omero.model.RenderingDefI()
    binding = omero.model.ChannelBindingI()
    binding.inputStart, binding.inputEnd = rdouble(3), rdouble(4)
    binding.red = rint(9)
    given.addChannelBinding(binding)
    color = engine.getRGBA(0)
    engine.updateSettings(given)
    assert (engine.getChannelWindowStart(0), engine.getChannelWindowEnd(0)) == (3, 4)
    assert engine.getRGBA(0) == color, "a colour counts only when all its parts are set"
    engine.close()


def test_a_thumbnail_is_kept_until_settings_change(root: Any, instance: Instance) -> None:
    made = make_image(root)
    thumbnails = root.createThumbnailStore()
    assert not thumbnails.setPixelsId(made.pixels)
    with pytest.raises(omero.ResourceError):
        thumbnails.getThumbnail(rint(20), rint(15))
    thumbnails.resetDefaults()
    assert thumbnails.setPixelsId(made.pixels)
    assert not thumbnails.thumbnailExists(rint(20), rint(15))
    first = thumbnails.getThumbnailByLongestSide(rint(20))
    assert picture(first).size == (20, 15)
    assert thumbnails.thumbnailExists(rint(20), rint(15))
    files = [path for path in (instance.config.data_dir / "Thumbnails").rglob("*") if path.is_file()]
    kept = next(path for path in files if path.read_bytes() == first)
    engine = engine_for(root, made.pixels)
    engine.setRGBA(0, 0, 0, 255, 255)
    engine.saveCurrentSettings()
    engine.close()
    thumbnails.setPixelsId(made.pixels)
    assert not thumbnails.thumbnailExists(rint(20), rint(15))
    second = thumbnails.getThumbnailByLongestSide(rint(20))
    assert second != first and kept.read_bytes() == second
    kept.write_bytes(second[:-10])
    assert thumbnails.getThumbnailByLongestSide(rint(20)) == second, "half a file is drawn again"
    thumbnails.close()


def test_thumbnails_of_many_images(root: Any, made: Made) -> None:
    other, empty = make_image(root, channels=1), make_image(root, written=False)
    thumbnails = root.createThumbnailStore()
    ids = [made.pixels, other.pixels, empty.pixels, 2**40]
    found = thumbnails.getThumbnailByLongestSideSet(rint(20), ids)
    assert sorted(found) == sorted(ids[:3]), "an unknown id is left out"
    assert {picture(jpeg).size for jpeg in found.values()} == {(20, 15)}
    assert found == thumbnails.getThumbnailByLongestSideSet(rint(20), ids)
    assert picture(thumbnails.getThumbnailSet(None, None, [other.pixels])[other.pixels]).size == (48, 48)
    with pytest.raises(omero.ApiUsageException):
        thumbnails.getThumbnailSet(rint(-1), None, ids)
    thumbnails.setPixelsId(made.pixels)
    sections = [thumbnails.getThumbnailForSectionByLongestSideDirect(z, 0, rint(20)) for z in range(SIZE_Z)]
    assert len(set(sections)) == SIZE_Z
    thumbnails.close()


def test_settings_are_copied_to_what_they_fit(root: Any) -> None:
    source, target, other = make_image(root), make_image(root), make_image(root, channels=3)
    engine = engine_for(root, source.pixels)
    engine.setChannelWindow(1, 7.0, 8.0)
    engine.saveCurrentSettings()
    engine.close()
    service = root.getRenderingSettingsService()
    images = [source.image, target.image, other.image]
    assert service.applySettingsToImages(source.pixels, images) == {True: images[:2], False: images[2:]}
    copied = service.getRenderingSettings(target.pixels)
    assert copied.getChannelBinding(1).inputEnd.val == 8.0
    assert service.applySettingsToPixels(source.pixels, target.pixels)
    assert not service.applySettingsToImage(source.pixels, other.image)
    with pytest.raises(omero.ValidationException):
        service.applySettingsToImage(2**40, target.image)


def test_resets_in_containers(root: Any) -> None:
    made, empty = make_image(root), make_image(root, written=False)
    service = root.getUpdateService()
    dataset = omero.model.DatasetI()
    dataset.name = omero.rtypes.rstring("of the resets")
    dataset = service.saveAndReturnObject(dataset)
    for image in (made.image, empty.image):
        link = omero.model.DatasetImageLinkI()
        link.parent, link.child = omero.model.DatasetI(dataset.id.val, False), omero.model.ImageI(image, False)
        service.saveObject(link)
    service = root.getRenderingSettingsService()
    assert service.resetDefaultsInDataset(dataset.id.val) == [made.image], "there is nothing to read in the other"
    assert service.getRenderingSettings(made.pixels).getChannelBinding(0).inputEnd.val < 200
    assert service.setOriginalSettingsInSet("Dataset", [dataset.id.val]) == sorted([made.image, empty.image])
    assert service.getRenderingSettings(made.pixels).getChannelBinding(0).inputEnd.val == 65535
    root.getPixelsService().setChannelGlobalMinMax(made.pixels, 0, 11.0, 22.0)
    assert service.resetMinMaxInSet("omero.model.Image", [made.image]) == [made.pixels]
    assert service.getRenderingSettings(made.pixels).getChannelBinding(0).inputStart.val == 11.0
    with pytest.raises(omero.ApiUsageException):
        service.resetDefaultsInSet("Roi", [1])


def test_copies_of_images(root: Any, made: Made) -> None:
    service = root.getPixelsService()
    service.setChannelGlobalMinMax(made.pixels, 1, 1.0, 2.0)
    made_id = service.copyAndResizeImage(made.image, rint(10), None, None, rint(1), [1], "a copy", True).val
    copy = pixels_of(root, made_id)
    assert (copy.sizeX.val, copy.sizeY.val, copy.sizeT.val, copy.sizeC.val) == (10, SIZE_Y, 1, 1)
    assert copy.image.name.val == "a copy"
    assert service.retrievePixDescription(copy.id.val).getChannel(0).statsInfo.globalMax.val == 2.0
    for sizes, channels in (((rint(-1), None), [0]), ((None, None), []), ((None, None), [5])):
        with pytest.raises(omero.ValidationException):
            service.copyAndResizePixels(made.pixels, *sizes, None, None, channels, None, False)


@pytest.mark.parametrize(("permissions", "may_save"), [("rwr---", False), ("rwra--", True)])
def test_settings_and_pixels_of_others(instance: Instance, root: Any, permissions: str, may_save: bool) -> None:
    group = make_group(root, permissions)
    owner, viewer = make_user(root, group), make_user(root, group)
    with logged_in(instance, owner) as session:
        made = make_image(session)
        theirs = engine_for(session, made.pixels).getRenderingDefId()
    with logged_in(instance, viewer) as session:
        engine = engine_for(session, made.pixels)
        assert engine.getRenderingDefId() == theirs
        assert picture(engine.renderCompressed(plane())).size == (SIZE_X, SIZE_Y)
        thumbnails = session.createThumbnailStore()
        assert thumbnails.setPixelsId(made.pixels)
        assert picture(thumbnails.getThumbnailByLongestSide(rint(20))).size == (20, 15)
        assert thumbnails.thumbnailExists(rint(20), rint(15)) is may_save
        if may_save:
            engine.saveCurrentSettings()
            assert engine.getRenderingDefId() != theirs
        else:
            with pytest.raises(omero.ReadOnlyGroupSecurityViolation):
                engine.saveCurrentSettings()
        engine.lookupPixels(made.pixels)
        engine.loadRenderingDef(theirs)
        with pytest.raises(omero.SecurityViolation):
            engine.saveCurrentSettings()
        with pytest.raises(omero.SecurityViolation):
            session.getPixelsService().setChannelGlobalMinMax(made.pixels, 0, 1.0, 2.0)
    assert root.getPixelsService().loadRndSettings(theirs, {"omero.group": "-1"}).version.val == 0


def test_pixels_of_a_private_group_are_hidden(instance: Instance, root: Any) -> None:
    group = make_group(root, "rw----")
    owner, viewer = make_user(root, group), make_user(root, group)
    with logged_in(instance, owner) as session:
        made = make_image(session)
    with logged_in(instance, viewer) as session:
        with pytest.raises(omero.ValidationException):
            session.createRawPixelsStore().setPixelsId(made.pixels, False)
        with pytest.raises(omero.ValidationException):
            session.createRenderingEngine().lookupPixels(made.pixels)
        with pytest.raises(omero.ResourceError):
            session.createThumbnailStore().setPixelsId(made.pixels)
        assert session.createThumbnailStore().getThumbnailSet(rint(9), rint(9), [made.pixels]) == {}
        assert session.getPixelsService().retrievePixDescription(made.pixels) is None


@pytest.fixture(scope="module")
def tiled(root: Any, instance: Instance) -> Made:
    """Pixels in a simulated file with three resolution levels of 512, 256 and 128 pixels."""
    made = make_image(root, channels=1, pixel_type="uint8", written=False)
    name = "levels&sizeX=512&sizeY=512&sizeZ=3&sizeT=2&resolutions=3.fake"
    (instance.config.data_dir / name).touch()
    pixels = TABLES["pixels"]
    with Database(instance.uri).begin() as db:
        changed = update(pixels).where(pixels.c.id == made.pixels)
        db.execute(changed.values(path="", name=name, sizex=512, sizey=512))
    return made


def test_resolution_levels_count_from_the_smallest(root: Any, tiled: Made) -> None:
    store = root.createRawPixelsStore()
    store.setPixelsId(tiled.pixels, False)
    assert [(one.sizeX, one.sizeY) for one in store.getResolutionDescriptions()] == [(512, 512), (256, 256), (128, 128)]
    assert (store.getResolutionLevels(), store.getResolutionLevel()) == (3, 2)
    assert len(store.getTile(0, 0, 0, 500, 500, 12, 12)) == 144
    store.setResolutionLevel(0)
    with pytest.raises(omero.ApiUsageException):
        store.getTile(0, 0, 0, 500, 500, 12, 12)
    assert len(store.getTile(0, 0, 0, 100, 100, 28, 28)) == 784
    with pytest.raises(omero.ApiUsageException):
        store.setResolutionLevel(3)
    with pytest.raises(omero.ResourceError, match="imported"):
        store.setPlane(bytes(512 * 512), 0, 0, 0)
    store.close()


def test_rendering_at_a_level(root: Any, tiled: Made) -> None:
    engine = engine_for(root, tiled.pixels)
    assert not engine.requiresPixelsPyramid()
    assert (engine.getResolutionLevels(), engine.getResolutionLevel()) == (3, 2)
    part = plane()
    part.region = omero.romio.RegionDef(64, 64, 100, 100)
    assert picture(engine.renderCompressed(part)).size == (100, 100)
    engine.setResolutionLevel(0)
    assert picture(engine.renderCompressed(part)).size == (64, 64), "cut to the level's 128 pixels"
    assert picture(engine.renderCompressed(plane())).size == (128, 128)
    engine.load()
    assert engine.getResolutionLevel() == 0, "the level stays when the engine is loaded again"
    engine.lookupPixels(tiled.pixels)
    engine.lookupRenderingDef(tiled.pixels)
    engine.load()
    assert engine.getResolutionLevel() == 2
    engine.close()


def test_a_missing_file_is_named(root: Any, instance: Instance, tiled: Made) -> None:
    made = make_image(root, channels=1, pixel_type="uint8", written=False)
    pixels = TABLES["pixels"]
    with Database(instance.uri).begin() as db:
        db.execute(update(pixels).where(pixels.c.id == made.pixels).values(path="nowhere", name="lost.tiff"))
    with pytest.raises(omero.ResourceError, match=r"lost\.tiff"):
        root.createRawPixelsStore().setPixelsId(made.pixels, False)
    thumbnails = root.createThumbnailStore().getThumbnailByLongestSideSet(rint(20), [made.pixels, tiled.pixels])
    assert list(thumbnails) == [tiled.pixels], "one bad image does not spoil the others"
