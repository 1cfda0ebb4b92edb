"""Pattern files: one line that names the files of an image, e.g. `run_T<1-3>_C<R,G>.tif`.

`<1-3>` counts (with zeros in front as written), `<1-9:2>` in steps, `<A-C>` letters, `<R,G>` names. What a block means
is told by the letters before it; others are slices, then time points, then channels. All files must be alike.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from omero_server.formats.base import Array, FormatError, Reader, decoding
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo
from omero_server.formats.rawbytes import beside

__all__ = ["PatternReader"]

_MOST_FILES = 50_000
_LONGEST = 4096
_BLOCK = re.compile(r"<([^<>/]*)>")
_RANGE = re.compile(r"(\d+)-(\d+)(?::(\d+))?|([A-Za-z])-([A-Za-z])")
_MEANING = {
    "z": ("z", "zs", "fp", "sec", "focal", "focalplane", "slice"),
    "t": ("t", "tl", "tp", "time", "timepoint"),
    "c": ("c", "ch", "w", "wavelength", "channel"),
}
_OPEN = 8


@dataclass(slots=True)
class _Files:
    """Files in the order of their names, where each lies along z, c, t, and how many there are along these."""

    files: list[Path]
    places: list[tuple[int, int, int]]
    counts: tuple[int, int, int]
    channels: list[str]


class PatternReader(Reader):
    """Images put together from files that other readers read. `ImageInfo.index`: numbers of files by z, c, t."""

    name = "pattern"
    format = "FilePattern"
    suffixes = (".pattern",)

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._open: OrderedDict[int, Reader] = OrderedDict()

    @classmethod
    def detect(cls, path: Path) -> bool:
        return path.name.lower().endswith(".pattern") and path.is_file() and _line(path) is not None

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        return [path, *_files(path).files]

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        named = _files(path)
        first = _described(named.files[0], path)
        shapes = [_shape(image) for image in first.images]
        for file in named.files[1:]:
            if [_shape(image) for image in _described(file, path).images] != shapes:
                raise FormatError(path, f"names {file.name}, whose images are not like those of {named.files[0].name}")
        images = [_joined(image, named, path, len(shapes)) for image in first.images]
        return FilesetInfo(cls.format, cls.name, cls.version, [path, *named.files], images, metadata=first.metadata)

    def pixel_files(self) -> list[set[Path]]:
        return [set(self._info.used_files[1:]) for _ in self._info.images]

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        index: dict[str, Any] = self._info.images[series].index
        (oz, z), (oc, c), (ot, t) = (divmod(at, size) for at, size in zip(zct, index["inner"], strict=True))
        number = index["files"][ot][oc][oz]
        with self._lock:
            # One at a time: a reader that is in use must not be closed.
            return self._reader(number).read(series, level, z, c, t, *region)

    def _reader(self, number: int) -> Reader:
        reader = self._open.pop(number, None)
        if reader is None:
            reader = _readers().open_reader(self._info.used_files[number])
        self._open[number] = reader
        while len(self._open) > _OPEN:
            self._open.popitem(last=False)[1].close()
        return reader

    def close(self) -> None:
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()


def _readers() -> Any:
    # The registry names this module.
    from omero_server.formats import registry

    return registry


def _line(path: Path) -> str | None:
    """The only line of a pattern file."""
    with path.open("rb") as file:
        data = file.read(_LONGEST + 1)
    try:
        lines = data.decode("utf-8").strip().splitlines()
    except UnicodeDecodeError:
        return None
    return lines[0].strip() if len(lines) == 1 and len(data) <= _LONGEST and lines[0].isprintable() else None


def _files(path: Path) -> _Files:
    """The files of a pattern. FormatError for what is no pattern, leads out of the folder, or is missing."""
    line = _line(path)
    if line is None:
        raise FormatError(path, "is no line of text that names files")
    parts = _BLOCK.split(line)
    blocks = [_values(text, path) for text in parts[1::2]]
    axes = _axes([_axis(text) for text in parts[0:-1:2]])
    total = math.prod(len(block) for block in blocks)
    if total > _MOST_FILES:
        raise FormatError(path, f"names {total} files")
    counts = {"z": 1, "c": 1, "t": 1}
    for axis, block in zip(axes, blocks, strict=True):
        counts[axis] *= len(block)
    files, places = [], []
    for chosen in product(*(range(len(block)) for block in blocks)):
        at = {"z": 0, "c": 0, "t": 0}
        for axis, number, block in zip(axes, chosen, blocks, strict=True):
            at[axis] = at[axis] * len(block) + number
        values = [*(block[number] for block, number in zip(blocks, chosen, strict=True)), ""]
        name = "".join(text + value for text, value in zip(parts[::2], values, strict=True))
        files.append(_inside(name, path))
        places.append((at["z"], at["c"], at["t"]))
    channels = next((block for axis, block in zip(axes, blocks, strict=True) if axis == "c"), [])
    return _Files(files, places, (counts["z"], counts["c"], counts["t"]), channels)


def _values(text: str, path: Path) -> list[str]:
    """What a block stands for."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return text.split(",")
    if found[4]:
        values = [chr(code) for code in range(ord(found[4]), ord(found[5]) + 1)]
    else:
        step = int(found[3] or 1)
        if step < 1 or (int(found[2]) - int(found[1])) // step > _MOST_FILES:
            raise FormatError(path, f"has the block <{text[:40]}>, which names no files")
        values = [f"{number:0{len(found[1])}}" for number in range(int(found[1]), int(found[2]) + 1, step)]
    if not values:
        raise FormatError(path, f"has the block <{text[:40]}>, which names no files")
    return values


def _axis(before: str) -> str | None:
    """Axis by the letters before a block."""
    letters = re.search(r"([A-Za-z]*)[-_. ]*$", before)
    word = letters[1].lower() if letters else ""
    return next((axis for axis, words in _MEANING.items() if word in words), None)


def _axes(told: list[str | None]) -> list[str]:
    """Axes of all blocks: those that nobody told take what is free, z, then t, then c."""
    free = [axis for axis in "ztc" if axis not in told]
    return [axis or (free.pop(0) if free else "z") for axis in told]


def _inside(name: str, path: Path) -> Path:
    if name.lower().endswith(".pattern"):
        raise FormatError(path, f"names {name!r}, which is a pattern itself")
    return beside(path, name)


def _described(file: Path, path: Path) -> FilesetInfo:
    if not file.is_file():
        raise FormatError(path, f"needs {file.name}, which is missing", "Put all files together.")
    with decoding(file, "reading a file of the pattern"):
        info: FilesetInfo = _readers().reader_for(file).describe(file)
    if info.used_files != [file] or info.plates:
        raise FormatError(path, f"names {file.name}, which needs further files itself", "Import that file.")
    return info


def _shape(image: ImageInfo) -> tuple[Any, ...]:
    sizes = image.size_x, image.size_y, image.size_z, image.size_c, image.size_t
    return *sizes, image.pixel_type, [(level.width, level.height) for level in image.levels]


def _joined(image: ImageInfo, named: _Files, path: Path, images: int) -> ImageInfo:
    """The image of all files from that of the first one."""
    nz, nc, nt = named.counts
    numbers = [[[0] * nz for _ in range(nc)] for _ in range(nt)]
    for number, (z, c, t) in enumerate(named.places):
        numbers[t][c][z] = number + 1
    image.index = {"inner": [image.size_z, image.size_c, image.size_t], "files": numbers}
    image.name = path.name if images == 1 else f"{path.name} [{image.name}]"
    if nc > 1:
        image.is_rgb, image.graphics = False, False
        names = [*named.channels, *[""] * nc][:nc]
        looks = image.channels
        image.channels = [
            ChannelInfo(look.name or (names[number] if len(looks) == 1 else None) or None, look.color)
            for number in range(nc) for look in looks
        ]  # fmt: skip
    image.size_z, image.size_c, image.size_t = image.size_z * nz, image.size_c * nc, image.size_t * nt
    image.planes = []
    return image
