"""One image with pixels, channels and planes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import omero
import omero._generated
from omero_server import queries
from omero_server.model.schema import MODEL
from omero_server.rendering.metadata import primary_pixels
from omero_server.services.exporting.elements import Export
from omero_server.services.exporting.instrument import (
    add_channel_settings,
    add_environment,
    add_experiment,
    add_instrument_reference,
)
from omero_server.services.exporting.lightpath import add_light_path, load_light_paths
from omero_server.services.exporting.shapes import Regions
from omero_server.services.exporting.values import (
    COUNT,
    FLOAT,
    INTEGER,
    POSITIVE,
    POSITIVE_WHOLE,
    TEXT,
    Names,
    Rules,
    add_text,
    packed_color,
    plain,
    timestamp,
)

__all__ = ["Fill", "add_image", "load_image"]

IMAGE = """
    select i from Image i left outer join fetch i.details.externalInfo
    left outer join fetch i.objectiveSettings o left outer join fetch o.objective
    left outer join fetch i.imagingEnvironment left outer join fetch i.stageLabel
    left outer join fetch i.experiment
    where i.id = :id
"""
PIXELS = """
    select p from Pixels p left outer join fetch p.details.externalInfo
    join fetch p.pixelsType left outer join fetch p.channels c
    left outer join fetch c.logicalChannel lc
    left outer join fetch lc.detectorSettings d left outer join fetch d.detector
    left outer join fetch lc.lightSourceSettings l left outer join fetch l.lightSource
    left outer join fetch lc.lightPath
    where p.id = :id
"""
PLANES = "select p from PlaneInfo p where p.pixels.id = :id order by p.theT, p.theC, p.theZ, p.id"

SIZES = {f"Size{axis}": (f"size{axis}", POSITIVE_WHOLE) for axis in "XYZCT"}
PIXELS_RULES = Rules(
    SIZES
    | {f"PhysicalSize{axis}": (f"physicalSize{axis}", POSITIVE) for axis in "XYZ"}
    | {"TimeIncrement": ("timeIncrement", FLOAT), "SignificantBits": ("significantBits", POSITIVE_WHOLE)}
)
CHANNEL_RULES = Rules({
    "Name": ("name", TEXT),
    "IlluminationType": ("illumination", frozenset((
        "Transmitted", "Epifluorescence", "Oblique", "NonLinear", "Other",
    ))),
    "PinholeSize": ("pinHoleSize", FLOAT),
    "AcquisitionMode": ("mode", frozenset(MODEL.enums["AcquisitionMode"]) - {"Unknown"}),
    "ContrastMethod": ("contrastMethod", frozenset((
        "Brightfield", "Phase", "DIC", "HoffmanModulation", "ObliqueIllumination", "PolarizedLight", "Darkfield",
        "Fluorescence", "Other",
    ))),
    "ExcitationWavelength": ("excitationWave", POSITIVE),
    "EmissionWavelength": ("emissionWave", POSITIVE),
    "Fluor": ("fluor", TEXT),
    "NDFilter": ("ndFilter", FLOAT),
    "PockelCellSetting": ("pockelCellSetting", INTEGER),
})  # fmt: skip
PLANE_RULES = Rules({
    "TheZ": ("theZ", COUNT), "TheC": ("theC", COUNT), "TheT": ("theT", COUNT), "DeltaT": ("deltaT", FLOAT),
    "ExposureTime": ("exposureTime", FLOAT), "PositionX": ("positionX", FLOAT), "PositionY": ("positionY", FLOAT),
    "PositionZ": ("positionZ", FLOAT),
})  # fmt: skip

Fill = Callable[[Element, Any], None]


def load_image(names: Names, image_id: int) -> Any:
    """The image; ValidationException when there is none that the caller may read."""
    found = queries.run(names.call, IMAGE, {"id": image_id})
    if not found:
        raise omero.ValidationException(message=f"There is no image with id {image_id} that you may read.")
    return found[0]


def add_image(export: Export, image: Any, regions: Regions, fill: Fill) -> None:
    """The element of an image. ``fill`` adds to the Pixels what says where the pixels are."""
    image_id = image._id._val
    element = export.add("Image", ID=export.names.lsid(image, "Image"))
    if image._name is not None:
        element.set("Name", TEXT(image._name._val))
    if image._acquisitionDate is not None:
        SubElement(element, "AcquisitionDate").text = timestamp(image._acquisitionDate)
    export.refer_to_owner(element, image)
    add_text(element, "Description", image._description)
    add_experiment(export, element, image._experiment)
    export.refer_to_group(element, image)
    add_instrument_reference(export, element, image)
    add_environment(export.names, element, image)
    _add_pixels(export, element, image_id, fill)
    regions.refer(element, image_id)
    export.annotations.refer(element, "Image", image_id)


def _add_pixels(export: Export, parent: Element, image_id: int, fill: Fill) -> None:
    names = export.names
    pixels_id = primary_pixels(names.call.db, image_id)
    if pixels_id is None:
        raise omero.ApiUsageException(message=f"The image {image_id} has no pixels: there is nothing to export.")
    pixels = queries.run(names.call, PIXELS, {"id": pixels_id})[0]
    kind = plain(pixels._pixelsType._value)
    element = SubElement(parent, "Pixels", ID=names.lsid(pixels, "Pixels"), DimensionOrder="XYZCT", BigEndian="true")
    # Truth values are stored, and sent to clients, one per byte.
    element.set("Type", "uint8" if kind == "bit" else kind)
    PIXELS_RULES.apply(names, pixels, element)
    channels = [channel for channel in pixels._channelsSeq or () if channel is not None]
    load_light_paths(export, [channel._logicalChannel for channel in channels])
    for channel in channels:
        _add_channel(export, element, channel)
    fill(element, pixels)
    for plane in queries.run(names.call, PLANES, {"id": pixels._id._val}):
        if _inside(plane, pixels):
            item = SubElement(element, "Plane")
            PLANE_RULES.apply(names, plane, item)
            export.annotations.refer(item, "PlaneInfo", plane._id._val)


def _inside(plane: Any, pixels: Any) -> bool:
    return all(
        0 <= plain(getattr(plane, f"_the{axis}")) < plain(getattr(pixels, f"_size{axis}")) for axis in "ZCT"
    )  # fmt: skip


def _add_channel(export: Export, parent: Element, channel: Any) -> None:
    names = export.names
    element = SubElement(parent, "Channel", ID=names.lsid(channel, "Channel"), SamplesPerPixel="1")
    color = packed_color(channel)
    if color is not None:
        element.set("Color", color)
    logical = channel._logicalChannel
    known = logical is not None and logical._loaded
    if known:
        CHANNEL_RULES.apply(names, logical, element)
        add_channel_settings(export, element, logical)
    export.annotations.refer(element, "Channel", channel._id._val)
    if known:
        add_light_path(export, element, logical._lightPath)
