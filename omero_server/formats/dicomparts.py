"""Concatenations of DICOM: one image whose frames were spread over several files (PS3.3, C.7.6.16.2.2.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from omero_server.formats.base import FormatError
from omero_server.formats.dicomfile import Dataset, Source, items, number, text

__all__ = ["KEY", "NUMBER", "joined"]

KEY, NUMBER = "ConcatenationUID", "InConcatenationNumber"
_TOTAL, _FRAMES = "InConcatenationTotalNumber", "PerFrameFunctionalGroupsSequence"

Part = tuple[Dataset, Source]


def joined(datasets: Sequence[Dataset], sources: Sequence[Source], files: Sequence[Path]) -> list[Part]:
    """Headers and pixels of the images of some files, in the order of the files; a concatenation is one image.

    FormatError for one that is not complete, or whose parts do not fit together.
    """
    found: dict[str, list[Part]] = {}
    for position, part in enumerate(zip(datasets, sources, strict=True)):
        found.setdefault(text(part[0], KEY) or f"file {position}", []).append(part)
    return [_whole(parts, files) for parts in found.values()]


def _whole(parts: list[Part], files: Sequence[Path]) -> Part:
    dataset, first = parts[0]
    total = int(number(dataset, _TOTAL))
    if total <= 1 and len(parts) == 1:
        return parts[0]
    parts = sorted(parts, key=lambda part: number(part[0], NUMBER))
    dataset, first = parts[0]
    path = files[first.file]
    numbers = [int(number(part, NUMBER)) for part, _ in parts]
    if total > len(parts) or numbers != list(range(1, len(parts) + 1)):
        told = ", ".join(map(str, numbers[:10]))
        raise FormatError(path, f"is in {max(total, len(parts))} parts, of which {told} are here", "Put all together.")
    if len({_shape(source) for _, source in parts}) > 1:
        raise FormatError(path, "is in parts that have different pixels")
    frames = [item for part, _ in parts for item in items(part, _FRAMES)]
    if frames:
        setattr(dataset, _FRAMES, frames)
    sources = [source for _, source in parts]
    return dataset, replace(first, count=sum(source.count for source in sources), frames=None, parts=sources)


def _shape(source: Source) -> tuple[object, ...]:
    return source.rows, source.columns, source.samples, source.dtype, source.photometric
