"""Gatan DigitalMicrograph (DM3, DM4): all images of a file but its thumbnail. Dimensions are x, y, z, t."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import FormatError, decoding, pixel_type_of
from omero_server.formats.gatantags import Located, Tags, is_gatan, read_tags
from omero_server.formats.info import FilesetInfo, ImageInfo, MicroscopeInfo, ObjectiveInfo, PlaneInfo, Quantity
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["GatanReader"]

_TYPES = {1: "i2", 2: "f4", 3: "c8", 6: "u1", 7: "i4", 9: "i1", 10: "u2", 11: "u4", 12: "f8", 13: "c16", 14: "u1"}
_COLOUR = 23
_UNITS = {"nm": "nm", "µm": "µm", "um": "µm", "mm": "mm", "m": "m", "A": "Å", "Å": "Å", "pm": "pm"}
_MOST_SIDE = 1 << 31
_MOST_NOTES = 20_000
_LONGEST_NOTE = 2_000


class GatanReader(StoredReader):
    """DM3 and DM4."""

    name = "gatan"
    format = "Gatan"
    suffixes = (".dm3", ".dm4")

    @classmethod
    def detect(cls, path: Path) -> bool:
        return is_gatan(path)

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        with decoding(path, "reading the tags"):
            tags, order = read_tags(path)
            images = [_image(item, order, path) for item in _items(tags)]
        if not images:
            raise FormatError(path, "holds no images", "Save the image again from DigitalMicrograph.")
        for number, image in enumerate(images):
            cls.check(image, [path])
            if len(images) > 1 and image.name == path.name:
                image.name = f"{path.name} #{number + 1}"
        about = {name: value for name, value in tags.items() if name != "ImageList"}
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=_flat(about))


def _items(tags: Tags) -> list[Tags]:
    """Images of the file without the small picture of the first one."""
    listed = [item for item in _group(tags, "ImageList").values() if isinstance(item, dict)]
    small = [_group(item).get("ImageIndex") for item in _group(tags, "Thumbnails").values() if isinstance(item, dict)]
    kept = [item for number, item in enumerate(listed) if number not in small and _group(item, "ImageData")]
    return kept or listed


def _group(tags: Any, *names: str) -> Tags:
    """The group at a path; an empty one when there is none."""
    for name in names:
        tags = tags.get(name) if isinstance(tags, dict) else None
    return tags if isinstance(tags, dict) else {}


def _image(item: Tags, order: str, path: Path) -> ImageInfo:
    about = _group(item, "ImageData")
    place, kind = about.get("Data"), int(about.get("DataType") or 0)
    counts = [int(size) for size in _group(about, "Dimensions").values() if isinstance(size, int | float)]
    if len(counts) < 1 or not 1 <= min(counts) <= max(counts) < _MOST_SIDE:
        raise FormatError(path, f"declares an image of the sizes {counts[:8]}")
    colour = kind == _COLOUR
    if kind not in _TYPES and not colour:
        raise FormatError(path, f"has pixels of the unknown type {kind}", "Convert the image in DigitalMicrograph.")
    dtype = np.dtype(np.uint8) if colour else np.dtype(order + _TYPES[kind])
    if not isinstance(place, Located) or len([size for size in counts if size > 1]) > 4:
        raise FormatError(path, "has an image without pixels, or of more than four dimensions")
    width, height, slices, times = _four(counts)
    samples = 3 if colour else 1
    if width * height * slices * times * (4 if colour else dtype.itemsize) > place.count * _size(place.kind):
        raise FormatError(path, f"declares an image of the sizes {counts[:8]} but stores {place.count} values")
    sizes = {"p": 4 if colour else 1, "x": width, "y": height, "z": slices, "t": times}
    strides = contiguous(dtype.itemsize, "pxyzt", sizes)
    offset = place.offset
    if colour:
        # Stored as blue, green, red.
        strides[1], offset = -1, offset + 2
    image = ImageInfo(
        name=str(item.get("Name") or "") or path.name,
        size_x=width, size_y=height, size_z=slices, size_c=samples, size_t=times,
        pixel_type=pixel_type_of(dtype, path),
        dimension_order="XYZTC" if not colour else "XYCZT",
        is_rgb=colour,
        graphics=colour,
        index=stored(dtype, strides, offset=offset),
    )  # fmt: skip
    _describe(image, item, about)
    return image


def _size(kind: str | None) -> int:
    return np.dtype(kind).itemsize if kind and kind != "?" else 1 if kind else 16


def _four(counts: list[int]) -> tuple[int, int, int, int]:
    """Width, height, slices and times; dimensions of a single place in between do not count."""
    kept = counts[:2] + [size for size in counts[2:] if size > 1]
    width, height, slices, times = (*kept, 1, 1, 1)[:4]
    return width, height, slices, times


def _describe(image: ImageInfo, item: Tags, about: Tags) -> None:
    """Sizes of pixels, time, microscope and stage."""
    scales = [_scale(one) for one in _group(about, "Calibrations", "Dimension").values() if isinstance(one, dict)]
    for axis, scale in zip("xyz", scales, strict=False):
        if scale is not None and (axis != "z" or image.size_z > 1):
            setattr(image, f"physical_size_{axis}", scale)
    notes = _group(item, "ImageTags")
    image.acquired = _moment(_group(notes, "DataBar"))
    scope = _group(notes, "Microscope Info")
    if scope:
        image.microscope = MicroscopeInfo("Microscope:0", model=str(scope.get("Name") or scope.get("Microscope") or ""))
        image.objective = _objective(scope)
    place = _group(scope, "Stage Position")
    exposure = _number(_group(notes, "DataBar").get("Exposure Time (s)"))
    x, y, z = (_number(place.get(f"Stage {axis}")) for axis in "XYZ")
    if exposure or x is not None:
        image.planes = [
            PlaneInfo(
                0, 0, 0, exposure_time=(exposure, "s") if exposure and exposure > 0 else None,
                position_x=_micrometres(x), position_y=_micrometres(y), position_z=_micrometres(z),
            )
        ]  # fmt: skip
    image.metadata = _flat(notes)


def _objective(scope: Tags) -> ObjectiveInfo | None:
    magnification = _number(scope.get("Indicated Magnification"))
    if not magnification or magnification <= 0:
        return None
    actual = _number(scope.get("Actual Magnification"))
    return ObjectiveInfo(
        "Objective:0",
        nominal_magnification=magnification,
        calibrated_magnification=actual if actual and actual > 0 else None,
    )


def _scale(tags: Tags) -> Quantity | None:
    scale, unit = _number(tags.get("Scale")), str(tags.get("Units") or "").replace("\0", "")
    return (abs(scale), _UNITS[unit]) if scale and unit in _UNITS else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _micrometres(value: float | None) -> Quantity | None:
    return (value, "µm") if value is not None else None


def _moment(notes: Tags) -> datetime | None:
    """Dates are written as the computer of the microscope writes them."""
    text = f"{notes.get('Acquisition Date', '')} {notes.get('Acquisition Time', '')}".replace("\0", "").strip()
    for layout in ("%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, layout)
        except ValueError:
            continue
    return None


def _flat(tags: Tags) -> dict[str, str]:
    """Numbers and texts by path."""
    found: dict[str, str] = {}
    for key, value in _walk(tags, ""):
        text = " ".join(str(item) for item in value) if isinstance(value, list) else str(value)
        text = text.replace("\0", "").strip()
        if text and len(text) <= _LONGEST_NOTE:
            found[key] = text
        if len(found) == _MOST_NOTES:
            break
    return found


def _walk(tags: Tags, above: str) -> Iterator[tuple[str, Any]]:
    for name, value in tags.items():
        key = f"{above}|{name}" if above else name
        if isinstance(value, dict):
            yield from _walk(value, key)
        elif not isinstance(value, Located):
            yield key, value
