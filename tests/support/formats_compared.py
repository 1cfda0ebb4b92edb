"""Our readers beside Bio-Formats and other libraries: what differs, sample by sample."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from omero_server.formats.base import FormatError, Reader
from omero_server.formats.info import Quantity
from tests.support.formats_known import BIO_FORMATS, OTHERS, Known, known
from tests.support.formats_samples import Sample, independent
from tests.support.formats_seen import Array, Seen, bio_formats, ours, probes

__all__ = ["Comparison", "with_bio_formats", "with_others"]

_AGREE = 1e-3
"""Relative difference of lengths that are the same: libraries print them with three digits or more."""
_MOST_FILES_TRIED = 8
_LOSSY = 2
"""How far decoders of movies and JPEG pictures may be apart."""


@dataclass
class Comparison:
    """What differs from what `who` sees, by aspect, and what of it was to be expected."""

    who: str
    known: Known
    found: dict[str, str] = field(default_factory=dict)

    @property
    def as_known(self) -> bool:
        """Whether that differs which is known to differ, and nothing else."""
        return set(self.found) == set(self.known.aspects.split())

    def __str__(self) -> str:
        lines = [f"{aspect}: {what}" for aspect, what in self.found.items()] or ["no difference"]
        return "\n".join([f"beside {self.who} (known: {self.known.aspects or 'none'})", *lines])


def with_bio_formats(sample: Sample, reader: Reader) -> Comparison:
    """All images beside those that Bio-Formats sees."""
    result = Comparison("Bio-Formats", known(BIO_FORMATS, sample.name))
    try:
        theirs = bio_formats(reader.info().used_files[:_MOST_FILES_TRIED])
    except FormatError as error:
        result.found["unread"] = error.reason
        return result
    mine = ours(reader)
    if len(mine) != len(theirs):
        result.found["images"] = f"{len(mine)}, not {len(theirs)}"
    several = len(mine) > 1 and len(theirs) > 1
    for one, other in zip(mine, theirs, strict=False):
        if several and one.name != other.name:
            result.found.setdefault("names", f"{one.name!r}, not {other.name!r}")
        _compare(one, other, result, result.known.within)
    return result


def with_others(sample: Sample, path: Path, reader: Reader) -> Comparison:
    """The first image beside that which another library sees, or saw when the collection was made; '' is nobody."""
    who, other = independent(sample, path)
    result = Comparison(who if other is not None else "", known(OTHERS, sample.name))
    if other is not None:
        # A digest cannot tell how much lossy planes differ.
        if sample.lossy and other.read is None:
            other.sha1 = None
        _compare(ours(reader)[0], other, result, _LOSSY if sample.lossy else 0)
    return result


def _compare(one: Seen, other: Seen, result: Comparison, within: int) -> None:
    for aspect, what in _differences(one, other, within):
        result.found.setdefault(aspect, what)


def _differences(one: Seen, other: Seen, within: int) -> Iterator[tuple[str, str]]:
    if one.sizes != other.sizes:
        yield "sizes", f"{one.sizes}, not {other.sizes}"
    if one.kind != other.kind:
        yield "type", f"{one.kind}, not {other.kind}"
    if other.channels is not None and one.channels != other.channels:
        yield "channels", f"{one.channels}, not {other.channels}"
    for axis, a, b in zip("XYZ", one.spacing or (), other.spacing or (), strict=False):
        if not _same_length(a, b) and (axis != "Z" or one.sizes[2] > 1):
            yield "spacing", f"{a} in {axis}, not {b}"
    if one.sizes == other.sizes and (what := _planes(one, other, within)):
        yield "planes", what


def _same_length(a: Quantity | None, b: Quantity | None) -> bool:
    if a is None or b is None:
        return a is b
    return a[1] == b[1] and math.isclose(a[0], b[0], rel_tol=_AGREE)


def _planes(one: Seen, other: Seen, within: int) -> str:
    """How the first and the middle plane differ; empty when they do not."""
    assert one.read is not None
    if other.read is None:
        plane = one.read((0, 0, 0), (0, 0, *one.sizes[:2]))
        return "the first has another digest" if other.sha1 not in (None, _digest(plane)) else ""
    for zct, region in probes(one.sizes):
        try:
            a, b = one.read(zct, region), other.read(zct, region)
        except FormatError as error:
            return error.reason
        if not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            distance = float(np.abs(a.astype(float) - b.astype(float)).max())
            if not distance <= within:
                return f"z, c, t = {zct} differs by up to {distance:g}"
    return ""


def _digest(plane: Array) -> str:
    return hashlib.sha1(plane.astype(plane.dtype.newbyteorder("<")).tobytes()).hexdigest()
