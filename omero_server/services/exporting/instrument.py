"""The instrument of an image, and how it was set for the image and its channels."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement

from omero_server.model.schema import MODEL
from omero_server.services.attaching import load
from omero_server.services.exporting.elements import Export
from omero_server.services.exporting.lightpath import add_filters, add_parts
from omero_server.services.exporting.values import (
    FLAG,
    FLOAT,
    FRACTION,
    MADE,
    POSITIVE,
    POSITIVE_WHOLE,
    TEXT,
    Names,
    Rules,
    add_map,
    add_text,
)

__all__ = [
    "add_channel_settings", "add_environment", "add_experiment", "add_instrument", "add_instrument_reference",
]  # fmt: skip

def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MICROSCOPE = Rules(MADE | {"Type": ("type", _words("Upright Inverted Dissection Electrophysiology Other"))})
OBJECTIVE = Rules(
    MADE
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
    MADE
    | {
        "Gain": ("gain", FLOAT), "Voltage": ("voltage", FLOAT), "Offset": ("offsetValue", FLOAT),
        "Zoom": ("zoom", FLOAT), "AmplificationGain": ("amplificationGain", FLOAT),
        "Type": ("type", _words(
            "CCD IntensifiedCCD AnalogVideo PMT Photodiode Spectroscopy LifetimeImaging CorrelationSpectroscopy FTIR"
            " EMCCD APD CMOS EBCCD Other"
        )),
    }
)  # fmt: skip
_LIGHT = MADE | {"Power": ("power", FLOAT)}
LIGHTS = {
    "Laser": Rules(
        _LIGHT
        | {
            "Type": ("type", _words("Excimer Gas MetalVapor SolidState Dye Semiconductor FreeElectron Other")),
            "Wavelength": ("wavelength", POSITIVE), "Tuneable": ("tuneable", FLAG), "PockelCell": ("pockelCell", FLAG),
            "Pulse": ("pulse", _words("CW Single QSwitched Repetitive ModeLocked Other")),
            "RepetitionRate": ("repetitionRate", FLOAT),
            "FrequencyMultiplication": ("frequencyMultiplication", POSITIVE_WHOLE),
            "LaserMedium": ("laserMedium", frozenset(MODEL.enums["LaserMedium"]) - {"Unknown"}),
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
EXPERIMENT = Rules({"Type": ("type", _words(
    "FP FRET TimeLapse FourDPlus Screen Immunocytochemistry Immunofluorescence FISH Electrophysiology IonImaging"
    " Colocalization PGIDocumentation FluorescenceLifetime SpectralImaging Photobleaching SPIM Other"
))})  # fmt: skip
STAGE = Rules({"X": ("positionX", FLOAT), "Y": ("positionY", FLOAT), "Z": ("positionZ", FLOAT)})
DETECTOR_SETTINGS = Rules({
    "Offset": ("offsetValue", FLOAT), "Gain": ("gain", FLOAT), "Voltage": ("voltage", FLOAT), "Zoom": ("zoom", FLOAT),
    "ReadOutRate": ("readOutRate", FLOAT), "Binning": ("binning", _words("1x1 2x2 4x4 8x8 Other")),
    "Integration": ("integration", POSITIVE_WHOLE),
})  # fmt: skip
LIGHT_SETTINGS = Rules({"Attenuation": ("attenuation", FRACTION), "Wavelength": ("wavelength", POSITIVE)})


def add_instrument(export: Export, instrument_id: int) -> None:
    """Microscope, light sources, detectors, objectives and filters of an instrument, if it can be read."""
    names = export.names
    found = load(names.call, "Instrument", [instrument_id], " left outer join fetch o.microscope")
    instrument = found.get(instrument_id)
    if instrument is None:
        return
    export.annotations.load("Instrument", [instrument_id])
    lsid = export.used["Instrument", instrument_id] = names.lsid(instrument, "Instrument")
    element = export.add("Instrument", ID=lsid)
    if _usable(instrument._microscope):
        MICROSCOPE.apply(names, instrument._microscope, SubElement(element, "Microscope"))
    _add_lights(export, element, instrument_id)
    for detector, item in add_parts(export, element, "Detector", instrument_id):
        DETECTOR.apply(names, detector, item)
        export.annotations.refer(item, "Detector", detector._id._val)
    for objective, item in add_parts(export, element, "Objective", instrument_id):
        OBJECTIVE.apply(names, objective, item)
        export.annotations.refer(item, "Objective", objective._id._val)
    add_filters(export, element, instrument_id)
    export.annotations.refer(element, "Instrument", instrument_id)


def _add_lights(export: Export, parent: Element, instrument_id: int) -> None:
    lights = [
        (light, item)
        for light, item in add_parts(export, parent, "LightSource", instrument_id)
        if type(light).__name__ in LIGHTS
    ]
    for light, item in lights:
        LIGHTS[type(light).__name__].apply(export.names, light, item)
        export.annotations.refer(item, "LightSource", light._id._val)
        if type(light).__name__ == "GenericExcitationSource":
            add_map(item, light._map)
        pump = _used(export, "LightSource", getattr(light, "_pump", None))
        if pump is not None:
            SubElement(item, "Pump", ID=pump)


def add_instrument_reference(export: Export, parent: Element, image: Any) -> None:
    """Which instrument an image was taken with, and how its objective was used."""
    used = _used(export, "Instrument", image._instrument)
    if used is None:
        return
    SubElement(parent, "InstrumentRef", ID=used)
    settings = image._objectiveSettings
    if _usable(settings):
        _add_settings(export, parent, "Objective", settings._objective, settings, OBJECTIVE_SETTINGS)


def add_experiment(export: Export, parent: Element, experiment: Any) -> None:
    """What an image was taken for."""
    if not _usable(experiment):
        return
    key = "Experiment", experiment._id._val
    if key not in export.used:
        export.used[key] = export.names.lsid(experiment, "Experiment")
        element = export.add("Experiment", ID=export.used[key])
        EXPERIMENT.apply(export.names, experiment, element)
        add_text(element, "Description", experiment._description)
        export.refer_to_owner(element, experiment)
    SubElement(parent, "ExperimentRef", ID=export.used[key])


def add_channel_settings(export: Export, parent: Element, logical: Any) -> None:
    """How a light source and a detector were set for a channel, and its set of filters."""
    light, detector = logical._lightSourceSettings, logical._detectorSettings
    if _usable(light):
        _add_settings(export, parent, "LightSource", light._lightSource, light, LIGHT_SETTINGS)
    if _usable(detector):
        _add_settings(export, parent, "Detector", detector._detector, detector, DETECTOR_SETTINGS)
    filters = _used(export, "FilterSet", logical._filterSet)
    if filters is not None:
        SubElement(parent, "FilterSetRef", ID=filters)


def _add_settings(export: Export, parent: Element, cls: str, part: Any, settings: Any, rules: Rules) -> None:
    used = _used(export, cls, part)
    if used is not None:
        rules.apply(export.names, settings, SubElement(parent, f"{cls}Settings", ID=used))


def _used(export: Export, cls: str, part: Any) -> str | None:
    """Id of a part in the document; None when it is of an instrument that is not there."""
    return None if part is None else export.used.get((cls, part._id._val))


def add_environment(names: Names, parent: Element, image: Any) -> None:
    """Temperature and the like, and the place of the stage."""
    if _usable(image._imagingEnvironment):
        element = SubElement(parent, "ImagingEnvironment")
        ENVIRONMENT.apply(names, image._imagingEnvironment, element)
        add_map(element, image._imagingEnvironment._map)
    label = image._stageLabel
    if _usable(label):
        STAGE.apply(names, label, SubElement(parent, "StageLabel", Name=TEXT(label._name._val)))


def _usable(thing: Any) -> bool:
    return thing is not None and bool(thing._loaded)
