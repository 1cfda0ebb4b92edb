"""Rows of images and Pixels that services make and change. No pixel data is touched here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, func, insert, select, update

from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.rendering.metadata import PixelsInfo
from omero_server.rendering.stored import enumeration
from omero_server.rendering.storing import new_details
from omero_server.security.linking import check_creation
from omero_server.security.voter import Subject
from omero_server.sessions.call import Call

__all__ = [
    "PENDING", "Place", "Sizes", "copy_pixels", "insert_image", "insert_pixels", "place_of_call", "set_digest",
    "set_range",
]  # fmt: skip

PENDING = "Pending..."
CLASSES = {
    "image": "ome.model.core.Image",
    "pixels": "ome.model.core.Pixels",
    "channel": "ome.model.core.Channel",
    "logicalchannel": "ome.model.core.LogicalChannel",
    "statsinfo": "ome.model.stats.StatsInfo",
}
COPIED_OF_IMAGE = (
    "acquisitiondate", "experiment", "imagingenvironment", "instrument", "objectivesettings", "stagelabel", "format",
)  # fmt: skip
COPIED_OF_PIXELS = (
    "pixelstype", "significantbits", "dimensionorder",
    "physicalsizex", "physicalsizexunit", "physicalsizey", "physicalsizeyunit", "physicalsizez", "physicalsizezunit",
    "timeincrement", "timeincrementunit", "waveincrement", "wavestart",
)  # fmt: skip
COPIED_OF_CHANNEL = ("red", "green", "blue", "alpha", "lookuptable", "logicalchannel")
Row = dict[str, Any]
Sizes = tuple[int, int, int, int]
"""x, y, z and t."""


@dataclass(frozen=True)
class Place:
    """Where a new row goes, and to whom."""

    owner_id: int
    group_id: int
    group_bits: int


def place_of_call(call: Call) -> Place:
    """The caller's, in the group of the call. SecurityViolation when nothing may be created there."""
    caller = call.caller
    group = TABLES["experimentergroup"]
    bits = call.db.execute(select(group.c.permissions).where(group.c.id == caller.event_group)).scalar_one()
    owner = caller.user_id
    check_creation(caller, Subject(MODEL.classes["Image"], owner, caller.event_group, bits))
    return Place(owner, caller.event_group, bits)


def insert_image(call: Call, place: Place, name: str, description: str | None, source: Any = None) -> int:
    """A new Image; with ``source``, a row of image, the acquisition is the same."""
    copied = {column: source[column] for column in COPIED_OF_IMAGE} if source else {}
    row = {"name": name, "description": description, "partial": False, "series": 0, "archived": False, **copied}
    return _insert(call, TABLES["image"], place, [row])[0]


def insert_pixels(call: Call, place: Place, image_id: int, sizes: Sizes, pixel_type: int, channels: int) -> int:
    """New Pixels of an image, with empty channels."""
    x, y, z, t = sizes
    row = {
        "image": image_id, "image_index": 0, "sizex": x, "sizey": y, "sizez": z, "sizec": channels, "sizet": t,
        "pixelstype": pixel_type, "dimensionorder": enumeration(call, "dimensionorder")["XYZCT"], "sha1": PENDING,
    }  # fmt: skip
    pixels_id = _insert(call, TABLES["pixels"], place, [row])[0]
    logical = _insert(call, TABLES["logicalchannel"], place, [{} for _ in range(channels)])
    rows = [{"pixels": pixels_id, "pixels_index": i, "logicalchannel": row_id} for i, row_id in enumerate(logical)]
    _insert(call, TABLES["channel"], place, rows)
    return pixels_id


def copy_pixels(
    call: Call,
    place: Place,
    source_id: int,
    image_id: int,
    sizes: Sequence[int | None],
    channels: Sequence[int],
    methodology: str | None,
    with_stats: bool,
) -> int:
    """A copy of Pixels without data. sizes: x, y, z, t, None for the same; channels: which ones, in their new order."""
    table = TABLES["pixels"]
    source = call.db.execute(select(table).where(table.c.id == source_id)).mappings().one()
    counted = select(func.count()).select_from(table).where(table.c.image == image_id)
    row: Row = {column: source[column] for column in COPIED_OF_PIXELS}
    for column, size in zip(("sizex", "sizey", "sizez", "sizet"), sizes, strict=True):
        row[column] = source[column] if size is None else size
    row |= {
        "sizec": len(channels), "relatedto": source_id, "methodology": methodology, "sha1": PENDING,
        "image": image_id, "image_index": call.db.execute(counted).scalar_one(),
    }  # fmt: skip
    pixels_id = _insert(call, table, place, [row])[0]
    _copy_channels(call, place, source_id, pixels_id, channels, with_stats)
    return pixels_id


def _copy_channels(
    call: Call, place: Place, source_id: int, pixels_id: int, channels: Sequence[int], with_stats: bool
) -> None:
    table = TABLES["channel"]
    chosen = select(table).where(table.c.pixels == source_id).order_by(table.c.pixels_index)
    sources = call.db.execute(chosen).mappings().all()
    rows = []
    for index, c in enumerate(channels):
        row: Row = {column: sources[c][column] for column in COPIED_OF_CHANNEL}
        stats = _copy_stats(call, place, sources[c]["statsinfo"]) if with_stats else None
        rows.append({**row, "pixels": pixels_id, "pixels_index": index, "statsinfo": stats})
    _insert(call, table, place, rows)


def _copy_stats(call: Call, place: Place, stats_id: int | None) -> int | None:
    if stats_id is None:
        return None
    table = TABLES["statsinfo"]
    found = call.db.execute(select(table.c.globalmin, table.c.globalmax).where(table.c.id == stats_id)).mappings().one()
    return _insert(call, table, place, [dict(found)])[0]


def set_range(call: Call, pixels: PixelsInfo, channel: int, low: float, high: float) -> bool:
    """Record the global minimum and maximum of a channel; False when there is no such channel."""
    table, stats = TABLES["channel"], TABLES["statsinfo"]
    chosen = select(table.c.id, table.c.statsinfo).where(
        table.c.pixels == pixels.id, table.c.pixels_index == channel
    )  # fmt: skip
    row = call.db.execute(chosen).first()
    if row is None:
        return False
    values = {"globalmin": low, "globalmax": high}
    if row.statsinfo is not None:
        _update(call, stats, row.statsinfo, values)
    else:
        place = Place(pixels.owner_id, pixels.group_id, pixels.group_bits)
        _update(call, table, row.id, {"statsinfo": _insert(call, stats, place, [values])[0]})
    return True


def set_digest(call: Call, pixels: PixelsInfo, sha1: str) -> None:
    """Record the digest of all planes (hex), which also says that the pixels are complete."""
    _update(call, TABLES["pixels"], pixels.id, {"sha1": sha1})


def _insert(call: Call, table: Table, place: Place, rows: list[Row]) -> list[int]:
    ids: list[int] = call.engine.database.ids(call.db, f"seq_{table.name}", len(rows))
    details = new_details(call, place, place.owner_id)
    call.db.execute(insert(table), [{"id": i, **details, **row} for i, row in zip(ids, rows, strict=True)])
    call.log("INSERT", CLASSES[table.name], ids)
    return ids


def _update(call: Call, table: Table, row_id: int, values: Row) -> None:
    changed = update(table).where(table.c.id == row_id)
    version = func.coalesce(table.c.version, 0) + 1
    call.db.execute(changed.values(**values, version=version, update_id=call.event_id))
    call.log("UPDATE", CLASSES[table.name], [row_id])
