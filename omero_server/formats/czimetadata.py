"""What the XML of a CZI file says about its images: sizes, channels, instrument, places and times of planes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from omero_server.formats.base import FormatError
from omero_server.formats.czioptics import filter_parts, filter_set_of
from omero_server.formats.czisegments import tags_of
from omero_server.formats.info import (
    ChannelInfo,
    DetectorInfo,
    ImageInfo,
    LightSourceInfo,
    MicroscopeInfo,
    ObjectiveInfo,
    PlaneInfo,
    Quantity,
)
from omero_server.formats.xmlnotes import flat_xml, number_of, parse_xml, text_of

__all__ = ["CziNotes"]

_METRES_TO_MICROMETRES = 1e6
_NANOSECONDS = 1e-9
_MOST_PLANES = 10_000
"""Planes whose own metadata is read: each costs a look into another place of the file."""
_IMAGE = "Metadata/Information/Image"
_INSTRUMENT = "Metadata/Information/Instrument"


class CziNotes:
    """The metadata document of a file; an absent one knows nothing."""

    def __init__(self, xml: bytes, path: Path) -> None:
        self._path = path
        self._root = parse_xml(xml, path) if xml.strip(b"\0 ") else Element("ImageDocument")

    def flat(self) -> dict[str, str]:
        """All texts by path, as original metadata."""
        inner = self._root.find("Metadata")
        found = flat_xml(inner) if inner is not None else {}
        return {key.removeprefix("Metadata|"): value for key, value in found.items()}

    def describe(
        self, image: ImageInfo, scene: int, channels: list[int], blocks: dict[tuple[int, int, int], int]
    ) -> None:
        """Fill in `image`, which is scene number `scene` and has these channels of the file.

        `blocks` gives the position of a sub-block of each plane, as (z, c, t).
        """
        about = self._root.find(_IMAGE)
        for axis in "xyz":
            setattr(image, f"physical_size_{axis}", self._pixel_size(axis.upper()))
        image.acquired = _date(text_of(about, "AcquisitionDateAndTime")) or _date(
            text_of(self._root, "Metadata/Information/Document/CreationDate")
        )
        image.description = text_of(
            self._root, "Metadata/Information/Document/Description", "Metadata/Information/Document/Comment"
        )
        bits = number_of(about, "ComponentBitCount")
        if bits and image.significant_bits and 1 <= bits <= image.significant_bits:
            image.significant_bits = int(bits)
        interval = number_of(about, "Dimensions/T/Positions/Interval/Increment")
        image.time_increment = (interval, "s") if interval and interval > 0 else None
        image.parts = filter_parts(self._root.find(_INSTRUMENT))
        image.channels = self._channels(image, channels)
        image.objective, image.microscope = self._objective(about), self._microscope()
        self._name(image, scene)
        image.planes = self._planes(image, channels, blocks)

    def scene_name(self, scene: int) -> str | None:
        """What the file calls scene number `scene`."""
        found = self._scene(scene)
        return found.get("Name") if found is not None else None

    def _scene(self, scene: int) -> Element | None:
        scenes = self._root.findall(f"{_IMAGE}/Dimensions/S/Scenes/Scene")
        return next((found for found in scenes if found.get("Index") == str(scene)), None)

    def _name(self, image: ImageInfo, scene: int) -> None:
        found = self._scene(scene)
        center = (text_of(found, "CenterPosition") or "").split(",") if found is not None else []
        if len(center) == 2:
            name = self.scene_name(scene) or f"Scene {scene}"
            image.stage_label = {"Name": name, "X": center[0], "XUnit": "µm", "Y": center[1], "YUnit": "µm"}

    def _pixel_size(self, axis: str) -> Quantity | None:
        metres = number_of(self._root, f"Metadata/Scaling/Items/Distance[@Id='{axis}']/Value")
        return (metres * _METRES_TO_MICROMETRES, "µm") if metres and metres > 0 else None

    def _channels(self, image: ImageInfo, numbers: list[int]) -> list[ChannelInfo]:
        known = self._root.findall(f"{_IMAGE}/Dimensions/Channels/Channel")
        shown = self._root.findall("Metadata/DisplaySetting/Channels/Channel")
        looks = {item.get("Id"): item for item in shown}
        samples = image.size_c // max(1, len(numbers))
        found: list[ChannelInfo] = []
        for number in numbers:
            element = known[number] if number < len(known) else Element("Channel")
            look = looks.get(element.get("Id")) if element.get("Id") else None
            if look is None and number < len(shown):
                look = shown[number]
            mine = [self._channel(element, look, samples) for _ in range(samples)]
            for channel in mine:
                channel.filter_set = filter_set_of(element, image.parts)
            found += mine
        return found

    def _channel(self, element: Element, look: Element | None, samples: int) -> ChannelInfo:
        return ChannelInfo(
            name=element.get("Name") or (look.get("Name") if look is not None else None) or None,
            color=_color(text_of(look, "Color") or text_of(element, "Color")) if samples == 1 else None,
            fluor=text_of(element, "Fluor", "DyeName"),
            emission_wavelength=_wave(number_of(element, "EmissionWavelength")),
            excitation_wavelength=_wave(number_of(element, "ExcitationWavelength")),
            acquisition_mode=text_of(element, "AcquisitionMode"),
            contrast_method=text_of(element, "ContrastMethod"),
            illumination=text_of(element, "IlluminationType"),
            pinhole_size=_length(number_of(element, "PinholeSize")),
            samples_per_pixel=samples,
            detector=self._detector(element),
            light_source=self._light(element),
        )

    def _detector(self, channel: Element) -> DetectorInfo | None:
        settings = channel.find("DetectorSettings")
        reference = settings.find("Detector") if settings is not None else None
        if reference is None:
            return None
        known = self._known("Detectors/Detector", reference.get("Id"))
        return DetectorInfo(
            reference.get("Id") or "Detector:0",
            type=text_of(known, "Type"),
            manufacturer=text_of(known, "Manufacturer/Manufacturer"),
            model=text_of(known, "Manufacturer/Model") or (known.get("Name") if known is not None else None),
            serial_number=text_of(known, "Manufacturer/SerialNumber"),
            gain=number_of(settings, "Gain"),
            offset=number_of(settings, "Offset"),
            binning=(text_of(settings, "Binning") or "").replace(",", "x") or None,
        )

    def _light(self, channel: Element) -> LightSourceInfo | None:
        for settings in channel.findall("LightSourcesSettings/LightSourceSettings"):
            reference = settings.find("LightSource")
            known = self._known("LightSources/LightSource", None if reference is None else reference.get("Id"))
            if known is None:
                continue
            kind = next((item.tag for item in known.find("LightSourceType") or ()), "Laser")
            attenuation = number_of(settings, "Attenuation")
            power = number_of(known, "Power")
            return LightSourceInfo(
                known.get("Id") or "LightSource:0",
                kind=str(kind),
                manufacturer=text_of(known, "Manufacturer/Manufacturer"),
                model=text_of(known, "Manufacturer/Model") or known.get("Name"),
                wavelength=_wave(
                    number_of(settings, "Wavelength") or number_of(known, "LightSourceType/Laser/Wavelength")
                ),
                power=(power, "mW") if power else None,
                attenuation=attenuation if attenuation is not None and 0 <= attenuation <= 1 else None,
            )
        return None

    def _known(self, kind: str, identity: str | None) -> Element | None:
        """A part of the instrument by its id."""
        parts: Iterable[Element] = self._root.findall(f"{_INSTRUMENT}/{kind}") if identity else ()
        return next((part for part in parts if part.get("Id") == identity), None)

    def _objective(self, about: Element | None) -> ObjectiveInfo | None:
        settings = about.find("ObjectiveSettings") if about is not None else None
        reference = settings.find("ObjectiveRef") if settings is not None else None
        lens = self._known("Objectives/Objective", reference.get("Id") if reference is not None else None)
        if lens is None:
            lens = self._root.find(f"{_INSTRUMENT}/Objectives/Objective")
        if lens is None:
            return None
        return ObjectiveInfo(
            lens.get("Id") or "Objective:0",
            manufacturer=text_of(lens, "Manufacturer/Manufacturer"),
            model=text_of(lens, "Manufacturer/Model") or lens.get("Name"),
            serial_number=text_of(lens, "Manufacturer/SerialNumber"),
            nominal_magnification=number_of(lens, "NominalMagnification"),
            calibrated_magnification=number_of(lens, "CalibratedMagnification"),
            lens_na=number_of(lens, "LensNA"),
            immersion=text_of(lens, "Immersion"),
            correction=text_of(lens, "Correction"),
            working_distance=_length(number_of(lens, "WorkingDistance")),
            medium=text_of(settings, "Medium"),
            refractive_index=number_of(settings, "RefractiveIndex"),
        )

    def _microscope(self) -> MicroscopeInfo | None:
        stand = self._root.find(f"{_INSTRUMENT}/Microscopes/Microscope")
        if stand is None:
            return None
        return MicroscopeInfo(
            stand.get("Id") or "Microscope:0",
            type=text_of(stand, "Type"),
            manufacturer=text_of(stand, "Manufacturer/Manufacturer"),
            model=text_of(stand, "Manufacturer/Model", "System") or stand.get("Name"),
            serial_number=text_of(stand, "Manufacturer/SerialNumber"),
        )

    def _planes(
        self, image: ImageInfo, channels: list[int], blocks: dict[tuple[int, int, int], int]
    ) -> list[PlaneInfo]:
        known = self._root.findall(f"{_IMAGE}/Dimensions/Channels/Channel")
        samples = image.size_c // max(1, len(channels))
        found: list[PlaneInfo] = []
        moments: list[datetime | None] = []
        for (z, c, t), position in sorted(blocks.items())[:_MOST_PLANES]:
            tags = _tags(self._path, position)
            number = channels[c]
            exposure = number_of(known[number], "ExposureTime") if number < len(known) else None
            for sample in range(samples):
                plane = PlaneInfo(z, c * samples + sample, t)
                plane.exposure_time = (exposure * _NANOSECONDS, "s") if exposure else None
                plane.position_x = _length(_float(tags.get("StageXPosition")))
                plane.position_y = _length(_float(tags.get("StageYPosition")))
                plane.position_z = _length(_float(tags.get("FocusPosition")))
                found.append(plane)
                moments.append(_date(tags.get("AcquisitionTime")))
        _set_times(found, moments)
        return [plane for plane in found if (plane.delta_t, plane.exposure_time, plane.position_x) != (None,) * 3]


def _set_times(planes: list[PlaneInfo], moments: list[datetime | None]) -> None:
    """Times since the earliest of the planes."""
    known = [moment for moment in moments if moment is not None]
    for plane, moment in zip(planes, moments, strict=True):
        if moment is not None:
            plane.delta_t = ((moment - min(known)).total_seconds(), "s")


def _tags(path: Path, position: int) -> dict[str, str]:
    """Tags of one sub-block by name; a damaged one has none, its pixels are checked when they are read."""
    try:
        text = tags_of(path, position)
    except FormatError:
        return {}
    return dict(re.findall(r"<(StageXPosition|StageYPosition|FocusPosition|AcquisitionTime)>([^<]*)<", text))


def _float(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _wave(value: float | None) -> Quantity | None:
    return (value, "nm") if value and value > 0 else None


def _length(value: float | None) -> Quantity | None:
    return (value, "µm") if value is not None else None


def _color(text: str | None) -> int | None:
    """`#AARRGGBB` or `#RRGGBB` as packed RGBA, opaque."""
    digits = (text or "").lstrip("#")[-6:]
    try:
        packed = int(digits, 16) << 8 | 255
    except ValueError:
        return None
    return packed - (1 << 32) if packed >= 1 << 31 else packed


def _date(text: str | None) -> datetime | None:
    """An ISO time; ZEN writes seven digits of a second, of which Python takes six."""
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text or "")).replace(tzinfo=None)
    except ValueError:
        return None
