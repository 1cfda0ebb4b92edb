"""Taking an import back: its rows and its files, as if it had not been begun."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, select
from sqlalchemy.exc import SQLAlchemyError

from omero_server.db.tables import TABLES
from omero_server.db.transaction import Transaction
from omero_server.imports.process import NODE_KEY
from omero_server.repository.removal import files_of, remove_files
from omero_server.sessions.call import InTransaction

__all__ = ["SystemCall", "abandoned", "discard"]

log = logging.getLogger(__name__)

ANNOTATIONS = "ome.model.annotations"
FILE_TRANSFER = "openmicroscopy.org/omero/import/fileTransfer"
JOB_TABLES = ("uploadjob", "metadataimportjob", "pixeldatajob", "thumbnailgenerationjob", "indexingjob")


@dataclass(frozen=True, slots=True)
class SystemCall(InTransaction):
    """What the repository needs of a call, for work that the server does on its own account."""

    transaction: Transaction
    engine: Any

    @classmethod
    def begin(cls, engine: Any) -> Transaction:
        """The transaction of such work."""
        return Transaction(engine.database, engine.author(), writable=True)


def discard(engine: Any, fileset_id: int) -> bool:
    """Remove a fileset that has no images, with its jobs and files; False when it has images or is gone.

    What fails once, for example because the disk was full for a moment, is tried again.
    """
    try:
        return _discard(engine, fileset_id)
    except (OSError, SQLAlchemyError):
        log.exception("removing the fileset %d failed; it is tried again", fileset_id)
        return _discard(engine, fileset_id)


def _discard(engine: Any, fileset_id: int) -> bool:
    with SystemCall.begin(engine) as transaction:
        call = SystemCall(transaction, engine)
        if not _is_empty(call.db, fileset_id):
            return False
        _remove(call, fileset_id)
    log.info("the fileset %d, whose import did not succeed, was removed", fileset_id)
    return True


def abandoned(db: Connection) -> list[int]:
    """Filesets without images whose import ran in a server that is not up any more."""
    link, info, node, image = (TABLES[t] for t in ("filesetjoblink", "metadataimportjob_versioninfo", "node", "image"))
    alive = select(node.c.id).where(node.c.down.is_(None))
    chosen = (
        select(link.c.parent, info.c.value)
        .join(info, info.c.metadataimportjob_id == link.c.child)
        .where(info.c.name == NODE_KEY, ~exists().where(image.c.fileset == link.c.parent))
    )
    running = {str(row_id) for row_id in db.execute(alive).scalars()}
    return [fileset for fileset, server in db.execute(chosen) if server not in running]


def _is_empty(db: Connection, fileset_id: int) -> bool:
    fileset, image = TABLES["fileset"], TABLES["image"]
    row = db.execute(select(fileset.c.id).where(fileset.c.id == fileset_id).with_for_update()).first()
    return row is not None and not db.execute(select(exists().where(image.c.fileset == fileset_id))).scalar()


def _remove(call: SystemCall, fileset_id: int) -> None:
    db = call.db
    entry, link, log_link = (TABLES[name] for name in ("filesetentry", "filesetjoblink", "joboriginalfilelink"))
    notes = TABLES["filesetannotationlink"]
    jobs = _ids(db, select(link.c.child).where(link.c.parent == fileset_id))
    files = _ids(db, select(entry.c.originalfile).where(entry.c.fileset == fileset_id))
    files += _ids(db, select(log_link.c.child).where(log_link.c.parent.in_(jobs)))
    doomed = files_of(call, {"originalfile": files, "fileset": [fileset_id]})
    rows: list[tuple[str, str, Sequence[int]]] = [
        ("FilesetEntry", "ome.model.fs", _ids(db, select(entry.c.id).where(entry.c.fileset == fileset_id))),
        ("FilesetJobLink", "ome.model.fs", _ids(db, select(link.c.id).where(link.c.parent == fileset_id))),
        ("FilesetAnnotationLink", ANNOTATIONS, _ids(db, select(notes.c.id).where(notes.c.parent == fileset_id))),
        ("CommentAnnotation", ANNOTATIONS, _transfer_notes(db, fileset_id)),
        ("JobOriginalFileLink", "ome.model.jobs", _ids(db, select(log_link.c.id).where(log_link.c.parent.in_(jobs)))),
        *((name, "ome.model.jobs", kind) for name, kind in _jobs_by_class(db, jobs)),
        ("OriginalFile", "ome.model.core", files),
        ("Fileset", "ome.model.fs", [fileset_id]),
    ]  # fmt: skip
    for name, package, ids in rows:
        _delete(call, name, ids)
        call.log("DELETE", f"{package}.{name}", ids)
    remove_files(call, doomed)


def _transfer_notes(db: Connection, fileset_id: int) -> list[int]:
    """The comments that say how the files came; they belong to this fileset alone."""
    link, note = TABLES["filesetannotationlink"], TABLES["annotation"]
    other = link.alias()
    others = exists().where(other.c.child == note.c.id, other.c.parent != fileset_id)
    chosen = select(note.c.id).join(link, link.c.child == note.c.id).where(link.c.parent == fileset_id)
    return _ids(db, chosen.where(note.c.ns == FILE_TRANSFER, ~others))


def _jobs_by_class(db: Connection, jobs: Sequence[int]) -> list[tuple[str, list[int]]]:
    classes = ("UploadJob", "MetadataImportJob", "PixelDataJob", "ThumbnailGenerationJob", "IndexingJob")
    tables = [(name, TABLES[name.lower()]) for name in classes]
    return [(name, _ids(db, select(table.c.job_id).where(table.c.job_id.in_(jobs)))) for name, table in tables]


def _delete(call: SystemCall, name: str, ids: Sequence[int]) -> None:
    table = TABLES["annotation" if name == "CommentAnnotation" else name.lower()]
    if name.lower() in JOB_TABLES:
        call.db.execute(delete(table).where(table.c.job_id.in_(ids)))
        table = TABLES["job"]
    call.db.execute(delete(table).where(table.c.id.in_(ids)))


def _ids(db: Connection, chosen: Select[Any]) -> list[int]:
    return list(db.execute(chosen).scalars())
