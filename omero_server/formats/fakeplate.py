"""Simulated plates and screens: layout by tokens or by a folder of files, and mock optics of their images."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from omero_server.formats.fakespec import FakeSpec
from omero_server.formats.info import (
    AcquisitionInfo,
    DetectorInfo,
    ImageInfo,
    LightSourceInfo,
    ObjectiveInfo,
    PlaneInfo,
    PlateInfo,
    ScreenInfo,
    WellInfo,
    WellSampleInfo,
)

__all__ = ["add_optics", "folder_numbers", "is_folder_member", "plates_of", "top_folder"]

_OPAQUE_BLACK = 0x000000FF
_MOCK_COLOR = (100 << 24) | (150 << 16) | (200 << 8) | 255
_TIMEPOINT = datetime(2006, 5, 4, 18, 13, 51)
_FIELD = re.compile(r"Plate(\d+)/Run(\d+)/Well([A-Z]+)(\d+)/Field(\d+)\.fake$")


def top_folder(path: Path) -> Path:
    """The outermost `.fake` folder around a path, or the path itself."""
    around = [folder for folder in (path, *path.parents) if folder.name.lower().endswith(".fake") and folder.is_dir()]
    return around[-1] if around else path


def is_folder_member(path: Path) -> bool:
    """Whether `path` is a field inside of a `.fake` folder."""
    return _FIELD.search(path.as_posix()) is not None and top_folder(path) != path


def folder_numbers(last: Path) -> dict[str, int]:
    """Counts deduced from the last path of a folder, each number counting from 0."""
    match = _FIELD.search(last.as_posix())
    if match is None:
        return {}
    row = 0
    for letter in match[3]:
        row = row * 26 + ord(letter) - ord("A") + 1
    plate, run, column, field = (int(match[group]) + 1 for group in (1, 2, 4, 5))
    return {"plates": plate, "plateAcqs": run, "plateRows": row, "plateCols": column, "fields": field}


def plates_of(spec: FakeSpec) -> tuple[list[ScreenInfo], list[PlateInfo]]:
    """The screens and plates a spec asks for. Images count field first, then acquisition, column, row, plate."""
    if not spec.is_plate:
        return [], []
    number = spec.numbers
    count = max(1, number["screens"]) * number["plates"]
    plates, image = [], 0
    for position in range(count):
        plate = _plate(spec, position, count)
        for row in range(number["plateRows"]):
            for column in range(number["plateCols"]):
                plate.wells.append(_well(spec, row, column, image))
                image += number["plateAcqs"] * number["fields"]
        plates.append(plate)
    per_screen = number["plates"]
    screens = [
        ScreenInfo(f"Screen Name {s}", plates=list(range(s * per_screen, (s + 1) * per_screen)))
        for s in range(number["screens"])
    ]
    return screens, plates


def _plate(spec: FakeSpec, position: int, count: int) -> PlateInfo:
    runs = spec.numbers["plateAcqs"]
    return PlateInfo(
        name=f"Plate Name {position}",
        rows=spec.numbers["plateRows"],
        columns=spec.numbers["plateCols"],
        description=f"Plate {position + 1} of {count}",
        status="Plate status",
        external_identifier="External Identifier",
        well_origin_x=(0.0, "µm"),
        well_origin_y=(1.0, "µm"),
        acquisitions=[
            AcquisitionInfo(
                f"PlateAcquisition Name {run}",
                f"PlateAcquisition {run + 1} of {runs}",
                started=_TIMEPOINT,
                ended=_TIMEPOINT,
                maximum_field_count=spec.numbers["fields"],
            )
            for run in range(runs)
        ],
    )


def _well(spec: FakeSpec, row: int, column: int, first: int) -> WellInfo:
    fields = spec.numbers["fields"]
    samples = [
        WellSampleInfo(
            first + run * fields + field,
            run,
            position_x=(0.0, "reference frame"),
            position_y=(1.0, "reference frame"),
            timepoint=_TIMEPOINT,
        )
        for run in range(spec.numbers["plateAcqs"])
        for field in range(fields)
    ]
    return WellInfo(row, column, samples, _OPAQUE_BLACK, "Transfection: done", "External Identifier")


def add_optics(image: ImageInfo, series: int, spec: FakeSpec) -> None:
    """The mock acquisition data that every image of a plate carries."""
    channel = image.channels[0]
    channel.name, channel.fluor, channel.color = "Name", "Fluor", channel.color or _MOCK_COLOR
    channel.emission_wavelength, channel.excitation_wavelength = (300.3, "nm"), (400.3, "nm")
    channel.light_source = LightSourceInfo("LightSource:0", kind="Laser")
    channel.detector = DetectorInfo("Detector:0")
    image.objective = ObjectiveInfo("Objective:0")
    image.physical_size_x = image.physical_size_x or (1.0, "µm")
    image.physical_size_y = image.physical_size_y or (1.0, "µm")
    image.physical_size_z = image.physical_size_z or (1.0, "µm")
    image.description = f"Image Description {series}"
    if not image.planes:
        image.planes = [PlaneInfo(0, 0, 0)]
    image.planes[0].exposure_time = image.planes[0].exposure_time or (10.0, "s")
    image.planes[0].delta_t = (0.1, "s")
