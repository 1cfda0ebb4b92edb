"""Writing rendering settings: many at once, with one statement per table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy import Table, bindparam, delete, func, insert, select, update

from omero_server.rendering.metadata import PixelsInfo, Reading, id_list
from omero_server.rendering.rights import Owned
from omero_server.rendering.settings import ChannelSettings, RenderSettings
from omero_server.rendering.stored import (
    BINDING,
    CONTEXT,
    DEF,
    QUANTUM,
    REVERSE,
    StoredSettings,
    enumeration,
)

__all__ = ["Writing", "insert_settings", "new_details", "overwrite_settings"]

PACKAGE = "ome.model.display"
Row = dict[str, Any]


class Writing(Reading, Protocol):
    """What is needed of a call that writes."""

    @property
    def event_id(self) -> int: ...
    @property
    def engine(self) -> Any: ...
    def log(self, action: str, entity: str, ids: Iterable[int]) -> None: ...


def insert_settings(
    call: Writing, items: Sequence[tuple[PixelsInfo, RenderSettings]], owner_id: int | None = None
) -> list[int]:
    """Store new settings, in the groups of the pixels, owned by the caller unless told; their ids, in order."""
    if not items:
        return []
    owner = call.caller.user_id if owner_id is None else owner_id
    owner = call.caller.user_id if owner < 0 else owner
    ids, quanta = _ids(call, DEF, len(items)), _ids(call, QUANTUM, len(items))
    details = [new_details(call, pixels, owner) for pixels, _ in items]
    models = enumeration(call, "renderingmodel")
    _insert(call, QUANTUM, "QuantumDef", [
        {"id": quantum, **detail, **_quantum(settings)}
        for quantum, detail, (_, settings) in zip(quanta, details, items, strict=True)
    ])  # fmt: skip
    _insert(call, DEF, "RenderingDef", [
        {"id": row_id, **detail, "pixels": pixels.id, "quantization": quantum, **_definition(settings, models)}
        for row_id, quantum, detail, (pixels, settings) in zip(ids, quanta, details, items, strict=True)
    ])  # fmt: skip
    _insert_channels(call, [
        (row_id, index, detail, channel)
        for row_id, detail, (_, settings) in zip(ids, details, items, strict=True)
        for index, channel in enumerate(settings.channels)
    ])  # fmt: skip
    return ids


def overwrite_settings(call: Writing, items: Sequence[StoredSettings]) -> None:
    """Store the ``settings`` of each item in the rows that it has; ids stay, versions are raised."""
    models = enumeration(call, "renderingmodel")
    _update(call, DEF, "RenderingDef", [
        {"row_id": item.id, "name": item.name, "compression": item.compression, **_definition(item.settings, models)}
        for item in items
    ])  # fmt: skip
    _update(call, QUANTUM, "QuantumDef", [{"row_id": item.quantum_id, **_quantum(item.settings)} for item in items])
    channels = [
        (item, row_id, channel)
        for item in items
        for row_id, channel in zip(item.bindings, item.settings.channels, strict=False)
    ]
    families = enumeration(call, "family")
    _update(call, BINDING, "ChannelBinding", [
        {"row_id": row_id, **_binding(channel, families)} for _, row_id, channel in channels
    ])  # fmt: skip
    _replace_contexts(call, channels)
    missing = [
        (item.id, index, new_details(call, item, item.owner_id), channel)
        for item in items
        for index, channel in enumerate(item.settings.channels)
        if index >= len(item.bindings)
    ]
    _insert_channels(call, missing)


def _insert_channels(call: Writing, channels: Sequence[tuple[int, int, Row, ChannelSettings]]) -> None:
    if not channels:
        return
    families = enumeration(call, "family")
    ids = _ids(call, BINDING, len(channels))
    _insert(call, BINDING, "ChannelBinding", [
        {"id": row_id, **detail, "renderingdef": def_id, "renderingdef_index": index, **_binding(channel, families)}
        for row_id, (def_id, index, detail, channel) in zip(ids, channels, strict=True)
    ])  # fmt: skip
    _insert_contexts(call, [
        (row_id, detail) for row_id, (_, _, detail, channel) in zip(ids, channels, strict=True) if channel.reverse
    ])  # fmt: skip


def _insert_contexts(call: Writing, bindings: Sequence[tuple[int, Row]]) -> None:
    """A ReverseIntensityContext for each of these channels, which have none."""
    if not bindings:
        return
    ids = _ids(call, CONTEXT, len(bindings))
    _insert(call, CONTEXT, "ReverseIntensityContext", [
        {"id": row_id, **detail, "channelbinding": binding, "channelbinding_index": 0}
        for row_id, (binding, detail) in zip(ids, bindings, strict=True)
    ])  # fmt: skip
    call.db.execute(insert(REVERSE), [{"codomainmapcontext_id": row_id, "reverse": True} for row_id in ids])


def _replace_contexts(call: Writing, channels: Sequence[tuple[StoredSettings, int, ChannelSettings]]) -> None:
    reversed_now = set(
        call.db.execute(
            select(CONTEXT.c.channelbinding)
            .join(REVERSE, REVERSE.c.codomainmapcontext_id == CONTEXT.c.id)
            .where(CONTEXT.c.channelbinding == id_list()),
            {"ids": [row_id for _, row_id, _ in channels]},
        ).scalars()
    )
    _delete_contexts(call, [i for _, i, channel in channels if i in reversed_now and not channel.reverse])
    _insert_contexts(call, [
        (i, new_details(call, item, item.owner_id))
        for item, i, channel in channels
        if channel.reverse and i not in reversed_now
    ])  # fmt: skip


def _delete_contexts(call: Writing, bindings: list[int]) -> None:
    if not bindings:
        return
    chosen = (
        select(CONTEXT.c.id)
        .join(REVERSE, REVERSE.c.codomainmapcontext_id == CONTEXT.c.id)
        .where(CONTEXT.c.channelbinding == id_list())
    )
    ids = list(call.db.execute(chosen, {"ids": bindings}).scalars())
    call.db.execute(delete(REVERSE).where(REVERSE.c.codomainmapcontext_id == id_list()), {"ids": ids})
    call.db.execute(delete(CONTEXT).where(CONTEXT.c.id == id_list()), {"ids": ids})
    call.log("DELETE", f"{PACKAGE}.ReverseIntensityContext", ids)


def _definition(settings: RenderSettings, models: dict[str, int]) -> Row:
    return {"defaultz": settings.default_z, "defaultt": settings.default_t, "model": models[settings.model]}


def _quantum(settings: RenderSettings) -> Row:
    return {"cdstart": settings.cd_start, "cdend": settings.cd_end, "bitresolution": settings.bit_resolution}


def _binding(channel: ChannelSettings, families: dict[str, int]) -> Row:
    red, green, blue, alpha = channel.color
    return {
        "family": families[channel.family],
        "coefficient": channel.coefficient,
        "inputstart": channel.window_start,
        "inputend": channel.window_end,
        "active": channel.active,
        "noisereduction": channel.noise_reduction,
        "red": red,
        "green": green,
        "blue": blue,
        "alpha": alpha,
        "lookuptable": channel.lut,
    }


def new_details(call: Writing, place: Owned, owner_id: int) -> Row:
    """Columns of a new row beside its own: in the group of ``place``."""
    return {
        "permissions": place.group_bits,
        "owner_id": owner_id,
        "group_id": place.group_id,
        "creation_id": call.event_id,
        "update_id": call.event_id,
        "version": 0,
    }


def _ids(call: Writing, table: Table, count: int) -> list[int]:
    ids: list[int] = call.engine.database.ids(call.db, f"seq_{table.name}", count)
    return ids


def _insert(call: Writing, table: Table, cls: str, rows: list[Row]) -> None:
    call.db.execute(insert(table), rows)
    call.log("INSERT", f"{PACKAGE}.{cls}", [row["id"] for row in rows])


def _update(call: Writing, table: Table, cls: str, rows: list[Row]) -> None:
    if not rows:
        return
    names = [name for name in rows[0] if name != "row_id"]
    changed = update(table).where(table.c.id == bindparam("row_id"))
    values: Row = {name: bindparam(f"new_{name}") for name in names}
    fixed = {"version": func.coalesce(table.c.version, 0) + 1, "update_id": call.event_id}
    data = [{"row_id": row["row_id"], **{f"new_{name}": row[name] for name in names}} for row in rows]
    call.db.execute(changed.values(**values, **fixed), data)
    call.log("UPDATE", f"{PACKAGE}.{cls}", [row["row_id"] for row in rows])
