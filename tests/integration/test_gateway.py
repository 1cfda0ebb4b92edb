"""BlitzGateway against a running server: connecting, finding, images, annotations, groups, deleting."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import Ice
import numpy as np
import pytest

import omero
import omero.model
from omero.gateway import (
    BlitzGateway,
    BooleanAnnotationWrapper,
    CommentAnnotationWrapper,
    DoubleAnnotationWrapper,
    FileAnnotationWrapper,
    LongAnnotationWrapper,
    MapAnnotationWrapper,
    TagAnnotationWrapper,
    TermAnnotationWrapper,
    TimestampAnnotationWrapper,
    XmlAnnotationWrapper,
)
from omero.importing import Options, import_fileset, scan
from omero.rtypes import rstring
from tests.support.instance import Instance
from tests.support.people import PASSWORD, logged_in, make_group, make_user

CELLS = "cells&sizeX=60&sizeY=40&sizeZ=3&sizeC=2&sizeT=2&pixelType=uint16&physicalSizeX=2"
PLATE = "hcs&plates=1&plateRows=2&plateCols=3&fields=2&screens=1"
NS = "tests.gateway"


@pytest.fixture(scope="module")
def conn(instance: Instance) -> Iterator[Any]:
    """A gateway of an ordinary user in a read-only group."""
    with logged_in(instance) as root:
        name = make_user(root, make_group(root, "rwr---"))
    with BlitzGateway(name, PASSWORD, host=instance.host, port=instance.ports.ssl) as made:
        yield made
        assert made._assert_unregistered() == 0


@pytest.fixture(scope="module")
def root(instance: Instance) -> Iterator[Any]:
    with BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl) as made:
        yield made


def imported(conn: Any, folder: Path, name: str) -> list[int]:
    path = folder / f"{name}.fake"
    path.touch()
    return [
        number
        for candidate in scan([path]).candidates
        for number in import_fileset(conn.c, candidate, Options()).images
    ]


@pytest.fixture(scope="module")
def image_id(conn: Any, tmp_path_factory: pytest.TempPathFactory) -> int:
    return imported(conn, tmp_path_factory.mktemp("cells"), CELLS)[0]


@pytest.fixture
def image(conn: Any, image_id: int) -> Iterator[Any]:
    found = conn.getObject("Image", image_id)
    yield found
    found._closeRE()


@pytest.fixture(scope="module")
def plate(conn: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    imported(conn, tmp_path_factory.mktemp("plate"), PLATE)
    return next(conn.getObjects("Plate"))


@pytest.fixture(scope="module")
def dataset(conn: Any, image_id: int) -> Any:
    """A dataset in a project, with the image in it."""
    update = conn.getUpdateService()
    project = omero.model.ProjectI()
    project.name = rstring("a project")
    made = omero.model.DatasetI()
    made.name = rstring("a dataset")
    made.linkProject(project)
    made.linkImage(omero.model.ImageI(image_id, False))
    return conn.getObject("Dataset", update.saveAndReturnObject(made).id.val)


# Connecting


def test_connecting(instance: Instance) -> None:
    conn = BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl, secure=True)
    with pytest.raises(Ice.ConnectionLostException):
        conn.getQueryService()
    assert conn.connect() and conn.connect()
    assert conn.isConnected() and conn.isSecure() and conn.keepAlive()
    other = conn.clone()
    assert not other.isConnected()
    assert other.connect(sUuid=conn._sessionUuid)
    assert other.getEventContext().sessionUuid == conn.getEventContext().sessionUuid
    other.close(hard=False)
    assert conn.keepAlive()
    conn.close()
    assert not conn.isConnected()


def test_data_goes_unencrypted_unless_asked(conn: Any, root: Any) -> None:
    assert not conn.isSecure()
    assert conn.c.sf.getAdminService().getEventContext().sessionUuid == conn._sessionUuid


def test_a_wrong_password_gives_false(instance: Instance) -> None:
    conn = BlitzGateway("root", "wrong", host=instance.host, port=instance.ports.ssl)
    assert conn.connect() is False
    assert "Password check failed" in str(conn.getLastError())
    with pytest.raises(Exception, match="Connect failed"), conn:
        raise AssertionError("not reached")
    assert BlitzGateway(host=instance.host, port=instance.ports.ssl).connect(sUuid="no session") is False


def test_an_unreachable_server_raises() -> None:
    with pytest.raises(Ice.ConnectionRefusedException):
        BlitzGateway("root", "x", host="127.0.0.1", port=1).connect()


def test_a_client_that_is_logged_in(instance: Instance) -> None:
    with omero.client(instance.host, instance.ports.ssl) as client:
        client.createSession("root", instance.root_password)
        conn = BlitzGateway(client_obj=client)
        assert conn.isConnected() and conn.getUser().getName() == "root"
        with pytest.raises(Exception, match="hosts elsewhere and"):
            BlitzGateway(client_obj=client, host="elsewhere")


def test_user_and_group(conn: Any, root: Any) -> None:
    assert conn.getUser().getFullName() == "Test User"
    assert conn.getUser().getId() == conn.getUserId()
    assert (conn.isAdmin(), conn.canBeAdmin(), conn.isLeader(), root.isAdmin(), root.isFullAdmin()) == (
        False,
        False,
        False,
        True,
        True,
    )
    groups = [group.getId() for group in conn.getGroupsMemberOf()]
    assert groups == [conn.getGroupFromContext().getId()]
    assert conn.setGroupForSession(groups[0]) is None
    assert conn.setGroupForSession(0) is False
    assert root.suConn(conn.getUser().getName()).getUserId() == conn.getUserId()
    assert conn.suConn("root") is None


def test_configuration(conn: Any) -> None:
    assert conn.getMaxPlaneSize() == (3192, 3192)
    assert conn.getClientSettings()["omero.client.browser.thumb_default_size"] == "96"
    assert conn.getDownloadAsMaxSizeSetting() == 144_000_000
    assert conn.getInterpolateSetting() is True
    assert conn.canCreate() is True


# Finding


def test_get_objects(conn: Any, dataset: Any, image_id: int) -> None:
    ids = [found.getId() for found in conn.getObjects("Image", opts={"dataset": dataset.getId()})]
    assert ids == [image_id]
    assert conn.getObject("Image", 10**9) is None
    assert conn.getObject("Dataset", attributes={"name": "a dataset"}) == dataset
    assert [found.getId() for found in conn.getObjects("Dataset", opts={"image": image_id})] == [dataset.getId()]
    everybody = list(conn.getObjects("Experimenter"))
    assert len({each.getId() for each in everybody}) == len(everybody)
    two = [each.getId() for each in everybody][:2]
    assert [each.getId() for each in conn.getObjects("Experimenter", two[::-1], respect_order=True)] == two[::-1]
    query, params = conn.buildCountQuery("Image", {"dataset": dataset.getId()})
    assert conn.getQueryService().projection(query, params)[0][0].val == 1


def test_paging_and_order(conn: Any, plate: Any) -> None:
    opts = {"order_by": "obj.column", "limit": 2, "offset": 2, "plate": plate.getId()}
    assert [well.column for well in conn.getObjects("Well", opts=opts)] == [1, 1]


def test_loading_options_give_each_object_once(conn: Any, image_id: int) -> None:
    (found,) = conn.getObjects("Image", [image_id], opts={"load_channels": True})
    assert found._obj.getPrimaryPixels().sizeOfChannels() == 2
    assert found._obj.getPrimaryPixels().getChannel(1).logicalChannel.loaded


def test_unknown_types_are_refused(conn: Any) -> None:
    with pytest.raises(KeyError, match="Nonsense"):
        conn.getObject("Nonsense", 1)
    with pytest.raises(AttributeError, match="string"):
        list(conn.getObjects(5))


def test_hierarchy(conn: Any, dataset: Any, image: Any) -> None:
    project = dataset.getParent()
    assert project.getName() == "a project"
    assert [child.getId() for child in project.listChildren()] == [dataset.getId()]
    assert (project.countChildren(), dataset.countChildren()) == (1, 1)
    assert [type(each).__name__ for each in image.getAncestry()] == ["_DatasetWrapper", "_ProjectWrapper"]
    assert image.getProject() == project
    (parent, link) = image.getParent(withlinks=True)
    assert (parent, link.child.id.val) == (dataset, image.getId())
    assert [link.parent.id.val for link in image.getParentLinks([dataset.getId()])] == [dataset.getId()]
    assert [link.child.id.val for link in dataset.getChildLinks([image.getId()])] == [image.getId()]
    assert dataset.findChildByName(image.getName()) == image
    assert next(conn.listProjects()) == project


# Attributes


def test_attributes(conn: Any, image: Any) -> None:
    assert image.name == image.getName() == f"{CELLS}.fake"
    assert image.getSeries() == image.series == 0
    assert image.getFormat().value == "Fake"
    assert image.getOwnerOmeName() == conn.getUser().getName()
    assert image.getDate() == image.creationEventDate()
    assert image.getDetails().getGroup().getName() == conn.getGroupFromContext().getName()
    assert image.getDetails().getOwner().is_self()
    assert repr(image) == f"<_ImageWrapper id={image.getId()}>"
    with pytest.raises(AttributeError, match="'ImageI' object has no attribute 'nonsense'"):
        _ = image.nonsense
    described = image.simpleMarshal(xtra={"thumbUrlPrefix": "/t/"}, parents=True)
    json.dumps(described)
    assert (described["type"], described["id"], described["thumb_url"]) == (
        "Image",
        image.getId(),
        f"/t/{image.getId()}/",
    )


def test_rights(image: Any) -> None:
    assert image.canEdit() and image.canDelete() and image.canAnnotate() and image.canLink() and image.canWrite()
    assert (image.isOwned(), image.isShared(), image.isPrivate(), image.isPublic()) == (True, True, False, False)
    assert image.canDownload()


def test_saving(conn: Any, dataset: Any) -> None:
    dataset.setDescription("described")
    dataset.save()
    assert conn.getObject("Dataset", dataset.getId()).getDescription() == "described"


# Images


def test_dimensions(image: Any) -> None:
    sizes = [getattr(image, f"getSize{axis}")() for axis in "XYZCT"]
    assert sizes == [60, 40, 3, 2, 2]
    assert (image.getPixelsType(), image.getPixelRange()) == ("uint16", (0, 65535))
    assert image.getPixelSizeX() == 2
    assert str(image.getPixelSizeX(units=True)) == "2.0 MICROMETER"
    assert image.getPixelSizeX(units="NANOMETER").getValue() == 2000
    assert image.getPixelSizeY() is None
    assert not image.requiresPixelsPyramid()


def test_planes_and_tiles(image: Any) -> None:
    pixels = image.getPrimaryPixels()
    plane = pixels.getPlane(1, 1, 1)
    assert (plane.shape, plane.dtype) == ((40, 60), np.dtype("uint16"))
    assert np.array_equal(pixels.getTile(1, 1, 1, (5, 6, 10, 11)), plane[6:17, 5:15])
    places = [(z, c, 0) for z in range(3) for c in range(2)]
    planes = list(pixels.getPlanes(places))
    assert len(planes) == 6
    assert not np.array_equal(planes[0], planes[1])
    with pytest.raises(omero.ServerError):
        pixels.getPlane(9, 0, 0)
    assert image.getRow(1, 1, 6, [1])[0] == plane[6].tolist()
    assert image.getCol(1, 1, 5, [1])[0] == plane[:, 5].tolist()


def test_channels(image: Any) -> None:
    first, second = image.getChannels()
    assert (first.isActive(), first.getLabel(), first.getColor().getHtml()) == (True, "0", "FF0000")
    low, high = first.getWindowMin(), first.getWindowMax()
    assert (first.getWindowStart(), first.getWindowEnd()) == (low, high)
    assert not second.isInverted()
    assert first.getFamily().val == "linear"
    assert image.getChannelLabels() == ["0", "1"]
    assert image.getChannels(noRE=True)[0].getColor() is None


def test_rendering(image: Any) -> None:
    picture = image.renderImage(0, 0)
    assert picture.size == (60, 40)
    assert (image.getZ(), image.getT()) == (0, 0)
    image.set_active_channels([1, -2], [[0, 10], [5, 50]], ["00FF00", "cool.lut"], [True, None], set_inactive=True)
    first, second = image.getChannels()
    assert (first.isActive(), second.isActive()) == (True, False)
    assert (first.getColor().getHtml(), first.getWindowEnd(), first.isInverted()) == ("00FF00", 10, True)
    assert second.getLut() == "cool.lut"
    changed = np.asarray(image.renderImage(0, 0)).mean(axis=(0, 1))
    assert changed[1] > changed[0] and changed[1] > changed[2]
    image.setGreyscaleRenderingModel()
    assert image.isGreyscaleRenderingModel()
    grey = np.asarray(image.renderImage(0, 0).convert("RGB"))
    assert abs(grey[..., 0].astype(int) - grey[..., 1]).max() <= 8
    assert image.saveDefaults()
    assert image.getAllRenderingDefs()[0]["model"] == "greyscale"
    again = image._conn.getObject("Image", image.getId())
    assert again.saveDefaults()
    again._closeRE()
    assert image.resetDefaults()
    assert not image.isGreyscaleRenderingModel()


def test_regions_and_projections(image: Any) -> None:
    from PIL import Image

    region = Image.open(io.BytesIO(image.renderJpegRegion(0, 0, 10, 5, 20, 15)))
    assert region.size == (20, 15)
    plain = image.renderJpeg(0, 0)
    image.setProjection("intmax")
    assert image.renderJpeg(0, 0) != plain
    image.setProjectionRange(-3, 99)
    assert image.getProjectionRange() == (0, 2)
    assert len(image.renderSplitChannel(0, 0)) > 500
    assert image.renderRowLinePlotGif(0, 0, 3).startswith(b"GIF")
    assert image._collectRenderOptions() == {"p": "intmax", "ia": "0"}
    assert image.loadRenderOptions()
    assert image.getProjection() == "normal"


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        ({}, (64, 64)),
        ({"size": 30}, (30, 20)),
        ({"size": (30,), "z": 1, "t": 1}, (30, 20)),
        ({"direct": False}, (64, 64)),
    ],
)
def test_thumbnails(image: Any, arguments: dict[str, Any], size: tuple[int, int]) -> None:
    from PIL import Image

    assert Image.open(io.BytesIO(image.getThumbnail(**arguments))).size == size


def test_thumbnails_of_several(conn: Any, image: Any) -> None:
    assert list(conn.getThumbnailSet([image.getId()], 32)) == [image.getId()]


def test_settings_are_deleted(image: Any) -> None:
    image.getChannels()
    assert image.getAllRenderingDefs() != []
    assert image.resetRDefs()
    assert image.getAllRenderingDefs() == []


def test_files(image: Any) -> None:
    assert image.getImportedFilesInfo()["count"] == image.countFilesetFiles() == image.countImportedImageFiles() == 1
    (stored,) = image.getImportedImageFiles()
    assert stored.getName() == f"{CELLS}.fake"
    paths = image.getImportedImageFilePaths()
    assert paths["client_paths"][0].endswith(f"/{CELLS}.fake")
    fileset = image.getFileset()
    assert [each.getId() for each in fileset.copyImages()] == [image.getId()]
    assert image.getInplaceImport() is None


def test_images_from_arrays(conn: Any, dataset: Any) -> None:
    planes = [np.full((20, 30), value, "float32") for value in range(8)]
    made = conn.createImageFromNumpySeq(iter(planes), "made", 2, 2, 2, "of arrays", dataset)
    pixels = made.getPrimaryPixels()
    assert np.array_equal(pixels.getPlane(1, 0, 1), planes[5])
    assert (made.getPixelsType(), made.getParent()) == ("float", dataset)
    assert [channel.getWindowMax() for channel in made.getChannels()] == [5, 7]
    made._closeRE()
    with pytest.raises(Exception, match="dtype: timedelta64"):
        conn.createImageFromNumpySeq(iter([np.zeros((2, 2), "timedelta64")]), "none")


def test_naming_channels(conn: Any, image: Any) -> None:
    assert conn.setChannelNames("Image", [image.getId()], {1: "one", 2: "two"}) == {"imageCount": 1, "updateCount": 2}
    assert conn.getObject("Image", image.getId()).getChannelLabels() == ["one", "two"]
    conn.setChannelNames("Image", [image.getId()], {1: "0", 2: "1"}, channelCount=2)


def test_plates(conn: Any, plate: Any) -> None:
    assert plate.getGridSize() == {"rows": 2, "columns": 3}
    assert (plate.getRowLabels(), plate.getColumnLabels()) == (["A", "B"], [1, 2, 3])
    assert plate.getNumberOfFields() == (0, 1)
    well = plate.getWellGrid(index=1)[1][2]
    assert (well.getWellPos(), well.countWellSample(), well.getParent()) == ("B3", 2, plate)
    image = well.getImage()
    assert image.getPlate() == plate
    assert image.getParent().getWell().getId() == well.getId()
    assert plate.getParent().getId() in [screen.getId() for screen in conn.listScreens()]
    assert plate.countPlateAcquisitions() == len(list(plate.listPlateAcquisitions())) == 1


# Annotations

KINDS: list[tuple[Any, Any]] = [
    (TagAnnotationWrapper, "a tag"),
    (CommentAnnotationWrapper, "a comment"),
    (LongAnnotationWrapper, 5),
    (DoubleAnnotationWrapper, 1.5),
    (BooleanAnnotationWrapper, True),
    (TermAnnotationWrapper, "a term"),
    (XmlAnnotationWrapper, "<a/>"),
    (MapAnnotationWrapper, [("a", "1"), ("a", "2"), ("b", "")]),
]


@pytest.mark.parametrize(("kind", "value"), KINDS)
def test_annotations(conn: Any, dataset: Any, kind: Any, value: Any) -> None:
    annotation = kind(conn)
    annotation.setNs(f"{NS}.{kind.__name__}")
    annotation.setValue(value)
    dataset.linkAnnotation(annotation)
    found = conn.getObject("Dataset", dataset.getId()).getAnnotation(annotation.getNs())
    assert (type(found), found.getValue(), found) == (kind, value, annotation)
    assert found.link.parent.id.val == dataset.getId()
    name = kind.OMERO_TYPE.__name__.removesuffix("I")
    assert found in list(conn.getObjects(name))
    links = list(conn.getAnnotationLinks("Dataset", [dataset.getId()], ns=annotation.getNs()))
    assert [(link.getAnnotation(), link.getParent()) for link in links] == [(annotation, dataset)]
    assert [each.getId() for each in conn.getObjectsByAnnotations("Dataset", [found.getId()])] == [dataset.getId()]
    dataset.unlinkAnnotations(annotation.getNs())
    assert dataset.getAnnotation(annotation.getNs()) is None
    assert conn.getObject(name, found.getId()) is not None


def test_timestamps(conn: Any, dataset: Any) -> None:
    annotation = TimestampAnnotationWrapper(conn)
    annotation.setValue(1.5)
    assert annotation.getValue().timestamp() == 1.5
    dataset.linkAnnotation(annotation)


def test_attached_files(conn: Any, dataset: Any, tmp_path: Path) -> None:
    path = tmp_path / "attached.txt"
    path.write_bytes(b"0123456789")
    attached = conn.createFileAnnfromLocalFile(str(path), mimetype="text/plain", ns=NS, desc="described")
    dataset.linkAnnotation(attached)
    found = dataset.getAnnotation(NS)
    assert isinstance(found, FileAnnotationWrapper)
    assert (found.getFileName(), found.getFileSize(), found.getDescription()) == ("attached.txt", 10, "described")
    assert list(found.getFileInChunks(4)) == [b"0123", b"4567", b"89"]
    with found.getFile().asFileObj() as handle:
        handle.seek(-3, 2)
        assert (handle.read(2), handle.tell(), handle.read()) == (b"78", 9, b"9")
    assert found in list(conn.listFileAnnotations())
    dataset.removeAnnotations(NS)
    assert conn.getObject("FileAnnotation", found.getId()) is None


def test_counting_and_candidates(conn: Any, image: Any) -> None:
    tag = TagAnnotationWrapper(conn)
    tag.setNs(NS)
    tag.setValue("counted")
    image.linkAnnotation(tag)
    assert image.getAnnotationCounts()["TagAnnotation"] == 1
    assert tag not in list(image.listOrphanedAnnotations(anntype="Tag"))
    image.unlinkAnnotations(NS)
    assert tag in list(image.listOrphanedAnnotations(anntype="Tag"))
    assert [each.getId() for each in image.listAnnotations(NS)] == []


def test_objects_by_pairs(conn: Any, image: Any) -> None:
    pairs = MapAnnotationWrapper(conn)
    pairs.setValue([("stain", "DAPI 100%"), ("cell", "HeLa")])
    image.linkAnnotation(pairs)
    for asked in ({"key": "stain", "value": "DAPI 100%"}, {"value": "*100%"}, {"value": "*eL*"}):
        assert [each.getId() for each in conn.getObjectsByMapAnnotations("Image", **asked)] == [image.getId()]
    assert conn.getObjectsByMapAnnotations("Image", value="DAPI 100_") == []


def test_children_by_annotation(conn: Any, dataset: Any, image: Any) -> None:
    rating = LongAnnotationWrapper(conn)
    rating.setNs(f"{NS}.rating")
    rating.setValue(4)
    image.linkAnnotation(rating)
    assert [child.getId() for child in dataset.listChildren(ns=f"{NS}.rating", val=4)] == [image.getId()]
    assert list(dataset.listChildren(ns=f"{NS}.rating", val=5)) == []


# Groups, deleting


def test_groups(root: Any, conn: Any) -> None:
    user = conn.getUserId()
    number = root.createGroup(f"made {user}", [user], [0], "rwra--", "described")
    group = root.getObject("ExperimenterGroup", number)
    leaders, others = group.groupSummary()
    assert ([each.getId() for each in leaders], [each.getId() for each in others]) == ([user], [0])
    assert str(group.getDetails().getPermissions()) == "rwra--"
    assert user in [each.getId() for each in root.containedExperimenters(number)]
    assert conn.getUser().getName() in [each.getName() for each in root.findExperimenters("user-")]


def test_enumerations(conn: Any) -> None:
    assert conn.getEnumeration("DimensionOrder", "XYZCT").value == "XYZCT"
    assert "Oil" in [entry.value for entry in conn.getEnumerationEntries("Immersion")]
    assert "Immersion" in conn.getEnumerations()


def test_deleting(conn: Any) -> None:
    made = []
    for name in ("one", "two"):
        dataset = omero.model.DatasetI()
        dataset.name = rstring(name)
        made.append(conn.getUpdateService().saveAndReturnObject(dataset).id.val)
    assert conn.deleteObjects("Dataset", made, dryRun=True, wait=True) is not None
    assert len(list(conn.getObjects("Dataset", made))) == 2
    conn.deleteObjects("Dataset", made, wait=True)
    assert list(conn.getObjects("Dataset", made)) == []
    with pytest.raises(omero.CmdError):
        conn.deleteObjects("Dataset", made, wait=True)
    with pytest.raises(AttributeError, match="list of object IDs"):
        conn.deleteObjects("Dataset", [])


def test_tags_stay_when_what_carries_them_is_deleted(conn: Any) -> None:
    dataset = omero.model.DatasetI()
    dataset.name = rstring("tagged")
    wrapped = conn.getObject("Dataset", conn.getUpdateService().saveAndReturnObject(dataset).id.val)
    tag, comment = TagAnnotationWrapper(conn), CommentAnnotationWrapper(conn)
    for each in (tag, comment):
        each.setValue("x")
        wrapped.linkAnnotation(each)
    conn.deleteObjects("Dataset", [wrapped.getId()], wait=True)
    assert conn.getObject("TagAnnotation", tag.getId()) is not None
    assert conn.getObject("CommentAnnotation", comment.getId()) is None


def test_all_groups_at_once(conn: Any, root: Any, image_id: int) -> None:
    assert root.getObject("Image", image_id) is None
    root.SERVICE_OPTS.setOmeroGroup("-1")
    try:
        found = root.getObject("Image", image_id)
        assert found is not None and not found.isOwned()
        assert found.getPrimaryPixels().getPlane().shape == (40, 60)
        assert found.getThumbnail() is not None
    finally:
        root.SERVICE_OPTS.setOmeroGroup(None)


def test_large_planes_go_in_parts(conn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omero.gateway.pixels.BAND", 5_000)
    planes = [np.random.default_rng(n).integers(0, 60_000, (70, 90)).astype(np.uint16) for n in range(4)]
    image = conn.createImageFromNumpySeq(iter(planes), "in parts", sizeZ=2, sizeC=2)
    pixels = image.getPrimaryPixels()
    found = list(pixels.getPlanes([(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0)]))
    assert np.array_equal(found, planes) and found[0].dtype == np.uint16
    assert np.array_equal(pixels.getTile(1, 1, 0, (10, 5, 60, 60)), planes[3][5:65, 10:70])
    monkeypatch.undo()
    assert np.array_equal(pixels.getPlane(1, 0, 0), planes[2])
