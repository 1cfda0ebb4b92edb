"""Which DICOM files belong together: those of one series in one folder that have one shape, concatenations, slides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import FormatError
from omero_server.formats.dicomfile import Dataset, is_dicom, number, numbers, read_header, text
from omero_server.formats.dicomparts import KEY, NUMBER

__all__ = ["SLIDE", "Stack", "members", "place_of", "stacked"]

SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
"""SOP class of VL Whole Slide Microscopy images."""
_SHAPE = (
    "SeriesInstanceUID", "SOPClassUID", "Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "PixelRepresentation",
    "PhotometricInterpretation", "ImageType",
)  # fmt: skip
_PLACE = ("ImagePositionPatient", "ImageOrientationPatient", "InstanceNumber", "TemporalPositionIdentifier")
_SAME_PLACE = 1e-3
"""Millimetres within which two slices lie at the same place."""


@dataclass(frozen=True, slots=True)
class _Brief:
    """What grouping needs to know of a file; `group` is None for one that belongs to no other."""

    group: tuple[Any, ...] | None
    place: float | None
    order: tuple[float, ...]


@dataclass(slots=True)
class Stack:
    """Files of a series in the order of their planes: Z fastest, then T."""

    files: list[Path]
    size_z: int
    size_t: int
    step: float | None
    """Millimetres between slices."""


def members(path: Path) -> list[Path]:
    """Files of the folder that are of the same slide or series as `path`, by name; `path` alone if there are none."""
    group = _brief_of(path).group
    if group is None:
        return [path]
    found = []
    for other in sorted(path.parent.iterdir()):
        if other == path or (is_dicom(other) and _group_of(other) == group):
            found.append(other)
    return found


def stacked(files: Sequence[Path]) -> Stack:
    """Files of one series as slices and time points: those at the same places follow each other in time."""
    briefs = {path: _brief_of(path) for path in files}
    ordered = sorted(files, key=lambda path: (briefs[path].order, path.name))
    places: list[tuple[float, list[Path]]] = []
    for path in ordered:
        place = briefs[path].place
        if place is None:
            return Stack(ordered, len(ordered), 1, None)
        near = next((known for known in places if abs(known[0] - place) < _SAME_PLACE), None)
        if near is None:
            places.append((place, [path]))
        else:
            near[1].append(path)
    times = len(places[0][1])
    if any(len(known[1]) != times for known in places):
        return Stack(ordered, len(ordered), 1, None)
    planes = [known[1][t] for t in range(times) for known in places]
    steps = [abs(b - a) for a, b in pairwise(sorted(place for place, _ in places))]
    return Stack(planes, len(places), times, float(np.median(steps)) if steps else None)


def _group_of(path: Path) -> tuple[Any, ...] | None:
    try:
        return _brief_of(path).group
    except FormatError:
        # A damaged neighbour is told when it is opened itself.
        return None


def _brief_of(path: Path) -> _Brief:
    stat = path.stat()
    return _read_brief(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=50_000)
def _read_brief(path: Path, _modified: int, _size: int) -> _Brief:
    dataset, _ = read_header(path, (*_SHAPE, *_PLACE, "NumberOfFrames", KEY, NUMBER))
    shape = tuple(text(dataset, keyword) for keyword in _SHAPE)
    place = place_of(dataset)
    order = number(dataset, "TemporalPositionIdentifier"), number(dataset, "InstanceNumber")
    concatenation = text(dataset, KEY)
    if concatenation and shape[1] != SLIDE:
        return _Brief((KEY, concatenation), None, (number(dataset, NUMBER),))
    if not shape[0]:
        return _Brief(None, place, order)
    if shape[1] == SLIDE:
        return _Brief(shape[:2], None, order)
    direction = tuple(round(one, 2) for one in numbers(dataset, "ImageOrientationPatient"))
    alone = number(dataset, "NumberOfFrames", 1) > 1
    return _Brief(None if alone else (*shape, direction), place, order)


def place_of(dataset: Dataset) -> float | None:
    """Where a slice lies along its normal, in millimetres."""
    position, axes = numbers(dataset, "ImagePositionPatient"), numbers(dataset, "ImageOrientationPatient")
    if len(position) != 3 or len(axes) != 6:
        return None
    return float(np.dot(position, np.cross(axes[:3], axes[3:])))
