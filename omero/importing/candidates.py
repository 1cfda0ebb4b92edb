"""Which files can be imported, and which belong together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from omero_server.formats.base import FormatError, UnsupportedFormat
from omero_server.formats.registry import reader_for

__all__ = ["DEFAULT_DEPTH", "Found", "Group", "Problem", "scan"]

DEFAULT_DEPTH = 4


@dataclass(frozen=True)
class Group:
    """Files that make one fileset, the one to open first; `reader` and `format` name who reads them."""

    files: list[Path]
    reader: str
    format: str

    @property
    def main(self) -> Path:
        """The file that stands for the group."""
        return self.files[0]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.files)


@dataclass(frozen=True)
class Problem:
    """A file that looked importable, or was asked for, and is not."""

    path: Path
    message: str


@dataclass
class Found:
    """The result of a scan. `parsed` counts the files looked at, `unknown` those in folders that no reader knows."""

    groups: list[Group] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    parsed: int = 0
    unknown: int = 0


def scan(
    paths: Iterable[str | os.PathLike[str]], depth: int = DEFAULT_DEPTH, noticed: Callable[[Path], None] | None = None
) -> Found:
    """Look at files, and at those in folders down to `depth` levels; `noticed` hears of each file.

    A file that no reader knows is a problem when it was named, and only counted when it lies in a folder. Folders that
    are images themselves (OME-Zarr) are taken as such.
    """
    found, used = Found(), set[Path]()
    for given in paths:
        top = Path(os.path.abspath(os.fspath(given)))
        for path in _walk(top, depth):
            if path in used:
                continue
            if noticed is not None:
                noticed(path)
            found.parsed += 1
            _look(found, used, path, named=path == top)
    return found


def _walk(path: Path, depth: int) -> Iterator[Path]:
    """Files below a folder in the order of their names, and folders that a reader knows."""
    if not path.is_dir() or _is_image(path):
        yield path
        return
    if depth <= 0:
        return
    for child in sorted(path.iterdir()):
        if child.is_dir():
            yield from _walk(child, depth - 1)
        else:
            yield child


def _is_image(folder: Path) -> bool:
    try:
        reader_for(folder)
    except FormatError:
        return False
    return True


def _look(found: Found, used: set[Path], path: Path, named: bool) -> None:
    try:
        reader = reader_for(path)
        files = [Path(os.path.abspath(one)) for one in reader.used_files(path)]
    except UnsupportedFormat as error:
        if named:
            found.problems.append(Problem(path, str(error)))
        else:
            found.unknown += 1
        return
    except FormatError as error:
        found.problems.append(Problem(path, str(error)))
        return
    if not used.isdisjoint(files) and path != files[0]:
        return
    used.update(files)
    found.groups.append(Group(files, reader.name, reader.format))
