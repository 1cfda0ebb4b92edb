"""Sizes of files that lie at the place of their id."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

__all__ = ["stored_sizes"]


def stored_sizes(
    place: Callable[[int], Path], ids: Iterable[int], suffixes: Iterable[str]
) -> Iterator[tuple[int, int]]:  # fmt: skip
    """Id and bytes of every file that is there, at the places of the ids or beside these with another ending.

    Each folder is read once: most ids have no file.
    """
    endings = list(suffixes)
    folders: defaultdict[Path, list[int]] = defaultdict(list)
    for number in ids:
        folders[place(number).parent].append(number)
    for folder, numbers in folders.items():
        sizes = _sizes(folder)
        for number in numbers:
            for ending in endings:
                size = sizes.get(f"{number}{ending}")
                if size is not None:
                    yield number, size


def _sizes(folder: Path) -> dict[str, int]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat().st_size for entry in entries if entry.is_file()}
    except FileNotFoundError:
        return {}
