"""Imaris 5.5 and later (`.ims`): an HDF5 file of arrays by resolution level, time point and channel.

`ImageInfo.index` is a dict: `slices`, of each level. One with fewer slices shows that at the same relative depth.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from omero_server.formats.base import Array, FormatError, decoding, pixel_type_of
from omero_server.formats.hdf5 import Hdf5File, Node, is_hdf5
from omero_server.formats.hdf5arrays import check_array
from omero_server.formats.hdf5reader import Hdf5Reader, number, positive
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo, Level, ObjectiveInfo, PlaneInfo

__all__ = ["ImarisReader"]

_INFO, _DATA = "DataSetInfo", "DataSet"
_UNITS = {"um": "µm", "µm": "µm", "nm": "nm", "mm": "mm", "m": "m"}
_MOST_CHECKED = 500
_MOST_PLANES = 10_000
_LARGEST_SIDE = 1 << 31
_MODES = {
    "confocal": "LaserScanningConfocalMicroscopy", "widefield": "WideField", "spinningdisk": "SpinningDiskConfocal",
    "multiphoton": "MultiPhotonMicroscopy", "tirf": "TotalInternalReflection",
}  # fmt: skip


class ImarisReader(Hdf5Reader):
    """IMS files."""

    name = "imaris"
    format = "ImarisHDF"
    suffixes = (".ims",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not is_hdf5(path):
            return False
        try:
            root = Hdf5File(path).get("")
        except FormatError:
            return path.suffix.lower() in cls.suffixes
        return "ImarisVersion" in root.attributes and _DATA in root.members

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        with decoding(path, "reading its structure"):
            file = Hdf5File(path)
            image = _image(file, path)
            _describe(file, image)
            notes = _notes(file)
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image], metadata=notes)

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        z = zct[0] * image.index["slices"][level] // image.size_z
        return self._plane(_array_name(level, zct[2], zct[1]), (z,), region)


def _array_name(level: int, time: int, channel: int) -> str:
    return f"{_channel_name(level, time, channel)}/Data"


def _channel_name(level: int, time: int, channel: int) -> str:
    return f"{_DATA}/ResolutionLevel {level}/TimePoint {time}/Channel {channel}"


def _count(node: Node, kind: str) -> int:
    """Members called `<kind> 0`, `<kind> 1`, ..."""
    found = 0
    while f"{kind} {found}" in node.members:
        found += 1
    return found


def _sizes(file: Hdf5File, level: int) -> tuple[int, int, int]:
    """Width, height and slices of a level: arrays are padded to whole chunks."""
    about = file.get(_channel_name(level, 0, 0)).attributes
    place = file.array(_array_name(level, 0, 0))
    if len(place.shape) != 3:
        raise FormatError(file.path, f"has arrays of {len(place.shape)} dimensions")
    stated = [positive(about.get(f"ImageSize{axis}")) for axis in "ZYX"]
    if level == 0 and None in stated:
        image = file.get(f"{_INFO}/Image").attributes
        stated = [positive(image.get(axis)) for axis in "ZYX"]
    depth, height, width = (int(size or most) for size, most in zip(stated, place.shape, strict=True))
    if any(size > most for size, most in zip((depth, height, width), place.shape, strict=True)):
        raise FormatError(file.path, f"declares {width}x{height}x{depth} pixels but stores {place.shape}")
    return width, height, depth


def _image(file: Hdf5File, path: Path) -> ImageInfo:
    levels = _count(file.get(_DATA), "ResolutionLevel")
    first = file.get(f"{_DATA}/ResolutionLevel 0")
    times, channels = _count(first, "TimePoint"), _count(file.get(f"{_DATA}/ResolutionLevel 0/TimePoint 0"), "Channel")
    if not channels:
        raise FormatError(path, "holds no image", "Save it again from Imaris.")
    place = file.array(_array_name(0, 0, 0))
    sizes = [_sizes(file, level) for level in range(levels)]
    # A level that is not smaller than the one before, or that lacks something, is no use.
    kept = [0]
    for level in range(1, levels):
        smaller = sizes[level][0] * sizes[level][1] < sizes[kept[-1]][0] * sizes[kept[-1]][1]
        if not smaller or kept[-1] != level - 1:
            break
        kept.append(level)
    places = [(level, t, c) for level in kept for t in range(times) for c in range(channels)]
    for one in places[:_MOST_CHECKED]:
        found = file.array(_array_name(*one))
        check_array(found, path)
        wanted = sizes[one[0]]
        if found.dtype != place.dtype or any(s > most for s, most in zip(wanted[::-1], found.shape, strict=True)):
            raise FormatError(path, f"has an array of another kind or size than the others: {_array_name(*one)}")
    width, height, depth = sizes[0]
    if max(width, height, depth) >= _LARGEST_SIDE:
        raise FormatError(path, f"declares {width}x{height}x{depth} pixels")
    return ImageInfo(
        name=path.name,
        size_x=width,
        size_y=height,
        size_z=depth,
        size_c=channels,
        size_t=times,
        pixel_type=pixel_type_of(place.dtype, path),
        dimension_order="XYZCT",
        levels=[Level(*sizes[level][:2]) for level in kept],
        tile_size=(place.chunks[2], place.chunks[1]) if place.chunks else None,
        index={"slices": [sizes[level][2] for level in kept]},
    )


def _describe(file: Hdf5File, image: ImageInfo) -> None:
    found = file.find(f"{_INFO}/Image")
    about = found.attributes if found is not None else {}
    unit = _UNITS.get(str(about.get("Unit", "um")).strip("\0 "))
    for number_of_axis, axis in enumerate("xyz"):
        low, high = (number(about.get(f"Ext{end}{number_of_axis}")) for end in ("Min", "Max"))
        size = getattr(image, f"size_{axis}")
        if unit and low is not None and high is not None and high > low and (axis != "z" or size > 1):
            setattr(image, f"physical_size_{axis}", ((high - low) / size, unit))
    description = _text(about, "Description")
    image.description = None if description == "(description not specified)" else description
    image.acquired = _moment(about.get("RecordingDate"))
    aperture, power = (
        positive(about.get("NumericalAperture")),
        positive(str(about.get("LensPower", "")).rstrip("xX\0 ")),
    )
    if aperture or positive(power):
        image.objective = ObjectiveInfo("Objective:0", nominal_magnification=positive(power), lens_na=aperture)
    mode = _MODES.get(re.sub(r"[^a-z]", "", str(about.get("MicroscopeModality", "")).lower()))
    image.channels = [_channel(file, channel, mode) for channel in range(image.size_c)]
    _set_times(file, image)


def _channel(file: Hdf5File, number_of_channel: int, mode: str | None) -> ChannelInfo:
    found = file.find(f"{_INFO}/Channel {number_of_channel}")
    about = found.attributes if found is not None else {}
    waves = [positive(about.get(f"LSM{kind}Wavelength")) for kind in ("Emission", "Excitation")]
    pinhole = positive(about.get("LSMPinhole"))
    window = [number(word) for word in str(about.get("ColorRange", "")).split()]
    channel = ChannelInfo(
        name=_text(about, "Name"),
        color=_color(str(about.get("Color", ""))),
        emission_wavelength=(waves[0], "nm") if waves[0] else None,
        excitation_wavelength=(waves[1], "nm") if waves[1] else None,
        pinhole_size=(pinhole, "µm") if pinhole else None,
        acquisition_mode=mode,
    )
    if len(window) == 2 and window[0] is not None and window[1] is not None and window[0] < window[1]:
        channel.window = window[0], window[1]
    return channel


def _text(about: dict[str, Any], key: str) -> str | None:
    """A text; None when it is empty."""
    return str(about.get(key) or "").strip("\0 ") or None


def _color(text: str) -> int | None:
    """Three fractions."""
    parts = [number(word) for word in text.split()]
    if len(parts) != 3 or None in parts:
        return None
    red, green, blue = (round(min(1.0, max(0.0, part or 0.0)) * 255) for part in parts)
    packed = red << 24 | green << 16 | blue << 8 | 255
    return packed - (1 << 32) if packed >= 1 << 31 else packed


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value).strip("\0 ")[:23])
    except ValueError:
        return None


def _set_times(file: Hdf5File, image: ImageInfo) -> None:
    """Time of each time point since the first one."""
    found = file.find(f"{_INFO}/TimeInfo")
    if found is None or image.size_t == 1:
        return
    moments = [_moment(found.attributes.get(f"TimePoint{t + 1}")) for t in range(image.size_t)]
    if None in moments:
        return
    seconds = [(moment - moments[0]).total_seconds() for moment in moments if moment and moments[0]]
    if seconds[-1] > 0:
        image.time_increment = (seconds[-1] / (image.size_t - 1), "s")
    planes = (
        PlaneInfo(z, c, t, delta_t=(second, "s"))
        for t, second in enumerate(seconds) for c in range(image.size_c) for z in range(image.size_z)
    )  # fmt: skip
    image.planes = list(islice(planes, _MOST_PLANES))


def _notes(file: Hdf5File) -> dict[str, str]:
    """All attributes about the image."""
    found = {}
    for name in file.get(_INFO).members if file.find(_INFO) is not None else ():
        for key, value in file.get(f"{_INFO}/{name}").attributes.items():
            text = str(value).strip("\0 ")
            if text and value is not None and len(text) < 2000:
                found[f"{name}|{key}"] = text
    return found
