"""What can be seen inside a share: the images in it, and what is needed to show them.

Datasets, annotations, regions, filesets and whatever else has an owner stay out of sight, even those in the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, any_, bindparam, false, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.sessions.call import Caller

__all__ = ["PARAMETER", "WAYS", "contained", "images_of", "shared_condition"]

PARAMETER = "_shared"

# How objects of a class hang on shared ones. "pixels: Pixels": their property refers to a shared object of that
# class. "Channel.statsInfo": a shared Channel refers to them.
WAYS: Mapping[str, tuple[str, ...]] = {
    "Pixels": ("image: Image",),
    "Channel": ("pixels: Pixels",),
    "PlaneInfo": ("pixels: Pixels",),
    "LogicalChannel": ("Channel.logicalChannel",),
    "LightPath": ("LogicalChannel.lightPath",),
    "StatsInfo": ("Channel.statsInfo",),
    "RenderingDef": ("pixels: Pixels",),
    "ChannelBinding": ("renderingDef: RenderingDef",),
    "QuantumDef": ("RenderingDef.quantization",),
    "ProjectionDef": ("renderingDef: RenderingDef",),
    "CodomainMapContext": ("channelBinding: ChannelBinding",),
    "Thumbnail": ("pixels: Pixels",),
    "PixelsOriginalFileMap": ("child: Pixels",),
    "OriginalFile": ("PixelsOriginalFileMap.parent",),
    "Instrument": ("Image.instrument",),
    "Microscope": ("Instrument.microscope",),
    "Detector": ("instrument: Instrument",),
    "DetectorSettings": ("detector: Detector", "LogicalChannel.detectorSettings"),
    "Dichroic": ("instrument: Instrument",),
    "Filter": ("instrument: Instrument",),
    "TransmittanceRange": ("Filter.transmittanceRange",),
    "FilterSet": ("instrument: Instrument",),
    "FilterSetExcitationFilterLink": ("parent: FilterSet",),
    "FilterSetEmissionFilterLink": ("parent: FilterSet",),
    "LightPathExcitationFilterLink": ("parent: LightPath",),
    "LightPathEmissionFilterLink": ("parent: LightPath",),
    "LightSource": ("instrument: Instrument",),
    "LightSettings": ("LogicalChannel.lightSourceSettings",),
    "Objective": ("instrument: Instrument",),
    "ObjectiveSettings": ("Image.objectiveSettings",),
    "OTF": ("instrument: Instrument",),
    "ImagingEnvironment": ("Image.imagingEnvironment",),
    "StageLabel": ("Image.stageLabel",),
}


def images_of(caller: Caller) -> list[int]:
    """Ids of the images in the caller's share: the value of PARAMETER."""
    return sorted(caller.shared.get("Image", ()))


def contained(caller: Caller, class_name: str, id_: int) -> bool:
    """Whether the caller is in a share that lists this very object."""
    return id_ in caller.shared.get(class_name, ())


def shared_condition(root: str, columns: Any) -> ColumnElement[bool]:
    """What rows of the root class ``root``, which has owners, must fulfil to be seen inside a share."""
    if root == "Image":
        return _column(columns.id) == any_(bindparam(PARAMETER, required=False, type_=ARRAY(BigInteger)))
    ways = [_reached(columns, way) for way in WAYS.get(root, ())]
    return or_(*ways) if ways else false()


def _reached(columns: Any, way: str) -> ColumnElement[bool]:
    # Aliases: a table may occur in the statement around, which must not be taken for this one.
    if ": " in way:
        reference, target = way.split(": ")
        held = TABLES[MODEL.classes[target].table].alias()
        return _column(columns[reference.lower()]).in_(select(held.c.id).where(shared_condition(target, held.c)))
    holder, reference = way.split(".")
    table = TABLES[MODEL.classes[holder].table].alias()
    return _column(columns.id).in_(select(table.c[reference.lower()]).where(shared_condition(holder, table.c)))


def _column(column: Any) -> ColumnElement[Any]:
    found: ColumnElement[Any] = column
    return found
