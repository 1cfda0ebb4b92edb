"""Tables of what queries and searches find."""

from typing import Any

import omero
import omero.model
from omero_cli.tables import TableBuilder
from omero_cli.values import cell, row_fields

__all__ = ["object_table"]


def object_table(rows: list[list[Any]], style: str | None, ids_only: bool) -> TableBuilder:
    """Rows of one object show its fields, others a column per value."""
    cells = [_cells(row, ids_only) for row in rows]
    headers = list(dict.fromkeys(name for named in cells for name in named))
    table = TableBuilder("#", *headers)
    table.set_style(style)
    for number, named in enumerate(cells):
        table.row(number, *(named.get(header, "") for header in headers))
    return table


def _cells(row: list[Any], ids_only: bool) -> dict[str, str]:
    if len(row) == 1 and isinstance(row[0], omero.model.IObject) and not ids_only:
        obj = row[0]
        return {"Class": type(obj).__name__, "Id": str(obj.id.val), **row_fields(obj)}
    return {f"Col{number}": cell(value) for number, value in enumerate(row, 1)}
