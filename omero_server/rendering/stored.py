"""Rendering settings as rows: RenderingDef, QuantumDef, ChannelBinding and ReverseIntensityContext.

A user may have any number of settings for the same pixels; the ones saved last count. Who has none sees those of the
owner of the pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, bindparam, exists, select
from sqlalchemy.dialects.postgresql import distinct_on

from omero_server.db.tables import TABLES
from omero_server.rendering.metadata import PixelsInfo, Reading, id_list, readable
from omero_server.rendering.settings import ChannelSettings, RenderSettings

__all__ = ["StoredSettings", "enumeration", "find_all", "find_own", "find_settings", "load_settings", "saved_times"]

DEF, QUANTUM, BINDING = (TABLES[name] for name in ("renderingdef", "quantumdef", "channelbinding"))
CONTEXT, REVERSE = TABLES["codomainmapcontext"], TABLES["reverseintensitycontext"]
EVENT, GROUP, FAMILY, MODEL = (TABLES[name] for name in ("event", "experimentergroup", "family", "renderingmodel"))

ROWS = (
    select(
        DEF, QUANTUM.c.cdstart, QUANTUM.c.cdend, QUANTUM.c.bitresolution, MODEL.c.value.label("model_name"),
        EVENT.c.time.label("updated"), GROUP.c.permissions.label("group_bits"),
    )
    .join(QUANTUM, QUANTUM.c.id == DEF.c.quantization)
    .join(MODEL, MODEL.c.id == DEF.c.model)
    .join(EVENT, EVENT.c.id == DEF.c.update_id)
    .join(GROUP, GROUP.c.id == DEF.c.group_id)
)  # fmt: skip
BY_ID = ROWS.where(DEF.c.id == id_list())
NEWEST = (
    ROWS.ext(distinct_on(DEF.c.pixels))
    .where(DEF.c.pixels == id_list(), DEF.c.owner_id == bindparam("user"))
    .order_by(DEF.c.pixels, EVENT.c.time.desc(), DEF.c.id.desc())
)
REVERSED = exists().where(REVERSE.c.codomainmapcontext_id == CONTEXT.c.id, CONTEXT.c.channelbinding == BINDING.c.id)
BINDINGS = (
    select(BINDING, FAMILY.c.value.label("family_name"), REVERSED.label("reversed"))
    .join(FAMILY, FAMILY.c.id == BINDING.c.family)
    .where(BINDING.c.renderingdef == id_list())
    .order_by(BINDING.c.renderingdef, BINDING.c.renderingdef_index)
)


@dataclass(frozen=True)
class StoredSettings:
    """Settings with the ids of their rows. bindings: the id of each channel's row."""

    id: int
    pixels_id: int
    owner_id: int
    group_id: int
    group_bits: int
    quantum_id: int
    bindings: tuple[int, ...]
    name: str | None
    compression: float | None
    updated: Any
    settings: RenderSettings


def enumeration(call: Reading, table: str) -> dict[str, int]:
    """Ids by value of an enumeration, by the name of its table."""
    rows = call.db.execute(select(TABLES[table].c.value, TABLES[table].c.id))
    return {value: row_id for value, row_id in rows}


def load_settings(call: Reading, settings_id: int) -> StoredSettings | None:
    """The settings with this id, if the caller may read them."""
    return next(iter(_find(call, BY_ID, ids=[settings_id])), None)


def find_settings(call: Reading, pixels: PixelsInfo, user_id: int | None = None) -> StoredSettings | None:
    """The newest settings of a user (the caller), or else of the owner of the pixels."""
    user = call.caller.user_id if user_id is None else user_id
    return find_all(call, [pixels], user).get(pixels.id)


def find_all(call: Reading, pixels: Sequence[PixelsInfo], user_id: int) -> dict[int, StoredSettings]:
    """As find_settings for many pixels at once, by id of the pixels."""
    own = find_own(call, pixels, user_id)
    foreign = [one for one in pixels if one.id not in own and one.owner_id != user_id]
    by_owner: dict[int, list[PixelsInfo]] = defaultdict(list)
    for one in foreign:
        by_owner[one.owner_id].append(one)
    for owner, images in by_owner.items():
        own |= find_own(call, images, owner)
    return own


def find_own(call: Reading, pixels: Sequence[PixelsInfo], user_id: int) -> dict[int, StoredSettings]:
    """The newest settings of one user, by id of the pixels."""
    if not pixels:
        return {}
    found = _find(call, NEWEST, ids=[one.id for one in pixels], user=user_id)
    return {one.pixels_id: one for one in found}


def saved_times(call: Reading, ids: Sequence[int]) -> dict[int, Any]:
    """When settings were saved last, by their id."""
    chosen = select(DEF.c.id, EVENT.c.time).join(EVENT, EVENT.c.id == DEF.c.update_id).where(DEF.c.id == id_list())
    return {row_id: time for row_id, time in call.db.execute(chosen, {"ids": list(ids)})}


def _find(call: Reading, chosen: Select[Any], **values: Any) -> list[StoredSettings]:
    statement, parameters = readable(call, chosen, "RenderingDef")
    rows = call.db.execute(statement, parameters | values).all()
    bindings = _bindings(call, [row.id for row in rows])
    return [_stored(row, bindings[row.id]) for row in rows]


def _bindings(call: Reading, ids: Iterable[int]) -> dict[int, list[Row[Any]]]:
    """Rows of the channels in their order, by id of the settings."""
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in call.db.execute(BINDINGS, {"ids": list(ids)}):
        found[row.renderingdef].append(row)
    return found


def _stored(row: Row[Any], bindings: list[Row[Any]]) -> StoredSettings:
    settings = RenderSettings(
        channels=tuple(_channel(binding) for binding in bindings),
        model=row.model_name,
        cd_start=row.cdstart,
        cd_end=row.cdend,
        bit_resolution=row.bitresolution,
        default_z=row.defaultz,
        default_t=row.defaultt,
    )
    return StoredSettings(
        id=row.id,
        pixels_id=row.pixels,
        owner_id=row.owner_id,
        group_id=row.group_id,
        group_bits=row.group_bits,
        quantum_id=row.quantization,
        bindings=tuple(binding.id for binding in bindings),
        name=row.name,
        compression=row.compression,
        updated=row.updated,
        settings=settings,
    )


def _channel(row: Row[Any]) -> ChannelSettings:
    return ChannelSettings(
        window_start=row.inputstart,
        window_end=row.inputend,
        color=(row.red, row.green, row.blue, row.alpha),
        active=row.active,
        family=row.family_name,
        coefficient=row.coefficient,
        noise_reduction=row.noisereduction,
        lut=row.lookuptable or None,
        reverse=row.reversed,
    )
