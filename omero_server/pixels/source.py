"""From the id of Pixels to a buffer: server-written pixels, or the original files through their reader.

    with closing(pixel_source(call, pixels_id)) as pixels:
        plane = pixels.plane(z, c, t)

Nothing is checked of the caller's rights. What a reader learnt at import lies beside the fileset, so that opening an
image again needs no search through its files; where it is missing (imported by another server) it is written.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Row, select

import omero
import omero._generated
from omero_server.control.config import Config
from omero_server.db.tables import TABLES
from omero_server.formats.base import FormatError, Reader
from omero_server.formats.info import FilesetInfo
from omero_server.formats.registry import open_reader, restore
from omero_server.pixels.buffer import PixelBuffer, ReaderBuffer, RomioBuffer
from omero_server.pixels.large import LargeBuffer, is_large, pyramid_tile
from omero_server.pixels.pyramid import OwnPyramidReader, open_pyramid
from omero_server.pixels.shelf import ReaderShelf
from omero_server.repository import removal
from omero_server.repository.disk import write_durably, write_new
from omero_server.repository.identity import find_repository
from omero_server.repository.layout import Layout, index_name

__all__ = [
    "Place", "Reading", "fileset_reader", "forget_place", "forget_pyramid", "open_place", "pixel_source", "place_of",
    "stored_pixels", "writable_pixels", "write_index",
]  # fmt: skip

log = logging.getLogger(__name__)

SHELF = ReaderShelf()


@dataclass(frozen=True)
class Place:
    """Where pixels lie: all that is needed to open them without the database. sizes: x, y, z, c, t.

    entry: the file by which their fileset is opened; None for server-written pixels. missing: why there are none.
    """

    pixels_id: int
    sizes: tuple[int, int, int, int, int]
    pixel_type: str
    series: int
    fileset: int | None
    template_prefix: str
    entry: Path | None
    missing: str


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
    return open_place(call.engine.config, place_of(call, pixels_id), lambda: call.engine.pyramids.request(pixels_id))


def stored_pixels(call: Reading, pixels_id: int) -> PixelBuffer:
    """As pixel_source, without the help of a pyramid that was made of the pixels."""
    return _stored(Layout.of(call.engine.config), place_of(call, pixels_id))


def place_of(call: Reading, pixels_id: int) -> Place:
    """Where pixels lie. ValidationException for an unknown id."""
    row, layout = _find(call.db, pixels_id), Layout.of(call.engine.config)
    entry, missing = None, ""
    if not layout.pixels(pixels_id).exists():
        try:
            entry = _entry(call.db, layout, row)
        except omero.ResourceError as error:
            missing = error.message
    return Place(
        pixels_id, _sizes(row), row.type, row.series or 0, row.fileset, row.templateprefix or "", entry, missing
    )  # fmt: skip


def open_place(config: Config, place: Place, order: Callable[[], None]) -> PixelBuffer:
    """The pixels at a place, for reading; errors as for pixel_source.

    ``order``: asks for a pyramid, where planes are very large and have no smaller levels.
    """
    layout = Layout.of(config)
    width, height = place.sizes[:2]
    return _large(config, layout, place, order) if is_large(config, width, height) else _stored(layout, place)


def _stored(layout: Layout, place: Place) -> PixelBuffer:
    if place.missing:
        raise omero.ResourceError(message=place.missing)
    if place.entry is None:
        return RomioBuffer(layout.pixels(place.pixels_id), place.sizes, place.pixel_type)
    try:
        return _original(layout, place, place.entry)
    except FormatError as error:
        raise omero.ResourceError(message=f"The pixels {place.pixels_id} cannot be read. {error}") from error


def _large(config: Config, layout: Layout, place: Place, order: Callable[[], None]) -> PixelBuffer:
    """Pixels with very large planes. Where neither the files nor a pyramid have smaller levels these are ordered."""
    pyramid, tile = _pyramid(layout, place), pyramid_tile(config)
    has_full = pyramid is not None and pyramid.size_x == place.sizes[0]
    # What we made ourselves is without loss, and was made to be read quickly.
    if pyramid is not None and has_full and pyramid.reader_name == OwnPyramidReader.name:
        return LargeBuffer(None, pyramid, has_full, tile)
    try:
        source = _stored(layout, place)
    except omero.ResourceError:
        if pyramid is None or not has_full:
            raise
        log.info("the pixels %d are read from their pyramid, since their own files cannot be read", place.pixels_id)
        return LargeBuffer(None, pyramid, has_full, tile)
    if len(source.levels) > 1:
        if pyramid is not None:
            pyramid.close()
        return source
    if pyramid is None:
        order()
    return LargeBuffer(source, pyramid, has_full, tile)


def _pyramid(layout: Layout, place: Place) -> ReaderBuffer | None:
    """The pyramid; None when there is none or it is of no use. An empty file says that making one has failed."""
    path = layout.pyramid(place.pixels_id)
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return None
    if not size:
        return None
    try:
        return SHELF.buffer(
            ("pyramid", place.pixels_id), 0, lambda: open_pyramid(path, place.sizes[2:], place.pixel_type)
        )  # fmt: skip
    except FormatError as error:
        log.warning("the pyramid of the pixels %d is not used: %s", place.pixels_id, error)
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


def forget_place(place: Place) -> None:
    """Close what was kept open of these pixels: nobody looks at them any more, or their files are gone."""
    forget_pyramid(place.pixels_id)
    if place.fileset is not None:
        SHELF.forget(("fileset", place.fileset))


def forget_pyramid(pixels_id: int) -> None:
    """Close the pyramid of these pixels: its file is gone, or another one."""
    SHELF.forget(("pyramid", pixels_id))


removal.on_removed.append(_forget)


def write_index(layout: Layout, template_prefix: str, info: FilesetInfo, *, new: bool = False) -> None:
    """Keep what a reader found beside the fileset's folder.

    new: nobody looks yet, and whoever takes the fileset back finds the file under its name, complete or not.
    """
    root = info.root.relative_to(layout.managed).as_posix()
    data = json.dumps({"root": root, "fileset": info.to_json()}, separators=(",", ":"))
    path = layout.managed / index_name(template_prefix)
    if new:
        write_new({path: data.encode()})
    else:
        write_durably(path, data.encode())


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


def _original(layout: Layout, place: Place, entry: Path) -> PixelBuffer:
    if place.fileset is None:
        return SHELF.buffer(("file", str(entry)), place.series, lambda: open_reader(entry))
    return SHELF.buffer(
        ("fileset", place.fileset), place.series, lambda: _open_fileset(layout, place.template_prefix, entry)
    )


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
