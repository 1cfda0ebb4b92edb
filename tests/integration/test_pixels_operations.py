"""Operations of the services for pixels that few clients call, on a running server."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import omero
import omero.model
import omero.romio
from omero.rtypes import rint, rstring
from omero_server.repository.layout import Layout
from tests.support.instance import Instance
from tests.support.painted import Painted, engine_for, paint, pixels_id_of, plane
from tests.support.people import logged_in, make_group, make_user

SIZE_T, SIZE_C, SIZE_Z, SIZE_Y, SIZE_X = 2, 2, 3, 20, 30
PLANE = SIZE_X * SIZE_Y * 2


@pytest.fixture(scope="module")
def root(instance: Instance) -> Iterator[Any]:
    with logged_in(instance) as session:
        yield session


def numbers() -> Any:
    return np.random.default_rng(9).integers(0, 200, (SIZE_T, SIZE_C, SIZE_Z, SIZE_Y, SIZE_X))


@pytest.fixture
def painted(root: Any) -> Painted:
    return paint(root, numbers(), "uint16")


def dataset_of(session: Any, project: bool, *images: int) -> int:
    """A dataset with images; with `project` the project that it is in."""
    service = session.getUpdateService()
    dataset = omero.model.DatasetI()
    dataset.name = rstring("of settings")
    for image in images:
        dataset.linkImage(omero.model.ImageI(image, False))
    dataset = service.saveAndReturnObject(dataset)
    if not project:
        return int(dataset.id.val)
    above = omero.model.ProjectI()
    above.name = rstring("of settings")
    above.linkDataset(omero.model.DatasetI(dataset.id.val, False))
    return int(service.saveAndReturnObject(above).id.val)


def test_pixels_in_large_pieces(instance: Instance, root: Any) -> None:
    service = root.getPixelsService()
    kind = service.getEnumeration("PixelsType", "uint16")
    image = service.createImage(SIZE_X, SIZE_Y, SIZE_Z, SIZE_T, [0, 1], kind, "pieces", "").val
    pixels, data = pixels_id_of(root, image), numbers().astype(">u2")
    store = root.createRawPixelsStore()
    store.setPixelsId(pixels, False)
    assert store.getPixelsId() == pixels
    assert Path(store.getPixelsPath()) == Layout.of(instance.config).pixels(pixels)
    store.setTimepoint(data[0].tobytes(), 0)
    raw = data[1].tobytes()
    start = store.getTimepointOffset(1)
    assert start == SIZE_C * SIZE_Z * PLANE and store.getStackOffset(1, 1) == start + SIZE_Z * PLANE
    store.setRegion(len(raw) - 10, start, raw)
    store.setRegion(10, start + len(raw) - 10, raw[-10:])
    assert store.getTimepoint(0) == data[0].tobytes() and store.getTimepoint(1) == raw
    for size, offset in ((5, 0), (4, store.getTotalSize() - 3)):
        with pytest.raises(omero.ApiUsageException):
            store.setRegion(size, offset, b"1234")
    with pytest.raises(omero.ResourceError):
        store.setTimepoint(raw[1:], 1)
    store.close()


def test_values_of_an_engine(root: Any, painted: Painted) -> None:
    engine = engine_for(root, painted.pixels)
    engine.setDefaultT(1)
    assert engine.getDefaultT() == 1
    assert engine.getChannelStats(0) == []
    assert not engine.isPixelsTypeSigned()
    assert (engine.getPixelsTypeLowerBound(0), engine.getPixelsTypeUpperBound(0)) == (0, 65535)
    assert engine.getCompressionLevel() == pytest.approx(0.85)
    engine.setCompressionLevel(0.1)
    small = len(engine.renderCompressed(plane()))
    engine.setCompressionLevel(1.0)
    assert small < len(engine.renderCompressed(plane()))
    engine.setCompressionLevel(1.5)
    with pytest.raises(omero.ApiUsageException):
        engine.renderCompressed(plane())
    reverse = omero.romio.ReverseIntensityMapContext()
    with pytest.raises(omero.ApiUsageException):
        engine.updateCodomainMap(reverse)
    engine.addCodomainMap(reverse)
    engine.updateCodomainMap(reverse)
    engine.removeCodomainMapFromChannel(reverse, 0)
    assert [len(engine.getCodomainMapContext(c)) for c in range(2)] == [0, 1]
    engine.setOverlays(omero.rtypes.rlong(-1), omero.rtypes.rlong(painted.image), {})
    with pytest.raises(omero.InternalException, match="masks in tables are not implemented"):
        engine.setOverlays(omero.rtypes.rlong(1), omero.rtypes.rlong(painted.image), {0: 255})
    engine.close()


def test_planes_along_other_axes(root: Any, painted: Painted) -> None:
    engine = engine_for(root, painted.pixels)
    engine.setActive(1, False)
    engine.setRGBA(0, 255, 0, 0, 255)
    engine.setChannelWindow(0, 0.0, 255.0)
    for which, place, expected in (
        (1, {"x": 7}, painted.data[1, 0, :, :, 7].T),
        (2, {"y": 4}, painted.data[1, 0, :, 4, :]),
    ):
        wanted = omero.romio.PlaneDef(slice=which, x=0, y=0, z=0, t=1, region=None, stride=0)
        for name, value in place.items():
            setattr(wanted, name, value)
        bands = engine.render(wanted)
        assert (bands.sizeX2, bands.sizeX1) == expected.shape
        red = np.frombuffer(bands.bands[0], np.uint8).reshape(expected.shape)
        assert np.abs(red.astype(int) - expected).max() <= 1
    engine.close()


def test_settings_that_are_not_stored(root: Any, painted: Painted) -> None:
    service = root.getRenderingSettingsService()
    pixels = root.getPixelsService().retrievePixDescription(painted.pixels)
    assert service.createNewRenderingDef(None) is None
    fresh = service.createNewRenderingDef(pixels)
    assert fresh.id is None and (fresh.defaultZ.val, fresh.defaultT.val) == (1, 0)
    assert fresh.sizeOfWaveRendering() == SIZE_C
    filled = service.resetDefaultsNoSave(fresh, pixels)
    assert filled.getChannelBinding(0).family.value.val == "linear"
    assert filled.getChannelBinding(1).inputEnd.val == painted.data[0, 1, 1].max()
    assert service.getRenderingSettings(painted.pixels) is None
    root.getPixelsService().saveRndSettings(filled)
    saved = service.getRenderingSettings(painted.pixels)
    assert saved.getChannelBinding(1).inputEnd.val == painted.data[0, 1, 1].max()
    me = root.getAdminService().getEventContext().userId
    found = root.getPixelsService().retrieveRndSettingsFor(painted.pixels, me)
    assert found.id.val == saved.id.val
    assert root.getPixelsService().retrieveRndSettingsFor(painted.pixels, 2**40) is None


def test_resets_of_one_image(root: Any, painted: Painted) -> None:
    service = root.getRenderingSettingsService()

    def end() -> float:
        return float(service.getRenderingSettings(painted.pixels).getChannelBinding(0).inputEnd.val)

    service.setOriginalSettingsForPixels(painted.pixels)
    assert end() == 65535
    service.resetDefaultsForPixels(painted.pixels)
    assert end() == painted.data[0, 0, 1].max()
    service.setOriginalSettingsInImage(painted.image)
    assert end() == 65535
    service.resetDefaultsInImage(painted.image)
    assert end() == painted.data[0, 0, 1].max()
    dataset = dataset_of(root, False, painted.image)
    assert service.setOriginalSettingsInDataset(dataset) == [painted.image] and end() == 65535
    for wrong in (service.resetDefaultsInImage, service.resetDefaultsForPixels, service.setOriginalSettingsInImage):
        with pytest.raises(omero.ValidationException):
            wrong(2**40)


def test_settings_for_containers(root: Any, painted: Painted) -> None:
    service = root.getRenderingSettingsService()
    engine = engine_for(root, painted.pixels)
    engine.setChannelWindow(0, 3.0, 4.0)
    engine.saveCurrentSettings()
    engine.close()
    others = [paint(root, numbers(), "uint16") for _ in range(2)]
    unlike = paint(root, numbers(), "uint8")
    described = [root.getPixelsService().retrievePixDescription(one.pixels) for one in (painted, others[0], unlike)]
    assert service.sanityCheckPixels(described[0], described[1])
    assert not service.sanityCheckPixels(described[0], described[2])
    dataset = dataset_of(root, False, others[0].image, unlike.image)
    project = dataset_of(root, True, others[1].image, painted.image)
    assert service.applySettingsToDataset(painted.pixels, dataset) == {True: [others[0].image], False: [unlike.image]}
    done = service.applySettingsToProject(painted.pixels, project)
    assert sorted(done[True]) == sorted([others[1].image, painted.image]) and done[False] == []
    for other in others:
        assert service.getRenderingSettings(other.pixels).getChannelBinding(0).inputEnd.val == 4.0
    found = service.applySettingsToSet(painted.pixels, "omero.model.Dataset", [dataset])
    assert found == {True: [others[0].image], False: [unlike.image]}
    assert service.applySettingsToSet(painted.pixels, "Image", []) == {True: [], False: []}
    with pytest.raises(omero.ApiUsageException):
        service.applySettingsToSet(painted.pixels, "Tag", [1])


def test_settings_of_owners(instance: Instance, root: Any) -> None:
    group = make_group(root, "rwra--")
    owner, viewer = make_user(root, group), make_user(root, group)
    with logged_in(instance, owner) as session:
        seen, unseen = paint(session, numbers(), "uint16"), paint(session, numbers(), "uint16")
        engine = engine_for(session, seen.pixels)
        engine.setChannelWindow(0, 5.0, 6.0)
        engine.saveCurrentSettings()
        engine.close()
    with logged_in(instance, viewer) as session:
        service = session.getRenderingSettingsService()
        assert service.resetDefaultsByOwnerInSet("Image", [seen.image, unseen.image]) == [seen.image]
        own = service.getRenderingSettings(seen.pixels)
        assert own.getChannelBinding(0).inputEnd.val == 6.0
        assert own.details.owner.id.val == session.getAdminService().getEventContext().userId


def size_of(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg)) as picture:
        return picture.size


def test_thumbnails_one_by_one(root: Any, painted: Painted) -> None:
    first = engine_for(root, painted.pixels)
    old = first.getRenderingDefId()
    first.setRGBA(0, 255, 255, 255, 255)
    new = first.saveAsNewSettings()
    first.close()
    store = root.createThumbnailStore()
    with pytest.raises(omero.ApiUsageException):
        store.getRenderingDefId()
    assert store.setPixelsId(painted.pixels) and store.getRenderingDefId() == new
    shown = store.getThumbnailDirect(rint(24), rint(16))
    assert size_of(shown) == (24, 16) and not store.isInProgress()
    assert not store.thumbnailExists(rint(24), rint(16)), "drawing it directly keeps nothing"
    store.createThumbnail(rint(24), rint(16))
    assert store.thumbnailExists(rint(24), rint(16))
    store.createThumbnails()
    assert store.getThumbnail(rint(24), rint(16)) == shown
    assert store.getThumbnailWithoutDefault(rint(24), rint(16)) == shown
    assert size_of(store.getThumbnailForSectionDirect(2, 1, rint(15), None)) == (15, 48)
    assert size_of(store.getThumbnailDirect(rint(90), rint(60))) == (90, 60), "larger than the image"
    store.setRenderingDefId(old)
    assert store.getRenderingDefId() == old and store.getThumbnailDirect(rint(24), rint(16)) != shown
    with pytest.raises(omero.ValidationException):
        store.setRenderingDefId(2**40)
    store.createThumbnailsByLongestSideSet(rint(20), [painted.pixels])
    store.setPixelsId(painted.pixels)
    assert store.thumbnailExists(rint(20), rint(13))
    with pytest.raises(omero.InternalException):
        store.getThumbnailForSectionDirect(SIZE_Z, 0, rint(9), rint(9))
    store.close()


def test_a_thumbnail_of_what_is_not_there_yet(root: Any) -> None:
    service = root.getPixelsService()
    kind = service.getEnumeration("PixelsType", "uint8")
    pixels = pixels_id_of(root, service.createImage(30, 20, 1, 1, [0], kind, "empty", "").val)
    root.getRenderingSettingsService().setOriginalSettingsForPixels(pixels)
    store = root.createThumbnailStore()
    assert store.setPixelsId(pixels)
    assert size_of(store.getThumbnail(rint(30), rint(20))) == (30, 20) and store.isInProgress()
    assert store.getThumbnailWithoutDefault(rint(30), rint(20)) == b""
    assert not store.thumbnailExists(rint(30), rint(20))
    store.close()


def test_enumerations_and_depths(root: Any) -> None:
    service = root.getPixelsService()
    kinds = {one.value.val: one for one in service.getAllEnumerations("PixelsType")}
    depths = {"bit": 1, "int8": 8, "uint16": 16, "uint32": 32, "float": 32, "double": 64}
    assert {name: service.getBitDepth(kinds[name]) for name in depths} == depths
    with pytest.raises(omero.InternalException):
        service.getBitDepth(kinds["complex"])
    assert service.getEnumeration("PixelsType", "none") is None
