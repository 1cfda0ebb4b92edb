"""Screens and plates in OME-XML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from omero_server.formats.base import FormatError
from omero_server.formats.info import (
    AcquisitionInfo,
    FilesetInfo,
    PlateInfo,
    ReagentInfo,
    ScreenInfo,
    WellInfo,
    WellSampleInfo,
)
from omero_server.formats.omexmldocument import OmeXml, child, children, color, date, length, text_of, whole
from omero_server.formats.omexmlextras import annotations_of

__all__ = ["add_plates"]

_MOST_WELLS = 10_000
"""Rows, and columns, of a plate."""
_PLACE = "reference frame"


def add_plates(document: OmeXml, info: FilesetInfo, images: Mapping[str, int]) -> None:
    """Put the plates that hold images of the fileset into its description. `images`: their numbers by ID.

    FormatError for wells at impossible places.
    """
    screens = children(document.root, "Screen")
    reagents = {
        reagent.get("ID", ""): (s, r)
        for s, screen in enumerate(screens)
        for r, reagent in enumerate(children(screen, "Reagent"))
    }
    numbers: dict[str, int] = {}
    for element in children(document.root, "Plate"):
        plate = _plate(document, element, images, reagents, info.entry)
        if any(well.samples for well in plate.wells):
            numbers[element.get("ID", "")] = len(info.plates)
            info.plates.append(plate)
    info.screens += [_screen(document, element, numbers) for element in screens]
    if not info.plates:
        info.screens.clear()


def _plate(
    document: OmeXml,
    element: Element,
    images: Mapping[str, int],
    reagents: Mapping[str, tuple[int, int]],
    path: Path,
) -> PlateInfo:
    runs = children(element, "PlateAcquisition") or children(element, "ScreenAcquisition")
    run_of = {ref.get("ID", ""): at for at, run in enumerate(runs) for ref in children(run, "WellSampleRef")}
    wells = [_well(document, item, images, run_of, reagents) for item in children(element, "Well")]
    for well in wells:
        if not (0 <= well.row < _MOST_WELLS and 0 <= well.column < _MOST_WELLS):
            raise FormatError(path, f"has a well in row {well.row} and column {well.column}")
    rows, columns = (
        max([min(whole(element, name) or 0, _MOST_WELLS), *(place + 1 for place in places)])
        for name, places in (("Rows", [well.row for well in wells]), ("Columns", [well.column for well in wells]))
    )
    return PlateInfo(
        element.get("Name") or "",
        rows,
        columns,
        row_naming=element.get("RowNamingConvention") or "letter",
        column_naming=element.get("ColumnNamingConvention") or "number",
        description=text_of(child(element, "Description")),
        status=element.get("Status"),
        external_identifier=element.get("ExternalIdentifier"),
        well_origin_x=length(element, "WellOriginX", _PLACE),
        well_origin_y=length(element, "WellOriginY", _PLACE),
        wells=wells,
        acquisitions=[_acquisition(document, run) for run in runs],
        default_field=whole(element, "FieldIndex"),
        annotations=annotations_of(document, element),
    )


def _acquisition(document: OmeXml, element: Element) -> AcquisitionInfo:
    return AcquisitionInfo(
        element.get("Name"),
        text_of(child(element, "Description")),
        date(element.get("StartTime")),
        date(element.get("EndTime")),
        whole(element, "MaximumFieldCount"),
        annotations_of(document, element),
    )


def _well(
    document: OmeXml,
    element: Element,
    images: Mapping[str, int],
    run_of: Mapping[str, int],
    reagents: Mapping[str, tuple[int, int]],
) -> WellInfo:
    row, column, painted = whole(element, "Row"), whole(element, "Column"), color(element)
    reagent = child(element, "ReagentRef")
    well = WellInfo(
        -1 if row is None else row,
        -1 if column is None else column,
        color=painted,
        type=element.get("Type"),
        external_identifier=element.get("ExternalIdentifier"),
        external_description=element.get("ExternalDescription"),
        reagent=None if reagent is None else reagents.get(reagent.get("ID", "")),
        annotations=annotations_of(document, element),
    )
    for sample in sorted(children(element, "WellSample"), key=lambda sample: whole(sample, "Index") or 0):
        image = child(sample, "ImageRef")
        number = None if image is None else images.get(image.get("ID", ""))
        if number is not None:
            well.samples.append(_sample(sample, number, run_of.get(sample.get("ID", ""))))
    return well


def _sample(element: Element, image: int, run: int | None) -> WellSampleInfo:
    old = ("PosX", "PosY")  # as in schemas before 2010
    x, y = (
        length(element, f"Position{axis}", _PLACE) or length(element, name, _PLACE)
        for axis, name in zip("XY", old, strict=True)
    )
    return WellSampleInfo(image, run, x, y, date(element.get("Timepoint")))


def _screen(document: OmeXml, element: Element, plates: Mapping[str, int]) -> ScreenInfo:
    known = [plates[ref.get("ID", "")] for ref in children(element, "PlateRef") if ref.get("ID", "") in plates]
    return ScreenInfo(
        element.get("Name") or element.get("ID") or "Screen",
        text_of(child(element, "Description")),
        known,
        {key: value for key, value in element.attrib.items() if key not in ("ID", "Name")},
        [
            ReagentInfo(item.get("Name"), text_of(child(item, "Description")), item.get("ReagentIdentifier"))
            for item in children(element, "Reagent")
        ],
        annotations_of(document, element),
    )
