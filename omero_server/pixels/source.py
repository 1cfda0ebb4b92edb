"""From the id of Pixels to a buffer: server-written pixels, or the original files through their reader.

    with closing(pixel_source(call, pixels_id)) as pixels:
        plane = pixels.plane(z, c, t)

Nothing is checked of the caller's rights. What a reader learnt at import lies beside the fileset, so that opening an
image again needs no search through its files; where it is missing (imported by another server) it is written.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Row, select

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.formats.base import FormatError, Reader
from omero_server.formats.info import FilesetInfo
from omero_server.formats.registry import open_reader, restore
from omero_server.pixels.buffer import PixelBuffer, ReaderBuffer, RomioBuffer
from omero_server.pixels.large import LargeBuffer, is_large, pyramid_tile
from omero_server.pixels.pyramid import OwnPyramidReader, open_pyramid
from omero_server.pixels.shelf import ReaderShelf
from omero_server.repository import removal
from omero_server.repository.disk import write_durably
from omero_server.repository.identity import find_repository
from omero_server.repository.layout import Layout, index_name

__all__ = [
    "Reading", "fileset_reader", "forget_pyramid", "pixel_source", "stored_pixels", "writable_pixels", "write_index",
]  # fmt: skip

log = logging.getLogger(__name__)

SHELF = ReaderShelf()


class Reading(Protocol):
    """What is needed of a call."""

    @property
    def db(self) -> Connection: ...
    @property
    def engine(self) -> Any: ...


def pixel_source(call: Reading, pixels_id: int) -> PixelBuffer:
    """The pixels of an image, for reading. To be closed.

    ValidationException for an unknown id; ResourceError when there are no pixels (yet) or they cannot be read, naming
    the file. Reading itself raises IndexError for what lies outside, FormatError for a damaged file.
    """
    row = _find(call.db, pixels_id)
    layout = Layout.of(call.engine.config)
    if is_large(call.engine.config, row.sizex, row.sizey):
        return _large(call, layout, row)
    return _stored(call.db, layout, row)


def stored_pixels(call: Reading, pixels_id: int) -> PixelBuffer:
    """As pixel_source, without the help of a pyramid that was made of the pixels."""
    return _stored(call.db, Layout.of(call.engine.config), _find(call.db, pixels_id))


def _stored(db: Connection, layout: Layout, row: Row[Any]) -> PixelBuffer:
    if layout.pixels(row.id).exists():
        return RomioBuffer(layout.pixels(row.id), _sizes(row), row.type)
    try:
        return _original(db, layout, row)
    except FormatError as error:
        raise omero.ResourceError(message=f"The pixels {row.id} cannot be read. {error}") from error


def _large(call: Reading, layout: Layout, row: Row[Any]) -> PixelBuffer:
    """Pixels with very large planes. Where neither the files nor a pyramid have smaller levels these are ordered."""
    pyramid, tile = _pyramid(layout, row), pyramid_tile(call.engine.config)
    has_full = pyramid is not None and pyramid.size_x == row.sizex
    # What we made ourselves is without loss, and was made to be read quickly.
    if pyramid is not None and has_full and pyramid.reader_name == OwnPyramidReader.name:
        return LargeBuffer(None, pyramid, has_full, tile)
    try:
        source = _stored(call.db, layout, row)
    except omero.ResourceError:
        if pyramid is None or not has_full:
            raise
        log.info("the pixels %d are read from their pyramid, since their own files cannot be read", row.id)
        return LargeBuffer(None, pyramid, has_full, tile)
    if len(source.levels) > 1:
        if pyramid is not None:
            pyramid.close()
        return source
    if pyramid is None:
        call.engine.pyramids.request(row.id)
    return LargeBuffer(source, pyramid, has_full, tile)


def _pyramid(layout: Layout, row: Row[Any]) -> ReaderBuffer | None:
    """The pyramid; None when there is none or it is of no use. An empty file says that making one has failed."""
    path = layout.pyramid(row.id)
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return None
    if not size:
        return None
    try:
        return SHELF.buffer(
            ("pyramid", row.id), 0, lambda: open_pyramid(path, (row.sizez, row.sizec, row.sizet), row.type)
        )  # fmt: skip
    except FormatError as error:
        log.warning("the pyramid of the pixels %d is not used: %s", row.id, error)
        return None


def writable_pixels(call: Reading, pixels_id: int) -> RomioBuffer:
    """Server-written pixels, for writing; the file is made when it is missing. ResourceError for imported images."""
    row = _find(call.db, pixels_id)
    layout = Layout.of(call.engine.config)
    if row.file is not None:
        raise omero.ResourceError(message=f"The pixels {pixels_id} lie in an imported file, which stays as it is.")
    return RomioBuffer(layout.pixels(pixels_id), _sizes(row), row.type, writable=True)


def fileset_reader(call: Reading, pixels_id: int) -> Reader:
    """A reader of its own over the fileset that the pixels lie in. To be closed.

    ValidationException for an unknown id; ResourceError when they lie in no imported file, FormatError when the files
    cannot be read.
    """
    row, layout = _find(call.db, pixels_id), Layout.of(call.engine.config)
    return _open_fileset(layout, row.templateprefix or "", _entry(call.db, layout, row))


def _forget(removed: removal.Doomed) -> None:
    """Files are gone: close what was kept open."""
    if removed.table == "fileset":
        SHELF.forget(("fileset", removed.row_id))
    if removed.table == "pixels":
        forget_pyramid(removed.row_id)


def forget_pyramid(pixels_id: int) -> None:
    """Close the pyramid of these pixels: its file is gone, or another one."""
    SHELF.forget(("pyramid", pixels_id))


removal.on_removed.append(_forget)


def write_index(layout: Layout, template_prefix: str, info: FilesetInfo) -> None:
    """Keep what a reader found beside the fileset's folder."""
    root = info.root.relative_to(layout.managed).as_posix()
    data = json.dumps({"root": root, "fileset": info.to_json()}, separators=(",", ":"))
    write_durably(layout.managed / index_name(template_prefix), data.encode())


def _find(db: Connection, pixels_id: int) -> Row[Any]:
    pixels, image, fileset, types = (TABLES[name] for name in ("pixels", "image", "fileset", "pixelstype"))
    chosen = (
        select(
            pixels.c.id, pixels.c.sizex, pixels.c.sizey, pixels.c.sizez, pixels.c.sizec, pixels.c.sizet,
            pixels.c.path.label("folder"), pixels.c.name.label("file"), pixels.c.repo, types.c.value.label("type"),
            image.c.series, image.c.fileset, fileset.c.templateprefix,
        )
        .join(types, types.c.id == pixels.c.pixelstype)
        .join(image, image.c.id == pixels.c.image)
        .outerjoin(fileset, fileset.c.id == image.c.fileset)
        .where(pixels.c.id == pixels_id)
    )  # fmt: skip
    row: Row[Any] | None = db.execute(chosen).first()  # type: ignore[assignment]
    if row is None:
        raise omero.ValidationException(message=f"There are no Pixels with id {pixels_id}.")
    return row


def _sizes(row: Row[Any]) -> tuple[int, int, int, int, int]:
    return row.sizex, row.sizey, row.sizez, row.sizec, row.sizet


def _original(db: Connection, layout: Layout, row: Row[Any]) -> PixelBuffer:
    path, series = _entry(db, layout, row), row.series or 0
    if row.fileset is None:
        return SHELF.buffer(("file", str(path)), series, lambda: open_reader(path))
    return SHELF.buffer(
        ("fileset", row.fileset), series, lambda: _open_fileset(layout, row.templateprefix or "", path)
    )  # fmt: skip


def _entry(db: Connection, layout: Layout, row: Row[Any]) -> Path:
    """The file by which the fileset is opened."""
    if row.file is None:
        raise omero.ResourceError(
            message=f"The pixels {row.id} have not been stored yet: their import is not finished, or it failed."
        )
    return _root(db, layout, row).joinpath((row.folder or "").strip("/"), row.file)


def _root(db: Connection, layout: Layout, row: Row[Any]) -> Path:
    if row.repo is None:
        return layout.data
    repository = find_repository(db, layout.managed)
    if repository is None or repository.uuid != row.repo:
        raise omero.ResourceError(
            message=f"The pixels {row.id} lie in the repository {row.repo}, which this server does not have."
        )
    return repository.root


def _open_fileset(layout: Layout, template_prefix: str, path: Path) -> Reader:
    index = layout.managed / index_name(template_prefix)
    try:
        stored = json.loads(index.read_text(encoding="utf-8"))
        return restore(FilesetInfo.from_json(stored["fileset"], layout.managed / stored["root"]))
    except FileNotFoundError:
        log.info("%s is missing; the fileset is described anew", index)
    except (ValueError, KeyError, TypeError) as error:
        log.warning("%s is of no use (%s); the fileset is described anew", index, error)
    reader = open_reader(path)
    try:
        write_index(layout, template_prefix, reader.info())
    except (OSError, ValueError) as error:
        log.warning("what was learnt about %s cannot be kept: %s", path, error)
    return reader
