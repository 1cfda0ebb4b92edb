"""Olympus VSI of cellSens: properties and an overview in the file, pixels in ETS files in the folder `_name_`.

`ImageInfo.index` is a dict: `ets`, number of the file in the fileset; `axes`, of its dimensions beyond x and y ("tzc");
`samples`. The overview is a TIFF page.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import PIXEL_DTYPES, Array, FormatError, decoding, pixel_type_of
from omero_server.formats.etstiles import EtsTiles, is_ets
from omero_server.formats.info import (
    DetectorInfo,
    FilesetInfo,
    ImageInfo,
    Level,
    MicroscopeInfo,
    ObjectiveInfo,
    PlaneInfo,
    plain_channels,
)
from omero_server.formats.rawbytes import PieceCache
from omero_server.formats.tiff import image_of
from omero_server.formats.tiffbase import PagedReader, load_pages
from omero_server.formats.tiffpages import is_tiff
from omero_server.formats.vsitags import Group, notes_of, read_properties

__all__ = ["VsiReader"]

_STACK, _FRAME, _DIMENSION, _PART, _ABOUT = 2001, 2002, 2007, 2008, 2005
_MEANING, _SIZES, _RECTANGLE, _NAME, _CREATED, _PIXEL_SIZE, _PIXEL_UNIT = 2023, 2003, 2053, 2030, 2015, 2019, 2020
_AXES = {1: "z", 2: "t", 3: "c", 4: "c"}
_CHANNEL_NAMES, _EMISSION, _EXPOSURE = (2419, 2021), 2417, 100002
_Z_START, _Z_STEP = 2012, 2013
_DEVICE, _DEVICE_NAME, _MAKER = 120114, 120116, 120133
_LENS, _MAGNIFICATION, _APERTURE, _MEDIUM_INDEX, _DISTANCE = 120065, 120060, 120061, 120079, 120062
_MOST_PLANES = 10_000


class VsiReader(PagedReader):
    """VSI with its ETS files."""

    name = "vsi"
    format = "CellSens"
    version = "1"
    suffixes: tuple[str, ...] = (".vsi", ".ets")

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._cache = PieceCache()
        self._tiles: dict[int, EtsTiles] = {}

    @classmethod
    def detect(cls, path: Path) -> bool:
        entry = _entry(path)
        return entry.suffix.lower() == ".vsi" and is_tiff(entry)

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        entry = _entry(path)
        folder = entry.with_name(f"_{entry.stem}_")
        parts = [item for item in sorted(folder.rglob("*"), key=_natural) if item.is_file()] if folder.is_dir() else []
        return [entry, *parts]

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        files = cls.used_files(path)
        entry = files[0]
        with decoding(entry, "reading its properties"):
            properties = read_properties(entry)
        stacks = properties.groups(2000)[0].groups(_STACK) if properties.groups(2000) else []
        images: list[ImageInfo] = []
        for number, file in enumerate(files):
            if file.suffix.lower() == ".ets":
                with decoding(file, "reading its directory of tiles"):
                    images.append(_image(file, number, stacks))
        if not images and any(stack.first(_RECTANGLE) and stack.first(20025) for stack in stacks):
            raise FormatError(entry, f"needs the folder _{entry.stem}_, which is missing", "Put it beside the file.")
        images += _overviews(entry, bool(images))
        for number, image in enumerate(images):
            image.name = image.name or f"{entry.name} #{number + 1}"
        return FilesetInfo(cls.format, cls.name, cls.version, files, images, metadata=notes_of(properties))

    def pixel_files(self) -> list[set[Path]]:
        files = self._info.used_files
        return [{files[image.index.get("ets", 0)]} for image in self._info.images]

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        if "ets" not in image.index:
            return super()._read(series, level, zct, region)
        tiles = self._ets(image.index["ets"])
        samples = image.index["samples"]
        channel, sample = divmod(zct[1], samples)
        at = {"z": zct[0], "c": channel, "t": zct[2]}
        outer = tuple(at.get(axis, 0) for axis in image.index["axes"])
        x, y, w, h = region
        found = np.full((h, w), tiles.background[sample], PIXEL_DTYPES[image.pixel_type])
        for row in range(y // tiles.height, (y + h - 1) // tiles.height + 1):
            for column in range(x // tiles.width, (x + w - 1) // tiles.width + 1):
                tile = self._tile(image.index["ets"], tiles, (column, row, *outer, level))
                if tile is None:
                    continue
                left, top = column * tiles.width, row * tiles.height
                x0, x1, y0, y1 = (
                    max(x, left),
                    min(x + w, left + tiles.width),
                    max(y, top),
                    min(y + h, top + tiles.height),
                )
                part = tile[y0 - top : y1 - top, x0 - left : x1 - left, sample]
                found[y0 - y : y1 - y, x0 - x : x1 - x] = part
        return found

    def _tile(self, file: int, tiles: EtsTiles, place: tuple[int, ...]) -> Array | None:
        def make() -> Array:
            tile = tiles.tile(place)
            return np.empty((0, 0, 0), tiles.dtype) if tile is None else tile

        found = self._cache.get((file, place), make)
        return found if found.size else None

    def _ets(self, number: int) -> EtsTiles:
        with self._lock:
            if number not in self._tiles:
                self._tiles[number] = EtsTiles(self._info.used_files[number])
            return self._tiles[number]

    def close(self) -> None:
        super().close()
        self._cache.clear()


def _entry(path: Path) -> Path:
    """The VSI file that an ETS file belongs to."""
    if path.suffix.lower() == ".ets":
        folder = path.parent.parent
        if folder.name.startswith("_") and folder.name.endswith("_") and is_ets(path):
            entry = folder.with_name(f"{folder.name[1:-1]}.vsi")
            return entry if entry.is_file() else path
    return path


def _natural(path: Path) -> list[tuple[int, str]]:
    """Order of names in which stack2 comes before stack10."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", path.as_posix())]


def _image(file: Path, number: int, stacks: list[Group]) -> ImageInfo:
    """The image of an ETS file, with what the first unused stack of its size says."""
    tiles = EtsTiles(file)
    width, height, *outer = tiles.sizes
    about = next((stack for stack in stacks if _fits(stack, width, height, outer)), None)
    if about is not None:
        stacks.remove(about)
    axes = _axes(about, outer, file)
    counts = {axis: size for axis, size in zip(axes, outer, strict=True) if axis in "zct"}
    levels = [Level(max(1, math.ceil(width / 2**n)), max(1, math.ceil(height / 2**n))) for n in range(tiles.levels)]
    image = ImageInfo(
        name="",
        size_x=width,
        size_y=height,
        size_z=counts.get("z", 1),
        size_c=counts.get("c", 1) * tiles.samples,
        size_t=counts.get("t", 1),
        pixel_type=pixel_type_of(tiles.dtype, file),
        dimension_order="XYCZT",
        is_rgb=tiles.samples >= 3,
        graphics=tiles.samples >= 3 and tiles.dtype.itemsize == 1,
        levels=levels,
        tile_size=(tiles.width, tiles.height),
        channels=plain_channels(counts.get("c", 1) * tiles.samples, tiles.samples),
        index={"ets": number, "axes": axes, "samples": tiles.samples},
    )
    if about is not None:
        _describe(image, about)
    return image


def _fits(stack: Group, width: int, height: int, outer: list[int]) -> bool:
    rectangle, sizes = stack.first(_RECTANGLE), stack.get(_SIZES)
    same = isinstance(rectangle, list) and rectangle[2:4] == [width, height]
    return same and (not isinstance(sizes, list) or not outer or sizes[: len(outer)] == outer)


def _axes(about: Group | None, outer: list[int], file: Path) -> str:
    """What the dimensions beyond x and y mean; those of one place do not matter ("-")."""
    dimensions = about.groups(_DIMENSION) if about is not None else []
    axes = ""
    for place, size in enumerate(outer):
        meaning = dimensions[place].first(_MEANING) if place < len(dimensions) else None
        axis = _AXES.get(meaning, "") if isinstance(meaning, int) else ""
        if axis in axes or not axis:
            axis = next((free for free in "zct" if free not in axes), "") if size > 1 else "-"
        if not axis:
            raise FormatError(file, f"has an unknown arrangement of planes: {outer}", "Export it as OME-TIFF.")
        axes += axis
    return axes


def _describe(image: ImageInfo, about: Group) -> None:
    """Name, sizes of pixels, optics, channels, planes."""
    own = about.find(_ABOUT) or Group()
    image.name = str(own.get(_NAME) or "")
    size, unit = own.get(_PIXEL_SIZE), str(own.get(_PIXEL_UNIT) or "").replace(" ", "")
    if isinstance(size, list) and len(size) == 2 and min(size) > 0 and unit == "10^-6m^1":
        image.physical_size_x, image.physical_size_y = (size[0], "µm"), (size[1], "µm")
    created = own.get(_CREATED)
    if isinstance(created, int) and 0 < created < 1 << 33:
        image.acquired = datetime.fromtimestamp(created, UTC).replace(tzinfo=None)
    step = about.quantity(_Z_STEP)
    if step is not None and image.size_z > 1 and step[0] != 0:
        image.physical_size_z = (abs(step[0]), step[1])
    lens = own.first(_LENS)
    if lens:
        image.objective = ObjectiveInfo(
            "Objective:0",
            manufacturer="Olympus",
            model=str(lens),
            nominal_magnification=_positive(own.first(_MAGNIFICATION)),
            lens_na=_positive(own.first(_APERTURE)),
            refractive_index=_positive(own.first(_MEDIUM_INDEX)),
            working_distance=own.quantity(_DISTANCE),
        )
    detector = _describe_devices(image, own)
    _describe_channels(image, about, detector)


def _describe_devices(image: ImageInfo, own: Group) -> DetectorInfo | None:
    """The first device is the camera, the second the stand."""
    devices = [group for group in (own.find(2043) or Group()).fields if isinstance(group[2], Group)]
    names = [(device.get(_DEVICE_NAME), device.get(_MAKER)) for _, _, device in devices]
    if len(names) > 1 and names[1][0]:
        image.microscope = MicroscopeInfo("Microscope:0", manufacturer="Olympus", model=str(names[1][0]))
    if not names or not names[0][0]:
        return None
    return DetectorInfo("Detector:0", manufacturer=str(names[0][1] or "") or None, model=str(names[0][0]))


def _describe_channels(image: ImageInfo, about: Group, detector: DetectorInfo | None) -> None:
    samples = image.index["samples"]
    dimension = next((group for group in about.groups(_DIMENSION) if group.first(_MEANING) in (3, 4)), None)
    parts = dimension.groups(_PART) if dimension is not None else []
    exposures = []
    for c, channel in enumerate(image.channels):
        channel.detector = detector
        part = parts[c // samples] if c // samples < len(parts) else None
        exposure = part.first(_EXPOSURE) if part is not None else None
        exposures.append((exposure / 1e6, "s") if isinstance(exposure, int) and exposure > 0 else None)
        if part is not None and samples == 1:
            channel.name = next((str(part.get(tag)) for tag in _CHANNEL_NAMES if part.get(tag)), None)
            channel.emission_wavelength = part.quantity(_EMISSION)
    start, step = about.quantity(_Z_START), about.quantity(_Z_STEP)
    places = ((z, c, t) for t in range(image.size_t) for z in range(image.size_z) for c in range(image.size_c))
    for z, c, t in places:
        plane = PlaneInfo(z, c, t, exposure_time=exposures[c])
        if start is not None:
            plane.position_z = (start[0] + z * (step[0] if step is not None else 0.0), start[1])
        if len(image.planes) == _MOST_PLANES or (plane.exposure_time, plane.position_z) == (None, None):
            break
        image.planes.append(plane)


def _positive(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value > 0 else None


def _overviews(path: Path, others: bool) -> list[ImageInfo]:
    """Pages of the file itself: the overview of a slide, or the image when there is no other."""
    loaded = load_pages(path)
    with loaded.tif:
        images = [image_of([[page]], path, "macro image" if others else "") for page in loaded.pages]
    for number, image in enumerate(images[1:] if others else []):
        image.name = f"macro image {number + 2}"
    return images
