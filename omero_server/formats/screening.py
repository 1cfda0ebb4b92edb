"""Plates of screening microscopes: an index names TIFF files, one for each plane of a field of a well.

A reader of such a format says which files there are (`PlateFiles`); the rest is done here. Planes that were not taken
read as zeros. All fields have the sizes that are met anywhere on the plate.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from tifffile import TiffFile, TiffPage

from omero_server.formats.base import FormatError, decoding
from omero_server.formats.info import (
    ChannelInfo,
    FilesetInfo,
    ImageInfo,
    ObjectiveInfo,
    PlaneInfo,
    PlateInfo,
    Quantity,
    WellInfo,
    WellSampleInfo,
    check_planes,
)
from omero_server.formats.tiff import image_of
from omero_server.formats.tiffbase import PagedReader
from omero_server.formats.tiffpages import ifd_offsets, is_tiff, pages_of

__all__ = ["PlateFile", "PlateFiles", "ScreeningReader", "counted", "well_name"]

_MOST_FILES = 2_000_000


@dataclass(slots=True)
class PlateFile:
    """A file of one plane; numbers may begin anywhere, their order counts. Row and column count from 0."""

    path: Path
    row: int
    column: int
    field: int
    z: int = 0
    c: int = 0
    t: int = 0
    info: PlaneInfo | None = None
    """Times and places of the plane; its numbers are set here."""


@dataclass(slots=True)
class PlateFiles:
    """What an index says. `channels` by the number that `PlateFile.c` holds."""

    name: str
    rows: int
    columns: int
    index: list[Path]
    """The index itself and other files that belong to it, entry first."""
    files: list[PlateFile]
    channels: dict[int, ChannelInfo] = field(default_factory=dict)
    pixel_size: tuple[Quantity | None, Quantity | None] = (None, None)
    z_step: Quantity | None = None
    objective: ObjectiveInfo | None = None
    external_identifier: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def all_files(self) -> list[Path]:
        """Files of the fileset, the index first."""
        return list(dict.fromkeys([*self.index, *(file.path for file in self.files)]))


class ScreeningReader(PagedReader):
    """Base of readers of plates."""

    name: ClassVar[str]
    well_digits: ClassVar[int] = 1
    """Of the column in the names of wells, at least."""

    @classmethod
    @abstractmethod
    def index_of(cls, path: Path) -> Path | None:
        """The index that `path` is, or that may name it; None for files of other kinds. Cheap."""

    @classmethod
    @abstractmethod
    def parse(cls, index: Path) -> PlateFiles:
        """Read an index. FormatError when it makes no sense."""

    @classmethod
    def detect(cls, path: Path) -> bool:
        index = cls.index_of(path)
        if index is None or not index.is_file():
            return False
        try:
            stat = index.stat()
            return path == index or path in _members(cls, index, stat.st_mtime_ns, stat.st_size)
        except FormatError:
            # A damaged index tells itself; files beside it are read by whoever can.
            return path == index

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        return cls._plate(path).all_files

    @classmethod
    def _plate(cls, path: Path) -> PlateFiles:
        index = cls.index_of(path)
        if index is None or not index.is_file():
            raise FormatError(path, "belongs to a plate whose index is missing", "Put all files together.")
        return _parsed(cls, index)

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        plate = cls._plate(path)
        files = plate.all_files
        missing = [file.name for file in files if not file.is_file()]
        if missing:
            raise FormatError(path, f"names {missing[0]}, which is missing, as are {len(missing) - 1} others")
        images, described = _described(plate, files, cls.well_digits)
        return FilesetInfo(cls.format, cls.name, cls.version, files, images, [described], metadata=plate.metadata)


def counted(files: list[tuple[PlateFile, datetime | None]]) -> list[PlateFile]:
    """Files with the moments at which they were taken: times are counted from the first."""
    start = min((moment for _, moment in files if moment is not None), default=None)
    for file, moment in files:
        if file.info is not None and moment is not None and start is not None:
            file.info.delta_t = ((moment - start).total_seconds(), "s")
    return [file for file, _ in files]


def well_name(row: int, column: int, digits: int = 1) -> str:
    """A1, P24, AA1; with two digits A01."""
    letters = chr(ord("A") + row % 26)
    return (chr(ord("A") + row // 26 - 1) if row >= 26 else "") + f"{letters}{column + 1:0{digits}}"


@lru_cache(maxsize=4)
def _members(cls: type[ScreeningReader], index: Path, _modified: int, _size: int) -> frozenset[Path]:
    """An index is asked for by each of its files; what the last few name is remembered."""
    plate = _parsed(cls, index)
    return frozenset([*plate.index, *(file.path for file in plate.files)])


def _parsed(cls: type[ScreeningReader], index: Path) -> PlateFiles:
    with decoding(index, "reading the index of a plate"):
        plate = cls.parse(index)
    for file in plate.files:
        if not (0 <= file.row < 1000 and 0 <= file.column < 1000):
            raise FormatError(index, f"names a well in row {file.row} and column {file.column}")
    if not plate.files or len(plate.files) > _MOST_FILES:
        raise FormatError(index, f"names {len(plate.files)} images")
    return plate


def _described(plate: PlateFiles, files: list[Path], digits: int) -> tuple[list[ImageInfo], PlateInfo]:
    """An image for each field of each well, wells by row and column."""
    numbers = {path: number for number, path in enumerate(files)}
    axes = {axis: sorted({getattr(file, axis) for file in plate.files}) for axis in "zct"}
    places = {axis: {value: at for at, value in enumerate(values)} for axis, values in axes.items()}
    fields: dict[tuple[int, int], dict[int, list[PlateFile]]] = {}
    for file in plate.files:
        fields.setdefault((file.row, file.column), {}).setdefault(file.field, []).append(file)
    check_planes(sum(map(len, fields.values())) * math.prod(map(len, axes.values())), len(plate.files))
    rows = max(plate.rows, *(row + 1 for row, _ in fields))
    columns = max(plate.columns, *(column + 1 for _, column in fields))
    info = PlateInfo(
        plate.name, rows, columns, description=plate.description, external_identifier=plate.external_identifier
    )
    images: list[ImageInfo] = []
    for (row, column), mine in sorted(fields.items()):
        well = WellInfo(row, column)
        for position, (_, planes) in enumerate(sorted(mine.items())):
            name = f"Well {well_name(row, column, digits)}, Field {position + 1}"
            image = _image(plate, planes, (numbers, places), name)
            well.samples.append(_sample(image, len(images)))
            images.append(image)
        info.wells.append(well)
    return images, info


def _image(
    plate: PlateFiles, planes: list[PlateFile], known: tuple[dict[Path, int], dict[str, dict[int, int]]], name: str
) -> ImageInfo:
    numbers, places = known
    sizes = tuple(len(places[axis]) for axis in "zct")
    refs: list[list[int] | None] = [None] * (sizes[0] * sizes[1] * sizes[2])
    first: ImageInfo | None = None
    infos: dict[int, PlaneInfo] = {}
    for file in planes:
        page_offset, found = _page(file.path, first is None)
        first = found or first
        z, c, t = (places[axis][getattr(file, axis)] for axis in "zct")
        at = (t * sizes[1] + c) * sizes[0] + z
        if refs[at] is None:
            refs[at] = [numbers[file.path], page_offset]
            if file.info is not None:
                infos[at] = _numbered(file.info, (z, c, t))
    if first is None:
        raise FormatError(planes[0].path, "is no image")
    first.name, first.dimension_order = name, "XYZCT"
    first.size_z, first.size_c, first.size_t = sizes
    first.index = {"levels": [refs], "order": "XYZCT", "samples": 1}
    first.channels = [plate.channels.get(number) or ChannelInfo() for number in places["c"]]
    first.physical_size_x, first.physical_size_y = plate.pixel_size
    first.physical_size_z = plate.z_step if sizes[0] > 1 else None
    first.objective = plate.objective
    first.planes = [infos[at] for at in sorted(infos)]
    return first


def _numbered(info: PlaneInfo, zct: tuple[int, int, int]) -> PlaneInfo:
    times = info.delta_t, info.exposure_time
    return PlaneInfo(*zct, *times, info.position_x, info.position_y, info.position_z)


def _page(path: Path, wanted: bool) -> tuple[int, ImageInfo | None]:
    """Where the first page of a file begins, checked; also what it is, if that is wanted."""
    if not is_tiff(path):
        raise FormatError(path, "is named by the index of a plate but is no TIFF file")
    offset = ifd_offsets(path)[0]
    with decoding(path, "opening the file"), TiffFile(path) as tif:
        page: TiffPage = next(iter(pages_of(tif, [offset], path)))
        if page.samplesperpixel != 1:
            raise FormatError(path, "has several samples per pixel")
        return offset, image_of([[page]], path, path.name, palette=False) if wanted else None


def _sample(image: ImageInfo, number: int) -> WellSampleInfo:
    """The place of a field is that of its first plane."""
    places: list[Any] = [plane for plane in image.planes if plane.position_x is not None]
    x, y = (places[0].position_x, places[0].position_y) if places else (None, None)
    return WellSampleInfo(number, position_x=x, position_y=y)
