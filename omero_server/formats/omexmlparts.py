"""Instruments in OME-XML: their parts, and how these are set for an image and its channels."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from omero_server.formats.info import (
    DetectorInfo,
    ImageInfo,
    LightPathInfo,
    LightSourceInfo,
    MicroscopeInfo,
    ObjectiveInfo,
    PartInfo,
)
from omero_server.formats.omexmldocument import OmeXml, child, children, length, local, number
from omero_server.formats.omexmlextras import annotations_of

__all__ = ["add_instrument", "detector_of", "light_path_of", "light_source_of"]

_SOURCES = ("Laser", "Arc", "Filament", "LightEmittingDiode", "GenericExcitationSource")
_PARTS = (*_SOURCES, "Microscope", "Objective", "Detector", "Filter", "Dichroic", "FilterSet")


def detector_of(document: OmeXml, channel: Element) -> DetectorInfo | None:
    """The detector of a channel."""
    for settings, detector in document.referenced(channel, "DetectorSettings", "DetectorRef"):
        if local(detector) == "Detector":
            return DetectorInfo(
                detector.get("ID", ""),
                detector.get("Type"),
                detector.get("Manufacturer"),
                detector.get("Model"),
                detector.get("SerialNumber"),
                gain=number(settings, "Gain"),
                offset=number(settings, "Offset"),
                voltage=length(settings, "Voltage", "V"),
                binning=settings.get("Binning"),
                settings=_further(settings, "Zoom", "ReadOutRate", "Integration"),
            )
    return None


def light_source_of(document: OmeXml, channel: Element) -> LightSourceInfo | None:
    """The light source of a channel."""
    for settings, source in document.referenced(channel, "LightSourceSettings", "LightSourceRef"):
        kind = local(source)
        inner = next((item for item in source if local(item) in _SOURCES), source) if kind == "LightSource" else source
        return LightSourceInfo(
            source.get("ID", ""),
            local(inner),
            inner.get("Type"),
            source.get("Manufacturer"),
            source.get("Model"),
            inner.get("LaserMedium") or inner.get("Medium"),
            wavelength=length(inner, "Wavelength", "nm") or length(settings, "Wavelength", "nm"),
            power=length(source, "Power", "mW"),
            attenuation=number(settings, "Attenuation"),
            settings=_further(settings, "Wavelength"),
        )
    return None


def add_instrument(document: OmeXml, element: Element, image: ImageInfo) -> None:
    """Instrument, objective and surroundings of an image."""
    for _, instrument in document.referenced(element, "InstrumentRef"):
        stand = child(instrument, "Microscope")
        if stand is not None:
            names = (stand.get(key) for key in ("Type", "Manufacturer", "Model", "SerialNumber"))
            image.microscope = MicroscopeInfo(instrument.get("ID", ""), *names)
        image.parts = [part for item in instrument if (part := _part(document, item)) is not None]
    for settings, lens in document.referenced(element, "ObjectiveSettings", "ObjectiveRef"):
        image.objective = ObjectiveInfo(
            lens.get("ID", ""),
            lens.get("Manufacturer"),
            lens.get("Model"),
            lens.get("SerialNumber"),
            number(lens, "NominalMagnification"),
            number(lens, "CalibratedMagnification"),
            number(lens, "LensNA"),
            lens.get("Immersion"),
            lens.get("Correction"),
            length(lens, "WorkingDistance", "µm"),
            settings.get("Medium"),
            number(settings, "RefractiveIndex"),
            number(settings, "CorrectionCollar"),
        )
    label, around = child(element, "StageLabel"), child(element, "ImagingEnvironment")
    image.stage_label = dict(label.attrib) if label is not None else {}
    image.environment = dict(around.attrib) if around is not None else {}


def _part(document: OmeXml, element: Element) -> PartInfo | None:
    """A part as it is written; those of schemas before 2013, which are built otherwise, have their main values only."""
    kind = local(element)
    if kind not in _PARTS:
        return None
    part = PartInfo(kind, element.get("ID", ""), {key: value for key, value in element.attrib.items() if key != "ID"})
    passed = child(element, "TransmittanceRange")
    part.transmittance = dict(passed.attrib) if passed is not None else {}
    part.path = light_path_of(document, element) if kind == "FilterSet" else None
    pump = child(element, "Pump")
    part.pump = None if pump is None else pump.get("ID")
    part.annotations = annotations_of(document, element)
    part.pairs = [(pair.get("K", ""), pair.text or "") for pair in children(child(element, "Map"), "M")]
    return part


def light_path_of(document: OmeXml, element: Element | None) -> LightPathInfo | None:
    """The filters and the dichroic that a LightPath or a FilterSet names; None when it names none."""
    if element is None:
        return None
    dichroics = [ref.get("ID", "") for ref in children(element, "DichroicRef")]
    path = LightPathInfo(
        [ref.get("ID", "") for ref in children(element, "ExcitationFilterRef")],
        dichroics[0] if dichroics else None,
        [ref.get("ID", "") for ref in children(element, "EmissionFilterRef")],
        annotations_of(document, element),
    )
    return None if path == LightPathInfo() else path


def _further(settings: Element, *names: str) -> dict[str, str]:
    wanted = [key for name in names for key in (name, f"{name}Unit")]
    return {key: settings.attrib[key] for key in wanted if key in settings.attrib}
