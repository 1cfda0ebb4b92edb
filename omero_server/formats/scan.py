"""What there is to import below some paths: candidates (one per fileset) and refusals (files that look like images)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from omero_server.formats.base import FormatError, UnsupportedFormat, decoding
from omero_server.formats.registry import reader_for, readers

__all__ = ["Candidate", "Refusal", "ScanResult", "scan"]

DEFAULT_DEPTH = 4
_NAME_OTHERS = (".pattern", ".xdce", ".afi", ".lei", ".ndpis", ".vms", ".vws", ".xlef")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fileset that can be imported: the file to open, all its files (entry first), who reads it."""

    entry: Path
    files: tuple[Path, ...]
    reader: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A path that was asked for, or looks like an image, and cannot be imported."""

    path: Path
    reason: str


@dataclass(slots=True)
class ScanResult:
    """Candidates and refusals, both in order of path."""

    candidates: list[Candidate] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def scan(paths: Iterable[Path | str], depth: int = DEFAULT_DEPTH) -> ScanResult:
    """Group `paths` into filesets; folders are searched `depth` levels deep.

    A path given explicitly that no reader knows is refused. Inside folders, files of foreign kinds and hidden files
    are passed over; a file that is named like an image and is none is refused.
    """
    result = ScanResult()
    seen: set[Path] = set()
    for given in paths:
        path = Path(os.path.abspath(given))
        if not path.exists():
            result.refusals.append(Refusal(path, str(FormatError(path, "no such file or folder", "Check the path."))))
        elif path.is_dir() and not _is_fileset_folder(path):
            for found in _walk(path, depth):
                _consider(found, result, seen, explicit=False)
        else:
            _consider(path, result, seen, explicit=True)
    return result


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    """Files, and folders that are filesets, in order; hidden ones are left out.

    Files that name others come first: those are no images of their own.
    """
    for path in sorted(folder.iterdir(), key=lambda path: (path.suffix.lower() not in _NAME_OTHERS, path)):
        if path.name.startswith("."):
            continue
        if not path.is_dir() or _is_fileset_folder(path):
            yield path
        elif depth > 1 and not path.is_symlink():
            yield from _walk(path, depth - 1)


def _is_fileset_folder(path: Path) -> bool:
    return path.is_dir() and any(reader.detect(path) for reader in readers())


def _consider(path: Path, result: ScanResult, seen: set[Path], *, explicit: bool) -> None:
    """Add the fileset of `path`, unless a file of it was met before."""
    if path in seen:
        return
    try:
        reader = reader_for(path)
        with decoding(path, f"finding the files of {reader.format}"):
            files = tuple(reader.used_files(path))
            missing = [file.name for file in files if not file.is_file()]
        if missing:
            raise FormatError(path, f"needs {', '.join(missing[:3])}, which is missing", "Put all files together.")
    except UnsupportedFormat as error:
        if explicit or _looks_like_image(path):
            result.refusals.append(Refusal(path, str(error)))
        return
    except FormatError as error:
        result.refusals.append(Refusal(path, str(error)))
        return
    if seen.isdisjoint(files):
        result.candidates.append(Candidate(files[0], files, reader.name))
    seen.update(files, (path,))


def _looks_like_image(path: Path) -> bool:
    return any(path.name.lower().endswith(reader.suffixes) for reader in readers() if reader.suffixes)
