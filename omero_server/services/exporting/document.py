"""OME-XML of images, schema 2016-06."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sqlalchemy import select

from omero_server.db.tables import TABLES
from omero_server.services.exporting.containers import add_datasets
from omero_server.services.exporting.elements import Export
from omero_server.services.exporting.image import Fill, add_image, load_image
from omero_server.services.exporting.instrument import add_instrument
from omero_server.services.exporting.plates import add_plates
from omero_server.services.exporting.shapes import Regions
from omero_server.services.exporting.values import Names, plain
from omero_server.sessions.call import Call

__all__ = ["metadata_xml", "tiff_xml"]

NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
ROOT = {
    "xmlns": NAMESPACE,
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": f"{NAMESPACE} {NAMESPACE}/ome.xsd",
}


def metadata_xml(call: Call, image_ids: Sequence[int]) -> bytes:
    """All images in one document without pixels. ValidationException for an image that the caller may not read."""

    def place(element: Element, pixels: Any) -> None:
        SubElement(element, "MetadataOnly")

    root = Element("OME", ROOT)
    _fill(call, root, image_ids, place, plates=True)
    return _bytes(root)


def tiff_xml(call: Call, image_id: int) -> bytes:
    """One image, whose planes are the pages of the file that the document lies in, z before c before t."""
    uuid = f"urn:uuid:{uuid4()}"
    file_name = f"{image_id}.ome.tiff"

    def place(element: Element, pixels: Any) -> None:
        size_z, size_c, size_t = (plain(size) for size in (pixels._sizeZ, pixels._sizeC, pixels._sizeT))
        for number in range(size_z * size_c * size_t):
            ct, z = divmod(number, size_z)
            t, c = divmod(ct, size_c)
            data = SubElement(
                element, "TiffData", FirstZ=str(z), FirstC=str(c), FirstT=str(t), IFD=str(number), PlaneCount="1"
            )
            SubElement(data, "UUID", FileName=file_name).text = uuid

    root = Element("OME", ROOT | {"UUID": uuid})
    # A field of a plate is to be imported as an image, not as a plate with one well.
    _fill(call, root, [image_id], place, plates=False)
    return _bytes(root)


def _fill(call: Call, root: Element, image_ids: Sequence[int], place: Fill, *, plates: bool) -> None:
    export = Export(Names(call, call.engine.config.get("omero.db.authority"), _database_uuid(call)))
    regions = Regions(export)
    images = [load_image(export.names, image_id) for image_id in dict.fromkeys(image_ids)]
    for number in dict.fromkeys(image._instrument._id._val for image in images if image._instrument is not None):
        add_instrument(export, number)
    for image in images:
        export.annotations.load_image(image._id._val)
        add_image(export, image, regions, place)
    known = {image._id._val: export.names.lsid(image, "Image") for image in images}
    add_datasets(export, known)
    if plates:
        add_plates(export, known)
    # Both refer to annotations, so these come last.
    export.add_all(regions.write())
    export.annotations.write(export)
    export.write(root)


def _database_uuid(call: Call) -> str:
    table = TABLES["configuration"]
    found = call.db.execute(select(table.c.value).where(table.c.name == "omero.db.uuid")).scalar_one_or_none()
    return found or "unknown"


def _bytes(root: Element) -> bytes:
    # Spaces that a user put into XML, or left out, are the user's.
    kept = [(value, list(value)) for value in root.iterfind("StructuredAnnotations/XMLAnnotation/Value")]
    for value, content in kept:
        for element in content:
            value.remove(element)
    indent(root, " ")
    for value, content in kept:
        value.extend(content)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
