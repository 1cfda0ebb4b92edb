"""The images of an OME-XML document, as the plain data of `info`."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from omero_server.formats.base import FormatError
from omero_server.formats.info import MOST_CHANNELS, ChannelInfo, ImageInfo, PlaneInfo, Quantity
from omero_server.formats.omexmldocument import (
    OmeXml,
    child,
    children,
    color,
    date,
    length,
    number,
    positive,
    text_of,
    whole,
)
from omero_server.formats.omexmlextras import annotations_of, rois_of
from omero_server.formats.omexmlparts import add_instrument, detector_of, light_path_of, light_source_of

__all__ = ["image_info"]

_TYPES = {"float32": "float", "float64": "double", "bool": "bit"}


def image_info(document: OmeXml, at: int, path: Path) -> ImageInfo:
    """Image `at` of the document; sizes as declared, pixel index left to the reader."""
    element = document.images[at]
    pixels = child(element, "Pixels")
    if pixels is None:
        raise FormatError(path, f"image {at} of its OME-XML has no Pixels")
    sizes = [whole(pixels, f"Size{axis}") or 0 for axis in "XYZCT"]
    if min(sizes) < 1:
        raise FormatError(path, f"image {at} declares impossible sizes {sizes}")
    if sizes[3] > MOST_CHANNELS:
        raise FormatError(path, f"image {at} declares {sizes[3]} channels, more than the {MOST_CHANNELS} possible")
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
        significant_bits=whole(pixels, "SignificantBits"),
        description=text_of(child(element, "Description")),
        acquired=date(*(text_of(child(element, name)) for name in ("AcquisitionDate", "AcquiredDate", "CreationDate"))),
        physical_size_x=positive(length(pixels, "PhysicalSizeX", "µm")),
        physical_size_y=positive(length(pixels, "PhysicalSizeY", "µm")),
        physical_size_z=positive(length(pixels, "PhysicalSizeZ", "µm")),
        time_increment=positive(length(pixels, "TimeIncrement", "s")),
        channels=_channels(document, element, pixels, sizes[3]),
        planes=_planes(pixels),
    )
    add_instrument(document, element, image)
    image.experiment = _experiment(document, element)
    image.rois = rois_of(document, element)
    image.annotations = annotations_of(document, element)
    return image


def _channels(document: OmeXml, image: Element, pixels: Element, size_c: int) -> list[ChannelInfo]:
    """One entry per sample; a missing channel is an empty one."""
    found: list[ChannelInfo] = []
    for element in children(pixels, "Channel") or children(image, "LogicalChannel"):
        samples = max(1, whole(element, "SamplesPerPixel") or 1)
        found += [_channel(document, element, samples) for _ in range(min(samples, size_c - len(found)))]
    return (found + [ChannelInfo() for _ in range(size_c)])[:size_c]


def _channel(document: OmeXml, element: Element, samples: int) -> ChannelInfo:
    return ChannelInfo(
        name=element.get("Name") or None,
        # Of an RGB channel the colour says nothing about its samples.
        color=color(element) if samples == 1 else None,
        fluor=element.get("Fluor") or None,
        emission_wavelength=positive(length(element, "EmissionWavelength", "nm"))
        or positive(length(element, "EmWave", "nm")),
        excitation_wavelength=positive(length(element, "ExcitationWavelength", "nm"))
        or positive(length(element, "ExWave", "nm")),
        acquisition_mode=element.get("AcquisitionMode") or None,
        contrast_method=element.get("ContrastMethod") or None,
        illumination=element.get("IlluminationType") or None,
        pinhole_size=length(element, "PinholeSize", "µm"),
        nd_filter=number(element, "NDFilter"),
        pockel_cell_setting=whole(element, "PockelCellSetting"),
        samples_per_pixel=samples,
        detector=detector_of(document, element),
        light_source=light_source_of(document, element),
        filter_set=next((part.get("ID") for _, part in document.referenced(element, "FilterSetRef")), None),
        light_path=light_path_of(document, child(element, "LightPath")),
        annotations=annotations_of(document, element),
    )


def _planes(pixels: Element) -> list[PlaneInfo]:
    found = []
    for plane in children(pixels, "Plane"):
        old = child(plane, "PlaneTiming"), child(plane, "StagePosition")
        found.append(
            PlaneInfo(
                z=whole(plane, "TheZ") or 0,
                c=whole(plane, "TheC") or 0,
                t=whole(plane, "TheT") or 0,
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


def _experiment(document: OmeXml, image: Element) -> dict[str, str]:
    for _, element in document.referenced(image, "ExperimentRef"):
        found = {"Type": element.get("Type"), "Description": text_of(child(element, "Description"))}
        return {key: value for key, value in found.items() if value}
    return {}
