"""Statistics of pixels that were found while their pyramid was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update

from omero_server.db.tables import TABLES
from omero_server.db.transaction import Transaction
from omero_server.sessions.call import InTransaction

__all__ = ["Task", "add_statistics"]

Range = tuple[float, float]


@dataclass(slots=True)
class Task(InTransaction):
    """A transaction of the server itself."""

    transaction: Transaction
    engine: Any


def add_statistics(task: Task, pixels_id: int, ranges: Sequence[Range]) -> None:
    """Record smallest and largest value of those channels that have none yet; (inf, -inf) if it has no values."""
    channel, stats = TABLES["channel"], TABLES["statsinfo"]
    chosen = (
        select(channel.c.id, channel.c.pixels_index, channel.c.owner_id, channel.c.group_id, channel.c.permissions)
        .where(channel.c.pixels == pixels_id, channel.c.statsinfo.is_(None))
        .with_for_update()
    )
    found = [row for row in task.db.execute(chosen) if row.pixels_index < len(ranges)]
    ids = task.engine.database.ids(task.db, "seq_statsinfo", len(found)) if found else []
    for row, stats_id in zip(found, ids, strict=True):
        low, high = ranges[row.pixels_index]
        details = {
            "permissions": row.permissions, "owner_id": row.owner_id, "group_id": row.group_id,
            "creation_id": task.event_id, "update_id": task.event_id, "version": 0,
        }  # fmt: skip
        known = (low, high) if low <= high else (0.0, 0.0)
        task.db.execute(insert(stats).values(id=stats_id, globalmin=known[0], globalmax=known[1], **details))
        changed = update(channel).where(channel.c.id == row.id)
        version = func.coalesce(channel.c.version, 0) + 1
        task.db.execute(changed.values(statsinfo=stats_id, version=version, update_id=task.event_id))
    if found:
        task.log("INSERT", "ome.model.stats.StatsInfo", ids)
        task.log("UPDATE", "ome.model.core.Channel", [row.id for row in found])
