"""BigDataViewer (HDF5): arrays by time point, setup and level; an XML file of the same name tells what setups are.

Setups of the same size and place are channels of one image; without the XML file, all of the same size are.
`ImageInfo.index` is a dict: `setups`, `times` (their numbers in the file), `slices` of each level, `unsigned`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import Array, FormatError, decoding, pixel_type_of
from omero_server.formats.hdf5 import ArrayPlace, Hdf5File, is_hdf5
from omero_server.formats.hdf5arrays import check_array
from omero_server.formats.hdf5reader import Hdf5Reader, positive
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo, Level
from omero_server.formats.rawbytes import file_size, read_at
from omero_server.formats.xmlnotes import flat_xml, parse_xml, text_of

__all__ = ["BdvReader"]

_SETUP, _TIME = re.compile(r"s(\d{2,6})"), re.compile(r"t(\d{5,8})")
_UNITS = {"um": "µm", "µm": "µm", "micron": "µm", "micrometer": "µm", "microns": "µm", "nm": "nm", "mm": "mm"}
_LONGEST_XML = 64 << 20
_MOST_CHECKED = 500


class BdvReader(Hdf5Reader):
    """BigDataViewer's HDF5 files."""

    name = "bdv"
    format = "BDV"
    suffixes: tuple[str, ...] = ()

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not is_hdf5(path):
            return False
        try:
            members = Hdf5File(path).get("").members
        except FormatError:
            return False
        return any(map(_SETUP.fullmatch, members)) and any(map(_TIME.fullmatch, members))

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        about = path.with_suffix(".xml")
        return [path, about] if about.is_file() and b"<SpimData" in _head(about) else [path]

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        files = cls.used_files(path)
        with decoding(path, "reading its structure"):
            file = Hdf5File(path)
            setups, notes = _setups(file), {}
            if len(files) > 1:
                notes = _read_xml(files[1], setups)
            images = [_image(file, group) for group in _grouped(setups)]
        for count, image in enumerate(images):
            image.name = path.name if len(images) == 1 else f"{path.name} #{count + 1}"
        return FilesetInfo(cls.format, cls.name, cls.version, files, images, metadata=notes)

    def pixel_files(self) -> list[set[Path]]:
        return [{self._info.entry} for _ in self._info.images]

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        index: dict[str, Any] = image.index
        z = zct[0] * index["slices"][level] // image.size_z
        pixels = self._plane(_array_name(index["times"][zct[2]], index["setups"][zct[1]], level), (z,), region)
        return pixels.view(f"u{pixels.dtype.itemsize}") if index["unsigned"] else pixels


def _head(path: Path) -> bytes:
    return read_at(path, 0, min(file_size(path), 4096))


def _array_name(time: str, setup: str, level: int) -> str:
    return f"{time}/{setup}/{level}/cells"


@dataclass(slots=True)
class _Setup:
    """A setup: its name in the file, its times, its levels, what the XML file says of it."""

    name: str
    times: list[str]
    places: list[ArrayPlace]
    unsigned: bool
    title: str | None = None
    voxel: list[float] = field(default_factory=list)
    unit: str | None = None
    where: tuple[tuple[str, str], ...] = ()


def _setups(file: Hdf5File) -> list[_Setup]:
    root = file.get("")
    times = sorted(name for name in root.members if _TIME.fullmatch(name))
    found = []
    for name in sorted(member for member in root.members if _SETUP.fullmatch(member)):
        own = [time for time in times if file.find(f"{time}/{name}/0/cells") is not None]
        if not own:
            continue
        places: list[ArrayPlace] = []
        while file.find(_array_name(own[0], name, len(places))) is not None:
            places.append(file.array(_array_name(own[0], name, len(places))))
        # Before it could store other types, BigDataViewer wrote unsigned 16-bit numbers as signed ones.
        unsigned = places[0].dtype.kind == "i" and "dataType" not in file.get(name).attributes
        found.append(_Setup(name, own, places, unsigned))
    for setup in found:
        for time in setup.times[:_MOST_CHECKED]:
            for level in range(len(setup.places)):
                place = file.array(_array_name(time, setup.name, level))
                check_array(place, file.path)
                if (place.shape, place.dtype) != (setup.places[level].shape, setup.places[0].dtype):
                    raise FormatError(file.path, f"has setups that change their size or type: {setup.name}")
                if len(place.shape) != 3 or min(place.shape) < 1 or max(place.shape) >= 1 << 31:
                    raise FormatError(file.path, f"declares an image of {place.shape} pixels")
    if not found:
        raise FormatError(file.path, "holds no images", "Export it again.")
    return found


def _read_xml(path: Path, setups: list[_Setup]) -> dict[str, str]:
    root = parse_xml(read_at(path, 0, min(file_size(path), _LONGEST_XML)), path)
    known = {setup.name: setup for setup in setups}
    names: dict[tuple[str, str], str] = {}
    for kind in root.iter("Attributes"):
        for item in kind:
            names[str(kind.get("name")), text_of(item, "id") or ""] = text_of(item, "name") or ""
    for element in root.iter("ViewSetup"):
        number = text_of(element, "id") or ""
        setup = known.get(f"s{int(number):02d}") if number.isdecimal() else None
        if setup is None:
            continue
        attributes = element.find("attributes")
        values = {str(item.tag): (item.text or "").strip() for item in attributes} if attributes is not None else {}
        channel = names.get(("channel", values.get("channel", "")))
        setup.title = channel if channel and not channel.isdecimal() else text_of(element, "name") or channel
        setup.where = tuple(sorted((key, value) for key, value in values.items() if key != "channel"))
        setup.unit = _UNITS.get((text_of(element, "voxelSize/unit") or "").lower())
        setup.voxel = [positive(word) or 0.0 for word in (text_of(element, "voxelSize/size") or "").split()]
    return flat_xml(root)


def _grouped(setups: list[_Setup]) -> list[list[_Setup]]:
    groups: dict[Any, list[_Setup]] = {}
    for setup in setups:
        shapes = tuple(place.shape for place in setup.places)
        key = shapes, setup.places[0].dtype.str, setup.unsigned, tuple(setup.times), setup.where
        groups.setdefault(key, []).append(setup)
    return list(groups.values())


def _image(file: Hdf5File, setups: list[_Setup]) -> ImageInfo:
    first = setups[0]
    depth, height, width = first.places[0].shape
    kept = [0]
    for level in range(1, len(first.places)):
        above, below = first.places[kept[-1]].shape, first.places[level].shape
        if below[1] * below[2] >= above[1] * above[2]:
            break
        kept.append(level)
    dtype = first.places[0].dtype
    chunks = first.places[0].chunks
    image = ImageInfo(
        name=file.path.name,
        size_x=width,
        size_y=height,
        size_z=depth,
        size_c=len(setups),
        size_t=len(first.times),
        pixel_type=pixel_type_of(np.dtype(f"u{dtype.itemsize}") if first.unsigned else dtype, file.path),
        dimension_order="XYZCT",
        levels=[Level(first.places[level].shape[2], first.places[level].shape[1]) for level in kept],
        tile_size=(chunks[2], chunks[1]) if chunks else None,
        channels=[ChannelInfo(name=setup.title or setup.name) for setup in setups],
        index={
            "setups": [setup.name for setup in setups], "times": first.times, "unsigned": first.unsigned,
            "slices": [first.places[level].shape[0] for level in kept],
        },
    )  # fmt: skip
    for axis, size in zip("xyz", first.voxel, strict=False):
        if first.unit and size > 0:
            setattr(image, f"physical_size_{axis}", (size, first.unit))
    return image
