"""Files for copied rows.

Imported files get a second name in a new folder (a hard link): they do not change any more. Files that clients write
in place, pixels and thumbnails are copied. A file that is missing is missing for its copy, too. All are on record
before they are written, so that none remains if the rows do not come to be.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sqlalchemy import select

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.repository.directories import DIRECTORY, find_row, split
from omero_server.repository.disk import sync_directory
from omero_server.repository.fresh import Placing, fresh_folder
from omero_server.repository.identity import USER_GROUP, Repository
from omero_server.repository.layout import Layout, index_name
from omero_server.repository.removal import Doomed, Removing, guard_files
from omero_server.repository.rows import NewFile, insert_files

__all__ = ["Copying", "Places", "copy_stored", "link_files", "places_for"]

log = logging.getLogger(__name__)

CHUNK = 32 << 20
FEW = 100
LOG_SUFFIX = ".log"
Ids = Mapping[int, int]


class Copying(Placing, Removing, Protocol):
    """What is needed of a call."""


@dataclass(slots=True)
class Places:
    """Where files of the managed repository go, as its relative paths, by the ids of the originals.

    files: old and new path. prefixes: old and new folder of filesets. main: folder of the file that pixels are in.
    folders: ids of the rows of new folders.
    """

    files: dict[int, tuple[str, str]] = field(default_factory=dict)
    directories: dict[int, str] = field(default_factory=dict)
    prefixes: dict[int, tuple[str, str]] = field(default_factory=dict)
    main: dict[int, str] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)


def copy_stored(call: Copying, ids: Mapping[str, Ids], check: Callable[[], None]) -> None:
    """Copy what lies in Files, Pixels and Thumbnails. ids: new by old ones, by table. check: raises to stop."""
    layout = Layout.of(call.engine.config)
    kinds = {"originalfile": layout.file, "pixels": layout.pixels, "thumbnail": layout.thumbnail}
    found = []
    for table, place in kinds.items():
        for old, new in ids.get(table, {}).items():
            found += [(place(old), place(new), table, new)]
            if table == "pixels":
                found += [(layout.pyramid(old), layout.pyramid(new), table, new)]
    found = [one for one in found if one[0].is_file()]
    if found:
        guard_files(call, [Doomed(str(target), table, new) for _, target, table, new in found])
    for source, target, _, _ in found:
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(source, target, check)
    _make_durable([target for _, target, _, _ in found])


def places_for(
    call: Copying, repository: Repository, files: Sequence[int], filesets: Sequence[int], pixels: Sequence[int]
) -> Places:
    """Choose new places, in a new folder of the caller, and give its folders rows."""
    sources = _Sources(call, files, filesets, pixels)
    if not sources.bases:
        return Places()
    top = _top(call, repository, sorted(sources.paths))
    new_bases = [top] if len(sources.bases) == 1 else [f"{top}/{number}" for number in range(len(sources.bases))]
    places = sources.moved(dict(zip(sorted(sources.bases), new_bases, strict=True)))
    places.folders = _register(call, repository, top, places)
    return places


def link_files(
    call: Copying, repository: Repository, places: Places, ids: Mapping[str, Ids], check: Callable[[], None]
) -> None:
    """Make the folders and hard links, and tell where what readers learnt about filesets lies now."""
    root = repository.root
    pairs = [(root / old, root / new, ids["originalfile"][row]) for row, (old, new) in places.files.items()]
    indexes = [(row, old, new) for row, (old, new) in places.prefixes.items() if (root / index_name(old)).is_file()]
    doomed = [Doomed(str(target), "originalfile", row) for _, target, row in pairs]
    doomed += [Doomed(str(root / folder), "originalfile", row) for folder, row in places.folders.items()]
    doomed += [
        Doomed(str(root / path), "originalfile", ids["originalfile"][row]) for row, path in places.directories.items()
    ]
    doomed += [Doomed(str(root / index_name(new)), "fileset", ids["fileset"][row]) for row, _, new in indexes]
    guard_files(call, doomed)
    for folder in sorted([*places.folders, *places.directories.values()]):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for source, target, _ in pairs:
        check()
        _link(source, target, check)
    for _, old, new in indexes:
        _rewrite_index(root, old, new)
    _make_durable([Path(one.path) for one in doomed])


class _Sources:
    """Rows of files, filesets and pixels, and the folder that each belongs to: its fileset's, else the one it is in."""

    def __init__(self, call: Copying, files: Sequence[int], filesets: Sequence[int], pixels: Sequence[int]) -> None:
        file, fileset, image = (TABLES[name] for name in ("originalfile", "fileset", "pixels"))
        prefixes = call.db.execute(select(fileset.c.id, fileset.c.templateprefix).where(among(fileset.c.id, filesets)))
        self.prefixes = {row.id: row.templateprefix.strip("/") for row in prefixes if row.templateprefix}
        known = set(self.prefixes.values())
        rows = call.db.execute(
            select(file.c.id, file.c.path, file.c.name, file.c.mimetype).where(among(file.c.id, files))
        )
        self.files: dict[int, str] = {}
        self.directories: dict[int, str] = {}
        for row in rows:
            path = f"{row.path.strip('/')}/{row.name}".lstrip("/")
            (self.directories if row.mimetype == DIRECTORY else self.files)[row.id] = path
        main = select(image.c.id, image.c.path, image.c.name).where(
            among(image.c.id, pixels), image.c.repo.is_not(None)
        )
        paths = ((row.id, f"{(row.path or '').strip('/')}/{row.name}") for row in call.db.execute(main))
        # The file of pixels moves only as part of a copied fileset.
        self.main = {row: path for row, path in paths if _base(path, known) in known}
        self.paths = [*self.files.values(), *self.directories.values()]
        self.bases = known | {_base(path, known) for path in self.paths}
        self._known = known

    def moved(self, bases: Mapping[str, str]) -> Places:
        """The places when each folder becomes another."""

        def new(path: str) -> str:
            base = _base(path, self._known)
            return f"{bases[base]}{path.removeprefix(base)}" if base else f"{bases[base]}/{path}"

        return Places(
            {row: (path, new(path)) for row, path in self.files.items()},
            {row: new(path) for row, path in self.directories.items()},
            {row: (path, bases[path]) for row, path in self.prefixes.items()},
            {row: split(new(path))[0] for row, path in self.main.items()},
        )


def _base(path: str, known: set[str]) -> str:
    """The folder that goes to a new place with this file. The log of an import lies beside the fileset's folder."""
    if path.removesuffix(LOG_SUFFIX) in known:
        return path.removesuffix(LOG_SUFFIX)
    folder = path
    while folder and folder not in known:
        folder = folder.rpartition("/")[0]
    return folder or path.rpartition("/")[0]


def _top(call: Copying, repository: Repository, paths: Sequence[str]) -> str:
    """A folder that is nobody else's, even if the template makes no new names."""
    top = fresh_folder(call, repository, paths).path
    if not (repository.root / top).exists():
        return top
    number = 1
    while (repository.root / f"{top}/copy-{number}").exists():
        number += 1
    return f"{top}/copy-{number}"


def _register(call: Copying, repository: Repository, top: str, places: Places) -> dict[str, int]:
    """Rows for the folders that have none yet."""
    wanted: set[str] = set()
    for path in [*(new for _, new in places.files.values()), *places.directories.values(), *places.main.values()]:
        while path.startswith(f"{top}/"):
            path = path.rpartition("/")[0]
            wanted.add(path)
    wanted |= {new for _, new in places.prefixes.values()}
    row = find_row(call.db, repository.uuid, top)
    known = {} if row is None else {top: row}
    missing = sorted(wanted - set(places.directories.values()) - known.keys())
    owner = call.caller.user_id
    new = [NewFile(*split(path), repository.uuid, DIRECTORY, owner, USER_GROUP) for path in missing]
    return known | dict(zip(missing, insert_files(call, new), strict=True))


def _link(source: Path, target: Path, check: Callable[[], None]) -> None:
    if source.is_symlink():
        target.symlink_to(os.path.realpath(source))
        return
    try:
        os.link(source, target)
    except FileNotFoundError:
        log.warning("%s is missing, so its copy has no content either", source)
    except OSError as error:
        log.info("%s cannot be linked (%s); it is copied", source, error.strerror)
        _copy(source, target, check)


def _copy(source: Path, target: Path, check: Callable[[], None]) -> None:
    with source.open("rb") as old, target.open("xb") as new:
        while data := old.read(CHUNK):
            check()
            new.write(data)


def _rewrite_index(root: Path, old: str, new: str) -> None:
    try:
        stored = json.loads((root / index_name(old)).read_text("utf-8"))
        stored["root"] = f"{new}{stored['root'].removeprefix(old)}"
    except (ValueError, KeyError, TypeError) as error:
        log.warning("%s is of no use (%s); the copy is described anew when it is opened", index_name(old), error)
        return
    (root / index_name(new)).write_text(json.dumps(stored, separators=(",", ":")), "utf-8")


def _make_durable(paths: Iterable[Path]) -> None:
    """Have the files and their names on the disk. With many files it is faster to write out everything."""
    written = [path for path in paths if path.exists()]
    if len(written) > FEW:
        os.sync()
        return
    for path in written:
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    for folder in {path.parent for path in written}:
        sync_directory(folder)
