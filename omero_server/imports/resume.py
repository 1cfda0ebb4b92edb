"""Continuing uploads that were interrupted: by a client that vanished, or by the end of the server.

A client asks for it with RESUME_KEY in the context of importFileset. Rows and files of an interrupted upload then
stay, for KEPT; the next import of the same files by the same user, in the same group and with the same checksum
algorithm, takes them over. Its settings are the new ones. Stores tell with getUploadOffset how much of each file is
there; whether that is right the checksums tell in the end. Giving an import up (`close`) removes it as ever.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select, update

from omero_server.db.tables import TABLES
from omero_server.imports.files import files_by_id
from omero_server.imports.process import (
    CONTINUED,
    LOG_TYPE,
    NODE_KEY,
    PROCESSES,
    RESUME_KEY,
    UPLOADING,
    Import,
    apply_special,
    checksum_algorithm,
    client_paths,
    resumable,
)
from omero_server.imports.target import check_target
from omero_server.imports.template import named_container, take_special
from omero_server.repository.identity import Repository
from omero_server.repository.paths import parse_rules, relative_paths
from omero_server.sessions.call import Call

__all__ = ["continued", "expired", "kept"]

KEPT = timedelta(hours=24)
IDLE_SECONDS = 60
"""An upload whose client is connected is left alone, unless nothing was written for so long."""


def continued(call: Call, repository: Repository, fileset: Any, settings: Any) -> Import | None:
    """The caller's interrupted import of these files, taken over; None without one. Errors as from `prepare`."""
    paths, algorithm = client_paths(fileset), checksum_algorithm(call, settings)
    if not resumable(call, algorithm):
        return None
    for fileset_id in call.db.execute(_interrupted(call)).scalars().all():
        files = _same_files(call, fileset_id, paths, algorithm)
        if files is not None and _let_go(call, fileset_id):
            return _taken_over(call, repository, fileset_id, files, settings)
    return None


def _interrupted(call: Call) -> Select[Any]:
    fileset, image = TABLES["fileset"], TABLES["image"]
    return (
        select(fileset.c.id)
        .where(
            fileset.c.owner_id == call.caller.user_id,
            fileset.c.group_id == call.caller.event_group,
            fileset.c.id.in_(_marked()),
            ~exists().where(image.c.fileset == fileset.c.id),
        )
        .order_by(fileset.c.id.desc())
        .with_for_update(skip_locked=True)
    )


def _marked() -> Select[Any]:
    """Ids of filesets whose client asked to keep them."""
    link, info = TABLES["filesetjoblink"], TABLES["metadataimportjob_versioninfo"]
    joined = select(link.c.parent).join(info, info.c.metadataimportjob_id == link.c.child)
    return joined.where(info.c.name == RESUME_KEY)


def _same_files(call: Call, fileset_id: int, paths: Sequence[str], algorithm: str) -> list[int] | None:
    """Ids of the files, if they are those of the client, in order, with the same checksum algorithm."""
    entry, file, hasher = (TABLES[name] for name in ("filesetentry", "originalfile", "checksumalgorithm"))
    chosen = select(entry.c.clientpath, entry.c.originalfile, hasher.c.value)
    chosen = chosen.join(file, file.c.id == entry.c.originalfile).join(hasher, hasher.c.id == file.c.hasher)
    rows = call.db.execute(chosen.where(entry.c.fileset == fileset_id).order_by(entry.c.fileset_index)).all()
    if [row.clientpath for row in rows] != list(paths) or any(row.value != algorithm for row in rows):
        return None
    return [row.originalfile for row in rows]


def _let_go(call: Call, fileset_id: int) -> bool:
    """Whether nobody works on it any more; an upload in this server that nobody continues is ended."""
    live = next((one for one in PROCESSES.all() if one.fileset_id == fileset_id), None)
    if live is None:
        return not _alive_elsewhere(call.db, fileset_id, call.engine.node_id)
    with live.lock:
        if live.state != UPLOADING or not _idle(call, live):
            return False
        live.state = CONTINUED
    call.engine.objects.drop(live.proxy)
    return True


def _idle(call: Call, live: Import) -> bool:
    if not call.engine.objects.connected(live.session_key, live.client):
        return True
    written = [path.stat().st_mtime for path in live.paths if path.exists()]
    return time.time() - max([live.begun, *written]) > IDLE_SECONDS


def _alive_elsewhere(db: Connection, fileset_id: int, own: int) -> bool:
    """Whether another server, which is up, has the import."""
    link, info, node = (TABLES[t] for t in ("filesetjoblink", "metadataimportjob_versioninfo", "node"))
    chosen = select(info.c.value).join(link, info.c.metadataimportjob_id == link.c.child)
    value = db.execute(chosen.where(info.c.name == NODE_KEY, link.c.parent == fileset_id)).scalar()
    alive = db.execute(select(node.c.id).where(node.c.down.is_(None), node.c.id != own)).scalars()
    return value in {str(one) for one in alive}


def _taken_over(call: Call, repository: Repository, fileset_id: int, files: list[int], settings: Any) -> Import:
    check_target(call, settings.userSpecifiedTarget)
    special = take_special(call, settings)
    jobs = _jobs(call.db, fileset_id)
    fileset, job_info = TABLES["fileset"], TABLES["metadataimportjob_versioninfo"]
    found = Import(
        fileset_id=fileset_id,
        job_link_id=jobs["metadataimportjob"][0],
        upload_job_id=jobs["uploadjob"][1],
        import_job_id=jobs["metadataimportjob"][1],
        job_ids=[job for _, job in jobs.values()],
        log_file_id=_log_file(call.db, [job for _, job in jobs.values()]),
        prefix=call.db.execute(select(fileset.c.templateprefix).where(fileset.c.id == fileset_id)).scalar_one(),
        omitted_levels=_omitted(call, fileset_id),
        files=files_by_id(call, files),
        repository=repository,
        settings=settings,
        group_id=call.caller.event_group,
        resumable=True,
        resumed=True,
    )
    own = update(job_info).where(job_info.c.metadataimportjob_id == found.import_job_id, job_info.c.name == NODE_KEY)
    call.db.execute(own.values(value=str(call.engine.node_id)))
    apply_special(found, special, named_container(settings, special))
    return found


def _jobs(db: Connection, fileset_id: int) -> dict[str, tuple[int, int]]:
    """Link and job by the job's table."""
    link, found = TABLES["filesetjoblink"], {}
    for name in ("uploadjob", "metadataimportjob", "pixeldatajob", "thumbnailgenerationjob", "indexingjob"):
        table = TABLES[name]
        chosen = select(link.c.id, link.c.child).join(table, table.c.job_id == link.c.child)
        row = db.execute(chosen.where(link.c.parent == fileset_id)).first()
        if row is not None:
            found[name] = (row.id, row.child)
    return found


def _log_file(db: Connection, jobs: Sequence[int]) -> int:
    link, file = TABLES["joboriginalfilelink"], TABLES["originalfile"]
    chosen = select(file.c.id).join(link, link.c.child == file.c.id)
    return int(db.execute(chosen.where(link.c.parent.in_(jobs), file.c.mimetype == LOG_TYPE)).scalar_one())


def _omitted(call: Call, fileset_id: int) -> int:
    entry = TABLES["filesetentry"]
    paths = call.db.execute(select(entry.c.clientpath).where(entry.c.fileset == fileset_id)).scalars().all()
    return relative_paths(paths, parse_rules(call.engine.config.get("omero.fs.repo.path_rules")))[1]


def kept(db: Connection) -> set[int]:
    """Filesets of interrupted uploads that may still be continued."""
    fileset, event = TABLES["fileset"], TABLES["event"]
    chosen = select(fileset.c.id).join(event, event.c.id == fileset.c.update_id)
    young = event.c.time > func.now() - KEPT
    return set(db.execute(chosen.where(young, fileset.c.id.in_(_marked()))).scalars())


def expired(db: Connection, own: int) -> list[int]:
    """Filesets of interrupted uploads that were kept long enough; not those that a server works on."""
    fileset, image = TABLES["fileset"], TABLES["image"]
    chosen = select(fileset.c.id).where(fileset.c.id.in_(_marked()), ~exists().where(image.c.fileset == fileset.c.id))
    live = {one.fileset_id for one in PROCESSES.all()}
    found = set(db.execute(chosen).scalars()) - kept(db) - live
    return sorted(one for one in found if not _alive_elsewhere(db, one, own))
