"""Tags of Zeiss ZVI files, by number, and what they say of images, channels and planes.

What a number means was found by comparing files with what AxioVision shows of them.
"""

from __future__ import annotations

import math
import struct
from datetime import datetime, timedelta
from typing import Any

from omero_server.formats.info import ChannelInfo, DetectorInfo, ImageInfo, MicroscopeInfo, ObjectiveInfo, PlaneInfo
from omero_server.formats.objectives import correction_in, immersion_in

__all__ = [
    "TagValues",
    "describe_channel",
    "describe_image",
    "describe_plane",
    "moment_of",
    "named",
    "tags_of",
    "variants",
]

TagValues = dict[int, Any]

_NUMBERS = {2: "<h", 3: "<i", 4: "<f", 5: "<d", 6: "<q", 7: "<d", 11: "<h", 16: "<b", 17: "<B", 18: "<H", 19: "<I",
            20: "<q", 21: "<Q", 22: "<i", 23: "<I"}  # fmt: skip
_EMPTY, _TEXT, _BLOBS, _IDS = (0, 1), 8, (65, 69), (9, 13, 66)
_MOST_TAGS = 100_000
_DAY_ZERO = datetime(1899, 12, 30)
_NAMES = {
    769: "Scale Factor X", 772: "Scale Factor Y", 775: "Scale Factor Z", 1025: "Acquisition Date", 1042: "Camera",
    1043: "Camera Serial", 1282: "Channel Color", 1284: "Channel Name", 1551: "File Name", 1553: "Title",
    1555: "Comments", 2049: "Objective Name", 2051: "Reflector", 2072: "Focus Position",
    2073: "Stage Position X", 2074: "Stage Position Y", 2075: "Microscope Name", 2076: "Objective Magnification",
    2077: "Objective N.A.", 2151: "Objective Working Distance", 2564: "Exposure Time [ms]",
    16777488: "Excitation Wavelength", 16777489: "Emission Wavelength",
}  # fmt: skip
_MICROMETRE_UNIT = 76


def variants(data: bytes, at: int = 0) -> list[tuple[int, Any]]:
    """Position and value of each of the typed values from `at` on, as far as they make sense."""
    found: list[tuple[int, Any]] = []
    while at + 2 <= len(data) and len(found) < 3 * _MOST_TAGS:
        kind = struct.unpack_from("<H", data, at)[0]
        start = at + 2
        if kind in _NUMBERS and start + struct.calcsize(_NUMBERS[kind]) <= len(data):
            value: Any = struct.unpack_from(_NUMBERS[kind], data, start)[0]
            at = start + struct.calcsize(_NUMBERS[kind])
        elif (kind == _TEXT or kind in _BLOBS) and start + 4 <= len(data):
            length = struct.unpack_from("<I", data, start)[0]
            raw, at = data[start + 4 : start + 4 + length], start + 4 + length
            value = raw.decode("utf-16-le", "replace").strip("\0 ") if kind == _TEXT else raw
        elif kind in _EMPTY or kind in _IDS:
            value, at = None, start + (16 if kind in _IDS else 0)
        else:
            break
        found.append((start, value))
    return found


def tags_of(data: bytes) -> TagValues:
    """Values by number of a part with tags: triples of value, number and attribute, behind a version and a count."""
    values = [value for _, value in variants(data)][2:]
    found: TagValues = {}
    for value, number in zip(values[::3], values[1::3], strict=False):
        if isinstance(number, int):
            found[number] = value
    return found


def named(tags: TagValues) -> dict[str, str]:
    """Original metadata."""
    found = {}
    for number, value in tags.items():
        if value not in (None, "", b"") and not isinstance(value, bytes):
            found[_NAMES.get(number, f"Tag {number}")] = str(value)[:2000]
    return found


def describe_image(image: ImageInfo, tags: TagValues, first: TagValues) -> None:
    """Sizes of pixels, time, objective and microscope."""
    for axis, number in (("x", 769), ("y", 772), ("z", 775)):
        size = _number(tags, number)
        if size and size > 0 and tags.get(number + 1) == _MICROMETRE_UNIT and getattr(image, f"size_{axis}") > 1:
            setattr(image, f"physical_size_{axis}", (size, "µm"))
    image.description = str(tags.get(1555) or "") or None
    image.acquired = moment_of(first) or moment_of(tags)
    image.objective = _objective(first)
    if first.get(2075):
        image.microscope = MicroscopeInfo("Microscope:0", manufacturer="Zeiss", model=str(first[2075]))


def _objective(tags: TagValues) -> ObjectiveInfo | None:
    name = str(tags.get(2049) or "")
    if not name:
        return None
    distance = _number(tags, 2151)
    return ObjectiveInfo(
        "Objective:0",
        manufacturer="Zeiss",
        model=name,
        nominal_magnification=_number(tags, 2076),
        lens_na=_number(tags, 2077),
        immersion=immersion_in(name),
        correction=correction_in(name),
        working_distance=(distance, "µm") if distance and distance > 0 else None,
    )


def describe_channel(tags: TagValues) -> ChannelInfo:
    """The channel of a plane with these tags."""
    waves = [_number(tags, number) for number in (16777489, 16777488)]
    camera = tags.get(1042)
    channel = ChannelInfo(
        name=str(tags.get(1284) or "") or None,
        emission_wavelength=(waves[0], "nm") if waves[0] and waves[0] > 0 else None,
        excitation_wavelength=(waves[1], "nm") if waves[1] and waves[1] > 0 else None,
        detector=DetectorInfo("Detector:0", type="CCD", model=str(camera)) if camera else None,
    )
    color = tags.get(1282)
    if isinstance(color, int) and 0 <= color <= 0xFFFFFF:
        packed = (color & 255) << 24 | (color >> 8 & 255) << 16 | (color >> 16) << 8 | 255
        channel.color = packed - (1 << 32) if packed >= 1 << 31 else packed
    return channel


def describe_plane(plane: PlaneInfo, tags: TagValues, start: datetime | None) -> None:
    """Time, exposure and place."""
    moment, exposure = moment_of(tags), _number(tags, 2564)
    if moment is not None and start is not None:
        plane.delta_t = ((moment - start).total_seconds(), "s")
    plane.exposure_time = (exposure, "ms") if exposure and exposure > 0 else None
    for axis, number in (("x", 2073), ("y", 2074), ("z", 2072)):
        value = _number(tags, number)
        if value is not None:
            setattr(plane, f"position_{axis}", (value, "µm"))


def _number(tags: TagValues, number: int) -> float | None:
    value = tags.get(number)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def moment_of(tags: TagValues) -> datetime | None:
    """When a plane was taken: days since the end of 1899."""
    days = _number(tags, 1025)
    return _DAY_ZERO + timedelta(days=days) if days is not None and 1 < days < 200_000 else None
