"""The images of a fileset as model objects, ready to be saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import omero
import omero._generated
from omero_server.formats.base import PIXEL_DTYPES
from omero_server.formats.info import ChannelInfo, ImageInfo, PlaneInfo, Quantity
from omero_server.imports.extras import Annotations, add_rois, link_annotation
from omero_server.imports.measure import Measured
from omero_server.imports.objects import add, make
from omero_server.imports.optics import Optics
from omero_server.imports.references import Enumerations, reference

__all__ = ["Batch", "Wishes", "image_graph", "image_name", "wishes_of"]

LONGEST_NAME = 255
ELLIPSIS = "…"


@dataclass(frozen=True)
class Wishes:
    """What the importing user asked for. `sizes`: physical pixel sizes in µm, where the file has none."""

    name: str | None = None
    description: str | None = None
    sizes: tuple[float, ...] = ()
    annotations: Sequence[Any] = field(default_factory=tuple)


@dataclass(frozen=True)
class Batch:
    """All images of one fileset; `file` is the name of its first file."""

    fileset_id: int
    format_id: int
    file: str
    images: Sequence[ImageInfo]
    found: Sequence[Measured]
    wishes: Wishes
    annotations: Annotations


def wishes_of(settings: Any) -> Wishes:
    """From the settings of an import."""
    sizes = tuple(settings.userSpecifiedPixels or ())
    return Wishes(
        name=_stripped(settings.userSpecifiedName),
        description=_stripped(settings.userSpecifiedDescription),
        sizes=sizes[:3] if len(sizes) >= 3 else (),
        annotations=list(settings.userSpecifiedAnnotationList or []),
    )


def image_name(file: str, series: int, count: int, series_name: str, wanted: str | None) -> str:
    """The wanted name or the file's; of several images in a file also the image's own, or its number, in brackets.

    Too long names keep their end, which tells more.
    """
    name = wanted or PurePath(file).name
    if count > 1:
        name = f"{name} [{series_name or series}]"
    return name if len(name) <= LONGEST_NAME else ELLIPSIS + name[1 - LONGEST_NAME :]


def image_graph(enums: Enumerations, batch: Batch, series: int) -> Any:
    """An Image with Pixels, channels, planes, instrument, regions and annotations."""
    info, measured, wishes = batch.images[series], batch.found[series], batch.wishes
    image = make(
        enums, "Image", name=image_name(batch.file, series, len(batch.found), info.name, wishes.name), series=series,
        description=wishes.description or info.description, acquisitionDate=info.acquired, archived=False,
        partial=False, fileset=reference("Fileset", batch.fileset_id), format=reference("Format", batch.format_id),
    )  # fmt: skip
    optics = Optics(enums, info, batch.annotations)
    if info.experiment:
        image._experiment = make(
            enums, "Experiment", type=info.experiment.get("Type", "Unknown"),
            description=info.experiment.get("Description"),
        )  # fmt: skip
    pixels = add(image, "pixels", _pixels(enums, measured, optics, wishes), "image")
    for channel, known in zip(pixels._channelsSeq, info.channels, strict=True):
        batch.annotations.add(channel, known.annotations)
    optics.apply(image)
    add_rois(enums, image, info.rois, batch.annotations)
    batch.annotations.add(image, info.annotations)
    for annotation in wishes.annotations:
        link_annotation(enums, image, annotation)
    return image


def _pixels(enums: Enumerations, measured: Measured, optics: Optics, wishes: Wishes) -> Any:
    info = optics.info
    # A file that says nothing else uses all bits of its type.
    bits = info.significant_bits or PIXEL_DTYPES[info.pixel_type].itemsize * 8
    wished: list[Quantity | None] = [(value, "µm") for value in wishes.sizes] or [None] * 3
    pixels = make(
        enums, "Pixels", sizeX=info.size_x, sizeY=info.size_y, sizeZ=info.size_z, sizeC=info.size_c, sizeT=info.size_t,
        sha1=measured.sha1, significantBits=bits, timeIncrement=info.time_increment,
        physicalSizeX=info.physical_size_x or wished[0], physicalSizeY=info.physical_size_y or wished[1],
        physicalSizeZ=info.physical_size_z or wished[2],
    )  # fmt: skip
    pixels._pixelsType = enums.get("PixelsType", info.pixel_type)
    pixels._dimensionOrder = enums.get("DimensionOrder", info.dimension_order)
    for index in range(info.size_c):
        add(pixels, "channels", _channel(enums, measured, index, optics), "pixels")
    for plane in _planes(info):
        add(pixels, "planeInfo", _plane(enums, plane), "pixels")
    return pixels


def _channel(enums: Enumerations, measured: Measured, index: int, optics: Optics) -> Any:
    info, display = optics.info.channels[index], measured.channels[index]
    channel = make(enums, "Channel")
    if display.color is not None:
        red, green, blue, alpha = display.color
        channel = make(enums, "Channel", red=red, green=green, blue=blue, alpha=alpha)
    if display.stats is not None:
        low, high = display.stats
        channel._statsInfo = omero.model.StatsInfo(
            _loaded=True, _globalMin=omero.RDouble(low), _globalMax=omero.RDouble(high)
        )
    logical = _logical_channel(enums, info, info.name or optics.names[index], optics)
    logical._photometricInterpretation = enums.get(
        "PhotometricInterpretation", "RGB" if optics.info.is_rgb else "Monochrome"
    )
    channel._logicalChannel = logical
    return channel


def _logical_channel(enums: Enumerations, info: ChannelInfo, name: str | None, optics: Optics) -> Any:
    return make(
        enums, "LogicalChannel", name=name, fluor=info.fluor, emissionWave=info.emission_wavelength,
        excitationWave=info.excitation_wavelength, mode=info.acquisition_mode, contrastMethod=info.contrast_method,
        illumination=info.illumination, pinHoleSize=info.pinhole_size, ndFilter=info.nd_filter,
        pockelCellSetting=info.pockel_cell_setting, samplesPerPixel=info.samples_per_pixel,
        detectorSettings=optics.detector_settings(info), lightSourceSettings=optics.light_settings(info),
        filterSet=optics.filter_set(info.filter_set), lightPath=optics.light_path(info.light_path),
    )  # fmt: skip


def _planes(info: ImageInfo) -> list[PlaneInfo]:
    """Planes of which something is known, each once."""
    known: dict[tuple[int, int, int], PlaneInfo] = {}
    for plane in info.planes:
        inside = 0 <= plane.z < info.size_z and 0 <= plane.c < info.size_c and 0 <= plane.t < info.size_t
        if inside:
            known.setdefault((plane.z, plane.c, plane.t), plane)
    return list(known.values())


def _plane(enums: Enumerations, plane: PlaneInfo) -> Any:
    return make(
        enums, "PlaneInfo", theZ=plane.z, theC=plane.c, theT=plane.t, deltaT=plane.delta_t,
        exposureTime=plane.exposure_time, positionX=plane.position_x, positionY=plane.position_y,
        positionZ=plane.position_z,
    )  # fmt: skip


def _stripped(text: Any) -> str | None:
    return (text._val.strip() or None) if text is not None else None
