"""Whether rows of a database and files of its repository say the same: no row without file, no file without row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from omero_server.repository.checksums import file_checksum
from omero_server.repository.layout import Layout, index_name
from tests.support.instance import Instance

__all__ = ["inconsistencies"]

RESUMABLE = """(SELECT l.parent FROM filesetjoblink l JOIN metadataimportjob_versioninfo v
                ON v.metadataimportjob_id = l.child WHERE v.name = 'omero.import.resume')"""
"""Filesets whose upload may be interrupted and continued."""

ORPHANS = {
    "pixels without image": "SELECT p.id FROM pixels p LEFT JOIN image i ON i.id = p.image WHERE i.id IS NULL",
    "imported image without pixels": (
        "SELECT i.id FROM image i LEFT JOIN pixels p ON p.image = i.id WHERE p.id IS NULL AND i.fileset IS NOT NULL"
    ),
    "fileset without images": (
        f"SELECT f.id FROM fileset f LEFT JOIN image i ON i.fileset = f.id WHERE i.id IS NULL "  # noqa: S608
        f"AND f.id NOT IN {RESUMABLE}"
    ),
    "fileset without files": (
        "SELECT f.id FROM fileset f WHERE NOT EXISTS (SELECT FROM filesetentry e WHERE e.fileset = f.id)"
    ),
    "job without fileset": (
        "SELECT j.id FROM job j WHERE NOT EXISTS (SELECT FROM filesetjoblink l WHERE l.child = j.id)"
    ),
}

INTERRUPTED = f"""SELECT f.id FROM fileset f WHERE f.id IN {RESUMABLE}
                  AND NOT EXISTS (SELECT FROM image i WHERE i.fileset = f.id)"""  # noqa: S608
UPLOADING = f"""SELECT f.id FROM originalfile f JOIN filesetentry e ON e.originalfile = f.id
                WHERE f.hash IS NULL AND e.fileset IN {RESUMABLE}
                UNION SELECT o.child FROM joboriginalfilelink o JOIN filesetjoblink l ON l.child = o.parent
                WHERE l.parent IN {RESUMABLE} AND NOT EXISTS (SELECT FROM image i WHERE i.fileset = l.parent)"""  # noqa: S608
"""Files of interrupted uploads: part of them is there, and no log yet."""


def inconsistencies(instance: Instance) -> list[str]:
    """What is wrong, in words; empty when all is well. The server may run, but nobody may use it meanwhile."""
    engine = create_engine(instance.uri.replace("postgresql://", "postgresql+psycopg2://", 1))
    try:
        with engine.connect() as db:
            return sorted(_Check(db, Layout.of(instance.config)).run())
    finally:
        engine.dispose()


class _Check:
    def __init__(self, db: Any, layout: Layout) -> None:
        self.db = db
        self.layout = layout
        self.known: set[Path] = set()

    def run(self) -> Iterator[str]:
        for what, sql in ORPHANS.items():
            yield from (f"{what}: {row_id}" for row_id in self.db.execute(text(sql)).scalars())
        yield from self.original_files()
        yield from self.pixels()
        yield from self.thumbnails()
        yield from self.filesets()
        yield from self.unknown_files()
        yield from (f"unfinished removal: {note.name}" for note in self.layout.removals.glob("*"))

    def original_files(self) -> Iterator[str]:
        sql = """SELECT f.id, f.repo, f.path, f.name, f.mimetype, f.size, f.hash, h.value AS hasher
                 FROM originalfile f LEFT JOIN checksumalgorithm h ON h.id = f.hasher
                 WHERE f.mimetype <> 'Repository'"""
        uploading = set(self.db.execute(text(UPLOADING)).scalars())
        for row in self.db.execute(text(sql)):
            path = self.layout.file(row.id) if row.repo is None else self.layout.in_managed(row.path, row.name)
            self.known.add(path)
            if row.id in uploading:
                continue
            if not path.exists():
                if row.repo is not None or row.size:
                    yield f"OriginalFile {row.id} has no file {path}"
            elif row.mimetype == "Directory":
                if not path.is_dir():
                    yield f"OriginalFile {row.id} is no folder: {path}"
            elif row.size != path.stat().st_size:
                yield f"OriginalFile {row.id} has {row.size} bytes, {path} {path.stat().st_size}"
            elif row.hasher and row.hash != file_checksum(path, row.hasher):
                yield f"OriginalFile {row.id} has another checksum than {path}"

    def pixels(self) -> Iterator[str]:
        for row in self.db.execute(text("SELECT id, path, name, repo FROM pixels")):
            self.known |= {self.layout.pixels(row.id), self.layout.pyramid(row.id)}
            if row.repo and not (self.layout.managed / row.path / row.name).exists():
                yield f"Pixels {row.id} have no file {row.path}{row.name}"

    def thumbnails(self) -> Iterator[str]:
        for row_id in self.db.execute(text("SELECT id FROM thumbnail")).scalars():
            path = self.layout.thumbnail(row_id)
            self.known.add(path)
            if not path.exists():
                yield f"Thumbnail {row_id} has no file"

    def filesets(self) -> Iterator[str]:
        interrupted = set(self.db.execute(text(INTERRUPTED)).scalars())
        for row in self.db.execute(text("SELECT id, templateprefix FROM fileset")):
            index = self.layout.managed / index_name(row.templateprefix)
            self.known.add(index)
            if not index.exists() and row.id not in interrupted:
                yield f"Fileset {row.id} has no index"

    def unknown_files(self) -> Iterator[str]:
        for root in ("Files", "Pixels", "Thumbnails"):
            found = (path for path in (self.layout.data / root).rglob("*") if not path.is_dir())
            yield from (f"file without row: {path}" for path in found if path not in self.known)
        for path in self.layout.managed.rglob("*"):
            if ".omero" not in path.relative_to(self.layout.managed).parts and path not in self.known:
                yield f"file without row: {path}"
