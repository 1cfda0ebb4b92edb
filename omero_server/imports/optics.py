"""The instrument of an image: stand, objective, detectors, light sources, and their settings in the channels."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.formats.info import (
    ChannelInfo,
    DetectorInfo,
    ImageInfo,
    LightPathInfo,
    LightSourceInfo,
    PartInfo,
    Quantity,
)
from omero_server.imports.extras import Annotations
from omero_server.imports.objects import add, make, parse
from omero_server.imports.references import Enumerations
from omero_server.rendering.colors import ChannelOptics, Color, FilterRange, import_channels
from omero_server.rendering.settings import ChannelInfo as ChannelDisplay

__all__ = ["Optics", "displays"]

_MADE = {"Manufacturer": "manufacturer", "Model": "model", "SerialNumber": "serialNumber", "LotNumber": "lotNumber"}
_LIGHT = _MADE | {"Power": "power"}
LIGHT_SOURCES = {
    "Laser": _LIGHT
    | {
        "Type": "type",
        "LaserMedium": "laserMedium",
        "Wavelength": "wavelength",
        "Tuneable": "tuneable",
        "FrequencyMultiplication": "frequencyMultiplication",
        "Pulse": "pulse",
        "PockelCell": "pockelCell",
        "RepetitionRate": "repetitionRate",
    },
    "Arc": _LIGHT | {"Type": "type"},
    "Filament": _LIGHT | {"Type": "type"},
    "LightEmittingDiode": _LIGHT,
    "GenericExcitationSource": _LIGHT,
}
PARTS = LIGHT_SOURCES | {
    "Microscope": _MADE | {"Type": "type"},
    "Objective": _MADE | {
        "Correction": "correction", "Immersion": "immersion", "LensNA": "lensNA", "Iris": "iris",
        "NominalMagnification": "nominalMagnification", "CalibratedMagnification": "calibratedMagnification",
        "WorkingDistance": "workingDistance",
    },
    "Detector": _MADE | {
        "Type": "type", "Gain": "gain", "Voltage": "voltage", "Offset": "offsetValue", "Zoom": "zoom",
        "AmplificationGain": "amplificationGain",
    },
    "Filter": _MADE | {"Type": "type", "FilterWheel": "filterWheel"},
    "Dichroic": _MADE,
    "FilterSet": _MADE,
}  # fmt: skip
COLLECTIONS = dict.fromkeys(LIGHT_SOURCES, "lightSource") | {
    "Objective": "objective", "Detector": "detector", "Filter": "filter", "Dichroic": "dichroic",
    "FilterSet": "filterSet",
}  # fmt: skip
UNKNOWN = {
    "Microscope": ("type",), "Objective": ("immersion", "correction"), "Detector": ("type",),
    "Laser": ("type", "laserMedium"), "Arc": ("type",), "Filament": ("type",),
}  # fmt: skip
"""What has to have a value, which is Unknown where there is none."""
TRANSMITTANCE = {
    "CutIn": "cutIn", "CutOut": "cutOut", "CutInTolerance": "cutInTolerance", "CutOutTolerance": "cutOutTolerance",
    "Transmittance": "transmittance",
}  # fmt: skip
DETECTOR_SETTINGS = {"Zoom": "zoom", "ReadOutRate": "readOutRate", "Integration": "integration"}
LIGHT_SETTINGS = {"Wavelength": "wavelength"}
STAGE = {"Name": "name", "X": "positionX", "Y": "positionY", "Z": "positionZ"}
ENVIRONMENT = {
    "Temperature": "temperature",
    "AirPressure": "airPressure",
    "Humidity": "humidity",
    "CO2Percent": "co2percent",
}


class Optics:
    """Builds the instrument of one image; a part with the same id is made once."""

    def __init__(self, enums: Enumerations, info: ImageInfo, annotations: Annotations) -> None:
        self.enums = enums
        self._annotations = annotations
        self.info = info
        self.names = displays(info)[1]
        self._instrument: Any = None
        self._parts: dict[str, Any] = {}
        for part in info.parts:
            self._add_part(part)
        for part in info.parts:
            self._connect(part)

    @property
    def instrument(self) -> Any:
        """The Instrument, made at the first use."""
        if self._instrument is None:
            self._instrument = make(self.enums, "Instrument")
        return self._instrument

    def filter_set(self, part_id: str | None) -> Any:
        """The filter set with this id; None when the file tells nothing of it."""
        return self._known("FilterSet", part_id)

    def light_path(self, path: LightPathInfo | None) -> Any:
        """The filters and the dichroic that the light of a channel passes, or None."""
        if path is None:
            return None
        made = self._with_path("LightPath", make(self.enums, "LightPath"), path)
        self._annotations.add(made, path.annotations)
        return made

    def apply(self, image: Any) -> None:
        """Set what is known of the acquisition. To be called after the channels were made."""
        info, enums = self.info, self.enums
        stand = info.microscope
        if stand is not None and self.instrument._microscope is None:
            self.instrument._microscope = self._make(
                "Microscope", type=stand.type, manufacturer=stand.manufacturer, model=stand.model,
                serialNumber=stand.serial_number,
            )  # fmt: skip
        if info.objective is not None:
            image._objectiveSettings = self._objective()
        image._instrument = self._instrument
        if info.stage_label:
            values = parse("StageLabel", info.stage_label, STAGE)
            image._stageLabel = make(enums, "StageLabel", **{"name": "", **values})
        if info.environment:
            image._imagingEnvironment = make(
                enums, "ImagingEnvironment", **parse("ImagingEnvironment", info.environment, ENVIRONMENT)
            )

    def detector_settings(self, channel: ChannelInfo) -> Any:
        """Settings of the channel's detector, or None."""
        found = channel.detector
        if found is None:
            return None
        values = {"gain": found.gain, "offsetValue": found.offset, "voltage": found.voltage}
        values |= parse("DetectorSettings", found.settings, DETECTOR_SETTINGS)
        return make(
            self.enums, "DetectorSettings", detector=self._detector(found), binning=self._binning(found), **values
        )

    def light_settings(self, channel: ChannelInfo) -> Any:
        """Settings of the channel's light source, or None."""
        found = channel.light_source
        if found is None:
            return None
        values = parse("LightSettings", found.settings, LIGHT_SETTINGS)
        return make(
            self.enums, "LightSettings", lightSource=self._light(found), attenuation=found.attenuation, **values
        )  # fmt: skip

    def _binning(self, found: DetectorInfo) -> str | None:
        # This enumeration has no "Other": an unknown binning is better left out than renamed.
        return found.binning if found.binning in self.enums.ids("Binning") else None

    def _objective(self) -> Any:
        found, enums = self.info.objective, self.enums
        assert found is not None
        lens = self._known("Objective", found.id) or self._added(
            "Objective", found.id, manufacturer=found.manufacturer, model=found.model,
            serialNumber=found.serial_number, nominalMagnification=found.nominal_magnification,
            calibratedMagnification=found.calibrated_magnification, lensNA=found.lens_na, immersion=found.immersion,
            correction=found.correction, workingDistance=found.working_distance,
        )  # fmt: skip
        return make(
            enums, "ObjectiveSettings", objective=lens, medium=found.medium, refractiveIndex=found.refractive_index,
            correctionCollar=found.correction_collar,
        )  # fmt: skip

    def _detector(self, found: DetectorInfo) -> Any:
        return self._known("Detector", found.id) or self._added(
            "Detector", found.id, type=found.type, manufacturer=found.manufacturer, model=found.model,
            serialNumber=found.serial_number,
        )  # fmt: skip

    def _light(self, found: LightSourceInfo) -> Any:
        known = self._known("LightSource", found.id)
        if known is not None:
            return known
        kind = found.kind if found.kind in LIGHT_SOURCES else "Laser"
        values: dict[str, Any] = {"type": found.type} if "Type" in LIGHT_SOURCES[kind] else {}
        if kind == "Laser":
            values |= {"laserMedium": found.medium, "wavelength": found.wavelength}
        return self._added(
            kind, found.id, manufacturer=found.manufacturer, model=found.model, power=found.power, **values
        )  # fmt: skip

    def _make(self, kind: str, **values: Any) -> Any:
        required = {name: values.get(name) or "Unknown" for name in UNKNOWN.get(kind, ())}
        return make(self.enums, kind, **values | required)

    def _added(self, kind: str, part_id: str, **values: Any) -> Any:
        made = add(self.instrument, COLLECTIONS[kind], self._make(kind, **values), "instrument")
        self._parts[part_id] = made
        return made

    def _add_part(self, part: PartInfo) -> None:
        values = parse(part.kind, part.values, PARTS[part.kind])
        if part.kind == "Microscope":
            self.instrument._microscope = self._make(part.kind, **values)
            return
        if part.kind == "GenericExcitationSource" and part.pairs:
            values["map"] = part.pairs
        made = self._added(part.kind, part.id, **values)
        self._annotations.add(made, part.annotations)
        if part.transmittance:
            known = parse("TransmittanceRange", part.transmittance, TRANSMITTANCE)
            made._transmittanceRange = make(self.enums, "TransmittanceRange", **known)

    def _connect(self, part: PartInfo) -> None:
        """What a part says of others, which are all made by now."""
        if part.kind == "FilterSet" and part.path is not None:
            self._with_path("FilterSet", self._known("FilterSet", part.id), part.path)
        laser, pump = self._known("Laser", part.id), self._known("LightSource", part.pump)
        if laser is not None and pump is not laser:
            laser._pump = pump

    def _with_path(self, kind: str, holder: Any, path: LightPathInfo) -> Any:
        """Put filters and a dichroic into a LightPath or a FilterSet; what is something else is left out."""
        for name, ids in (("Excitation", path.excitation), ("Emission", path.emission)):
            for passed in (self._known("Filter", one) for one in ids):
                if passed is not None:
                    link = make(self.enums, f"{kind}{name}FilterLink", child=passed)
                    add(holder, f"{name.lower()}FilterLink", link, "parent")
        holder._dichroic = self._known("Dichroic", path.dichroic)
        return holder

    def _known(self, cls: str, part_id: str | None) -> Any:
        """The part with this id, if it is one of this class."""
        found = None if part_id is None else self._parts.get(part_id)
        return found if isinstance(found, getattr(omero.model, cls)) else None


def displays(info: ImageInfo) -> tuple[tuple[ChannelDisplay, ...], list[str | None]]:
    """How the channels of an image are shown, without statistics yet; and the names that their optics suggest."""
    optics = [_display_optics(info, channel) for channel in info.channels]
    wanted = [(_color(channel.color), one) for channel, one in zip(info.channels, optics, strict=True)]
    chosen = import_channels(wanted, graphics=info.graphics)
    channels = tuple(ChannelDisplay(color=color, optics=one) for (color, _), one in zip(chosen, optics, strict=True))
    return channels, [name for _, name in chosen]


def _color(packed: int | None) -> Color | None:
    if packed is None:
        return None
    unsigned = packed & 0xFFFFFFFF
    return unsigned >> 24, unsigned >> 16 & 0xFF, unsigned >> 8 & 0xFF, unsigned & 0xFF


def _display_optics(info: ImageInfo, channel: ChannelInfo) -> ChannelOptics:
    """Wavelengths that decide a channel's name and colour; filters of its light path come before the filter set's."""
    light = channel.light_source
    laser = light.wavelength if light is not None and light.kind == "Laser" else None
    parts = {part.id: part for part in info.parts}
    chosen = parts.get(channel.filter_set or "")
    paths = [path for path in (channel.light_path, chosen and chosen.path) if path]
    return ChannelOptics(
        emission=_number(channel.emission_wavelength), excitation=_number(channel.excitation_wavelength),
        laser=_number(laser),
        emission_filters=tuple(_range(parts[one]) for path in paths for one in path.emission if one in parts),
        excitation_filters=tuple(_range(parts[one]) for path in paths for one in path.excitation if one in parts),
    )  # fmt: skip


def _range(part: PartInfo) -> FilterRange:
    known = parse("TransmittanceRange", part.transmittance, TRANSMITTANCE)
    return FilterRange(_number(known.get("cutIn")), _number(known.get("cutOut")))


def _number(quantity: Quantity | None) -> float | None:
    return None if quantity is None else quantity[0]
