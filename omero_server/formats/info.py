"""What a reader learns about a fileset, as plain data.

Lengths and times are ``(value, unit symbol)`` pairs with the symbols of the OME model ("µm", "nm", "s", "ms", ...).
Everything here turns into JSON and back (`FilesetInfo.to_json`), so a server can keep it beside the fileset and open
the image later without parsing the files again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from omero_server.formats.jsonable import decode, encode

__all__ = [
    "MOST_CHANNELS",
    "AcquisitionInfo",
    "AnnotationInfo",
    "ChannelInfo",
    "DetectorInfo",
    "FilesetInfo",
    "ImageInfo",
    "Level",
    "LightPathInfo",
    "LightSourceInfo",
    "MicroscopeInfo",
    "ObjectiveInfo",
    "PartInfo",
    "PlaneInfo",
    "PlateInfo",
    "Quantity",
    "ReagentInfo",
    "RoiInfo",
    "ScreenInfo",
    "ShapeInfo",
    "WellInfo",
    "WellSampleInfo",
    "check_planes",
    "pixels_per_metre",
    "plain_channels",
]

Quantity = tuple[float, str]
"""A number and the symbol of its unit."""

INDEX_VERSION = 1
_SPARSE_PLANES, _SPARSE_RATIO = 1_000_000, 100
MOST_CHANNELS = 300_000
"""Of one image: a number in a small file must not fill the memory."""


def pixels_per_metre(count: int) -> Quantity | None:
    """Size of a pixel from the resolution in the header of a bitmap, where 0 means unknown."""
    return (1e6 / count, "µm") if count > 0 else None


@dataclass(slots=True)
class Level:
    """Size of one resolution level in pixels."""

    width: int
    height: int


@dataclass(slots=True)
class DetectorInfo:
    """A detector and its settings in one channel; `id` is the same for a detector shared by channels."""

    id: str
    type: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    gain: float | None = None
    offset: float | None = None
    voltage: Quantity | None = None
    binning: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
    """Further settings, by their names in OME-XML."""


@dataclass(slots=True)
class LightSourceInfo:
    """A light source (`kind`: Laser, Arc, Filament, LightEmittingDiode, GenericExcitationSource) and its settings."""

    id: str
    kind: str = "Laser"
    type: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    medium: str | None = None
    wavelength: Quantity | None = None
    power: Quantity | None = None
    attenuation: float | None = None
    settings: dict[str, str] = field(default_factory=dict)
    """Further settings, by their names in OME-XML."""


@dataclass(slots=True)
class LightPathInfo:
    """What light passes on its way: ids of filters and of a dichroic."""

    excitation: list[str] = field(default_factory=list)
    dichroic: str | None = None
    emission: list[str] = field(default_factory=list)
    annotations: list[AnnotationInfo] = field(default_factory=list)


@dataclass(slots=True)
class PartInfo:
    """A part of an instrument with all that its OME-XML element says: `kind` is the name of the element.

    Detectors, light sources and objectives that channels or the image name by the same id are this part.
    """

    kind: str
    id: str
    values: dict[str, str] = field(default_factory=dict)
    transmittance: dict[str, str] = field(default_factory=dict)
    """Of a Filter: the attributes of its TransmittanceRange."""
    path: LightPathInfo | None = None
    """Of a FilterSet: what it is made of."""
    pump: str | None = None
    """Of a Laser: the id of the light source that pumps it."""
    pairs: list[tuple[str, str]] = field(default_factory=list)
    """Of a GenericExcitationSource: its map."""
    annotations: list[AnnotationInfo] = field(default_factory=list)


@dataclass(slots=True)
class ObjectiveInfo:
    """The objective of an image and its settings."""

    id: str
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    nominal_magnification: float | None = None
    calibrated_magnification: float | None = None
    lens_na: float | None = None
    immersion: str | None = None
    correction: str | None = None
    working_distance: Quantity | None = None
    medium: str | None = None
    refractive_index: float | None = None
    correction_collar: float | None = None


@dataclass(slots=True)
class MicroscopeInfo:
    """The stand."""

    id: str
    type: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None


@dataclass(slots=True)
class ChannelInfo:
    """One channel. `color` is packed RGBA (signed 32 bit, red in the highest byte); None: the importer chooses."""

    name: str | None = None
    color: int | None = None
    fluor: str | None = None
    emission_wavelength: Quantity | None = None
    excitation_wavelength: Quantity | None = None
    acquisition_mode: str | None = None
    contrast_method: str | None = None
    illumination: str | None = None
    pinhole_size: Quantity | None = None
    nd_filter: float | None = None
    pockel_cell_setting: int | None = None
    samples_per_pixel: int = 1
    window: tuple[float, float] | None = None
    detector: DetectorInfo | None = None
    light_source: LightSourceInfo | None = None
    filter_set: str | None = None
    """Id of the part."""
    light_path: LightPathInfo | None = None
    annotations: list[AnnotationInfo] = field(default_factory=list)


@dataclass(slots=True)
class PlaneInfo:
    """Acquisition data of one plane."""

    z: int
    c: int
    t: int
    delta_t: Quantity | None = None
    exposure_time: Quantity | None = None
    position_x: Quantity | None = None
    position_y: Quantity | None = None
    position_z: Quantity | None = None


@dataclass(slots=True)
class ShapeInfo:
    """A shape: `kind` is the OME class name (Ellipse, Polygon, ...), `values` its OME-XML attributes as text."""

    kind: str
    z: int | None = None
    c: int | None = None
    t: int | None = None
    values: dict[str, str] = field(default_factory=dict)
    annotations: list[AnnotationInfo] = field(default_factory=list)


@dataclass(slots=True)
class RoiInfo:
    """A region of interest: one or more shapes."""

    name: str | None = None
    description: str | None = None
    shapes: list[ShapeInfo] = field(default_factory=list)
    annotations: list[AnnotationInfo] = field(default_factory=list)


@dataclass(slots=True)
class AnnotationInfo:
    """An annotation: `kind` is the OME class name (TagAnnotation, ...); value is text, or key/value pairs of a map.

    Those of one `id` are one annotation of several things.
    """

    kind: str
    namespace: str | None = None
    description: str | None = None
    value: str | list[tuple[str, str]] | None = None
    id: str | None = None


def check_channels(count: int) -> None:
    """ValueError when there are more channels than can be kept."""
    if count > MOST_CHANNELS:
        raise ValueError(f"{count} channels are declared: at most {MOST_CHANNELS} can be kept")


def check_planes(declared: int, found: int) -> None:
    """ValueError when of so many planes far too few are there: a list of them must not fill the memory."""
    if declared > _SPARSE_PLANES + _SPARSE_RATIO * found:
        raise ValueError(f"only {found} of {declared} planes are there")


def plain_channels(count: int, samples: int = 1) -> list[ChannelInfo]:
    """Channels of which nothing is known but how many share a pixel. ValueError when they are too many."""
    check_channels(count)
    return [ChannelInfo(samples_per_pixel=samples) for _ in range(count)]


@dataclass(slots=True)
class ImageInfo:
    """One image (series) of a fileset.

    `name` is what the file calls it; of several images in a file one without a name is known by its number.
    Of RGB sources every sample is a channel (`size_c` counts samples). `levels` starts with the full size.
    `index` is the reader's own: where the pixels lie; nobody else looks into it.
    """

    name: str
    size_x: int
    size_y: int
    size_z: int = 1
    size_c: int = 1
    size_t: int = 1
    pixel_type: str = "uint8"
    dimension_order: str = "XYZCT"
    significant_bits: int | None = None
    is_rgb: bool = False
    graphics: bool = False
    """A picture rather than a measurement (PNG, JPEG, RGB TIFF): channels are named and coloured Red, Green, Blue."""
    description: str | None = None
    acquired: datetime | None = None
    physical_size_x: Quantity | None = None
    physical_size_y: Quantity | None = None
    physical_size_z: Quantity | None = None
    time_increment: Quantity | None = None
    levels: list[Level] = field(default_factory=list)
    tile_size: tuple[int, int] | None = None
    channels: list[ChannelInfo] = field(default_factory=list)
    planes: list[PlaneInfo] = field(default_factory=list)
    microscope: MicroscopeInfo | None = None
    objective: ObjectiveInfo | None = None
    parts: list[PartInfo] = field(default_factory=list)
    """All parts of the instrument, where the file tells more than the above."""
    experiment: dict[str, str] = field(default_factory=dict)
    """Type and Description."""
    stage_label: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    rois: list[RoiInfo] = field(default_factory=list)
    annotations: list[AnnotationInfo] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    index: Any = None

    def __post_init__(self) -> None:
        check_channels(self.size_c)
        if not self.levels:
            self.levels = [Level(self.size_x, self.size_y)]
        if not self.channels:
            self.channels = plain_channels(self.size_c)


@dataclass(slots=True)
class WellSampleInfo:
    """A field of a well: `image` counts the fileset's images; `acquisition` counts the plate's acquisitions."""

    image: int
    acquisition: int | None = None
    position_x: Quantity | None = None
    position_y: Quantity | None = None
    timepoint: datetime | None = None


@dataclass(slots=True)
class WellInfo:
    """A well at row and column, both from 0."""

    row: int
    column: int
    samples: list[WellSampleInfo] = field(default_factory=list)
    color: int | None = None
    type: str | None = None
    external_identifier: str | None = None
    external_description: str | None = None
    reagent: tuple[int, int] | None = None
    """Number of the fileset's screen, and of the reagent there."""
    annotations: list[AnnotationInfo] = field(default_factory=list)


@dataclass(slots=True)
class AcquisitionInfo:
    """One run over a plate."""

    name: str | None = None
    description: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    maximum_field_count: int | None = None
    annotations: list[AnnotationInfo] = field(default_factory=list)


@dataclass(slots=True)
class PlateInfo:
    """A multi-well plate; naming conventions are `letter` or `number`."""

    name: str
    rows: int
    columns: int
    row_naming: str = "letter"
    column_naming: str = "number"
    description: str | None = None
    status: str | None = None
    external_identifier: str | None = None
    well_origin_x: Quantity | None = None
    well_origin_y: Quantity | None = None
    wells: list[WellInfo] = field(default_factory=list)
    acquisitions: list[AcquisitionInfo] = field(default_factory=list)
    default_field: int | None = None
    annotations: list[AnnotationInfo] = field(default_factory=list)


@dataclass(slots=True)
class ReagentInfo:
    """A reagent of a screen."""

    name: str | None = None
    description: str | None = None
    identifier: str | None = None


@dataclass(slots=True)
class ScreenInfo:
    """A screen; `plates` counts the fileset's plates."""

    name: str
    description: str | None = None
    plates: list[int] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    """Further attributes, by their names in OME-XML."""
    reagents: list[ReagentInfo] = field(default_factory=list)
    annotations: list[AnnotationInfo] = field(default_factory=list)


@dataclass(slots=True)
class FilesetInfo:
    """A fileset: the files that belong together (`used_files`, the entry file first) and the images in them.

    `format` is the value of the model's Format enumeration; `reader` and `reader_version` say who read the files.
    """

    format: str
    reader: str
    reader_version: str
    used_files: list[Path]
    images: list[ImageInfo]
    plates: list[PlateInfo] = field(default_factory=list)
    screens: list[ScreenInfo] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def entry(self) -> Path:
        """The file to name when the fileset is opened again."""
        return self.used_files[0]

    @property
    def root(self) -> Path:
        """The deepest folder that holds all files of the fileset."""
        return Path(os.path.commonpath([path.parent for path in self.used_files]))

    def to_json(self) -> dict[str, Any]:
        """As JSON-able data, with files relative to `root`, so that the fileset may move."""
        root = self.root
        data: dict[str, Any] = encode(self)
        data["used_files"] = [path.relative_to(root).as_posix() for path in self.used_files]
        return {"version": INDEX_VERSION, **data}

    @classmethod
    def from_json(cls, data: dict[str, Any], root: Path) -> FilesetInfo:
        """Back from `to_json`, for a fileset whose common folder is now `root`. ValueError for another version."""
        if data.get("version") != INDEX_VERSION:
            raise ValueError(f"fileset index has version {data.get('version')}, this server reads {INDEX_VERSION}")
        fields = {key: value for key, value in data.items() if key != "version"}
        fields["used_files"] = [str(root / name) for name in data["used_files"]]
        info: FilesetInfo = decode(cls, fields)
        return info
