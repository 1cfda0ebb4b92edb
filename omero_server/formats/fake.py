"""Simulated images: the name of a `.fake` file says what is in it. Rules: docs/developers/formats.md."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import PIXEL_DTYPES, Array, FormatError, Reader, plane_number
from omero_server.formats.fakeextras import annotations_of, rois_of
from omero_server.formats.fakeplate import add_optics, folder_numbers, is_folder_member, plates_of, top_folder
from omero_server.formats.fakespec import FakeSpec, check_amounts, ini_of, parse_ini, parse_name, quantity
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo, Level, PlaneInfo, Quantity

__all__ = ["FakeReader"]

_BOX = 10
_JAVA_SEED = 0xCAFEBABE


class FakeReader(Reader):
    """Simulated images, plates and screens."""

    name = "fake"
    format = "Fake"
    suffixes = (".fake", ".fake.ini")

    @classmethod
    def detect(cls, path: Path) -> bool:
        lower = path.name.lower()
        if lower.endswith(".fake.ini"):
            return path.with_name(path.name[:-4]).exists()
        return lower.endswith(".fake") and path.exists()

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        path = path.with_name(path.name[:-4]) if path.name.lower().endswith(".ini") else path
        if path.is_dir() or is_folder_member(path):
            return sorted(top_folder(path).rglob("*.fake"))
        ini = ini_of(path)
        return [path, ini] if ini.is_file() else [path]

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        files = cls.used_files(path)
        if not files or not files[0].exists():
            raise FormatError(path, "does not exist or holds no .fake files", "Check the path.")
        sections: dict[str, dict[str, str]] = {"": {}}
        if is_folder_member(files[0]):
            spec = parse_name(top_folder(files[0]))
            spec.numbers.update(folder_numbers(files[-1]))
        else:
            sections = parse_ini(files[1]) if len(files) > 1 else sections
            spec = parse_name(files[0], sections[""])
        return cls._fileset(spec, files, sections)

    def pixel_files(self) -> list[set[Path]]:
        files = {path for path in self._info.used_files if path.suffix.lower() == ".fake"}
        return [files for _ in self._info.images]

    @classmethod
    def _fileset(cls, spec: FakeSpec, files: list[Path], sections: dict[str, dict[str, str]]) -> FilesetInfo:
        check_amounts(spec, files[0], planes_described=spec.exposure is not None or len(sections) > 1)
        screens, plates = plates_of(spec)
        samples = [sample for plate in plates for well in plate.wells for sample in well.samples]
        count = len(samples) if plates else spec.numbers["series"]
        images = []
        for series in range(count):
            image = _image(spec, series)
            if plates:
                add_optics(image, series, spec)
            _apply_section(image, sections.get(f"series_{series}", {}))
            image.annotations = annotations_of(spec, series)
            image.rois = rois_of(spec)
            images.append(image)
        metadata = sections.get("GlobalMetadata", {})
        return FilesetInfo(cls.format, cls.name, cls.version, files, images, plates, screens, metadata)

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        index: dict[str, Any] = image.index
        x, y, w, h = region
        z, c, t = zct
        c //= index["expand"]
        plane, sample = divmod(c, index["rgb"])
        sizes = (image.size_z, image.size_c // index["expand"] // index["rgb"], image.size_t)
        number = plane_number(image.dimension_order, (z, plane, t), sizes)
        dtype = PIXEL_DTYPES[image.pixel_type]
        pixels = np.empty((h, w), dtype)
        pixels[:] = _ramp(x, w, dtype, index["scale"])
        _boxes(pixels, x, y, (series, number, z, plane * index["rgb"] + sample, t))
        if image.pixel_type == "bit":
            pixels &= 1
        return _permutation(c, dtype.itemsize * 8)[pixels] if index["permuted"] else pixels


def _ramp(x: int, w: int, dtype: np.dtype[Any], scale: float) -> Array:
    """Ordinary pixels of a row: the type's minimum plus the column, scaled, low bits kept."""
    base = np.iinfo(dtype).min if dtype.kind == "i" else 0
    values = (base + np.arange(x, x + w, dtype=np.float64)) * scale
    return _low_bits(values, dtype)


def _low_bits(values: Array, dtype: np.dtype[Any]) -> Array:
    # An absurd scale factor makes values that no type can hold.
    with np.errstate(invalid="ignore", over="ignore"):
        return values.astype(dtype) if dtype.kind == "f" else np.trunc(values).astype(np.int64).astype(dtype)


def _boxes(pixels: Array, x: int, y: int, values: tuple[int, ...]) -> None:
    """The top rows tell series, plane, z, c and t."""
    rows = max(0, _BOX - y)
    for number, value in enumerate(values):
        left, right = number * _BOX - x, (number + 1) * _BOX - x
        if right > 0 and rows:
            pixels[:rows, max(0, left) : right] = _low_bits(np.array([float(value)]), pixels.dtype)


@cache
def _permutation(channel: int, bits: int) -> Array:
    """Value to index: the inverse of the channel's shuffled lookup table."""
    size = 1 << bits
    table = _shuffled(size, _JAVA_SEED + channel)
    inverse = np.empty(size, np.uint8 if bits == 8 else np.uint16)
    inverse[table] = np.arange(size)
    return inverse


def _shuffled(size: int, seed: int) -> list[int]:
    """0..size-1 shuffled from the top by the linear congruential generator of java.util.Random."""
    signed = seed - (1 << 32) if seed >= 1 << 31 else seed
    state = (signed ^ 0x5DEECE66D) & ((1 << 48) - 1)

    def next_int(bound: int) -> int:
        nonlocal state
        while True:
            state = (state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
            bits = state >> 17
            if bound & (bound - 1) == 0:
                return (bound * bits) >> 31
            value = bits % bound
            if bits - value + bound - 1 < 1 << 31:
                return value

    table = list(range(size))
    for at in range(size, 1, -1):
        other = next_int(at)
        table[at - 1], table[other] = table[other], table[at - 1]
    return table


def _image(spec: FakeSpec, series: int) -> ImageInfo:
    number = spec.numbers
    expand = number["lutLength"] if spec.flags["indexed"] and not spec.flags["falseColor"] else 1
    scale = number["resolutionScale"]
    bits = PIXEL_DTYPES[spec.pixel_type].itemsize * 8 if spec.pixel_type != "bit" else 1
    # Below one pixel there are no more, however many are asked for.
    steps = range(min(number["resolutions"], max(number["sizeX"], number["sizeY"]).bit_length()))
    levels = [Level(number["sizeX"] // scale**r, number["sizeY"] // scale**r) for r in steps]
    channels = [_channel(spec, c // expand) for c in range(number["sizeC"] * expand)]
    return ImageInfo(
        name=spec.name if series == 0 else f"{spec.name} {series + 1}",
        size_x=number["sizeX"],
        size_y=number["sizeY"],
        size_z=number["sizeZ"],
        size_c=number["sizeC"] * expand,
        size_t=number["sizeT"],
        pixel_type=spec.pixel_type,
        dimension_order=spec.order,
        significant_bits=number["bitsPerPixel"] if number["bitsPerPixel"] > 0 else bits,
        is_rgb=number["rgb"] > 1,
        acquired=spec.acquired,
        physical_size_x=spec.physical.get("X"),
        physical_size_y=spec.physical.get("Y"),
        physical_size_z=spec.physical.get("Z"),
        levels=[level for level in levels if level.width and level.height],
        channels=channels,
        planes=_planes(spec),
        index={"rgb": number["rgb"], "expand": expand, "scale": spec.scale_factor,
               "permuted": spec.flags["indexed"] and spec.flags["falseColor"]},
    )  # fmt: skip


def _channel(spec: FakeSpec, c: int) -> ChannelInfo:
    return ChannelInfo(color=spec.colors.get(c, spec.color), samples_per_pixel=spec.numbers["rgb"])


def _planes(spec: FakeSpec) -> list[PlaneInfo]:
    if spec.exposure is None:
        return []
    return [plane for plane in _all_planes(spec.order, _plane_sizes(spec)) if _expose(plane, spec.exposure)]


def _expose(plane: PlaneInfo, seconds: float) -> PlaneInfo:
    plane.exposure_time = (seconds, "s")
    return plane


def _plane_sizes(spec: FakeSpec) -> tuple[int, int, int]:
    number = spec.numbers
    return number["sizeZ"], number["sizeC"] // number["rgb"], number["sizeT"]


def _all_planes(order: str, sizes: tuple[int, int, int]) -> list[PlaneInfo]:
    """One entry per plane, in file order."""
    every = [(z, c, t) for t in range(sizes[2]) for c in range(sizes[1]) for z in range(sizes[0])]
    every.sort(key=lambda zct: plane_number(order, zct, sizes))
    return [PlaneInfo(*zct) for zct in every]


_PLANE_KEYS = {"ExposureTime": ("exposure_time", "s"), "DeltaT": ("delta_t", "s"), "PositionX": ("position_x", "µm"),
               "PositionY": ("position_y", "µm"), "PositionZ": ("position_z", "µm")}  # fmt: skip


def _apply_section(image: ImageInfo, section: dict[str, str]) -> None:
    """Channel names and plane values of an ini section `series_N`."""
    for c, channel in enumerate(image.channels):
        channel.name = section.get(f"ChannelName_{c}", channel.name)
    if not section:
        return
    if not image.planes:
        c_planes = image.size_c // image.index["expand"] // image.index["rgb"]
        image.planes = _all_planes(image.dimension_order, (image.size_z, c_planes, image.size_t))
    for number, plane in enumerate(image.planes):
        for key, (attribute, unit) in _PLANE_KEYS.items():
            value = _plane_value(section, key, number, unit)
            if value is not None:
                setattr(plane, attribute, value)
    image.metadata.update({key: value for key, value in section.items() if not key.startswith("ChannelName_")})


def _plane_value(section: dict[str, str], key: str, number: int, unit: str) -> Quantity | None:
    text = section.get(f"{key}_{number}")
    found = quantity(text, unit) if text else None
    return (found[0], section.get(f"{key}Unit_{number}", found[1])) if found else None
