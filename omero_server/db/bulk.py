"""Many rows in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, column, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

__all__ = ["insert_rows"]


def insert_rows(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns: one statement with a list for each, however many there are."""
    if not rows:
        return
    kinds = {name: table.c[name].type for name in rows[0]}
    lists = (literal([row[name] for row in rows], ARRAY(kind)) for name, kind in kinds.items())
    given = func.unnest(*lists).table_valued(*(column(name, kind) for name, kind in kinds.items())).render_derived()
    db.execute(insert(table).from_select(list(kinds), select(*given.c)))
