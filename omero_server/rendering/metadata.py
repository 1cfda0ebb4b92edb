"""What rendering needs to know of Pixels, from the database: sizes, channels, and who may do what with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from sqlalchemy import ARRAY, BigInteger, Connection, Row, Select, any_, bindparam, select

from omero_server.db.tables import TABLES
from omero_server.formats.base import PIXEL_DTYPES
from omero_server.model.schema import MODEL
from omero_server.rendering.colors import ChannelOptics, Color, FilterRange
from omero_server.rendering.quantum import Range
from omero_server.rendering.settings import ChannelInfo
from omero_server.security.filter import ReadFilter, read_filter
from omero_server.sessions.call import Caller

__all__ = ["PixelsInfo", "Reading", "id_list", "load_pixels", "primary_pixels", "readable"]

PIXELS, IMAGE, TYPE, GROUP = (TABLES[name] for name in ("pixels", "image", "pixelstype", "experimentergroup"))
CHANNEL, LOGICAL, STATS = (TABLES[name] for name in ("channel", "logicalchannel", "statsinfo"))


class Reading(Protocol):
    """What is needed of a call that reads."""

    @property
    def db(self) -> Connection: ...
    @property
    def caller(self) -> Caller: ...


@dataclass(frozen=True)
class PixelsInfo:
    """One row of Pixels. imported: its data lies in original files; group_bits: the permissions of the group."""

    id: int
    image_id: int
    owner_id: int
    group_id: int
    group_bits: int
    pixel_type: str
    size_x: int
    size_y: int
    size_z: int
    size_c: int
    size_t: int
    significant_bits: int | None
    sha1: str
    imported: bool
    channels: tuple[ChannelInfo, ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The pixels in memory."""
        return PIXEL_DTYPES[self.pixel_type]

    @property
    def stats(self) -> list[Range | None]:
        """Global (min, max) per channel, None where unknown."""
        return [channel.stats for channel in self.channels]

    @property
    def emission(self) -> list[float | None]:
        """Emission wavelength per channel."""
        return [channel.optics.emission for channel in self.channels]


def primary_pixels(db: Connection, image_id: int) -> int | None:
    """Id of the first Pixels of an image, None when it has none."""
    chosen = select(PIXELS.c.id).where(PIXELS.c.image == image_id).order_by(PIXELS.c.image_index, PIXELS.c.id).limit(1)
    found: int | None = db.execute(chosen).scalar_one_or_none()
    return found


def readable(call: Reading, statement: Select[Any], cls: str) -> tuple[Select[Any], dict[str, Any]]:
    """``statement``, which selects from the table of ``cls``, less what the caller may not read; and its parameters.

    Quick for statements that live as long as their module: what is made of them is kept.
    """
    rule = read_filter(call.caller, call.db)
    return _restricted(statement, cls, rule.shape), rule.parameters


@lru_cache(maxsize=128)
def _restricted(statement: Select[Any], cls: str, shape: str) -> Select[Any]:
    model = MODEL.classes[cls]
    condition = ReadFilter(shape).condition(model, TABLES[model.table])
    return statement if condition is None else statement.where(condition)


def id_list(name: str = "ids") -> Any:
    """The bound parameter ``name``, a list of ids, for ``column == id_list()``."""
    return any_(bindparam(name, type_=ARRAY(BigInteger)))


PIXELS_ROWS = (
    select(PIXELS, TYPE.c.value.label("type"), GROUP.c.permissions.label("group_bits"))
    .join(TYPE, TYPE.c.id == PIXELS.c.pixelstype)
    .join(GROUP, GROUP.c.id == PIXELS.c.group_id)
    .where(PIXELS.c.id == id_list())
)
CHANNEL_ROWS = (
    select(CHANNEL, STATS.c.globalmin, STATS.c.globalmax, LOGICAL.c.emissionwave, LOGICAL.c.excitationwave)
    .outerjoin(STATS, STATS.c.id == CHANNEL.c.statsinfo)
    .outerjoin(LOGICAL, LOGICAL.c.id == CHANNEL.c.logicalchannel)
    .where(CHANNEL.c.pixels == id_list())
    .order_by(CHANNEL.c.pixels, CHANNEL.c.pixels_index)
)


def load_pixels(call: Reading, ids: Iterable[int]) -> dict[int, PixelsInfo]:
    """The Pixels with these ids that the caller may read, by id. A few statements, however many there are."""
    wanted = list(ids)
    statement, parameters = readable(call, PIXELS_ROWS, "Pixels")
    rows = call.db.execute(statement, {**parameters, "ids": wanted}).all()
    channels = _channels(call.db, [row.id for row in rows])
    return {row.id: _info(row, channels[row.id]) for row in rows}


def _info(row: Row[Any], channels: list[ChannelInfo]) -> PixelsInfo:
    # Rows of other programs may lack channels: rendering needs one for each.
    complete = (channels + [ChannelInfo()] * row.sizec)[: row.sizec]
    return PixelsInfo(
        id=row.id,
        image_id=row.image,
        owner_id=row.owner_id,
        group_id=row.group_id,
        group_bits=row.group_bits,
        pixel_type=row.type,
        size_x=row.sizex,
        size_y=row.sizey,
        size_z=row.sizez,
        size_c=row.sizec,
        size_t=row.sizet,
        significant_bits=row.significantbits,
        sha1=row.sha1,
        imported=row.name is not None,
        channels=tuple(complete),
    )


def _channels(db: Connection, pixels_ids: list[int]) -> dict[int, list[ChannelInfo]]:
    """Channels in their order, by Pixels id. Light sources and filters are looked up only where a colour is missing."""
    if not pixels_ids:
        return {}
    rows = db.execute(CHANNEL_ROWS, {"ids": pixels_ids}).all()
    uncolored = [row.logicalchannel for row in rows if _color(row) is None]
    lasers, filters = _lasers(db, uncolored), _emission_filters(db, uncolored)
    found: dict[int, list[ChannelInfo]] = defaultdict(list)
    for row in rows:
        optics = ChannelOptics(
            emission=row.emissionwave,
            excitation=row.excitationwave,
            laser=lasers.get(row.logicalchannel),
            emission_filters=tuple(filters[row.logicalchannel]),
        )
        stats = None if row.globalmin is None else (row.globalmin, row.globalmax)
        found[row.pixels].append(ChannelInfo(_color(row), row.lookuptable or None, stats, optics))
    return found


def _color(row: Row[Any]) -> Color | None:
    color = row.red, row.green, row.blue, row.alpha
    return None if None in color else color


def _lasers(db: Connection, logical_ids: list[int]) -> dict[int, float]:
    """Wavelength of the laser by logical channel."""
    if not logical_ids:
        return {}
    light, laser = TABLES["lightsettings"], TABLES["laser"]
    chosen = (
        select(LOGICAL.c.id, laser.c.wavelength)
        .join(light, light.c.id == LOGICAL.c.lightsourcesettings)
        .join(laser, laser.c.lightsource_id == light.c.lightsource)
        .where(LOGICAL.c.id == id_list(), laser.c.wavelength.is_not(None))
    )
    return {row.id: row.wavelength for row in db.execute(chosen, {"ids": logical_ids})}


def _emission_filters(db: Connection, logical_ids: list[int]) -> dict[int, list[FilterRange]]:
    """Emission filters by logical channel: those of its light path, then those of its filter set."""
    found: dict[int, list[FilterRange]] = defaultdict(list)
    if not logical_ids:
        return found
    filters, ranges = TABLES["filter"], TABLES["transmittancerange"]
    for holder, table in ((LOGICAL.c.lightpath, "lightpathemissionfilterlink"),
                          (LOGICAL.c.filterset, "filtersetemissionfilterlink")):  # fmt: skip
        link = TABLES[table]
        chosen = (
            select(LOGICAL.c.id, ranges.c.cutin, ranges.c.cutout)
            .join(link, link.c.parent == holder)
            .join(filters, filters.c.id == link.c.child)
            .join(ranges, ranges.c.id == filters.c.transmittancerange)
            .where(LOGICAL.c.id == id_list())
            .order_by(link.c.id)
        )
        for row in db.execute(chosen, {"ids": logical_ids}):
            found[row.id].append(FilterRange(row.cutin, row.cutout))
    return found
