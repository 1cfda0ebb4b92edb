"""Screens and plates of a fileset as model objects around its images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from omero_server.formats.info import FilesetInfo, PlateInfo, WellInfo
from omero_server.imports.graph import Wishes
from omero_server.imports.objects import add, make
from omero_server.imports.references import Enumerations

__all__ = ["plate_graphs"]


def plate_graphs(
    enums: Enumerations, fileset: FilesetInfo, file: str, images: Sequence[Any], wishes: Wishes, screen: Any
) -> list[Any]:
    """The plates, holding the images; linked to `screen`, or to the screens that the file describes."""
    plates = [_plate(enums, info, file, images, wishes) for info in fileset.plates]
    if screen is not None:
        for plate in plates:
            _link(enums, screen, plate)
        return plates
    for info in fileset.screens:
        made = make(enums, "Screen", name=info.name, description=info.description)
        for number in info.plates:
            _link(enums, made, plates[number])
    return plates


def _link(enums: Enumerations, screen: Any, plate: Any) -> None:
    add(plate, "screenLinks", make(enums, "ScreenPlateLink", parent=screen), "child")


def _plate(enums: Enumerations, info: PlateInfo, file: str, images: Sequence[Any], wishes: Wishes) -> Any:
    plate = make(
        enums, "Plate", name=wishes.name or info.name or PurePath(file).name,
        description=wishes.description or info.description, rows=info.rows, columns=info.columns,
        rowNamingConvention=info.row_naming, columnNamingConvention=info.column_naming, status=info.status,
        externalIdentifier=info.external_identifier, wellOriginX=info.well_origin_x, wellOriginY=info.well_origin_y,
    )  # fmt: skip
    runs = [
        make(
            enums, "PlateAcquisition", name=run.name, description=run.description, startTime=run.started,
            endTime=run.ended, maximumFieldCount=run.maximum_field_count,
        )
        for run in info.acquisitions
    ]  # fmt: skip
    for run in runs:
        add(plate, "plateAcquisitions", run, "plate")
    for well in info.wells:
        add(plate, "wells", _well(enums, well, runs, images), "plate")
    return plate


def _well(enums: Enumerations, info: WellInfo, runs: Sequence[Any], images: Sequence[Any]) -> Any:
    well = make(
        enums, "Well", row=info.row, column=info.column, type=info.type, externalIdentifier=info.external_identifier,
        **_color(info.color),
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
