"""Operetta and Opera Phenix: plates exported by Harmony, `Index.idx.xml` (or `Index.xml`) beside its TIFF files."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from omero_server.formats.base import FormatError
from omero_server.formats.info import ChannelInfo, ObjectiveInfo, PlaneInfo, Quantity
from omero_server.formats.rawbytes import beside
from omero_server.formats.screening import PlateFile, PlateFiles, ScreeningReader, counted
from omero_server.formats.xmlnotes import number_of, text_of
from omero_server.formats.xmlstream import stream_xml

__all__ = ["HarmonyReader"]

_INDEX = ("Index.idx.xml", "Index.xml", "index.xml", "Index.ref.xml")
_IMAGE = re.compile(r"r\d+c\d+f\d+p\d+.*\.tiff?$", re.IGNORECASE)
_METRES = {"m": 1.0, "mm": 1e-3, "µm": 1e-6, "um": 1e-6}


class HarmonyReader(ScreeningReader):
    """Plates of PerkinElmer's (Revvity's) Harmony, versions 4 to 6."""

    name = "harmony"
    format = "Operetta"
    suffixes = (".idx.xml",)
    well_digits = 2

    @classmethod
    def index_of(cls, path: Path) -> Path | None:
        if path.name in _INDEX:
            return path if path.is_file() and b"HarmonyV" in _head(path) else None
        if not _IMAGE.match(path.name):
            return None
        return next((path.with_name(name) for name in _INDEX if path.with_name(name).is_file()), None)

    @classmethod
    def parse(cls, index: Path) -> PlateFiles:
        taken = _Taken(index)
        root = stream_xml(index, "Image", taken.take)
        first = taken.first
        if first is None:
            raise FormatError(index, "names no images")
        whole = _inherited(root)
        plate = root.find("Plates/Plate")
        sizes = tuple(_length(first, f"ImageResolution{axis}") or whole.get(f"ImageResolution{axis}") for axis in "XY")
        return PlateFiles(
            name=text_of(plate, "Name", "PlateID") or index.parent.parent.name,
            rows=int(number_of(plate, "PlateRows") or 0),
            columns=int(number_of(plate, "PlateColumns") or 0),
            index=[index],
            files=counted(taken.files),
            channels=_channels(root, taken.channels),
            pixel_size=(sizes[0], sizes[1]),
            z_step=_step(taken.places),
            objective=_objective(first, root),
            external_identifier=text_of(plate, "MeasurementID"),
            metadata=_notes(root, first),
        )


class _Taken:
    """What is kept of the images of an index, of which there may be hundreds of thousands."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self.files: list[tuple[PlateFile, datetime | None]] = []
        self.first: Element | None = None
        self.channels: dict[int, ChannelInfo] = {}
        self.places: dict[int, float] = {}

    def take(self, item: Element) -> None:
        """One more image; elements of wells that only name images have no URL."""
        if not text_of(item, "URL"):
            return
        if self.first is None:
            self.first = deepcopy(item)
        file = _file(item, self._index)
        self.files.append((file, _moment(item)))
        if file.c not in self.channels:
            self.channels[file.c] = _channel(item)
        place = _length(item, "PositionZ")
        if place is not None:
            self.places.setdefault(file.z, place[0])


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(2000)


def _inherited(root: Element) -> dict[str, Quantity]:
    """Pixel sizes that later versions keep with the channel (Maps) instead of each image."""
    found: dict[str, Quantity] = {}
    for axis in "XY":
        for entry in root.findall("Maps/Map/Entry"):
            size = _length(entry, f"ImageResolution{axis}")
            if size is not None:
                found.setdefault(f"ImageResolution{axis}", size)
    return found


def _length(item: Element, name: str) -> Quantity | None:
    """A length in micrometres."""
    element = item.find(name)
    value = number_of(item, name)
    if element is None or value is None:
        return None
    return value * _METRES.get(element.get("Unit", "m"), 1.0) * 1e6, "µm"


def _moment(item: Element) -> datetime | None:
    # Fractions of a second may have any number of digits.
    found = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?", text_of(item, "AbsTime") or "")
    return datetime.fromisoformat(found[1] + (found[2] or "").ljust(7, "0").replace("0" * 7, "")) if found else None


def _whole(item: Element, name: str, default: int) -> int:
    value = number_of(item, name)
    return default if value is None or not abs(value) < 2**31 else int(value)


def _file(item: Element, index: Path) -> PlateFile:
    exposure = number_of(item, "ExposureTime")
    info = PlaneInfo(
        0, 0, 0,
        exposure_time=(exposure, "s") if exposure is not None else None,
        position_x=_length(item, "PositionX"), position_y=_length(item, "PositionY"),
        position_z=_length(item, "PositionZ"),
    )  # fmt: skip
    return PlateFile(
        beside(index, text_of(item, "URL") or ""), _whole(item, "Row", 0) - 1, _whole(item, "Col", 0) - 1,
        _whole(item, "FieldID", 1), _whole(item, "PlaneID", 1), _whole(item, "ChannelID", 1),
        _whole(item, "TimepointID", 0), info,
    )  # fmt: skip


def _channels(root: Element, found: dict[int, ChannelInfo]) -> dict[int, ChannelInfo]:
    """Channels by number; later versions tell of them in maps instead of each image."""
    for entry in root.findall("Maps/Map/Entry"):
        text = entry.get("ChannelID", "")
        if text.isdecimal() and (int(text) not in found or found[int(text)].name is None):
            found[int(text)] = _channel(entry)
    return found


def _channel(item: Element) -> ChannelInfo:
    modes = {"NonConfocal": "WideField", "Confocal": "SpinningDiskConfocal"}
    excitation, emission = (number_of(item, f"Main{kind}Wavelength") for kind in ("Excitation", "Emission"))
    return ChannelInfo(
        text_of(item, "ChannelName"),
        acquisition_mode=modes.get(text_of(item, "AcquisitionType") or ""),
        excitation_wavelength=(excitation, "nm") if excitation else None,
        emission_wavelength=(emission, "nm") if emission else None,
    )


def _step(places: dict[int, float]) -> Quantity | None:
    """Distance of the first two slices."""
    numbers = sorted(places)
    if len(numbers) < 2:
        return None
    step = abs(places[numbers[1]] - places[numbers[0]])
    return (round(step, 6), "µm") if step > 0 else None


def _objective(first: Element, root: Element) -> ObjectiveInfo | None:
    for item in (first, *root.findall("Maps/Map/Entry")):
        power, aperture = number_of(item, "ObjectiveMagnification"), number_of(item, "ObjectiveNA")
        if power or aperture:
            return ObjectiveInfo("Objective:0", nominal_magnification=power, lens_na=aperture)
    return None


def _notes(root: Element, first: Element) -> dict[str, str]:
    """What the index says of the measurement, and the settings of the first image."""
    plates = root.findall("Plates/Plate/*")
    items = [*((item.tag, item) for item in root), *((item.tag, item) for item in plates), *((i.tag, i) for i in first)]
    return {tag: item.text.strip() for tag, item in items if item.text and item.text.strip() and len(item) == 0}
