"""Disk usage, second part: how many bytes files take, by their owner and by what uses them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, exists, func, select

from omero_server.db.tables import TABLES
from omero_server.graphs.usage import Reached, visible
from omero_server.model.schema import MODEL
from omero_server.repository.layout import PYRAMID, Layout
from omero_server.repository.sizes import stored_sizes

__all__ = ["Key", "Usage", "measure_files", "measure_pixels", "measure_thumbnails"]

Key = tuple[int, int]
"""Ids of owner and group."""

USES = {
    "FileAnnotation": ("annotation", "file"),
    "FilesetEntry": ("filesetentry", "originalfile"),
    "Job": ("joboriginalfilelink", "child"),
    "Pixels": ("pixelsoriginalfilemap", "parent"),
    "Roi": ("roi", "source"),
}
"""What refers to files: table and column."""


@dataclass
class Usage:
    """Numbers of files and bytes by owner and group, and of these by what uses the files.

    A file with several uses counts for each, but once in the totals.
    """

    files: defaultdict[Key, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    bytes: defaultdict[Key, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    total_files: Counter[Key] = field(default_factory=Counter)
    total_bytes: Counter[Key] = field(default_factory=Counter)

    def add(self, key: Key, uses: Iterable[str], files: int, size: int) -> None:
        """Files of one owner and group that are used alike."""
        for use in uses:
            self.files[key][use] += files
            self.bytes[key][use] += size
        self.total_files[key] += files
        self.total_bytes[key] += size


def measure_files(db: Connection, found: Reached, usage: Usage) -> None:
    """Add files of repositories and of clients. Empty ones do not count."""
    file = TABLES["originalfile"]
    uses = [_used(found, table, column).label(name) for name, (table, column) in USES.items()]
    chosen = (
        select(file.c.owner_id, file.c.group_id, func.count(), func.sum(file.c.size), *uses)
        .where(found.condition("OriginalFile"), file.c.size > 0)
        .group_by(file.c.owner_id, file.c.group_id, *(use.name for use in uses))
    )
    for owner, group, files, size, *used in db.execute(chosen, found.readable.parameters):
        names = [name for name, is_so in zip(USES, used, strict=True) if is_so]
        usage.add((owner, group), names or ["OriginalFile"], files, int(size))


def _used(found: Reached, table: str, column: str) -> ColumnElement[bool]:
    user = TABLES[table]
    seen = visible(found.readable, MODEL.by_table[table], user)
    return exists().where(user.c[column] == TABLES["originalfile"].c.id, seen)


def measure_pixels(db: Connection, layout: Layout, found: Reached, usage: Usage) -> None:
    """Add what is stored for pixels: those that clients wrote, and pyramids."""
    _measure(db, found, usage, "Pixels", layout.pixels, ("", PYRAMID))


def measure_thumbnails(db: Connection, layout: Layout, found: Reached, usage: Usage) -> None:
    """Add stored thumbnails."""
    _measure(db, found, usage, "Thumbnail", layout.thumbnail, ("",))


def _measure(
    db: Connection, found: Reached, usage: Usage, name: str, place: Callable[[int], Path], suffixes: tuple[str, ...]
) -> None:  # fmt: skip
    table = TABLES[MODEL.classes[name].table]
    chosen = select(table.c.id, table.c.owner_id, table.c.group_id).where(found.condition(name))
    keys = {row.id: (row.owner_id, row.group_id) for row in db.execute(chosen, found.readable.parameters)}
    for row, size in stored_sizes(place, keys, suffixes):
        if size > 0:
            usage.add(keys[row], [name], 1, size)
