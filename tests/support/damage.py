"""Files cut short and with wrong bytes: what every reader must survive."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

from omero_server.formats.base import FormatError
from omero_server.formats.registry import open_reader

__all__ = ["read_some", "refuses_cuts", "survives_wrong_bytes"]

_MEMORY_GROWTH = 700 << 10
"""Kilobytes by which the peak of the process may grow while a damaged file is looked at."""


def read_some(path: Path) -> None:
    """First, middle and last plane of each image at each level."""
    with open_reader(path) as reader:
        for series, image in enumerate(reader.info().images[:20]):
            sizes = image.size_z, image.size_c, image.size_t
            for z, c, t in {(0, 0, 0), tuple(size // 2 for size in sizes), tuple(size - 1 for size in sizes)}:
                for level, size in enumerate(image.levels):
                    reader.read(series, level, z, c, t, 0, 0, min(size.width, 2048), min(size.height, 2048))


def refuses_cuts(sample: Path, folder: Path, keeps: tuple[float, ...] = (0.05, 0.5, 0.98)) -> None:
    """A file of which the end is missing is a FormatError when it is opened."""
    whole = sample.read_bytes()
    path = folder / sample.name
    for keep in keeps:
        path.write_bytes(whole[: int(len(whole) * keep)])
        with pytest.raises(FormatError) as caught:
            open_reader(path)
        assert caught.value.path.parent == folder and caught.value.reason and caught.value.remedy


def survives_wrong_bytes(sample: Path, folder: Path, turns: int = 40, head: int = 400) -> None:
    """A file with wrong bytes is a FormatError or an image; nothing else, and in bounded memory."""
    whole = sample.read_bytes()
    path = folder / sample.name
    rng = np.random.default_rng(len(whole))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for turn in range(turns):
        damaged = bytearray(whole)
        for at in rng.integers(0, min(head, len(damaged)), 3):
            damaged[at] = int(rng.choice([0, 1, 127, 255, rng.integers(256)]))
        for at in rng.integers(0, len(damaged), 20 if turn % 2 else 0):
            damaged[at] = int(rng.integers(256))
        path.write_bytes(damaged)
        try:
            read_some(path)
        except FormatError:
            continue
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < _MEMORY_GROWTH
