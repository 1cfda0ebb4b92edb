"""The instrument of an image, and how it was set for the image and its channels."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement

from omero_server import queries
from omero_server.services.exporting.values import (
    FLAG,
    FLOAT,
    FRACTION,
    POSITIVE,
    POSITIVE_WHOLE,
    TEXT,
    Names,
    Rules,
)

__all__ = ["add_detector_settings", "add_environment", "add_instrument", "add_light_settings", "add_objective_settings"]

_MADE = {
    "Manufacturer": ("manufacturer", TEXT), "Model": ("model", TEXT), "SerialNumber": ("serialNumber", TEXT),
    "LotNumber": ("lotNumber", TEXT),
}  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MICROSCOPE = Rules(_MADE | {"Type": ("type", _words("Upright Inverted Dissection Electrophysiology Other"))})
OBJECTIVE = Rules(
    _MADE
    | {
        "Correction": ("correction", _words(
            "UV PlanApo PlanFluor SuperFluor VioletCorrected Achro Achromat Fluor Fl Fluar Neofluar Fluotar Apo"
            " PlanNeofluar Other"
        )),
        "Immersion": ("immersion", _words("Oil Water WaterDipping Air Multi Glycerol Other")),
        "LensNA": ("lensNA", FLOAT),
        "NominalMagnification": ("nominalMagnification", FLOAT),
        "CalibratedMagnification": ("calibratedMagnification", FLOAT),
        "WorkingDistance": ("workingDistance", FLOAT),
        "Iris": ("iris", FLAG),
    }
)  # fmt: skip
DETECTOR = Rules(
    _MADE
    | {
        "Gain": ("gain", FLOAT), "Voltage": ("voltage", FLOAT), "Offset": ("offsetValue", FLOAT),
        "Zoom": ("zoom", FLOAT), "AmplificationGain": ("amplificationGain", FLOAT),
        "Type": ("type", _words(
            "CCD IntensifiedCCD AnalogVideo PMT Photodiode Spectroscopy LifetimeImaging CorrelationSpectroscopy FTIR"
            " EMCCD APD CMOS EBCCD Other"
        )),
    }
)  # fmt: skip
_LIGHT = _MADE | {"Power": ("power", FLOAT)}
LIGHTS = {
    "Laser": Rules(
        _LIGHT
        | {
            "Type": ("type", _words("Excimer Gas MetalVapor SolidState Dye Semiconductor FreeElectron Other")),
            "Wavelength": ("wavelength", POSITIVE), "Tuneable": ("tuneable", FLAG), "PockelCell": ("pockelCell", FLAG),
            "Pulse": ("pulse", _words("CW Single QSwitched Repetitive ModeLocked Other")),
            "RepetitionRate": ("repetitionRate", FLOAT),
        }
    ),
    "Arc": Rules(_LIGHT | {"Type": ("type", _words("Hg Xe HgXe Other"))}),
    "Filament": Rules(_LIGHT | {"Type": ("type", _words("Incandescent Halogen Other"))}),
    "LightEmittingDiode": Rules(_LIGHT),
    "GenericExcitationSource": Rules(_LIGHT),
}  # fmt: skip
OBJECTIVE_SETTINGS = Rules({
    "CorrectionCollar": ("correctionCollar", FLOAT), "Medium": ("medium", _words("Air Oil Water Glycerol Other")),
    "RefractiveIndex": ("refractiveIndex", FLOAT),
})  # fmt: skip
ENVIRONMENT = Rules({
    "Temperature": ("temperature", FLOAT), "AirPressure": ("airPressure", FLOAT), "Humidity": ("humidity", FRACTION),
    "CO2Percent": ("co2percent", FRACTION),
})  # fmt: skip
STAGE = Rules({"X": ("positionX", FLOAT), "Y": ("positionY", FLOAT), "Z": ("positionZ", FLOAT)})
DETECTOR_SETTINGS = Rules({
    "Offset": ("offsetValue", FLOAT), "Gain": ("gain", FLOAT), "Voltage": ("voltage", FLOAT), "Zoom": ("zoom", FLOAT),
    "ReadOutRate": ("readOutRate", FLOAT), "Binning": ("binning", _words("1x1 2x2 4x4 8x8 Other")),
    "Integration": ("integration", POSITIVE_WHOLE),
})  # fmt: skip
LIGHT_SETTINGS = Rules({"Attenuation": ("attenuation", FRACTION), "Wavelength": ("wavelength", POSITIVE)})


def add_instrument(names: Names, root: Element, instrument_id: int) -> str | None:
    """Microscope, light sources, detectors and objectives; the id in the document, None when it cannot be read."""
    found = queries.run(
        names.call, "select i from Instrument i left outer join fetch i.microscope where i.id = :id",
        {"id": instrument_id},
    )  # fmt: skip
    if not found:
        return None
    instrument = found[0]
    element = SubElement(root, "Instrument", ID=names.lsid(instrument, "Instrument"))
    if instrument._microscope is not None and instrument._microscope._loaded:
        MICROSCOPE.apply(names, instrument._microscope, SubElement(element, "Microscope"))
    for light in _parts(names, "LightSource", instrument_id):
        kind = type(light).__name__
        if kind in LIGHTS:
            LIGHTS[kind].apply(names, light, _identified(names, element, kind, light, "LightSource"))
    for detector in _parts(names, "Detector", instrument_id):
        DETECTOR.apply(names, detector, _identified(names, element, "Detector", detector, "Detector"))
    for objective in _parts(names, "Objective", instrument_id):
        OBJECTIVE.apply(names, objective, _identified(names, element, "Objective", objective, "Objective"))
    return element.get("ID")


def _parts(names: Names, cls: str, instrument_id: int) -> list[Any]:
    query = f"select p from {cls} p where p.instrument.id = :id order by p.id"
    return list(queries.run(names.call, query, {"id": instrument_id}))


def _identified(names: Names, parent: Element, tag: str, thing: Any, cls: str) -> Element:
    return SubElement(parent, tag, ID=names.lsid(thing, cls))


def add_objective_settings(names: Names, parent: Element, settings: Any) -> None:
    """How the objective was used."""
    if _usable(settings) and _usable(settings._objective):
        element = _identified(names, parent, "ObjectiveSettings", settings._objective, "Objective")
        OBJECTIVE_SETTINGS.apply(names, settings, element)


def add_environment(names: Names, parent: Element, image: Any) -> None:
    """Temperature and the like, and the place of the stage."""
    if _usable(image._imagingEnvironment):
        ENVIRONMENT.apply(names, image._imagingEnvironment, SubElement(parent, "ImagingEnvironment"))
    label = image._stageLabel
    if _usable(label):
        STAGE.apply(names, label, SubElement(parent, "StageLabel", Name=TEXT(label._name._val)))


def add_light_settings(names: Names, parent: Element, settings: Any) -> None:
    """How a light source was set for a channel."""
    if _usable(settings) and _usable(settings._lightSource):
        element = _identified(names, parent, "LightSourceSettings", settings._lightSource, "LightSource")
        LIGHT_SETTINGS.apply(names, settings, element)


def add_detector_settings(names: Names, parent: Element, settings: Any) -> None:
    """How a detector was set for a channel."""
    if _usable(settings) and _usable(settings._detector):
        element = _identified(names, parent, "DetectorSettings", settings._detector, "Detector")
        DETECTOR_SETTINGS.apply(names, settings, element)


def _usable(thing: Any) -> bool:
    return thing is not None and bool(thing._loaded)
