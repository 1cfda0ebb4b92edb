"""Tables in the styles that scripts read: sql (for people), plain, csv and json."""

import csv
import io
import json
from collections.abc import Sequence

__all__ = ["TableBuilder"]


class TableBuilder:
    """Collects rows and prints them in one style.

    sql: padded cells, `|` between columns, a rule under the headers, `(N rows)` at the end. csv: headers and CSV rows.
    plain: CSV rows without headers. json: a list with one object per line, every value a string.
    """

    def __init__(self, *headers: str) -> None:
        self.headers = list(headers)
        self.rows: list[list[str]] = []
        self._style = "sql"
        self._align = ""
        self._page: tuple[int, int, int] | None = None

    def row(self, *items: object, **named: object) -> None:
        """Add a row, by position or by header; headers not named give an empty cell."""
        cells = list(items) if items else [named.get(header, "") for header in self.headers]
        cells += [None] * (len(self.headers) - len(cells))
        self.rows.append([str(cell) for cell in cells])

    def set_style(self, style: str | None) -> None:
        """One of sql, plain, csv, json; None keeps the present one."""
        self._style = style or self._style

    def set_align(self, align: str) -> None:
        """One letter per column, `l` or `r` (sql style only)."""
        self._align = align

    def page(self, offset: int, total: int) -> None:
        """Say in the footer that these are rows from `offset` on of about `total`."""
        self._page = (offset, len(self.rows), total)

    def sort(self, columns: Sequence[int] = (0,), reverse: bool = False) -> None:
        """Sort the rows by the text of these columns."""
        self.rows.sort(key=lambda row: [row[column] for column in columns], reverse=reverse)

    def build(self) -> str:
        """The whole table as text, without a final line break."""
        return {"sql": self._sql, "plain": self._plain, "csv": self._csv, "json": self._json}[self._style]()

    def __str__(self) -> str:
        return self.build()

    def _sql(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.headers, *self.rows, strict=True)]
        lines = [self._sql_line(self.headers, widths), "+".join("-" * (width + 2) for width in widths)]
        lines += [self._sql_line(row, widths) for row in self.rows]
        return "\n".join([*lines, self._footer()])

    def _sql_line(self, cells: list[str], widths: list[int]) -> str:
        align = self._align.ljust(len(widths), "l")
        pads = (c.rjust(w) if a == "r" else c.ljust(w) for c, w, a in zip(cells, widths, align, strict=True))
        return "|".join(f" {cell} " for cell in pads)

    def _footer(self) -> str:
        if self._page is not None:
            offset, count, total = self._page
            return f"({count} row{'' if count == 1 else 's'}, starting at {offset} of approx. {total})"
        return f"({len(self.rows)} row{'' if len(self.rows) == 1 else 's'})"

    def _plain(self) -> str:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(self.rows)
        return out.getvalue().rstrip("\n")

    def _csv(self) -> str:
        return "\n".join(part for part in (",".join(self.headers), self._plain()) if part)

    def _json(self) -> str:
        rows = (json.dumps(dict(zip(self.headers, row, strict=True))) for row in self.rows)
        return "[" + ",\n".join(rows) + "]"
