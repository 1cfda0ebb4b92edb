"""From the uploaded files to images: everything is read first, then all rows become visible in one commit.

The five steps are those that clients know: metadata, pixels, thumbnails, post-processing (there is none), objects.
Pixels are read, and pictures drawn, before the transaction begins; it is short even when an import takes an hour. The
server itself does not open the files: processes for reading do.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import func, insert, text, update

import omero
import omero._generated
import omero.model
from omero_server.db.tables import TABLES
from omero_server.formats.base import FormatError
from omero_server.formats.info import FilesetInfo, ImageInfo
from omero_server.formats.zarrtree import tree_root
from omero_server.imports.extras import Annotations
from omero_server.imports.graph import Batch, image_graph, wishes_of
from omero_server.imports.journal import Journal
from omero_server.imports.measure import Measured, Wanted
from omero_server.imports.objects import make
from omero_server.imports.optics import displays
from omero_server.imports.plates import plate_graphs
from omero_server.imports.process import Import
from omero_server.imports.reading import Reading
from omero_server.imports.references import Enumerations, reference
from omero_server.imports.response import import_response
from omero_server.imports.template import find_container
from omero_server.imports.thumbnails import store_thumbnails
from omero_server.pixels.large import is_large
from omero_server.pixels.source import write_index
from omero_server.rendering.defaults import needs_pyramid
from omero_server.rendering.metadata import load_pixels
from omero_server.rendering.storing import insert_settings
from omero_server.repository.layout import Layout
from omero_server.repository.rows import FILE_CLASS
from omero_server.saving.saver import save
from omero_server.sessions.call import Call

__all__ = ["STEPS", "Progress", "run_import"]

log = logging.getLogger(__name__)

STEPS = 5


class Progress(Protocol):
    """Whoever follows the import."""

    def check_cancelled(self) -> None: ...


@dataclass
class _Saved:
    """Ids of what was saved, in the order of the images; plates are objects."""

    images: list[Any]
    plates: list[Any]


def run_import(call: Call, process: Import, progress: Progress, journal: Journal) -> Generator[None, None, Any]:
    """Import a fileset whose upload is complete; yields after each step, and returns the response for its client.

    FormatError for files that cannot be read, and whatever the database or disk raises; nothing is stored then.
    """
    started, upload = time.monotonic(), time.time() - process.begun
    with call.engine.reading(partial(_check, call, progress)) as reading:
        with journal.timed("setId"):
            info = _describe(process, reading, journal)
        yield
        found = _measure(call, process, info, reading, journal)
    yield
    with call.engine.begin(call.caller, writable=True, session=call.session, context=call.context) as own:
        saved = _store(own, process, info, found, journal)
        progress.check_cancelled()
        journal.write_times(upload, _counts(process, info, found))
        journal.write(f"finished after {time.monotonic() - started:.3f} s")
        _finish(own, process, info, journal.close())
    for _ in range(STEPS - 2):
        yield
    return import_response(saved.images, saved.plates)


def _check(call: Call, progress: Progress) -> None:
    progress.check_cancelled()
    if call.engine.stopping.is_set():
        raise omero.InternalException(message="The server stops. Import the files again when it is back.")


def _describe(process: Import, reading: Reading, journal: Journal) -> FilesetInfo:
    path, size = process.path(0), sum(row.size or 0 for row in process.files)
    journal.write(f"import of fileset {process.fileset_id}: {len(process.files)} files in {process.prefix}")
    for row in process.files:
        journal.write(f"file {row.path}{row.name}, {row.hasher} {row.hash}, {row.size} bytes")
    info = reading.describe(path, len(process.files), size)
    folder = process.repository.root / process.prefix
    if not all(Path(os.path.normpath(used)).is_relative_to(folder) for used in info.used_files):
        raise FormatError(path, "names files that do not belong to it", "Import its files together.")
    journal.write(f"reader {info.reader} version {info.reader_version}, format {info.format}, entry file {path.name}")
    journal.write(f"{len(info.images)} images, {len(info.plates)} plates")
    return info


def _measure(call: Call, process: Import, info: FilesetInfo, reading: Reading, journal: Journal) -> list[Measured]:
    settings, config = process.settings, call.engine.config
    stats = not _is_true(settings.noStatsInfo)
    pictures = settings.doThumbnails is None or _is_true(settings.doThumbnails)
    wanted = [
        Wanted(series, displays(image)[0], stats, pictures, whole=not needs_pyramid(config, image))
        for series, image in enumerate(info.images)
    ]
    found = reading.measure(wanted)
    for series, (one, image) in enumerate(zip(found, info.images, strict=True)):
        journal.add_times(one.seconds)
        size = f"{image.size_x}x{image.size_y}, z={image.size_z} c={image.size_c} t={image.size_t}, {image.pixel_type}"
        journal.write(f"image {series} {image.name!r}: {size}, {len(image.levels)} levels, pixels sha1 {one.sha1}")
    return found


def _counts(process: Import, info: FilesetInfo, found: Sequence[Measured]) -> dict[str, int]:
    """What there was to do."""
    return {
        "files": len(process.files),
        "planes": sum(image.size_z * image.size_c * image.size_t for image in info.images),
        "settings": sum(one.settings is not None for one in found),
        "pictures": sum(one.thumbnail is not None for one in found),
    }


def _is_true(value: Any) -> bool:
    return value is not None and bool(value._val)


def _store(call: Call, process: Import, info: FilesetInfo, found: Sequence[Measured], journal: Journal) -> _Saved:
    with journal.timed("metadata"):
        saved = _save_graph(call, process, info, found)
    journal.write(f"rows of {len(saved.images)} images and {len(saved.plates)} plates")
    pixels = [image._pixelsSeq[0]._id._val for image in saved.images]
    _place_pixels(call, process, pixels)
    infos = load_pixels(call, pixels)
    pictured = [(replace(infos[i], channels=one.channels), one) for i, one in zip(pixels, found, strict=True)]
    with journal.timed("rdefs"):
        insert_settings(call, [(row, one.settings) for row, one in pictured if one.settings is not None])
    with journal.timed("thumbnails"):
        store_thumbnails(call, [(row, one.thumbnail) for row, one in pictured if one.thumbnail is not None])
    journal.write("settings and thumbnails")
    write_index(Layout.of(call.engine.config), process.prefix, info, new=True)
    _order_pyramids(call, process, zip(pixels, info.images, strict=True))
    journal.write(f"images {_ranges([image._id._val for image in saved.images])}")
    return saved


def _order_pyramids(call: Call, process: Import, images: Iterable[tuple[int, ImageInfo]]) -> None:
    """Have smaller levels made of very large planes that have none, and their statistics, once the images are there."""
    stats = not _is_true(process.settings.noStatsInfo)
    for pixels_id, one in images:
        large = is_large(call.engine.config, one.size_x, one.size_y)
        if large and (stats or len(one.levels) == 1):
            call.after_commit(partial(call.engine.pyramids.request, pixels_id))


def _file_name(process: Import) -> str:
    """What people call the file: for a Zarr tree its folder, not the metadata file by which it is opened."""
    entry = process.path(0)
    return (tree_root(entry) or entry).name


def _save_graph(call: Call, process: Import, info: FilesetInfo, found: Sequence[Measured]) -> _Saved:
    enums = Enumerations(call)
    wishes, target = wishes_of(process.settings), _target(call, enums, process, plates=bool(info.plates))
    format_id, notes = _format_id(call, enums, info.format), Annotations(enums)
    batch = Batch(process.fileset_id, format_id, _file_name(process), info.images, found, wishes, notes)
    images = [image_graph(enums, batch, series) for series in range(len(found))]
    dataset, screen = (_container(target, kind) for kind in ("Dataset", "Screen"))
    plates = plate_graphs(enums, info, batch, images, screen)
    links = [make(enums, "DatasetImageLink", parent=dataset, child=image) for image in images if dataset is not None]
    save(call, [*images, *plates, *links])
    return _Saved(images, plates)


def _ranges(ids: Sequence[int]) -> str:
    """Ids in a few words: 7-9, 12."""
    runs: list[list[int]] = []
    for one in sorted(ids):
        if runs and one == runs[-1][-1] + 1:
            runs[-1][1:] = [one]
        else:
            runs.append([one])
    return ", ".join("-".join(map(str, run)) for run in runs)


def _target(call: Call, enums: Enumerations, process: Import, *, plates: bool) -> Any:
    """What the client has chosen, or what the folder of the files names."""
    if process.container is None:
        return process.settings.userSpecifiedTarget
    return find_container(call, enums, "Screen" if plates else "Dataset", process.container)


def _container(target: Any, kind: str) -> Any:
    """The target if it is of this class: a reference to a stored one, or the new one."""
    if not isinstance(target, getattr(omero.model, kind)):
        return None
    return target if target._id is None else reference(kind, target._id._val)


def _format_id(call: Call, enums: Enumerations, value: str) -> int:
    """Id of the Format; one that the database does not know yet is added."""
    known = enums.ids("Format").get(value)
    if known is not None:
        return known
    # Another import may be adding it; its commit is waited for.
    call.db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"Format:{value}"})
    known = Enumerations(call).ids("Format").get(value)
    if known is not None:
        return known
    made = omero.model.Format(_loaded=True, _value=omero.RString(value))
    return int(save(call, [made], privileged=True)[0]._id._val)


def _place_pixels(call: Call, process: Import, pixels: Sequence[int]) -> None:
    """Say where the pixels lie: in the first file of the fileset."""
    table, entry = TABLES["pixels"], process.files[0]
    place = update(table).where(table.c.id.in_(pixels))
    call.db.execute(place.values(path=entry.path, name=entry.name, repo=process.repository.uuid))


def _finish(call: Call, process: Import, known: FilesetInfo, log_size: int) -> None:
    """Close the jobs, with the reader's name and version, and record the size of the log."""
    file, info = TABLES["originalfile"], TABLES["metadataimportjob_versioninfo"]
    call.db.execute(update(file).where(file.c.id == process.log_file_id).values(size=log_size))
    call.log("UPDATE", FILE_CLASS, [process.log_file_id])
    pairs = [("reader", known.reader), ("reader.version", known.reader_version), ("format", known.format)]
    rows = [
        {"metadataimportjob_id": process.import_job_id, "name": name, "value": value, "index": index}
        for index, (name, value) in enumerate(pairs, start=1 + process.resumable)
    ]
    call.db.execute(insert(info), rows)
    set_job_status(call, process.job_ids, "Finished")


def set_job_status(call: Call, job_ids: Sequence[int], status: str) -> None:
    """Move jobs of a fileset on; finished ones get the time."""
    job = TABLES["job"]
    values = {"status": Enumerations(call).ids("JobStatus")[status], "finished": func.now(), "update_id": call.event_id}
    call.db.execute(update(job).where(job.c.id.in_(job_ids)).values(**values))
