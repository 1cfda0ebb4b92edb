"""Rows of images and Pixels that services make and change. No pixel data is touched here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import RowMapping, Table, func, insert, select, update

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.rendering.metadata import PixelsInfo, load_pixels
from omero_server.rendering.rights import may_edit
from omero_server.rendering.stored import enumeration
from omero_server.rendering.storing import new_details
from omero_server.security.bits import is_private
from omero_server.security.linking import check_creation
from omero_server.security.voter import Subject
from omero_server.sessions.call import Call

__all__ = [
    "PENDING", "Place", "Projected", "Sizes", "copy_image", "copy_pixels", "insert_image", "insert_pixels",
    "insert_projection", "place_of_call", "place_of_copy", "set_digest", "set_range",
]  # fmt: skip

PENDING = "Pending..."
CLASSES = {
    "image": "ome.model.core.Image",
    "pixels": "ome.model.core.Pixels",
    "channel": "ome.model.core.Channel",
    "logicalchannel": "ome.model.core.LogicalChannel",
    "statsinfo": "ome.model.stats.StatsInfo",
}
PLAIN_OF_IMAGE = ("acquisitiondate", "format")
COPIED_OF_IMAGE = (
    *PLAIN_OF_IMAGE, "experiment", "imagingenvironment", "instrument", "objectivesettings", "stagelabel",
)  # fmt: skip
COPIED_OF_PIXELS = (
    "pixelstype", "significantbits", "dimensionorder",
    "physicalsizex", "physicalsizexunit", "physicalsizey", "physicalsizeyunit", "physicalsizez", "physicalsizezunit",
    "timeincrement", "timeincrementunit", "waveincrement", "wavestart",
)  # fmt: skip
COPIED_OF_CHANNEL = ("red", "green", "blue", "alpha", "lookuptable")
PLAIN_OF_LOGICAL = (
    "name", "samplesperpixel", "photometricinterpretation", "illumination", "mode", "contrastmethod", "fluor",
    "ndfilter", "pockelcellsetting", "emissionwave", "emissionwaveunit", "excitationwave", "excitationwaveunit",
    "pinholesize", "pinholesizeunit",
)  # fmt: skip
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


def place_of_copy(call: Call, source: PixelsInfo) -> Place:
    """As place_of_call, for a copy of ``source``; in a call for all groups that is the group of the source.

    GroupSecurityViolation when the source is in another group than the copy.
    """
    inside = replace(call, caller=call.caller.in_group(source.group_id)) if call.caller.all_groups else call
    place = place_of_call(inside)
    if place.group_id != source.group_id:
        raise omero.GroupSecurityViolation(
            message=f"The pixels {source.id} are in group {source.group_id}: their copy cannot be in group"
            f" {place.group_id}. Call in the group of the source."
        )
    return place


def _may_share(call: Call, source: PixelsInfo) -> bool:
    """Whether a copy may refer to what belongs to the source, such as its instrument."""
    foreign = source.owner_id != call.caller.user_id
    return may_edit(call.caller, source) and not (foreign and is_private(source.group_bits))


def insert_image(call: Call, place: Place, name: str, description: str | None) -> int:
    """A new Image; nothing is known of its acquisition."""
    return _insert_image(call, place, {"name": name, "description": description})


def copy_image(call: Call, place: Place, source: PixelsInfo | None, name: str | None, image: RowMapping) -> int:
    """A new Image like the row ``image``, with the acquisition of its Pixels ``source`` as far as it may be shared."""
    shared = source is not None and _may_share(call, source)
    columns = COPIED_OF_IMAGE if shared else PLAIN_OF_IMAGE
    copied = {column: image[column] for column in columns}
    return _insert_image(call, place, {"name": name or image["name"], "description": image["description"], **copied})


def _insert_image(call: Call, place: Place, values: Row) -> int:
    return _insert(call, TABLES["image"], place, [{"partial": False, "series": 0, "archived": False, **values}])[0]


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
    origin: PixelsInfo,
    image_id: int,
    sizes: Sequence[int | None],
    channels: Sequence[int],
    methodology: str | None,
    with_stats: bool,
) -> int:
    """A copy of Pixels without data. sizes: x, y, z, t, None for the same; channels: which ones, in their new order.

    It names the source as related, and shares its logical channels, where the caller may do so.
    """
    table = TABLES["pixels"]
    source = call.db.execute(select(table).where(table.c.id == origin.id)).mappings().one()
    shared = _may_share(call, origin)
    counted = select(func.count()).select_from(table).where(table.c.image == image_id)
    row: Row = {column: source[column] for column in COPIED_OF_PIXELS}
    for column, size in zip(("sizex", "sizey", "sizez", "sizet"), sizes, strict=True):
        row[column] = source[column] if size is None else size
    row |= {
        "sizec": len(channels), "relatedto": origin.id if shared else None, "methodology": methodology, "sha1": PENDING,
        "image": image_id, "image_index": call.db.execute(counted).scalar_one(),
    }  # fmt: skip
    pixels_id = _insert(call, table, place, [row])[0]
    _copy_channels(call, place, origin.id, pixels_id, channels, with_stats, shared)
    return pixels_id


@dataclass(frozen=True)
class Projected:
    """A projection whose data has been written. name: None for one made from that of the source. channels: numbers in
    the source; ranges: smallest and largest value of each.
    """

    name: str | None
    pixel_type: str
    methodology: str
    size_t: int
    channels: tuple[int, ...]
    ranges: tuple[tuple[float, float], ...]
    sha1: str


def insert_projection(call: Call, place: Place, source: PixelsInfo, made: Projected) -> tuple[int, int]:
    """A new Image with the Pixels of a projection; ids of both."""
    image = TABLES["image"]
    row = call.db.execute(select(image).where(image.c.id == source.image_id)).mappings().one()
    image_id = copy_image(call, place, source, made.name or f"{row['name']} Projection", row)
    sizes = None, None, 1, made.size_t
    pixels_id = copy_pixels(call, place, source, image_id, sizes, made.channels, made.methodology, False)
    values: Row = {"sha1": made.sha1}
    if made.pixel_type != source.pixel_type:
        type_id = enumeration(call, "pixelstype")[made.pixel_type]
        values |= {"pixelstype": type_id, "significantbits": None}
    _update(call, TABLES["pixels"], pixels_id, values)
    stored = load_pixels(call, [pixels_id])[pixels_id]
    for index, (low, high) in enumerate(made.ranges):
        set_range(call, stored, index, low, high)
    return image_id, pixels_id


def _copy_channels(
    call: Call,
    place: Place,
    source_id: int,
    pixels_id: int,
    channels: Sequence[int],
    with_stats: bool,
    shared: bool,
) -> None:
    table = TABLES["channel"]
    chosen = select(table).where(table.c.pixels == source_id).order_by(table.c.pixels_index)
    sources = call.db.execute(chosen).mappings().all()
    rows = []
    for index, c in enumerate(channels):
        row: Row = {column: sources[c][column] for column in COPIED_OF_CHANNEL}
        stats = _copy_stats(call, place, sources[c]["statsinfo"]) if with_stats else None
        logical = sources[c]["logicalchannel"] if shared else _copy_logical(call, place, sources[c]["logicalchannel"])
        own: Row = {"pixels": pixels_id, "pixels_index": index, "statsinfo": stats, "logicalchannel": logical}
        rows.append(row | own)
    _insert(call, table, place, rows)


def _copy_logical(call: Call, place: Place, logical_id: int) -> int:
    table = TABLES["logicalchannel"]
    found = call.db.execute(select(table).where(table.c.id == logical_id)).mappings().one()
    return _insert(call, table, place, [{column: found[column] for column in PLAIN_OF_LOGICAL}])[0]


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
