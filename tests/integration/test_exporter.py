"""Exporter on a running server: documents valid against the schema, pixels as they are."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import numpy as np
import pytest
import tifffile
import xmlschema

import omero
import omero.model
from omero.rtypes import rdouble, rint, rlong, rstring, rtime
from omero_server.formats.registry import open_reader
from omero_server.services.exporting import tiff
from tests.support.instance import Instance
from tests.support.painted import Painted, paint, pixels_id_of
from tests.support.people import logged_in, make_group, make_user

OME = "{http://www.openmicroscopy.org/Schemas/OME/2016-06}"
FAKE = (
    "all&sizeX=60&sizeY=40&sizeC=2&exposureTime=3&physicalSizeX=0.5&annLong=1&annDouble=1&annMap=1&annComment=1"
    "&annBool=1&annTime=1&annTag=1&annTerm=1&annXml=1&ellipses=1&labels=1&lines=1&masks=1&points=1&polygons=1"
    "&polylines=1&rectangles=1.fake"
)
PLATE = "wells&plates=1&plateRows=1&plateCols=1&fields=1.fake"


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    """OME-XML 2016-06, as the package ome-types carries it."""
    return xmlschema.XMLSchema(str(files("ome_types") / "ome-2016-06.xsd"))


@pytest.fixture(scope="module")
def root(instance: Instance) -> Iterator[Any]:
    with logged_in(instance) as session:
        yield session


@pytest.fixture(scope="module")
def imported(instance: Instance, root: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Image ids of the simulated files."""
    folder = tmp_path_factory.mktemp("fakes")
    found = {}
    login = ["-s", instance.host, "-p", str(instance.ports.ssl), "-u", "root", "-w", instance.root_password, "-C"]
    for name in (FAKE, PLATE):
        (folder / name).touch()
        before = images(root)
        done = instance.omero("import", *login, str(folder / name), OMERO_SESSIONDIR=str(folder / "sessions"))
        assert done.returncode == 0, done.stderr
        (found[name],) = images(root) - before
    return found


def images(session: Any) -> set[int]:
    rows = session.getQueryService().projection("select i.id from Image i", None)
    return {row[0].val for row in rows}


def export(session: Any, *ids: int, kind: str = "xml") -> bytes:
    """What an Exporter makes of images, "xml" or "tiff"."""
    exporter = session.createExporter()
    for number in ids:
        exporter.addImage(number)
    size = exporter.generateTiff() if kind == "tiff" else exporter.generateXml()
    step = 100_000
    data = b"".join(exporter.read(at, min(step, size - at)) for at in range(0, size, step))
    assert exporter.read(size, 10) == b""
    exporter.close()
    return data


def parsed(data: bytes, schema: xmlschema.XMLSchema) -> Element:
    """The document, which must be valid."""
    text = data.decode()
    errors = [f"{error.path}: {error.reason}" for error in schema.iter_errors(text)]
    assert not errors, errors[:3]
    return fromstring(text)


def random(pixel_type: str, *shape: int) -> Any:
    return np.random.default_rng(3).integers(0, 100, shape)


def test_metadata_annotations_and_regions(root: Any, imported: dict[str, int], schema: xmlschema.XMLSchema) -> None:
    document = parsed(export(root, imported[FAKE]), schema)
    image = document.find(f"{OME}Image")
    assert image is not None and image.get("ID", "").startswith("urn:lsid:export.openmicroscopy.org:Image:")
    pixels = image.find(f"{OME}Pixels")
    assert pixels is not None
    assert (pixels.get("SizeX"), pixels.get("SizeC"), pixels.get("Type")) == ("60", "2", "uint8")
    assert (pixels.get("PhysicalSizeX"), pixels.get("PhysicalSizeXUnit")) == ("0.5", "µm")
    kinds = [child.tag.removeprefix(OME) for child in pixels]
    assert kinds == ["Channel", "Channel", "MetadataOnly", "Plane", "Plane"]
    assert [plane.get("ExposureTime") for plane in pixels.iterfind(f"{OME}Plane")] == ["3.0", "3.0"]
    structured = document.find(f"{OME}StructuredAnnotations")
    assert structured is not None
    kinds = sorted(child.tag.removeprefix(OME) for child in structured)
    assert kinds == sorted(
        f"{kind}Annotation"
        for kind in ("Boolean", "Comment", "Double", "Long", "Map", "Tag", "Term", "Timestamp", "XML")
    )
    assert len(list(image.iterfind(f"{OME}AnnotationRef"))) == 9
    shapes = {child.tag.removeprefix(OME) for child in document.iterfind(f"{OME}ROI/{OME}Union/*")}
    assert shapes == {"Ellipse", "Label", "Line", "Mask", "Point", "Polygon", "Polyline", "Rectangle"}
    assert len(list(image.iterfind(f"{OME}ROIRef"))) == 8


def test_what_is_exported_can_be_imported(root: Any, imported: dict[str, int], tmp_path: Path) -> None:
    for name in (FAKE, PLATE):
        path = tmp_path / "again.ome.tiff"
        path.write_bytes(export(root, imported[name], kind="tiff"))
        with open_reader(path) as reader:
            image = reader.image(0)
        if name == PLATE:
            assert image.objective is not None and image.channels[0].light_source is not None
            continue
        assert sorted(roi.shapes[0].kind for roi in image.rois) == [
            "Ellipse", "Label", "Line", "Mask", "Point", "Polygon", "Polyline", "Rectangle"
        ]  # fmt: skip
        assert len(image.annotations) == 9
        assert image.physical_size_x == (0.5, "µm") and len(image.planes) == 2


def test_the_instrument(root: Any, imported: dict[str, int], schema: xmlschema.XMLSchema) -> None:
    document = parsed(export(root, imported[PLATE]), schema)
    instrument = document.find(f"{OME}Instrument")
    assert instrument is not None
    kinds = {child.tag.removeprefix(OME) for child in instrument}
    assert {"Laser", "Detector", "Objective"} <= kinds
    known = {child.get("ID") for child in instrument}
    used = [document.find(f".//{OME}{name}Settings") for name in ("Objective", "LightSource", "Detector")]
    assert all(one is not None and one.get("ID") in known for one in used)


def test_several_images_in_one_document(root: Any, imported: dict[str, int], schema: xmlschema.XMLSchema) -> None:
    document = parsed(export(root, *imported.values()), schema)
    assert len(list(document.iterfind(f"{OME}Image"))) == 2
    with pytest.raises(omero.ApiUsageException):
        export(root, *imported.values(), kind="tiff")


def annotated(session: Any, image: int, annotation: Any) -> None:
    link = omero.model.ImageAnnotationLinkI()
    link.parent, link.child = omero.model.ImageI(image, False), annotation
    session.getUpdateService().saveObject(link)


def test_what_the_schema_does_not_allow_is_left_out(root: Any, schema: xmlschema.XMLSchema) -> None:
    painted = paint(root, random("uint8", 1, 1, 1, 4, 4), "uint8", "odd \x01 <name> & ünïcode")
    for text in ("<a><b>1</b></a>", "no xml < at all", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'):
        xml = omero.model.XmlAnnotationI()
        xml.textValue = rstring(text)
        annotated(root, painted.image, xml)
    stamp = omero.model.TimestampAnnotationI()
    stamp.timeValue = rtime(-1)
    annotated(root, painted.image, stamp)
    attached = omero.model.FileAnnotationI()
    annotated(root, painted.image, attached)
    roi = omero.model.RoiI()
    roi.image = omero.model.ImageI(painted.image, False)
    line = omero.model.LineI()
    line.x1, line.y1, line.x2 = rdouble(1), rdouble(2), rdouble(3)
    roi.addShape(line)
    whole = omero.model.RectangleI()
    whole.x, whole.y, whole.width, whole.height = (rdouble(number) for number in (1, 2, float("nan"), 4))
    whole.theZ, whole.fontFamily, whole.textValue = rint(-1), rstring("Comic"), rstring("a\x02b")
    whole.transform = omero.model.AffineTransformI()
    for name, number in zip(("a00", "a10", "a01", "a11", "a02", "a12"), (1, 0, 0, 1, 5, 6), strict=True):
        setattr(whole.transform, name, rdouble(number))
    roi.addShape(whole)
    empty = omero.model.RoiI()
    empty.image = omero.model.ImageI(painted.image, False)
    root.getUpdateService().saveArray([roi, empty])
    document = parsed(export(root, painted.image), schema)
    image = document.find(f"{OME}Image")
    assert image is not None and image.get("Name") == "odd  <name> & ünïcode"
    shapes = list(document.iterfind(f"{OME}ROI/{OME}Union/*"))
    assert [shape.tag for shape in shapes] == [f"{OME}Rectangle"]
    assert shapes[0].get("TheZ") is None and shapes[0].get("Text") == "ab"
    matrix = shapes[0].find(f"{OME}Transform")
    assert matrix is not None and matrix.get("A02") == "5.0"
    assert document.find(f".//{OME}FileAnnotation") is None
    values = list(document.iterfind(f".//{OME}XMLAnnotation/{OME}Value"))
    assert values[0].find("a/b") is not None and values[1].text == "no xml < at all"


@pytest.mark.parametrize(
    "pixel_type", ["bit", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float", "double", "complex"]
)
def test_a_tiff_of_every_type(
    root: Any, schema: xmlschema.XMLSchema, tmp_path: Path, pixel_type: str
) -> None:
    data = random(pixel_type, 2, 2, 3, 150, 200)
    painted = paint(root, data % 2 if pixel_type == "bit" else data, pixel_type)
    made = export(root, painted.image, kind="tiff")
    assert made[:4] == b"MM\x00*"
    with tifffile.TiffFile(io.BytesIO(made)) as tif:
        assert len(tif.pages) == 12
        page = tif.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        assert (page.tilewidth, page.tilelength, page.compression) == (128, 128, 1)
        assert len(page.dataoffsets) == 4
        planes = np.stack([one.asarray() for one in tif.pages])
        document = parsed(page.tags["ImageDescription"].value.encode(), schema)
    assert np.array_equal(planes.reshape(2, 2, 3, 150, 200), painted.data)
    assert len(list(document.iterfind(f".//{OME}TiffData"))) == 12
    if pixel_type == "complex":
        return
    path = tmp_path / "renamed.ome.tiff"
    path.write_bytes(made)
    with open_reader(path) as reader:
        image = reader.image(0)
        assert (reader.name, image.size_z, image.size_c, image.size_t) == ("ome-tiff", 3, 2, 2)
        assert np.array_equal(reader.read(0, 0, 2, 1, 0, 10, 20, 50, 60), painted.data[0, 1, 2, 20:80, 10:60])


def test_offsets_decide_for_bigtiff(monkeypatch: pytest.MonkeyPatch) -> None:
    class Zeros:
        size_x, size_y, size_z, size_c, size_t = 300, 200, 2, 1, 1
        dtype = np.dtype("uint16")

        def region(self, z: int, c: int, t: int, x: int, y: int, w: int, h: int, level: int = 0) -> Any:
            return np.full((h, w), z + 1, self.dtype)

    for limit, magic in ((2**32 - 2, b"MM\x00*"), (1000, b"MM\x00+")):
        monkeypatch.setattr(tiff, "CLASSIC_BYTES", limit)
        file = io.BytesIO()
        tiff.write_tiff(file, Zeros(), b"<xml/>", lambda: None)  # type: ignore[arg-type]
        assert file.getvalue()[:4] == magic
        with tifffile.TiffFile(io.BytesIO(file.getvalue())) as tif:
            assert [int(page.asarray().min()) for page in tif.pages] == [1, 2]


def test_the_order_of_steps(root: Any) -> None:
    painted = paint(root, random("uint8", 1, 1, 1, 4, 4), "uint8")
    exporter = root.createExporter()
    for call in (lambda: exporter.read(0, 1), exporter.generateTiff):
        with pytest.raises(omero.ApiUsageException):
            call()
    exporter.addImage(painted.image)
    size = exporter.generateXml()
    for call in (lambda: exporter.addImage(painted.image), exporter.generateXml, exporter.generateTiff):
        with pytest.raises(omero.ApiUsageException):
            call()
    for position, length in ((-1, 1), (0, -1), (0, (1 << 20) + 1)):
        with pytest.raises(omero.ApiUsageException):
            exporter.read(position, length)
    assert exporter.read(size - 10, 50) == exporter.read(size - 10, 10) + bytes(40), "filled up with zeros"
    exporter.close()


def test_images_of_others(instance: Instance, root: Any) -> None:
    for permissions, may in (("rw----", False), ("rwr---", True)):
        group = make_group(root, permissions)
        owner, viewer = make_user(root, group), make_user(root, group)
        with logged_in(instance, owner) as session:
            painted = paint(session, random("uint8", 1, 1, 1, 4, 4), "uint8")
            tag = omero.model.LongAnnotationI()
            tag.longValue = rlong(77)
            annotated(session, painted.image, tag)
        with logged_in(instance, viewer) as session:
            if may:
                assert b"77" in export(session, painted.image)
                with tifffile.TiffFile(io.BytesIO(export(session, painted.image, kind="tiff"))) as tif:
                    assert np.array_equal(tif.pages[0].asarray(), painted.data[0, 0, 0])
            else:
                for kind in ("xml", "tiff"):
                    with pytest.raises(omero.ValidationException):
                        export(session, painted.image, kind=kind)


def test_an_image_without_data(root: Any) -> None:
    service = root.getPixelsService()
    kind = service.getEnumeration("PixelsType", "uint8")
    empty = service.createImage(4, 4, 1, 1, [0], kind, "empty", "").val
    assert pixels_id_of(root, empty)
    with pytest.raises(omero.LockTimeout):
        export(root, empty, kind="tiff")
    assert b"MetadataOnly" in export(root, empty)


def test_nothing_is_left_behind(instance: Instance, root: Any) -> None:
    painted: Painted = paint(root, random("uint8", 1, 1, 1, 4, 4), "uint8")
    export(root, painted.image, kind="tiff")
    assert list((instance.root / "var" / "tmp").iterdir()) == []
