"""OME-XML of images, schema 2016-06."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sqlalchemy import select

from omero_server.db.tables import TABLES
from omero_server.services.exporting.annotations import Annotations
from omero_server.services.exporting.image import Fill, add_image, load_image
from omero_server.services.exporting.instrument import add_instrument
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
    _fill(call, root, image_ids, place)
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
    _fill(call, root, [image_id], place)
    return _bytes(root)


def _fill(call: Call, root: Element, image_ids: Sequence[int], place: Fill) -> None:
    names = Names(call, call.engine.config.get("omero.db.authority"), _database_uuid(call))
    annotations = Annotations(names)
    regions = Regions(names, annotations)
    images = [load_image(names, image_id) for image_id in dict.fromkeys(image_ids)]
    wanted = dict.fromkeys(image._instrument._id._val for image in images if image._instrument is not None)
    instruments = {instrument_id: add_instrument(names, root, instrument_id) for instrument_id in wanted}
    for image in images:
        annotations.load(image._id._val)
        used = None if image._instrument is None else instruments[image._instrument._id._val]
        add_image(names, root, image, annotations, regions, used, place)
    # Regions come after the annotations, but first have to say which of these they refer to.
    last = regions.write()
    annotations.write(root)
    root.extend(last)


def _database_uuid(call: Call) -> str:
    table = TABLES["configuration"]
    found = call.db.execute(select(table.c.value).where(table.c.name == "omero.db.uuid")).scalar_one_or_none()
    return found or "unknown"


def _bytes(root: Element) -> bytes:
    indent(root, " ")
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
