"""Tables for the terminal and for programs: ``TableBuilder("id", "name")``, rows, and a style."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

__all__ = [
    "ALIGN",
    "STYLE_REGISTRY",
    "CSVStyle",
    "Column",
    "JSONStyle",
    "PlainStyle",
    "SQLStyle",
    "Style",
    "StyleRegistry",
    "Table",
    "TableBuilder",
    "filesizeformat",
    "find_style",
    "list_styles",
]

UNITS = ("KB", "MB", "GB", "TB", "PB")


class ALIGN:
    """On which side of a column its values stand."""

    LEFT = "-"
    RIGHT = ""


class Style:
    """How a table is written."""

    NAME: ClassVar[str] = "unknown"
    SEPARATOR: ClassVar[str]

    def headers(self, table: Table) -> str:
        """The line of the names."""
        return self.SEPARATOR.join(column.format % column.name for column in table.columns)

    def width(self, name: str, decoded_data: Sequence[str]) -> int:
        """Characters that the column needs."""
        return max(len(text) for text in (name, *decoded_data))

    def format(self, width: int, align: str) -> str:
        """The %-format of a value."""
        return "%s"

    def get_rows(self, table: Table) -> Iterator[str]:
        """All lines."""
        raise NotImplementedError(f"{type(self).__name__} writes no tables")

    def __str__(self) -> str:
        return self.NAME


class SQLStyle(Style):
    """As psql does: names, a rule, aligned values, and the number of rows."""

    NAME = "sql"
    SEPARATOR = "|"

    def format(self, width: int, align: str) -> str:
        """The %-format of a value, with a space on both sides."""
        return f" %{align}{width}s "

    def line(self, table: Table) -> str:
        """The rule below the names."""
        return "+".join("-" * (column.width + 2) for column in table.columns)

    def status(self, table: Table) -> str:
        """How many rows there are; of a page also where it starts."""
        page = ""
        if table.page_info is not None:
            page = f", starting at {table.page_info[0]} of approx. {table.page_info[2]}"
        return f"({table.length} {'row' if table.length == 1 else 'rows'}{page})"

    def get_rows(self, table: Table) -> Iterator[str]:
        """All lines."""
        yield self.headers(table)
        yield self.line(table)
        yield from (self.SEPARATOR.join(table.get_row(number)) for number in range(table.length))
        yield self.status(table)


class PlainStyle(Style):
    """Only the values, separated by commas, quoted where need be."""

    NAME = "plain"
    SEPARATOR = ","

    def _write_row(self, table: Table, i: int | None) -> str:
        out = io.StringIO()
        csv.writer(out, delimiter=self.SEPARATOR, lineterminator="").writerow(list(table.get_row(i)))
        return out.getvalue()

    def get_rows(self, table: Table) -> Iterator[str]:
        """All lines."""
        yield from (self._write_row(table, number) for number in range(table.length))


class CSVStyle(PlainStyle):
    """The names, then the values, separated by commas."""

    NAME = "csv"

    def get_rows(self, table: Table) -> Iterator[str]:
        """All lines."""
        yield self._write_row(table, None)
        yield from super().get_rows(table)


class JSONStyle(Style):
    """A list of objects, one on each line."""

    NAME = "json"

    def get_rows(self, table: Table) -> Iterator[str]:
        """All lines."""
        names = list(table.get_row(None))
        rows = [json.dumps(dict(zip(names, table.get_row(number), strict=True))) for number in range(table.length)]
        last = len(rows) - 1
        for number, row in enumerate(rows):
            yield f"{'' if number else '['}{row}{',' if number < last else ']'}"
        if not rows:
            yield "[]"


class StyleRegistry(dict[str, Style]):
    """The styles by their names."""

    def __init__(self) -> None:
        super().__init__((cls.NAME, cls()) for cls in (CSVStyle, SQLStyle, PlainStyle, JSONStyle))


STYLE_REGISTRY = StyleRegistry()


def find_style(style: Any, error_strategy: str | None = None) -> Style | None:
    """The style of this name, or the style itself; None when there is none."""
    return style if isinstance(style, Style) else STYLE_REGISTRY.get(style)


def list_styles() -> list[str]:
    """The names of all styles."""
    return list(STYLE_REGISTRY)


class Column(list[str]):
    """The values of a column as text."""

    def __init__(self, name: str, data: Sequence[Any], align: str = ALIGN.LEFT, style: Any = SQLStyle()) -> None:  # noqa: B008
        super().__init__(_text(value) for value in data)
        self.name = name
        self.width = style.width(name, self)
        self.format = style.format(self.width, align)


class Table:
    """Columns of one length. ``str`` writes it in its style."""

    def __init__(self, *columns: Column) -> None:
        self.style: Any = SQLStyle()
        self.columns = columns
        self.length = max((len(column) for column in columns), default=0)
        self.page_info: tuple[int, int, int] | None = None

    def page(self, offset: int, limit: int, total: int) -> None:
        """Say which part of ``total`` rows this is."""
        self.page_info = (offset, limit, total)

    def set_style(self, style: Any) -> None:
        """Write in this style, a name or a Style."""
        self.style = find_style(style)

    def get_row(self, i: int | None = None) -> Iterator[str]:
        """The values of a row in the columns' formats; without a number the names."""
        return (column.format % (column.name if i is None else column[i]) for column in self.columns)

    def get_rows(self) -> Iterator[str]:
        """All lines."""
        rows: Iterator[str] = self.style.get_rows(self)
        return rows

    def __str__(self) -> str:
        return "\n".join(self.get_rows())


class TableBuilder:
    """Makes a table row by row."""

    def __init__(self, *headers: str) -> None:
        self.style: Any = SQLStyle()
        self.headers = list(headers)
        self.results: list[list[Any]] = [[] for _header in headers]
        self.page_info: tuple[int, int, int] | None = None
        self.align: str | None = None

    def page(self, offset: int, limit: int, total: int) -> None:
        """Say which part of ``total`` rows this is."""
        self.page_info = (offset, limit, total)

    def set_style(self, style: Any) -> None:
        """Write in this style, a name or a Style; an unknown name changes nothing."""
        self.style = find_style(style) or self.style

    def set_align(self, align: str) -> None:
        """The side for each column: ``l`` or ``r``, such as ``rl``."""
        self.align = align

    def col(self, name: str) -> None:
        """Add a column, empty in the rows so far."""
        self.headers.append(name)
        self.results.append([""] * len(self.results[0]) if self.results else [])

    def cols(self, names: Sequence[str]) -> None:
        """Add columns."""
        for name in names:
            self.col(name)

    def get_col(self, name: str) -> list[Any]:
        """The values of a column. Raises KeyError when there is none."""
        return self.results[self._place(name)]

    def replace_col(self, name: str, col: Sequence[Any]) -> None:
        """Replace the values of a column. Raises KeyError for an unknown one, ValueError for another length."""
        place = self._place(name)
        if len(col) != len(self.results[place]):
            raise ValueError(f"Size mismatch: {len(self.results[place])} rows != {len(col)}")
        self.results[place] = list(col)

    def replace_header(self, name: str, new_name: str) -> None:
        """Call a column something else."""
        self.headers[self._place(name)] = new_name

    def _place(self, name: str) -> int:
        if name not in self.headers:
            raise KeyError(f"{name} not in {self.headers}")
        return self.headers.index(name)

    def row(self, *items: Any, **by_name: Any) -> None:
        """Add a row: values in the order of the columns, further ones by name.

        Columns that are not given are None, or empty when others are given by name. Raises ValueError for too many.
        """
        if len(items) > len(self.headers):
            raise ValueError(f"Size mismatch: {len(items)} != {len(self.headers)}")
        places = {self._place(name): value for name, value in by_name.items()}
        rest = "" if by_name else None
        for place, values in enumerate(self.results):
            values.append(items[place] if place < len(items) else places.get(place, rest))

    def sort(self, cols: Sequence[int] = (0,), reverse: bool = False) -> None:
        """Sort the rows by columns, numbered from 0."""
        rows = sorted(zip(*self.results, strict=True), key=lambda row: [row[col] for col in cols], reverse=reverse)
        self.results = [list(values) for values in zip(*rows, strict=True)] or [[] for _header in self.headers]

    def build(self) -> Table:
        """The table of the rows so far."""
        sides = self.align or "l" * len(self.headers)
        columns = [
            Column(name, values, ALIGN.RIGHT if side == "r" else ALIGN.LEFT, self.style)
            for name, values, side in zip(self.headers, self.results, sides, strict=False)
        ]
        table = Table(*columns)
        if self.page_info is not None:
            table.page(*self.page_info)
        table.set_style(self.style)
        return table

    def __str__(self) -> str:
        return str(self.build())


def filesizeformat(bytes: Any) -> str:
    """A number of bytes as people write it: ``117.7 MB``."""
    try:
        size = float(bytes)
    except (TypeError, ValueError):
        return "0 bytes"
    if size < 1024:
        return f"{int(size)} B"
    for unit in UNITS:
        size /= 1024
        if size < 1024 or unit == UNITS[-1]:
            break
    return f"{size:.1f} {unit}"


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
