"""DeltaVision: a header as that of MRC, an extended header with numbers of each plane, planes.

Rows are stored from the bottom of the picture to its top. Facts: the published description of the Priism image format.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import FormatError, decoding, pixel_type_of
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo, ObjectiveInfo, PlaneInfo, Quantity
from omero_server.formats.rawbytes import check_room, has_magic, read_at
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["DeltaVisionReader"]

_MODES = {0: "u1", 1: "i2", 2: "f4", 4: "c8", 6: "u2", 7: "i4"}
"""Types of pixels by the mode of MRC-like headers; mode 3, complex numbers of integers, has no OME type."""
_HEADER_BYTES = 1024
_MARKS = {b"\xa0\xc0": "<", b"\xc0\xa0": ">"}
_SEQUENCES = {0: "ztc", 1: "czt", 2: "zct"}
"""The axes of planes, fastest first, by number of the image sequence."""
_MOST_PLANES = 100_000
_MOST_SECTIONS = 5_000_000
_FLOATS_USED = 14


class DeltaVisionReader(StoredReader):
    """DeltaVision and Priism images."""

    name = "deltavision"
    format = "Deltavision"
    suffixes = (".dv", ".r3d", ".r3d_d3d", ".d3d")

    @classmethod
    def detect(cls, path: Path) -> bool:
        return any(has_magic(path, mark, 96) for mark in _MARKS)

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        return [path, *(log for log in (path.with_name(path.name + ".log"),) if log.is_file())]

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        header = _Header(path)
        image = header.image()
        cls.check(image, [path])
        with decoding(path, "reading the extended header"):
            header.describe(image)
        files = cls.used_files(path)
        metadata = header.notes | (_log(files[1]) if len(files) > 1 else {})
        return FilesetInfo(cls.format, cls.name, cls.version, files, [image], metadata=metadata)

    def pixel_files(self) -> list[set[Path]]:
        return [{self._info.entry}]


class _Header:
    """The first kilobyte."""

    def __init__(self, path: Path) -> None:
        self._path, self._head = path, read_at(path, 0, _HEADER_BYTES)
        self._order = _MARKS.get(self._head[96:98], "")
        if not self._order:
            raise FormatError(path, "does not begin with a DeltaVision header")
        self.width, self.height, self.sections, mode = self._get(0, "4i")
        self.times, sequence = self._get(180, "2h")
        self.waves = self._get(196, "h")[0]
        self._extended, self._integers, self._floats = self._get(92, "i")[0], *self._get(128, "2h")
        self.times, self.waves = max(self.times, 1), max(self.waves, 1)
        self.slices, rest = divmod(self.sections, self.times * self.waves)
        if min(self.width, self.height, self.slices) < 1 or rest or self.sections > _MOST_SECTIONS:
            raise FormatError(path, f"declares {self.sections} planes of {self.width}x{self.height} pixels, "
                              f"{self.waves} channels and {self.times} times")  # fmt: skip
        if mode not in _MODES:
            raise FormatError(path, f"has pixels of the unknown mode {mode}", "Save it again as 16-bit integers.")
        if min(self._extended, self._integers, self._floats) < 0:
            raise FormatError(path, "has a damaged header")
        self.dtype = np.dtype(self._order + _MODES[mode])
        self.axes = _SEQUENCES.get(sequence, _SEQUENCES[0])
        check_room(path, _HEADER_BYTES, self._extended)

    def _get(self, at: int, layout: str) -> tuple[Any, ...]:
        return struct.unpack_from(self._order + layout, self._head, at)

    @property
    def titles(self) -> list[str]:
        """Lines of text about the image."""
        lines = (self._head[224 + 80 * n : 304 + 80 * n] for n in range(10))
        return [text for line in lines if (text := line.split(b"\0")[0].decode("latin-1").strip())]

    @property
    def notes(self) -> dict[str, str]:
        """Original metadata."""
        numbers = {"Lens ID": self._get(162, "h")[0], "Number of time points": self.times,
                   "Number of wavelengths": self.waves, "Image sequence": self._get(182, "h")[0],
                   "Image type": self._get(160, "h")[0], "Mode": self._get(12, "i")[0],
                   "Extended header bytes": self._extended}  # fmt: skip
        found = {key: str(value) for key, value in numbers.items()}
        for number in range(min(self.waves, 5)):
            found[f"Wavelength {number + 1}"] = str(self._get(198 + 2 * number, "h")[0])
        return found | {f"Title {number + 1}": text for number, text in enumerate(self.titles)}

    def image(self) -> ImageInfo:
        """Sizes and where the pixels lie."""
        sizes = {"x": self.width, "y": self.height, "z": self.slices, "c": self.waves, "t": self.times}
        strides = contiguous(self.dtype.itemsize, "xy" + self.axes, sizes)
        first = _HEADER_BYTES + self._extended
        spacing = [self._get(40 + 4 * axis, "f")[0] for axis in range(3)]
        return ImageInfo(
            name=self._path.name,
            size_x=self.width,
            size_y=self.height,
            size_z=self.slices,
            size_c=self.waves,
            size_t=self.times,
            pixel_type=pixel_type_of(self.dtype, self._path),
            dimension_order="XY" + self.axes.upper(),
            physical_size_x=_positive(spacing[0], "µm"),
            physical_size_y=_positive(spacing[1], "µm"),
            physical_size_z=_positive(spacing[2], "µm"),
            description="\n".join(self.titles) or None,
            index=stored(self.dtype, strides, offset=first, bottom_up=self.height),
        )

    def describe(self, image: ImageInfo) -> None:
        """Channels, objective and planes."""
        lens = self._get(162, "h")[0]
        if lens > 0:
            image.objective = ObjectiveInfo("Objective:0", model=str(lens))
        planes = self._planes()
        image.channels = []
        for channel in range(self.waves):
            wave = float(self._get(198 + 2 * channel, "h")[0]) if channel < 5 else 0.0
            numbers = planes.get((0, channel, 0))
            excitation, density = (float(numbers[10]), float(numbers[9])) if numbers is not None else (0.0, 0.0)
            image.channels.append(ChannelInfo(
                emission_wavelength=_positive(wave, "nm"), excitation_wavelength=_positive(excitation, "nm"),
                nd_filter=density if 0 < density <= 1 else None,
            ))  # fmt: skip
        image.planes = [_plane(at, numbers) for at, numbers in planes.items()]

    def _planes(self) -> dict[tuple[int, int, int], Any]:
        """The numbers of each plane by (z, c, t); none when the file does not have all that we use."""
        width = (self._integers + self._floats) * 4
        if self._floats < _FLOATS_USED or width * self.sections > self._extended or self.sections > _MOST_PLANES:
            return {}
        data = read_at(self._path, _HEADER_BYTES, width * self.sections)
        floats = np.frombuffer(data, self._order + "f4").reshape(self.sections, -1)[:, self._integers :]
        counts = {"z": self.slices, "c": self.waves, "t": self.times}
        found = {}
        for section in range(self.sections):
            at, rest = {}, section
            for axis in self.axes:
                rest, at[axis] = divmod(rest, counts[axis])
            found[at["z"], at["c"], at["t"]] = floats[section]
        return found


def _plane(at: tuple[int, int, int], numbers: Any) -> PlaneInfo:
    """Time, exposure and place of a plane."""
    plane = PlaneInfo(*at)
    values = [float(value) if np.isfinite(value) else 0.0 for value in numbers[:9]]
    plane.delta_t, plane.exposure_time = (values[1], "s"), _positive(values[8], "s")
    if any(values[2:5]):
        plane.position_x, plane.position_y, plane.position_z = ((value, "µm") for value in values[2:5])
    return plane


def _positive(value: float, unit: str) -> Quantity | None:
    return (float(value), unit) if np.isfinite(value) and value > 0 else None


def _log(path: Path) -> dict[str, str]:
    """`key: value` lines of the log that the microscope writes beside an image."""
    text = read_at(path, 0, min(path.stat().st_size, 1 << 20)).decode("latin-1")
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {f"Log|{key.strip()}": value.strip()[:2000] for key, value in pairs if key.strip() and value.strip()}
