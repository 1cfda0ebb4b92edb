"""The plates and screens that images are in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from omero_server import queries
from omero_server.services.attaching import attach, load
from omero_server.services.exporting.elements import Export
from omero_server.services.exporting.values import (
    COUNT,
    FLOAT,
    POSITIVE_WHOLE,
    TEXT,
    Rules,
    add_text,
    packed_color,
    timestamp,
)

__all__ = ["add_plates"]

_NAMING = frozenset(("letter", "number"))
PLATE = Rules({
    "Name": ("name", TEXT), "Status": ("status", TEXT), "ExternalIdentifier": ("externalIdentifier", TEXT),
    "ColumnNamingConvention": ("columnNamingConvention", _NAMING),
    "RowNamingConvention": ("rowNamingConvention", _NAMING), "WellOriginX": ("wellOriginX", FLOAT),
    "WellOriginY": ("wellOriginY", FLOAT), "Rows": ("rows", POSITIVE_WHOLE), "Columns": ("columns", POSITIVE_WHOLE),
    "FieldIndex": ("defaultSample", COUNT),
})  # fmt: skip
WELL = Rules({
    "Row": ("row", COUNT), "Column": ("column", COUNT), "ExternalDescription": ("externalDescription", TEXT),
    "ExternalIdentifier": ("externalIdentifier", TEXT), "Type": ("type", TEXT),
})  # fmt: skip
SAMPLE = Rules({"PositionX": ("posX", FLOAT), "PositionY": ("posY", FLOAT)})
RUN = Rules({"Name": ("name", TEXT), "MaximumFieldCount": ("maximumFieldCount", POSITIVE_WHOLE)})
SCREEN = Rules({
    "Name": ("name", TEXT), "ProtocolIdentifier": ("protocolIdentifier", TEXT),
    "ProtocolDescription": ("protocolDescription", TEXT), "ReagentSetIdentifier": ("reagentSetIdentifier", TEXT),
    "ReagentSetDescription": ("reagentSetDescription", TEXT), "Type": ("type", TEXT),
})  # fmt: skip
REAGENT = Rules({"Name": ("name", TEXT), "ReagentIdentifier": ("reagentIdentifier", TEXT)})

_WELLS = "select s.well.id, s.well.plate.id from WellSample s where s.image.id in (:ids)"
_SCREENS = "select l.parent.id, l.child.id from ScreenPlateLink l where l.child.id in (:ids) order by l.id"


def add_plates(export: Export, images: Mapping[int, str]) -> None:
    """The plates of images, the wells that these are in, and screens. `images`: ids in the document by id."""
    call = export.names.call
    places = queries.run(call, _WELLS, {"ids": list(images)})
    plates = load(call, "Plate", [plate for _, plate in places])
    if not plates:
        return
    wells = list(load(call, "Well", [well for well, _ in places]).values())
    attach(call, wells, "wellSamples")
    attach(call, wells, "reagentLinks")
    reagents = _add_screens(export, plates)
    runs = {run._id._val: run for run in attach(call, list(plates.values()), "plateAcquisitions")}
    export.annotations.load("Plate", list(plates))
    export.annotations.load("Well", [well._id._val for well in wells])
    export.annotations.load("PlateAcquisition", list(runs))
    for number, plate in plates.items():
        element = export.add("Plate", ID=export.names.lsid(plate, "Plate"))
        PLATE.apply(export.names, plate, element)
        add_text(element, "Description", plate._description)
        used: dict[int, list[str]] = {}
        for well in wells:
            if well._plate._id._val == number:
                _add_well(export, element, well, images, reagents, used)
        export.annotations.refer(element, "Plate", number)
        for run_id, samples in used.items():
            if run_id in runs:
                _add_run(export, element, runs[run_id], samples)


def _add_well(
    export: Export,
    parent: Element,
    well: Any,
    images: Mapping[int, str],
    reagents: Mapping[int, str],
    used: dict[int, list[str]],
) -> None:
    """A well with its samples of exported images; `used` gets the samples of each acquisition."""
    if well._row is None or well._column is None:
        return
    element = SubElement(parent, "Well", ID=export.names.lsid(well, "Well"))
    WELL.apply(export.names, well, element)
    color = packed_color(well)
    if color is not None:
        element.set("Color", color)
    for index, sample in enumerate(well._wellSamplesSeq):
        image = None if sample is None or sample._image is None else images.get(sample._image._id._val)
        if image is not None:
            lsid = _add_sample(export, element, sample, index, image)
            if sample._plateAcquisition is not None:
                used.setdefault(sample._plateAcquisition._id._val, []).append(lsid)
    known = [reagents[link._child._id._val] for link in well._reagentLinksSeq if link._child._id._val in reagents]
    if known:
        SubElement(element, "ReagentRef", ID=known[0])
    export.annotations.refer(element, "Well", well._id._val)


def _add_sample(export: Export, well: Element, sample: Any, index: int, image: str) -> str:
    lsid = export.names.lsid(sample, "WellSample")
    element = SubElement(well, "WellSample", ID=lsid, Index=str(index))
    SAMPLE.apply(export.names, sample, element)
    if sample._timepoint is not None:
        element.set("Timepoint", timestamp(sample._timepoint))
    SubElement(element, "ImageRef", ID=image)
    return lsid


def _add_run(export: Export, plate: Element, run: Any, samples: list[str]) -> None:
    element = SubElement(plate, "PlateAcquisition", ID=export.names.lsid(run, "PlateAcquisition"))
    RUN.apply(export.names, run, element)
    for name, moment in (("StartTime", run._startTime), ("EndTime", run._endTime)):
        if moment is not None:
            element.set(name, timestamp(moment))
    add_text(element, "Description", run._description)
    for sample in samples:
        SubElement(element, "WellSampleRef", ID=sample)
    export.annotations.refer(element, "PlateAcquisition", run._id._val)


def _add_screens(export: Export, plates: Mapping[int, Any]) -> dict[int, str]:
    """The screens of plates with their reagents; answers the ids of the latter in the document."""
    call = export.names.call
    held: dict[int, list[int]] = {}
    for screen, plate in queries.run(call, _SCREENS, {"ids": list(plates)}):
        held.setdefault(screen, []).append(plate)
    screens = load(call, "Screen", held)
    export.annotations.load("Screen", list(screens))
    known = {}
    for reagent in attach(call, list(screens.values()), "reagents"):
        known[reagent._id._val] = export.names.lsid(reagent, "Reagent")
    export.annotations.load("Reagent", list(known))
    for number, screen in screens.items():
        element = export.add("Screen", ID=export.names.lsid(screen, "Screen"))
        SCREEN.apply(export.names, screen, element)
        add_text(element, "Description", screen._description)
        for reagent in screen._reagentsSeq:
            item = SubElement(element, "Reagent", ID=known[reagent._id._val])
            REAGENT.apply(export.names, reagent, item)
            add_text(item, "Description", reagent._description)
            export.annotations.refer(item, "Reagent", reagent._id._val)
        for plate in dict.fromkeys(held[number]):
            SubElement(element, "PlateRef", ID=export.names.lsid(plates[plate], "Plate"))
        export.annotations.refer(element, "Screen", number)
    return known
