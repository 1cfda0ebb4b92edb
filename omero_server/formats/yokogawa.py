"""Yokogawa CellVoyager: `MeasurementData.mlf` names the TIFF files of a plate; files beside it tell the settings.

Those are the plate (`.wpi`), its product (`.wpp`), the measurement (`.mrf`), its settings (`.mes`) and corrections.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from omero_server.formats.info import ChannelInfo, ObjectiveInfo, PlaneInfo, Quantity
from omero_server.formats.rawbytes import beside
from omero_server.formats.screening import PlateFile, PlateFiles, ScreeningReader, counted
from omero_server.formats.xmlstream import stream_xml

__all__ = ["CellVoyagerReader"]

_DATA, _DETAIL = "MeasurementData.mlf", "MeasurementDetail.mrf"
_SETTINGS = (".wpi", ".wpp", ".mrf", ".mes")
_SUFFIXES = (*_SETTINGS, ".tif", ".tiff")
_CORRECTIONS = re.compile(r"(DC|SC)_.*\.tiff?|(crosstalk|geometry)_parameter\.xml", re.IGNORECASE)
"""Dark and shading pictures of cameras and channels, and parameters."""


class CellVoyagerReader(ScreeningReader):
    """Plates of the CV7000, CV8000 and CellVoyager systems of the same kind."""

    name = "cellvoyager"
    format = "CV7000"
    suffixes = (".mlf", ".wpi")

    @classmethod
    def index_of(cls, path: Path) -> Path | None:
        known = path.name == _DATA or path.suffix.lower() in _SUFFIXES
        return path.with_name(_DATA) if known and path.with_name(_DATA).is_file() else None

    @classmethod
    def parse(cls, index: Path) -> PlateFiles:
        records = _Records(index)
        stream_xml(index, "MeasurementRecord", records.take)
        detail_path = index.with_name(_DETAIL)
        detail = _xml(detail_path) if detail_path.is_file() else None
        plate = PlateFiles(
            name=(detail.get("Title") if detail is not None else None) or index.parent.name,
            rows=_whole(detail, "RowCount"),
            columns=_whole(detail, "ColumnCount"),
            index=[index, *_beside(index)],
            files=counted(records.files),
        )
        if detail is not None:
            plate.metadata = dict(detail.attrib)
            _settings(plate, detail, index)
        plate.z_step = _step(records.places)
        return plate


class _Records:
    """What is kept of the records, of which there may be hundreds of thousands."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self.files: list[tuple[PlateFile, datetime | None]] = []
        self.places: dict[int, float] = {}

    def take(self, item: Element) -> None:
        """One more record; those of errors name no image."""
        if item.get("Type") != "IMG" or not (item.text or "").strip():
            return
        file = _file(item, self._index)
        self.files.append((file, _moment(item)))
        place = _number(item, "Z")
        if place is not None:
            self.places.setdefault(file.z, place)


def _beside(index: Path) -> list[Path]:
    """Settings and corrections of the measurement."""
    names = [path.name for path in index.parent.iterdir()]
    mine = [name for name in names if name.lower().endswith(_SETTINGS) or _CORRECTIONS.fullmatch(name)]
    return [index.with_name(name) for name in sorted(mine) if index.with_name(name).is_file()]


def _xml(path: Path) -> Element:
    """The root of a settings file."""
    return stream_xml(path, "", lambda element: None)


def _number(item: Element | None, name: str) -> float | None:
    try:
        value = float(item.get(name, "") if item is not None else "")
    except ValueError:
        return None
    return value if abs(value) < 2**31 else None


def _whole(item: Element | None, name: str) -> int:
    return int(_number(item, name) or 0)


def _micrometres(item: Element, name: str) -> Quantity | None:
    value = _number(item, name)
    return None if value is None else (value, "µm")


def _moment(item: Element) -> datetime | None:
    try:
        return datetime.fromisoformat(item.get("Time", ""))
    except ValueError:
        return None


def _file(item: Element, index: Path) -> PlateFile:
    x, y, z = (_micrometres(item, axis) for axis in "XYZ")
    info = PlaneInfo(0, 0, 0, position_x=x, position_y=y, position_z=z)
    return PlateFile(
        beside(index, (item.text or "").strip()), _whole(item, "Row") - 1, _whole(item, "Column") - 1,
        _whole(item, "FieldIndex"), _whole(item, "ZIndex"), _whole(item, "Ch"), _whole(item, "TimePoint"), info,
    )  # fmt: skip


def _settings(plate: PlateFiles, detail: Element, index: Path) -> None:
    """Pixel size of the detail; names, wavelengths, objective of the settings file that it names."""
    channel = detail.find("MeasurementChannel")
    if channel is not None:
        sizes = [_number(channel, f"{side}PixelDimension") for side in ("Horizontal", "Vertical")]
        x, y = ((size, "µm") if size and size > 0 else None for size in sizes)
        plate.pixel_size = x, y
    path = index.with_name(Path(detail.get("MeasurementSettingFileName", "")).name or "-")
    if not path.is_file():
        return
    settings = _xml(path)
    for item in settings.findall("ChannelList/Channel"):
        plate.channels[_whole(item, "Ch")] = _channel(item)
        power = _number(item, "Magnification")
        if power and power > 0 and plate.objective is None:
            plate.objective = ObjectiveInfo("Objective:0", nominal_magnification=power, model=item.get("Objective"))


def _channel(item: Element) -> ChannelInfo:
    """Colour is `#AARRGGBB`; the target of a laser is its wavelength."""
    name = item.get("Fluorophore") or item.get("Acquisition") or item.get("Target")
    wave, text = _number(item, "Target"), item.get("Color", "")
    colour = None
    if len(text) == 9 and all(letter in "0123456789abcdefABCDEF" for letter in text[1:]):
        colour = int.from_bytes(bytes.fromhex(text[3:] + "FF"), "big", signed=True)
    confocal = "Confocal" in item.get("Kind", "")
    return ChannelInfo(
        name or None, colour, excitation_wavelength=(wave, "nm") if wave and wave > 0 else None,
        acquisition_mode="SpinningDiskConfocal" if confocal else None,
    )  # fmt: skip


def _step(places: dict[int, float]) -> Quantity | None:
    numbers = sorted(places)
    step = abs(places[numbers[1]] - places[numbers[0]]) if len(numbers) > 1 else 0
    return (round(step, 6), "µm") if step > 0 else None
