"""Image Cytometry Standard: a text header and pixels, in two files (ICS and IDS) or, since version 2, in one.

A line of the header is a list of words; the first two characters of the file say what is between words and lines.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import FormatError, pixel_type_of
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo, ObjectiveInfo, Quantity
from omero_server.formats.rawbytes import file_size, read_at
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["IcsReader"]

_LONGEST_HEADER = 1 << 20
_MARK = b"ics_version"
_AXES = {
    "x": "x", "y": "y", "z": "z", "t": "t", "time": "t", "c": "c", "ch": "c", "channel": "c", "probe": "c", "p": "c",
    "lambda": "c", "wavelength": "c", "micro-time": "t", "microtime": "t", "rgb": "c",
}  # fmt: skip
_LENGTHS = {"um": "µm", "micrometer": "µm", "micrometers": "µm", "micron": "µm", "microns": "µm", "µm": "µm",
            "nm": "nm", "nanometers": "nm", "mm": "mm", "millimeters": "mm", "m": "m", "meters": "m"}  # fmt: skip
_TIMES = {"s": "s", "seconds": "s", "second": "s", "sec": "s", "ms": "ms", "us": "µs", "ns": "ns"}
_PACKINGS = {"uncompressed": "plain", "gzip": "gzip"}
_MOST_PLANES = 10_000_000

_Lines = list[list[str]]


class IcsReader(StoredReader):
    """ICS of versions 1 and 2, plain or packed with gzip."""

    name = "ics"
    format = "ICS"
    suffixes = (".ics", ".ids")

    @classmethod
    def detect(cls, path: Path) -> bool:
        entry = _entry(path)
        if not entry.is_file():
            return False
        with entry.open("rb") as file:
            return file.read(32)[2:].lstrip(b"\r\n").startswith(_MARK)

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        entry = _entry(path)
        return [entry, *_pixel_file(entry, _lines(entry)[0])]

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        entry = _entry(path)
        lines, end = _lines(entry)
        files = [entry, *_pixel_file(entry, lines)]
        image = _image(entry, lines, end, len(files) - 1)
        cls.check(image, files)
        _describe(image, lines)
        notes = {"|".join(words[:-1]): words[-1] for words in lines if len(words) == 2}
        notes |= {"|".join(words[:2]): " ".join(words[2:]) for words in lines if len(words) > 2}
        return FilesetInfo(cls.format, cls.name, cls.version, files, [image], metadata=notes)

    def pixel_files(self) -> list[set[Path]]:
        return [{self._info.used_files[-1]}]


def _entry(path: Path) -> Path:
    """The header that belongs to a file of pixels."""
    for ending in (".ids", ".ids.gz", ".ids.z"):
        if path.name.lower().endswith(ending):
            stem = path.name[: -len(ending)]
            found = [path.with_name(stem + suffix) for suffix in (".ics", ".ICS")]
            return next((entry for entry in found if entry.is_file()), path)
    return path


def _lines(path: Path) -> tuple[_Lines, int]:
    """Words of each line, and where the header ends."""
    data = read_at(path, 0, min(file_size(path), _LONGEST_HEADER))
    start = data.find(_MARK)
    if not 2 <= start <= 32:
        raise FormatError(path, "does not begin with an ICS header")
    words, lines = data[0:1].decode("latin-1"), data[1:2].decode("latin-1")
    match = re.search(rb"[\r\n]end[\t \r\n]*?\n", data[start:])
    text = data[start : start + match.start() if match else None].decode("latin-1")
    end = start + match.end() if match else len(data)
    found = (re.split(f"[{re.escape(words)}\r]+", line.strip()) for line in text.split(lines) if line.strip())
    return [[word for word in line if word] for line in found], end


def _pixel_file(entry: Path, lines: _Lines) -> list[Path]:
    """The file of pixels beside the header; none when they are in it."""
    if _words(lines, "source", "file"):
        return []
    stem = entry.name[:-4] if entry.name.lower().endswith(".ics") else entry.name
    for ending in (".ids", ".IDS", ".ids.gz", ".ids.Z"):
        if (entry.parent / f"{stem}{ending}").is_file():
            return [entry.parent / f"{stem}{ending}"]
    raise FormatError(entry, f"needs {stem}.ids, which is missing", "Put it beside the header.")


def _words(lines: _Lines, *key: str) -> list[str]:
    """Words after `key` in the first line that begins with it."""
    for line in lines:
        if [word.lower() for word in line[: len(key)]] == list(key):
            return line[len(key) :]
    return []


def _numbers(lines: _Lines, *key: str) -> list[float]:
    try:
        found = [float(word) for word in _words(lines, *key)]
    except ValueError:
        return []
    return found if all(math.isfinite(number) for number in found) else []


def _type(path: Path, lines: _Lines, bits: int) -> np.dtype[Any]:
    kind = (_words(lines, "representation", "format") or ["integer"])[0].lower()
    signed = (_words(lines, "representation", "sign") or ["unsigned"])[0].lower() == "signed"
    order = "<" if [*_words(lines, "representation", "byte_order"), "1"][0] == "1" else ">"
    letter = {"integer": "i" if signed else "u", "real": "f", "float": "f", "complex": "c"}.get(kind)
    sizes = {"f": (32, 64), "c": (64, 128)}.get(letter or "", (8, 16, 32))
    if letter is None or bits not in sizes:
        raise FormatError(path, f"has pixels of {bits} bits in the unknown format {kind}", "Convert the image.")
    return np.dtype(f"{order}{letter}{bits // 8}")


def _dimensions(path: Path, lines: _Lines) -> tuple[list[str], list[int], int]:
    """Axes and their sizes, fastest first, and the bits of a pixel."""
    order, sizes = [word.lower() for word in _words(lines, "layout", "order")], _numbers(lines, "layout", "sizes")
    if len(order) != len(sizes) or not order or order[0] != "bits" or not 1 <= min(sizes) <= max(sizes) < 2**31:
        raise FormatError(path, f"has a layout that makes no sense: {' '.join(order)[:80]}")
    axes: list[str] = []
    counts: list[int] = []
    for name, size in zip(order[1:], sizes[1:], strict=True):
        axis = _AXES.get(name, name)
        if axis not in "xyzct":
            if size == 1:
                continue
            axis = next((free for free in "tzc" if free not in [*axes, *(_AXES.get(word) for word in order)]), "")
        if axis in axes or not axis:
            raise FormatError(path, f"has the unknown dimension {name[:40]}", "Convert the image.")
        axes.append(axis)
        counts.append(int(size))
    if "x" not in axes:
        raise FormatError(path, "has no rows of pixels")
    return axes, counts, int(sizes[0])


def _image(path: Path, lines: _Lines, end: int, file: int) -> ImageInfo:
    axes, counts, bits = _dimensions(path, lines)
    dtype = _type(path, lines, bits)
    sizes = dict(zip(axes, counts, strict=True))
    if math.prod(counts) // (sizes["x"] * sizes.get("y", 1)) > _MOST_PLANES:
        raise FormatError(path, "declares too many planes")
    words = _words(lines, "representation", "compression") or ["uncompressed"]
    packing = _PACKINGS.get(words[0].lower())
    if packing is None:
        raise FormatError(path, f"is packed with {words[0][:20]}", "Save it uncompressed or with gzip.")
    places = contiguous(dtype.itemsize, "".join(axes), sizes)
    outer = [axis.upper() for axis in axes if axis in "zct"]
    start = int((_numbers(lines, "source", "offset") or [end])[0]) if file == 0 else 0
    significant = _numbers(lines, "layout", "significant_bits")
    return ImageInfo(
        name=path.name,
        size_x=sizes["x"],
        size_y=sizes.get("y", 1),
        size_z=sizes.get("z", 1),
        size_c=sizes.get("c", 1),
        size_t=sizes.get("t", 1),
        pixel_type=pixel_type_of(dtype, path),
        significant_bits=min(max(1, int(significant[0])), bits) if significant else None,
        dimension_order="XY" + "".join([*outer, *(axis for axis in "CZT" if axis not in outer)]),
        index=stored(dtype, places, file=file, packing=packing, start=max(0, start)),
    )


def _describe(image: ImageInfo, lines: _Lines) -> None:
    """Sizes of pixels, channels and objective. Names of the values are those of Huygens."""
    order = [_AXES.get(word.lower(), "") for word in _words(lines, "layout", "order")]
    scales, units = _numbers(lines, "parameter", "scale"), _words(lines, "parameter", "units")
    for axis, scale, unit in zip(order, scales, units, strict=False):
        if axis and axis in "xyz" and unit.lower() in _LENGTHS and scale > 0:
            setattr(image, f"physical_size_{axis}", (scale, _LENGTHS[unit.lower()]))
        if axis == "t" and unit.lower() in _TIMES and scale > 0 and image.size_t > 1:
            image.time_increment = (scale, _TIMES[unit.lower()])
    image.description = " ".join(_words(lines, "history", "description")) or None
    emission, excitation = (_numbers(lines, "sensor", "s_params", f"lambda{kind}") for kind in ("em", "ex"))
    names = _words(lines, "sensor", "type")
    image.channels = [
        ChannelInfo(
            emission_wavelength=_wave(emission, c),
            excitation_wavelength=_wave(excitation, c),
            acquisition_mode={"confocal": "LaserScanningConfocalMicroscopy", "widefield": "WideField"}.get(
                names[c].lower() if c < len(names) else ""
            ),
        )
        for c in range(image.size_c)
    ]
    aperture = _numbers(lines, "sensor", "s_params", "numaperture")
    if aperture and aperture[0] > 0:
        index = _numbers(lines, "sensor", "s_params", "refrinxmedium")
        image.objective = ObjectiveInfo("Objective:0", lens_na=aperture[0])
        image.objective.refractive_index = index[0] if index and index[0] > 0 else None


def _wave(values: list[float], channel: int) -> Quantity | None:
    return (values[channel], "nm") if channel < len(values) and values[channel] > 0 else None
