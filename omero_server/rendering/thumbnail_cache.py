"""Thumbnails kept on disk, with a row for each: pixels, owner and exact size.

A thumbnail shows the settings of one user and is stale once these were saved after it. The rows of the caller come
first; where the caller sees the settings of somebody else, that user's thumbnails do as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import bindparam, func, insert, select, update

from omero_server.db.tables import TABLES
from omero_server.rendering.defaults import full_reset, open_pixels, renderer_of
from omero_server.rendering.metadata import PixelsInfo, Reading, id_list, load_pixels, readable
from omero_server.rendering.rights import may_add
from omero_server.rendering.scale import longest_side_size
from omero_server.rendering.stored import StoredSettings, find_own, load_settings, saved_times
from omero_server.rendering.storing import Writing, insert_settings, new_details
from omero_server.rendering.thumbnail import thumbnail_jpeg
from omero_server.repository.layout import Layout

__all__ = ["Kept", "Wanted", "draw", "find_kept", "keep", "prepare", "read_kept"]

THUMBNAIL, EVENT = TABLES["thumbnail"], TABLES["event"]
CLASS = "ome.model.display.Thumbnail"
MIME_TYPE = "image/jpeg"
KEPT_ROWS = (
    select(THUMBNAIL, EVENT.c.time.label("updated"))
    .join(EVENT, EVENT.c.id == THUMBNAIL.c.update_id)
    .where(THUMBNAIL.c.pixels == id_list())
    .order_by(EVENT.c.time.desc(), THUMBNAIL.c.id.desc())
)
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"


@dataclass(frozen=True)
class Wanted:
    """A thumbnail of this size with these settings. keepable: whether thumbnails of these settings are kept at all."""

    pixels: PixelsInfo
    stored: StoredSettings
    width: int
    height: int
    keepable: bool = True


@dataclass(frozen=True)
class Kept:
    """A row."""

    id: int
    pixels_id: int
    owner_id: int
    width: int
    height: int
    updated: Any


def find_kept(call: Reading, pixels_ids: Sequence[int]) -> list[Kept]:
    """The rows of these Pixels that the caller may read, of all owners and sizes, the newest first."""
    statement, parameters = readable(call, KEPT_ROWS, "Thumbnail")
    rows = call.db.execute(statement, {**parameters, "ids": list(pixels_ids)})
    return [Kept(row.id, row.pixels, row.owner_id, row.sizex, row.sizey, row.updated) for row in rows]


def row_for(call: Reading, wanted: Wanted, kept: Iterable[Kept]) -> Kept | None:
    """The row that shows what is wanted, if it is not stale."""
    if not wanted.keepable:
        return None
    fitting = [
        row
        for row in kept
        if (row.pixels_id, row.width, row.height) == (wanted.pixels.id, wanted.width, wanted.height)
        and row.owner_id in (call.caller.user_id, wanted.stored.owner_id)
        and row.updated >= wanted.stored.updated
    ]
    return min(fitting, key=lambda row: row.owner_id != call.caller.user_id, default=None)


def read_kept(call: Any, wanted: Wanted, kept: Iterable[Kept]) -> bytes | None:
    """The thumbnail from disk; None when there is none, or it is stale or damaged."""
    row = row_for(call, wanted, kept)
    if row is None:
        return None
    try:
        data = Layout.of(call.engine.config).thumbnail(row.id).read_bytes()
    except FileNotFoundError:
        return None
    # Not synced when written, so a loss of power may have left half of it.
    return data if data.startswith(JPEG_START) and data.endswith(JPEG_END) else None


def draw(call: Any, wanted: Wanted, z: int | None = None, t: int | None = None) -> bytes:
    """Render a thumbnail, of the settings' section unless told. Errors of open_pixels, of reading and of rendering."""
    buffer = open_pixels(call, wanted.pixels)
    try:
        renderer = renderer_of(call.engine.config, buffer, wanted.pixels, wanted.stored.settings)
        return thumbnail_jpeg(renderer, wanted.width, wanted.height, z=z, t=t)
    finally:
        buffer.close()


def keep(call: Writing, drawn: Sequence[tuple[Wanted, bytes]], kept: Iterable[Kept]) -> None:
    """Keep thumbnails as the caller's, where that is allowed: over the caller's rows of that size, else in new ones."""
    saved = saved_times(call, [wanted.stored.id for wanted, _ in drawn])
    allowed = [
        (wanted, data)
        for wanted, data in drawn
        if wanted.keepable
        and may_add(call.caller, wanted.pixels)
        # Settings saved while the thumbnail was drawn would make it look fresh.
        and saved.get(wanted.stored.id) == wanted.stored.updated
    ]
    if not allowed:
        return
    mine = {(row.pixels_id, row.width, row.height): row.id for row in kept if row.owner_id == call.caller.user_id}
    placed = [(wanted, data, mine.get((wanted.pixels.id, wanted.width, wanted.height))) for wanted, data in allowed]
    _update_rows(call, [row_id for _, _, row_id in placed if row_id is not None])
    fresh = _insert_rows(call, [wanted for wanted, _, row_id in placed if row_id is None])
    layout = Layout.of(call.engine.config)
    for _, data, row_id in placed:
        _write(layout.thumbnail(next(fresh) if row_id is None else row_id), data)


def _update_rows(call: Writing, ids: Sequence[int]) -> None:
    if not ids:
        return
    changed = update(THUMBNAIL).where(THUMBNAIL.c.id == bindparam("row_id"))
    values = {"version": func.coalesce(THUMBNAIL.c.version, 0) + 1, "update_id": call.event_id}
    call.db.execute(changed.values(**values), [{"row_id": row_id} for row_id in ids])
    call.log("UPDATE", CLASS, ids)


def _insert_rows(call: Writing, wanted: Sequence[Wanted]) -> Any:
    if not wanted:
        return iter(())
    ids: list[int] = call.engine.database.ids(call.db, "seq_thumbnail", len(wanted))
    rows = [
        {
            "id": row_id,
            **new_details(call, one.pixels, call.caller.user_id),
            "pixels": one.pixels.id,
            "mimetype": MIME_TYPE,
            "sizex": one.width,
            "sizey": one.height,
        }
        for row_id, one in zip(ids, wanted, strict=True)
    ]
    call.db.execute(insert(THUMBNAIL), rows)
    call.log("INSERT", CLASS, ids)
    return iter(ids)


def _write(path: Path, data: bytes) -> None:
    """Put a file in place at once. Not synced: a thumbnail that is lost is drawn again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    temporary.write_bytes(data)
    temporary.replace(path)


def prepare(call: Any, pixels_ids: Sequence[int], side: int = 96) -> None:
    """Give new images settings, where the caller has none, and thumbnails with this longest side. For imports.

    Needs a writing call. The pixels must be readable; errors are those of open_pixels, of reading and of rendering.
    """
    pixels = list(load_pixels(call, pixels_ids).values())
    own = find_own(call, pixels, call.caller.user_id)
    missing = [one for one in pixels if one.id not in own]
    made_ids = insert_settings(call, [(one, full_reset(call, one)) for one in missing])
    for one, made in zip(missing, made_ids, strict=True):
        stored = load_settings(call, made)
        assert stored is not None
        own[one.id] = stored
    wanted = [Wanted(one, own[one.id], *longest_side_size(one.size_x, one.size_y, side)) for one in pixels]
    keep(call, [(one, draw(call, one)) for one in wanted], find_kept(call, [one.id for one in pixels]))
