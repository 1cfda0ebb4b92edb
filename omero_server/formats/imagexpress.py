"""ImageXpress: a plate description (`.HTD`) with TIFF files in folders of time points and slices."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from tifffile import TiffFile

from omero_server.formats.base import FormatError, quietly
from omero_server.formats.info import ChannelInfo, PlaneInfo, Quantity
from omero_server.formats.rawbytes import has_magic, read_at
from omero_server.formats.screening import PlateFile, PlateFiles, ScreeningReader
from omero_server.formats.tiffpages import is_tiff

__all__ = ["ImageXpressReader"]

_FILE = re.compile(r"_([A-Z]{1,2})(\d{2})(?:_s(\d+))?(?:_w(\d+))?(?:[0-9A-F]{8}-[-0-9A-F]+)?\.tiff?$", re.IGNORECASE)
_LONGEST = 1 << 20
_FOLDER = {"t": re.compile(r"timepoint_(\d+)$", re.IGNORECASE), "z": re.compile(r"zstep_(\d+)$", re.IGNORECASE)}
_PROPERTY = re.compile(r'<prop id="([\w-]+)" type="[\w-]+" value="([^"]*)"')


class ImageXpressReader(ScreeningReader):
    """Plates of MetaXpress; copies of the description in the folders of time points mean the same plate."""

    name = "imagexpress"
    format = "MetaxpressTiff"
    suffixes = (".htd",)

    @classmethod
    def index_of(cls, path: Path) -> Path | None:
        if path.suffix.lower() == ".htd":
            if not has_magic(path, b'"HTSInfoFile"'):
                return None
            above = _root(path.parent) / path.name
            return above if above.is_file() else path
        found = _FILE.search(path.name)
        if found is None:
            return None
        # Not by a search: folders of plates are large, and each file is asked.
        stem, root = path.name[: found.start()], _root(path.parent)
        return next((entry for end in (".HTD", ".htd") if (entry := root / (stem + end)).is_file()), None)

    @classmethod
    def parse(cls, index: Path) -> PlateFiles:
        fields = _fields(index)
        files = [*_files(index.parent, index.stem, 1, 0)]
        if not files:
            raise FormatError(index, "has no images beside it", "Put all files together.")
        first = _notes(files[0].path)
        for file in files:
            file.info = _plane(file.path)
        return PlateFiles(
            name=index.stem,
            rows=_whole(fields, "YWells"),
            columns=_whole(fields, "XWells"),
            index=[index, *sorted(entry for entry in index.parent.glob("TimePoint_*/*.[hH][tT][dD]"))],
            files=files,
            channels={number: _channel(fields, number, files) for number in {file.c for file in files}},
            pixel_size=_calibration(first),
            external_identifier=(fields.get("UniquePlateIdentifier") or [""])[0] or None,
            description=(fields.get("Description") or [""])[0] or None,
            metadata={key: ", ".join(values) for key, values in fields.items() if values},
        )


def _root(folder: Path) -> Path:
    """The plate's folder, above those of slices and time points."""
    for pattern in (_FOLDER["z"], _FOLDER["t"]):
        if pattern.match(folder.name):
            folder = folder.parent
    return folder


def _fields(path: Path) -> dict[str, list[str]]:
    """Lines `"Key", value, value`; line ends inside of texts are bytes of another kind."""
    data = read_at(path, 0, min(path.stat().st_size, _LONGEST)).decode("latin-1").replace("ÿ", "")
    rows = csv.reader(data.splitlines(), skipinitialspace=True)
    return {row[0].strip(): [value.strip() for value in row[1:]] for row in rows if row}


def _whole(fields: dict[str, list[str]], key: str) -> int:
    text = (fields.get(key) or ["0"])[0]
    return int(text) if text.isdecimal() and len(text) < 5 else 0


def _files(folder: Path, stem: str, t: int, z: int) -> Iterator[PlateFile]:
    """Images of a plate, thumbnails left out, in the order of their names."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            for axis, pattern in _FOLDER.items():
                found = pattern.match(path.name)
                if found and axis == "t" and t == 1 and z == 0:
                    yield from _files(path, stem, int(found[1]), z)
                elif found and axis == "z" and z == 0:
                    yield from _files(path, stem, t, int(found[1]))
            continue
        found = _FILE.search(path.name)
        if found is None or not path.name.lower().startswith(stem.lower() + "_"):
            continue
        row = 0
        for letter in found[1].upper():
            row = row * 26 + ord(letter) - ord("A") + 1
        yield PlateFile(path, row - 1, int(found[2]) - 1, int(found[3] or 1), z, int(found[4] or 1), t)


def _notes(path: Path) -> dict[str, str]:
    """Properties in the description of a file (MetaSeries)."""
    if not is_tiff(path):
        raise FormatError(path, "is named like an image of a plate but is no TIFF file")
    with quietly(), TiffFile(path) as tif:
        text = tif.pages.first.description
    return dict(_PROPERTY.findall(text[:100_000]))


def _value(notes: dict[str, str], key: str) -> float | None:
    try:
        value = float(notes.get(key, ""))
    except ValueError:
        return None
    return value if abs(value) < 2**40 else None


def _micrometres(notes: dict[str, str], key: str) -> Quantity | None:
    value = _value(notes, key)
    return None if value is None else (value, "µm")


def _plane(path: Path) -> PlaneInfo:
    notes = _notes(path)
    exposure = re.search(r"Exposure: ([\d.]+) (ms|s)\b", notes.get("Description", ""))
    time: Quantity | None = (float(exposure[1]), exposure[2]) if exposure and exposure[1].count(".") < 2 else None
    return PlaneInfo(
        0, 0, 0, exposure_time=time, position_x=_micrometres(notes, "stage-position-x"),
        position_y=_micrometres(notes, "stage-position-y"), position_z=_micrometres(notes, "z-position"),
    )  # fmt: skip


def _calibration(notes: dict[str, str]) -> tuple[Quantity | None, Quantity | None]:
    x, y = (_value(notes, f"spatial-calibration-{axis}") for axis in "xy")
    if notes.get("spatial-calibration-units") not in ("um", "µm") or not x or not y or min(x, y) <= 0:
        return None, None
    return (x, "µm"), (y, "µm")


def _channel(fields: dict[str, list[str]], number: int, files: list[PlateFile]) -> ChannelInfo:
    """The name in the description, the wavelength in the first image of the channel."""
    name = (fields.get(f"WaveName{number}") or [""])[0]
    first = next(file for file in files if file.c == number)
    wave = _value(_notes(first.path), "wavelength")
    return ChannelInfo(name or None, emission_wavelength=(wave, "nm") if wave and wave > 0 else None)
