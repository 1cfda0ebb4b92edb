"""A MetaMorph stack: one TIFF page, whose private tags tell how many planes follow it, and all about them.

tifffile reads the private tags; planes lie behind each other without gaps.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from tifffile import TiffFile, TiffPage

from omero_server.formats.base import FormatError, decoding
from omero_server.formats.info import ChannelInfo, DetectorInfo, ImageInfo, ObjectiveInfo, PlaneInfo, Quantity
from omero_server.formats.rawbytes import check_room
from omero_server.formats.tiffpages import check_page, first_page, ifd_offsets, is_tiff

__all__ = ["Stack", "is_stack", "read_stack"]

_UIC1, _UIC2 = "UIC1tag", "UIC2tag"
_UNCOMPRESSED = 1
_MOST_PLANES = 100_000
_MICROMETRES = ("um", "µm", "micron", "microns")


def is_stack(path: Path) -> bool:
    """Whether a TIFF has MetaMorph's tags, and its pixels as they are."""
    if path.suffix.lower() not in (".stk", ".tif", ".tiff") or not is_tiff(path):
        return False
    page = first_page(path)
    if page is None or (_UIC1 not in page.tags and _UIC2 not in page.tags):
        return False
    # A single plane that is compressed, or scattered, is as good as any other TIFF.
    return (_UIC2 in page.tags and page.tags[_UIC2].count > 1) or _is_plain(page)


def _is_plain(page: TiffPage) -> bool:
    """Whether the pixels of one channel follow each other as they are."""
    ends = [at + count for at, count in zip(page.dataoffsets, page.databytecounts, strict=False)]
    gapless = list(page.dataoffsets[1:]) == ends[:-1] and not page.is_tiled
    return gapless and int(page.compression) == _UNCOMPRESSED and page.samplesperpixel == 1


@dataclass(slots=True)
class Stack:
    """What a stack holds; lists have an entry for each plane, or are empty."""

    width: int
    height: int
    planes: int
    dtype: np.dtype[Any]
    offset: int
    distances: list[float] = field(default_factory=list)
    wavelengths: list[float] = field(default_factory=list)
    moments: list[datetime | None] = field(default_factory=list)
    places: list[tuple[float, float]] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def plane_bytes(self) -> int:
        """Bytes from one plane to the next."""
        return self.width * self.height * self.dtype.itemsize

    @property
    def notes(self) -> dict[str, str]:
        """Original metadata."""
        found = {key: str(value)[:2000] for key, value in self.facts.items()
                 if isinstance(value, str | int | float | tuple | datetime)}  # fmt: skip
        found |= {str(key): str(value)[:2000] for key, value in self.properties.items()}
        return found | {"Plane 1 description": self.texts[0][:2000]} if self.texts else found

    @property
    def properties(self) -> dict[str, Any]:
        """Named values of the first plane."""
        listed = self.facts.get("PlaneProperty")
        items = listed if isinstance(listed, list) else []
        return {item["name"]: item["value"] for item in items if isinstance(item, dict) and item.get("name")}

    def describe(self, image: ImageInfo) -> None:
        """Fill in `image`, whose dimensions are set."""
        if self.facts.get("SpatialCalibration") == 1 and self.facts.get("CalibrationUnits") in _MICROMETRES:
            image.physical_size_x = _positive(self.facts.get("XCalibration"), "µm")
            image.physical_size_y = _positive(self.facts.get("YCalibration"), "µm")
        steps = {abs(round(step, 6)) for step in self.distances if step}
        image.physical_size_z = (steps.pop(), "µm") if image.size_z > 1 and len(steps) == 1 else None
        created = self.facts.get("CreateTime")
        fallback = created.replace(microsecond=0) if isinstance(created, datetime) else None
        image.acquired = next((moment for moment in self.moments if moment), fallback)
        image.channels = [self._channel(c, image.size_c) for c in range(image.size_c)]
        image.objective = self._objective()
        temperature = _found(r"Temperature:\s*(-?[\d.]+)", self.texts)
        image.environment = {"Temperature": temperature} if temperature else {}
        places = [(z, c, t) for t in range(image.size_t) for z in range(image.size_z) for c in range(image.size_c)]
        image.planes = self.plane_infos(places, self.moments[0] if self.moments else None)

    def plane_infos(self, places: Sequence[tuple[int, int, int]], start: datetime | None) -> list[PlaneInfo]:
        """Times, exposures and places of the planes, which are those of `places` (z, c, t) in this order."""
        found = []
        for number, (z, c, t) in enumerate(places[: self.planes]):
            plane = PlaneInfo(z, c, t)
            moment = _at(self.moments, number)
            if moment is not None and start is not None:
                plane.delta_t = ((moment - start).total_seconds(), "s")
            plane.exposure_time = _exposure(_at(self.texts, number) or "")
            place, height = _at(self.places, number), _at(self.heights, number)
            if place is not None and any(place):
                plane.position_x, plane.position_y = (place[0], "µm"), (place[1], "µm")
            if height is not None:
                plane.position_z = (height, "µm")
            found.append(plane)
        return found

    def _channel(self, number: int, count: int) -> ChannelInfo:
        wave = _at(self.wavelengths, number) or (self.facts.get("wavelength") if count == 1 else None)
        name = self.properties.get("_IllumSetting_") if count == 1 else None
        binning = _found(r"Binning:\s*(\d+ x \d+)", self.texts)
        camera = _found(r"Acquired from ([^\r\n]+)", self.texts)
        detector = DetectorInfo("Detector:0", model=camera, gain=_float(_found(r"\((\d+)x\)", self.texts)))
        detector.binning = binning.replace(" ", "") if binning else None
        return ChannelInfo(
            name=str(name) if name else None,
            emission_wavelength=_positive(wave, "nm"),
            detector=detector if binning or camera else None,
        )

    def _objective(self) -> ObjectiveInfo | None:
        aperture, name = self.properties.get("_MagNA_"), self.properties.get("_MagSetting_")
        if not name and not _positive(aperture, ""):
            return None
        found = ObjectiveInfo("Objective:0", model=str(name) if name else None, lens_na=_float(aperture))
        found.refractive_index = _float(self.properties.get("_MagRI_"))
        return found


def read_stack(path: Path) -> Stack:
    """The stack in `path`, all of whose planes lie in the file."""
    if not is_tiff(path):
        raise FormatError(path, "is no TIFF file")
    ifd_offsets(path)
    with decoding(path, "reading the tags"), TiffFile(path) as tif:
        page = tif.pages.first
        if not isinstance(page, TiffPage):
            raise FormatError(path, "has no page")
        check_page(page, path.stat().st_size, path, 0)
        tag = page.tags.get(_UIC2)
        planes = int(tag.count) if tag is not None else 1
        _check_layout(page, planes, path)
        dtype = np.dtype(page.dtype).newbyteorder(tif.byteorder)
        stack = Stack(page.imagewidth, page.imagelength, planes, dtype, int(page.dataoffsets[0]))
        check_room(path, stack.offset, planes, stack.plane_bytes)
        if tif.is_stk:
            _fill(stack, dict(tif.stk_metadata or {}))
    return stack


def _check_layout(page: TiffPage, planes: int, path: Path) -> None:
    if not _is_plain(page):
        raise FormatError(path, "is a MetaMorph stack of compressed, scattered or coloured planes", "Save it plainly.")
    if not 0 < planes <= _MOST_PLANES:
        raise FormatError(path, f"declares {planes} planes")


def _fill(stack: Stack, facts: dict[str, Any]) -> None:
    stack.facts = facts
    stack.distances = [float(value) for value in _finite(facts.get("ZDistance"), stack.planes)]
    stack.wavelengths = [float(value) for value in _finite(facts.get("Wavelengths"), stack.planes)]
    stack.places = [(float(x), float(y)) for x, y in _finite(facts.get("StagePosition"), stack.planes)]
    if facts.get("AbsoluteZValid") or np.any(facts.get("AbsoluteZValid")):
        stack.heights = [float(value) for value in _finite(facts.get("AbsoluteZ"), stack.planes)]
    stack.texts = [str(text) for text in facts.get("PlaneDescriptions") or ()]
    moments = facts.get("DatetimeCreated")
    if moments is not None and len(moments) == stack.planes:
        stack.moments = [value if isinstance(value, datetime) else None
                         for value in moments.astype("datetime64[ms]").tolist()]  # fmt: skip


def _finite(values: Any, count: int) -> list[Any]:
    """An array of one entry for each plane as a list; empty when it is something else."""
    found = np.asarray([] if values is None else values, np.float64)
    return found.tolist() if len(found) == count and bool(np.isfinite(found).all()) else []


def _at(items: Sequence[Any], number: int) -> Any:
    return items[number] if number < len(items) else None


def _found(pattern: str, texts: list[str]) -> str | None:
    match = re.search(pattern, texts[0]) if texts else None
    return match[1].strip() if match else None


def _exposure(text: str) -> Quantity | None:
    match = re.search(r"Exposure:\s*([\d.]+)\s*(ms|s|sec)\b", text)
    return _positive(match[1], "ms" if match[2] == "ms" else "s") if match else None


def _float(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _positive(value: Any, unit: str) -> Quantity | None:
    number = _float(value)
    return (number, unit) if number is not None and number > 0 else None
