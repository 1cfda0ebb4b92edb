"""Everything that a file says goes into the database and comes out again: imported, exported, imported once more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import xmlschema

import omero
import omero.model
from omero.gateway import BlitzGateway
from omero.rtypes import rlong, rstring
from omero.sys import ParametersI
from omero_server.formats.info import FilesetInfo
from omero_server.formats.ometiff import OmeTiffReader
from omero_server.formats.omexmldocument import parse
from omero_server.formats.omexmlplates import add_plates
from tests.support.instance import Instance
from tests.support.whole_ome import VALUES, write_whole

OME = "{http://www.openmicroscopy.org/Schemas/OME/2016-06}"
# What the exporter decides: how pixels are laid out, and how things are called.
OWN = ("name", "levels", "tile_size", "index", "dimension_order")


@pytest.fixture(scope="module")
def conn(instance: Instance) -> Iterator[Any]:
    with BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl, secure=True) as made:
        yield made


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(files("ome_types") / "ome-2016-06.xsd"))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_whole(tmp_path_factory.mktemp("source") / "round.ome.tiff")


@pytest.fixture(scope="module")
def images(conn: Any, source: Path) -> list[int]:
    return [image.getId() for image in sorted(conn.import_files(source), key=lambda image: image.getName())]


def exported(conn: Any, schema: xmlschema.XMLSchema, folder: Path, *ids: int, kind: str = "tiff") -> Path:
    """An export in a file; its document must be valid."""
    exporter = conn.c.sf.createExporter()
    for number in ids:
        exporter.addImage(number)
    size = exporter.generateTiff() if kind == "tiff" else exporter.generateXml()
    path = folder / f"again.ome.{kind}"
    path.write_bytes(b"".join(exporter.read(at, min(1 << 20, size - at)) for at in range(0, size, 1 << 20)))
    exporter.close()
    errors = [f"{error.path}: {error.reason}" for error in schema.iter_errors(document_of(path))]
    assert not errors, errors[:5]
    return path


def document_of(path: Path) -> str:
    """The OME-XML in a file."""
    if path.suffix == ".xml":
        return path.read_text()
    with tifffile.TiffFile(path) as tif:
        return str(tif.pages.first.tags["ImageDescription"].value)


def plain(value: Any) -> Any:
    """Numbers in texts as numbers, and without the ids, which an export makes anew."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key not in OWN}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str):
        if value.startswith("urn:lsid:") or (":" in value and value.split(":")[0] in IDS):
            return "id"
        try:
            return [float(part) for part in value.split()]
        except ValueError:
            return value
    return value


IDS = ("Annotation", "Detector", "Dichroic", "Filter", "FilterSet", "Instrument", "LightSource", "Objective")


def told(info: FilesetInfo, number: int) -> Any:
    """What a file says of an image, for comparison."""
    image = plain(json.loads(json.dumps(info.to_json()))["images"][number])
    for key in ("parts", "annotations"):
        image[key] = sorted(image[key], key=repr)
    # The database keeps no order of these.
    image["channels"][0]["light_path"]["emission"].sort()
    return image


def differences(left: Any, right: Any, at: str = "") -> list[str]:
    """Where two trees of plain data differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        keys = sorted(left.keys() | right.keys())
        return [text for key in keys for text in differences(left.get(key), right.get(key), f"{at}/{key}")]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [
            text for n, pair in enumerate(zip(left, right, strict=True)) for text in differences(*pair, f"{at}/{n}")
        ]  # fmt: skip
    return [] if left == right else [f"{at}: {left!r} {right!r}"]


def test_a_tiff_says_what_the_file_said(
    conn: Any, schema: xmlschema.XMLSchema, source: Path, images: list[int], tmp_path: Path
) -> None:
    before = OmeTiffReader.describe(source)
    path = exported(conn, schema, tmp_path, images[0])
    after = OmeTiffReader.describe(path)
    assert differences(told(after, 0), told(before, 0)) == []
    assert after.plates == [], "a field is exported as an image"
    (image,) = conn.import_files(path)
    again = OmeTiffReader.describe(exported(conn, schema, tmp_path, image.getId()))
    assert differences(told(again, 0), told(before, 0)) == []
    planes = image.getPrimaryPixels().getPlanes([(0, 0, 0), (0, 1, 0)])
    assert np.array_equal(list(planes), VALUES[0])


def test_parts_are_told_apart(conn: Any, schema: xmlschema.XMLSchema, images: list[int], tmp_path: Path) -> None:
    info = OmeTiffReader.describe(exported(conn, schema, tmp_path, images[0]))
    parts = {part.id: part for part in info.images[0].parts}
    channel = info.images[0].channels[0]
    assert channel.light_path is not None and channel.light_path.dichroic is not None
    assert sorted(parts[one].values["Model"] for one in channel.light_path.emission) == ["M1", "emission"]
    assert parts[channel.light_path.dichroic].kind == "Dichroic"
    assert parts[channel.filter_set or ""].kind == "FilterSet"
    (laser,) = (part for part in parts.values() if part.kind == "Laser")
    assert parts[laser.pump or ""].kind == "Arc"


def test_plates_in_a_document_of_several_images(
    conn: Any, schema: xmlschema.XMLSchema, source: Path, images: list[int], tmp_path: Path
) -> None:
    path = exported(conn, schema, tmp_path, *images, kind="xml")
    document = parse(path.read_bytes(), path)
    after = FilesetInfo("OMETiff", "ome-tiff", "1", [path], [])
    add_plates(document, after, {element.get("ID", ""): at for at, element in enumerate(document.images)})
    before = OmeTiffReader.describe(source)
    del before.plates[0].wells[1]  # nothing is in it
    for info in (before, after):
        info.images = []
    old, new = (json.loads(json.dumps(info.to_json())) for info in (before, after))
    names = before.plates[0].name, before.screens[0].name
    assert (after.plates[0].name, after.screens[0].name) == names
    assert plain(new["plates"]) == plain(old["plates"]) and plain(new["screens"]) == plain(old["screens"])


def test_people_containers_and_files(
    conn: Any, schema: xmlschema.XMLSchema, images: list[int], tmp_path: Path
) -> None:
    update = conn.getUpdateService()
    project, dataset = omero.model.ProjectI(), omero.model.DatasetI()
    project.name, dataset.name, dataset.description = rstring("exported project"), rstring("<exported>"), rstring("d")
    project.linkDataset(dataset)
    dataset.linkImage(omero.model.ImageI(images[0], False))
    update.saveObject(project)
    (tmp_path / "notes.txt").write_bytes(b"some notes")
    (tmp_path / "large.bin").write_bytes(bytes(5 << 20))
    image = conn.getObject("Image", images[0])
    for name in ("notes.txt", "large.bin"):
        image.linkAnnotation(conn.createFileAnnfromLocalFile(tmp_path / name, mimetype="text/plain", ns="test/file"))
    listed = omero.model.ListAnnotationI()
    inner = omero.model.LongAnnotationI()
    inner.longValue = rlong(4711)
    listed.linkAnnotation(inner)
    link = omero.model.ImageAnnotationLinkI()
    link.parent, link.child = omero.model.ImageI(images[0], False), listed
    update.saveObject(link)
    path = exported(conn, schema, tmp_path, *images, kind="xml")
    root = parse(path.read_bytes(), path).root
    (person,) = root.iterfind(f"{OME}Experimenter")
    assert (person.get("UserName"), person.get("Email")) == ("root", None)
    (group,) = root.iterfind(f"{OME}ExperimenterGroup")
    owners = {ref.get("ID") for ref in root.iterfind(f"{OME}Image/{OME}ExperimenterRef")}
    assert owners == {person.get("ID")} and group.get("Name") == "system"
    (found,) = root.iterfind(f"{OME}Dataset")
    assert (found.get("Name"), found.findtext(f"{OME}Description")) == ("<exported>", "d")
    (held,) = found.iterfind(f"{OME}ImageRef")
    assert held.get("ID") == next(root.iterfind(f"{OME}Image")).get("ID")
    (project_ref,) = root.iterfind(f"{OME}Project/{OME}DatasetRef")
    assert project_ref.get("ID") == found.get("ID")
    (attached,) = root.iterfind(f".//{OME}FileAnnotation/{OME}BinaryFile")
    assert (attached.get("FileName"), attached.get("Size")) == ("notes.txt", "10")
    assert attached.findtext(f"{OME}BinData") == "c29tZSBub3Rlcw=="
    (reference,) = root.iterfind(f".//{OME}ListAnnotation/{OME}AnnotationRef")
    (number,) = (one for one in root.iterfind(f".//{OME}LongAnnotation") if one.findtext(f"{OME}Value") == "4711")
    assert reference.get("ID") == number.get("ID") and number.get("Annotator") == person.get("ID")
    conn.deleteObjects("Project", [project_id(conn)], deleteChildren=False, wait=True)


def project_id(conn: Any) -> int:
    rows = conn.getQueryService().projection(
        "select p.id from Project p where p.name = :name", ParametersI().addString("name", "exported project")
    )
    return int(rows[0][0].val)
