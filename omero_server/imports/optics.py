"""The instrument of an image: stand, objective, detectors, light sources, and their settings in the channels."""

from __future__ import annotations

from typing import Any

from omero_server.formats.info import ChannelInfo, DetectorInfo, ImageInfo, LightSourceInfo
from omero_server.imports.objects import add, make, parse
from omero_server.imports.references import Enumerations

__all__ = ["Optics"]

LIGHT_SOURCES = {
    "Laser": "LaserType",
    "Arc": "ArcType",
    "Filament": "FilamentType",
    "LightEmittingDiode": None,
}
STAGE = {"Name": "name", "X": "positionX", "Y": "positionY", "Z": "positionZ"}
ENVIRONMENT = {
    "Temperature": "temperature",
    "AirPressure": "airPressure",
    "Humidity": "humidity",
    "CO2Percent": "co2percent",
}


class Optics:
    """Builds the instrument of one image; a part with the same id is made once."""

    def __init__(self, enums: Enumerations, info: ImageInfo) -> None:
        self.enums = enums
        self.info = info
        self._instrument: Any = None
        self._detectors: dict[str, Any] = {}
        self._lights: dict[str, Any] = {}

    @property
    def instrument(self) -> Any:
        """The Instrument, made at the first use."""
        if self._instrument is None:
            self._instrument = make(self.enums, "Instrument")
        return self._instrument

    def apply(self, image: Any) -> None:
        """Set what is known of the acquisition. To be called after the channels were made."""
        info, enums = self.info, self.enums
        if info.microscope is not None:
            stand = info.microscope
            self.instrument._microscope = make(
                enums, "Microscope", type=stand.type or "Unknown", manufacturer=stand.manufacturer,
                model=stand.model, serialNumber=stand.serial_number,
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
        return make(
            self.enums, "DetectorSettings", detector=self._detector(found), binning=self._binning(found), **values
        )

    def light_settings(self, channel: ChannelInfo) -> Any:
        """Settings of the channel's light source, or None."""
        found = channel.light_source
        if found is None:
            return None
        attenuation = found.attenuation
        return make(self.enums, "LightSettings", lightSource=self._light(found), attenuation=attenuation)

    def _binning(self, found: DetectorInfo) -> str | None:
        # This enumeration has no "Other": an unknown binning is better left out than renamed.
        return found.binning if found.binning in self.enums.ids("Binning") else None

    def _objective(self) -> Any:
        found, enums = self.info.objective, self.enums
        assert found is not None
        lens = make(
            enums, "Objective", manufacturer=found.manufacturer, model=found.model, serialNumber=found.serial_number,
            nominalMagnification=found.nominal_magnification, calibratedMagnification=found.calibrated_magnification,
            lensNA=found.lens_na, immersion=found.immersion or "Unknown", correction=found.correction or "Unknown",
            workingDistance=found.working_distance,
        )  # fmt: skip
        add(self.instrument, "objective", lens, "instrument")
        return make(
            enums, "ObjectiveSettings", objective=lens, medium=found.medium, refractiveIndex=found.refractive_index,
            correctionCollar=found.correction_collar,
        )  # fmt: skip

    def _detector(self, found: DetectorInfo) -> Any:
        if found.id not in self._detectors:
            detector = make(
                self.enums, "Detector", type=found.type or "Unknown", manufacturer=found.manufacturer,
                model=found.model, serialNumber=found.serial_number,
            )  # fmt: skip
            self._detectors[found.id] = add(self.instrument, "detector", detector, "instrument")
        return self._detectors[found.id]

    def _light(self, found: LightSourceInfo) -> Any:
        if found.id not in self._lights:
            kind = found.kind if found.kind in LIGHT_SOURCES else "Laser"
            values: dict[str, Any] = {} if LIGHT_SOURCES[kind] is None else {"type": found.type or "Unknown"}
            if kind == "Laser":
                values |= {"laserMedium": found.medium or "Unknown", "wavelength": found.wavelength}
            light = make(
                self.enums, kind, manufacturer=found.manufacturer, model=found.model, power=found.power, **values
            )  # fmt: skip
            self._lights[found.id] = add(self.instrument, "lightSource", light, "instrument")
        return self._lights[found.id]
