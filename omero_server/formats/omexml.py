"""OME-XML of any schema version, as the plain data of `info`. Elements are found by local name, without namespace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from omero_server.formats.base import FormatError
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
from omero_server.formats.omexmlextras import annotations_of, rois_of

__all__ = ["OmeXml", "child", "children", "length", "local", "parse"]

_TYPES = {"float32": "float", "float64": "double", "bool": "bit"}
_SOURCES = ("Laser", "Arc", "Filament", "LightEmittingDiode", "GenericExcitationSource")


@dataclass(slots=True)
class OmeXml:
    """A parsed document; `elements` finds definitions by their ID."""

    root: Element
    elements: dict[str, Element]

    @property
    def images(self) -> list[Element]:
        """Image elements, in order."""
        return children(self.root, "Image")


def local(element: Element) -> str:
    """Tag without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element | None, name: str) -> list[Element]:
    """Direct children of a local name."""
    return [] if element is None else [item for item in element if local(item) == name]


def child(element: Element | None, name: str) -> Element | None:
    """First direct child of a local name."""
    found = children(element, name)
    return found[0] if found else None


def parse(text: str | bytes, path: Path) -> OmeXml:
    """Parse a document. FormatError when it is not well-formed OME-XML, or carries entities."""
    data = text.encode() if isinstance(text, str) else text
    try:
        root = fromstring(data.strip(b"\0 \r\n\t"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise FormatError(path, f"has OME-XML that cannot be parsed: {error}") from error
    if local(root) != "OME":
        raise FormatError(path, f"has XML of the kind {local(root)!r} where OME is expected")
    definitions = (
        item for item in root.iter() if "ID" in item.attrib and not local(item).endswith(("Ref", "Settings"))
    )
    return OmeXml(root, {item.attrib["ID"]: item for item in definitions})


def _number(element: Element | None, name: str) -> float | None:
    text = None if element is None else element.get(name)
    try:
        return None if text is None or text == "" else float(text)
    except ValueError:
        return None


def _whole(element: Element | None, name: str) -> int | None:
    value = _number(element, name)
    return None if value is None else int(value)


def length(element: Element | None, name: str, unit: str) -> Quantity | None:
    """Attribute with its `<name>Unit` companion, else in `unit`."""
    value = _number(element, name)
    if element is None or value is None:
        return None
    return value, element.get(f"{name}Unit", unit)


def _positive(quantity: Quantity | None) -> Quantity | None:
    return quantity if quantity is not None and quantity[0] > 0 else None


def _text(element: Element | None) -> str | None:
    return (element.text or "").strip() or None if element is not None else None


def image_info(document: OmeXml, number: int, path: Path) -> ImageInfo:
    """Image `number` of the document; sizes as declared, pixel index left to the reader."""
    element = document.images[number]
    pixels = child(element, "Pixels")
    if pixels is None:
        raise FormatError(path, f"image {number} of its OME-XML has no Pixels")
    sizes = [_whole(pixels, f"Size{axis}") or 0 for axis in "XYZCT"]
    if min(sizes) < 1:
        raise FormatError(path, f"image {number} declares impossible sizes {sizes}")
    declared = pixels.get("Type") or pixels.get("PixelType") or "uint8"
    image = ImageInfo(
        element.get("Name") or path.name,
        size_x=sizes[0],
        size_y=sizes[1],
        size_z=sizes[2],
        size_c=sizes[3],
        size_t=sizes[4],
        pixel_type=_TYPES.get(declared, declared),
        dimension_order=pixels.get("DimensionOrder") or "XYZCT",
        significant_bits=_whole(pixels, "SignificantBits"),
        description=_text(child(element, "Description")),
        acquired=_date(
            child(element, "AcquisitionDate"), child(element, "AcquiredDate"), child(element, "CreationDate")
        ),
        physical_size_x=_positive(length(pixels, "PhysicalSizeX", "µm")),
        physical_size_y=_positive(length(pixels, "PhysicalSizeY", "µm")),
        physical_size_z=_positive(length(pixels, "PhysicalSizeZ", "µm")),
        time_increment=_positive(length(pixels, "TimeIncrement", "s")),
        channels=_channels(document, element, pixels, sizes[3]),
        planes=_planes(pixels),
    )
    _instruments(document, element, image)
    image.rois = rois_of(document.root, document.elements, element)
    image.annotations = annotations_of(document.elements, element)
    return image


def _date(*elements: Element | None) -> datetime | None:
    for element in elements:
        try:
            return datetime.fromisoformat(_text(element) or "").replace(tzinfo=None)
        except ValueError:
            continue
    return None


def _channels(document: OmeXml, image: Element, pixels: Element, size_c: int) -> list[ChannelInfo]:
    """One entry per sample; a missing channel is an empty one."""
    found: list[ChannelInfo] = []
    for element in children(pixels, "Channel") or children(image, "LogicalChannel"):
        samples = max(1, _whole(element, "SamplesPerPixel") or 1)
        found += [_channel(document, element, samples) for _ in range(samples)]
    return (found + [ChannelInfo() for _ in range(size_c)])[:size_c]


def _channel(document: OmeXml, element: Element, samples: int) -> ChannelInfo:
    return ChannelInfo(
        name=element.get("Name") or None,
        color=_color(element, samples),
        fluor=element.get("Fluor") or None,
        emission_wavelength=_positive(length(element, "EmissionWavelength", "nm"))
        or _positive(length(element, "EmWave", "nm")),
        excitation_wavelength=_positive(length(element, "ExcitationWavelength", "nm"))
        or _positive(length(element, "ExWave", "nm")),
        acquisition_mode=element.get("AcquisitionMode") or None,
        contrast_method=element.get("ContrastMethod") or None,
        illumination=element.get("IlluminationType") or None,
        pinhole_size=length(element, "PinholeSize", "µm"),
        nd_filter=_number(element, "NDFilter"),
        pockel_cell_setting=_whole(element, "PockelCellSetting"),
        samples_per_pixel=samples,
        detector=_detector(document, element),
        light_source=_light_source(document, element),
    )


def _color(element: Element, samples: int) -> int | None:
    """Packed RGBA. Of an RGB channel the colour says nothing about its samples."""
    value = _whole(element, "Color")
    if value is None or samples > 1:
        return None
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


def _planes(pixels: Element) -> list[PlaneInfo]:
    found = []
    for plane in children(pixels, "Plane"):
        old = child(plane, "PlaneTiming"), child(plane, "StagePosition")
        found.append(
            PlaneInfo(
                z=_whole(plane, "TheZ") or 0,
                c=_whole(plane, "TheC") or 0,
                t=_whole(plane, "TheT") or 0,
                delta_t=length(plane, "DeltaT", "s") or length(old[0], "DeltaT", "s"),
                exposure_time=length(plane, "ExposureTime", "s") or length(old[0], "ExposureTime", "s"),
                position_x=_position(plane, old[1], "X"),
                position_y=_position(plane, old[1], "Y"),
                position_z=_position(plane, old[1], "Z"),
            )
        )
    return found


def _position(plane: Element, old: Element | None, axis: str) -> Quantity | None:
    return length(plane, f"Position{axis}", "reference frame") or length(old, f"Position{axis}", "reference frame")


def _referenced(document: OmeXml, parent: Element, *names: str) -> Iterator[tuple[Element, Element]]:
    """(reference, definition) pairs of the parent's children with one of the names."""
    for reference in parent:
        if local(reference) in names:
            definition = document.elements.get(reference.get("ID", ""))
            if definition is not None:
                yield reference, definition


def _detector(document: OmeXml, channel: Element) -> DetectorInfo | None:
    for settings, detector in _referenced(document, channel, "DetectorSettings", "DetectorRef"):
        if local(detector) == "Detector":
            return DetectorInfo(
                detector.get("ID", ""),
                detector.get("Type"),
                detector.get("Manufacturer"),
                detector.get("Model"),
                detector.get("SerialNumber"),
                gain=_number(settings, "Gain"),
                offset=_number(settings, "Offset"),
                voltage=length(settings, "Voltage", "V"),
                binning=settings.get("Binning"),
            )
    return None


def _light_source(document: OmeXml, channel: Element) -> LightSourceInfo | None:
    for settings, source in _referenced(document, channel, "LightSourceSettings", "LightSourceRef"):
        kind = local(source)
        inner = next((item for item in source if local(item) in _SOURCES), source) if kind == "LightSource" else source
        return LightSourceInfo(
            source.get("ID", ""),
            local(inner),
            inner.get("Type"),
            source.get("Manufacturer"),
            source.get("Model"),
            inner.get("LaserMedium") or inner.get("Medium"),
            wavelength=length(settings, "Wavelength", "nm") or length(inner, "Wavelength", "nm"),
            power=length(source, "Power", "mW"),
            attenuation=_number(settings, "Attenuation"),
        )
    return None


def _instruments(document: OmeXml, element: Element, image: ImageInfo) -> None:
    for _, instrument in _referenced(document, element, "InstrumentRef"):
        stand = child(instrument, "Microscope")
        if stand is not None:
            names = (stand.get(key) for key in ("Type", "Manufacturer", "Model", "SerialNumber"))
            image.microscope = MicroscopeInfo(instrument.get("ID", ""), *names)
    for settings, lens in _referenced(document, element, "ObjectiveSettings", "ObjectiveRef"):
        image.objective = ObjectiveInfo(
            lens.get("ID", ""),
            lens.get("Manufacturer"),
            lens.get("Model"),
            lens.get("SerialNumber"),
            _number(lens, "NominalMagnification"),
            _number(lens, "CalibratedMagnification"),
            _number(lens, "LensNA"),
            lens.get("Immersion"),
            lens.get("Correction"),
            length(lens, "WorkingDistance", "µm"),
            settings.get("Medium"),
            _number(settings, "RefractiveIndex"),
            _number(settings, "CorrectionCollar"),
        )
    label, around = child(element, "StageLabel"), child(element, "ImagingEnvironment")
    image.stage_label = dict(label.attrib) if label is not None else {}
    image.environment = dict(around.attrib) if around is not None else {}


def declares_ome(text: str) -> bool:
    """Whether a TIFF image description is an OME-XML document."""
    return text.rstrip("\0 \r\n\t").endswith("OME>") and re.search(r"<(\w+:)?OME[\s>]", text[:4000]) is not None
