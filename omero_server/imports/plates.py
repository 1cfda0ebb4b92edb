"""Screens and plates of a fileset as model objects around its images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from omero_server.formats.info import FilesetInfo, PlateInfo, ScreenInfo, WellInfo
from omero_server.imports.graph import Batch
from omero_server.imports.objects import add, make, parse
from omero_server.imports.references import Enumerations

__all__ = ["plate_graphs"]

SCREEN = {
    "Type": "type",
    "ProtocolIdentifier": "protocolIdentifier",
    "ProtocolDescription": "protocolDescription",
    "ReagentSetIdentifier": "reagentSetIdentifier",
    "ReagentSetDescription": "reagentSetDescription",
}


def plate_graphs(
    enums: Enumerations, fileset: FilesetInfo, batch: Batch, images: Sequence[Any], screen: Any
) -> list[Any]:
    """The plates, holding the images; linked to `screen`, or to the screens that the file describes."""
    plates = [_plate(enums, info, batch, images) for info in fileset.plates]
    if screen is not None:
        for plate in plates:
            _link(enums, screen, plate)
        return plates
    for at, info in enumerate(fileset.screens):
        if info.plates:
            made, reagents = _screen(enums, info, batch)
            for number in info.plates:
                _link(enums, made, plates[number])
                _add_reagents(enums, at, reagents, fileset.plates[number], plates[number])
    return plates


def _screen(enums: Enumerations, info: ScreenInfo, batch: Batch) -> tuple[Any, list[Any]]:
    """A screen and its reagents."""
    screen = make(
        enums, "Screen", name=info.name, description=info.description, **parse("Screen", info.values, SCREEN)
    )  # fmt: skip
    batch.annotations.add(screen, info.annotations)
    made = [
        make(enums, "Reagent", name=one.name, description=one.description, reagentIdentifier=one.identifier)
        for one in info.reagents
    ]
    return screen, [add(screen, "reagents", reagent, "screen") for reagent in made]


def _add_reagents(enums: Enumerations, screen: int, reagents: Sequence[Any], info: PlateInfo, plate: Any) -> None:
    """Link the wells of a plate with what is in them."""
    for known, well in zip(info.wells, plate._wellsSeq or (), strict=True):
        if known.reagent is not None and known.reagent[0] == screen:
            add(well, "reagentLinks", make(enums, "WellReagentLink", child=reagents[known.reagent[1]]), "parent")


def _link(enums: Enumerations, screen: Any, plate: Any) -> None:
    add(plate, "screenLinks", make(enums, "ScreenPlateLink", parent=screen), "child")


def _plate(enums: Enumerations, info: PlateInfo, batch: Batch, images: Sequence[Any]) -> Any:
    wishes = batch.wishes
    plate = make(
        enums, "Plate", name=wishes.name or info.name or PurePath(batch.file).name,
        description=wishes.description or info.description, rows=info.rows, columns=info.columns,
        rowNamingConvention=info.row_naming, columnNamingConvention=info.column_naming, status=info.status,
        externalIdentifier=info.external_identifier, wellOriginX=info.well_origin_x, wellOriginY=info.well_origin_y,
        defaultSample=info.default_field,
    )  # fmt: skip
    runs = [
        make(
            enums, "PlateAcquisition", name=run.name, description=run.description, startTime=run.started,
            endTime=run.ended, maximumFieldCount=run.maximum_field_count,
        )
        for run in info.acquisitions
    ]  # fmt: skip
    for run, known in zip(runs, info.acquisitions, strict=True):
        batch.annotations.add(add(plate, "plateAcquisitions", run, "plate"), known.annotations)
    for well in info.wells:
        batch.annotations.add(add(plate, "wells", _well(enums, well, runs, images), "plate"), well.annotations)
    batch.annotations.add(plate, info.annotations)
    return plate


def _well(enums: Enumerations, info: WellInfo, runs: Sequence[Any], images: Sequence[Any]) -> Any:
    well = make(
        enums, "Well", row=info.row, column=info.column, type=info.type, externalIdentifier=info.external_identifier,
        externalDescription=info.external_description, **_color(info.color),
    )  # fmt: skip
    for sample in info.samples:
        made = make(
            enums, "WellSample", posX=sample.position_x, posY=sample.position_y, timepoint=sample.timepoint,
            image=images[sample.image],
            plateAcquisition=None if sample.acquisition is None else runs[sample.acquisition],
        )  # fmt: skip
        add(well, "wellSamples", made, "well")
    return well


def _color(packed: int | None) -> dict[str, int]:
    if packed is None:
        return {}
    unsigned = packed & 0xFFFFFFFF
    return {name: unsigned >> shift & 0xFF for name, shift in (("red", 24), ("green", 16), ("blue", 8), ("alpha", 0))}
