"""One HDF5 file with a table, shared by all who have it open."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tables

import omero
import omero._generated
from omero.columns import MaskColumnI, columns2definition
from omero_server.background.tables.columns import check_headers, header, rows_of, type_id
from omero_server.background.tables.conditions import BadCondition, check

__all__ = ["LOCK", "TableFile", "opened"]

LOCK = threading.RLock()
"""Held by whoever works on any of the files."""
MOST_BYTES = 200 * 1024 * 1024
"""Of an answer: more do not go into one message."""
INITIALIZED, VERSION, CURRENT = "__initialized", "__version", "2"
MAGIC = b"\x89HDF\r\n\x1a\n"
_OPEN: dict[Path, TableFile] = {}

# Names of columns are the users'.
warnings.filterwarnings("ignore", category=tables.NaturalNameWarning)


def opened(path: Path, writable: bool) -> TableFile:
    """The table in a file. Everyone who got it calls `release` at the end.

    A file that is only read stays as it is; with `writable`, one that is not there is made.

    LockTimeout when another process has it, ValidationException when it is no HDF5 file.
    """
    with LOCK:
        found = _OPEN.get(path)
        if found is None:
            found = _OPEN[path] = TableFile(path, writable)
        elif writable:
            found.make_writable()
        found.users += 1
        return found


class TableFile:
    """Rows and notes of a table. The methods check what they are given; who may call them is checked elsewhere."""

    def __init__(self, path: Path, writable: bool) -> None:
        self.path = path
        self.users = 0
        self.modified = False
        self.updated = 0
        """Counts the changes of rows that were there already."""
        self.changed_at = time.time()
        self._writable = writable
        self._file = _open(path, writable)
        self._columns: list[Any] | None = None

    def make_writable(self) -> None:
        """Open the file for writing, if those who have it open only read."""
        if not self._writable:
            self._file.close()
            self._columns = None
            try:
                self._file = _open(self.path, writable=True)
                self._writable = True
            except omero.ServerError:
                self._file = _open(self.path, writable=False)
                raise

    def release(self) -> None:
        """One user less; the last one closes the file."""
        with LOCK:
            self.users -= 1
            if self.users == 0:
                _OPEN.pop(self.path, None)
                self._file.close()

    @property
    def table(self) -> Any:
        """The rows. ApiUsageException before the table was initialised."""
        try:
            return self._file.root.OME.Measurements
        except tables.NoSuchNodeError:
            raise omero.ApiUsageException(message="Not yet initialized: call initialize with columns first.") from None

    @property
    def columns(self) -> list[Any]:
        """The columns, without values."""
        if self._columns is None:
            table, ome = self.table, self._file.root.OME
            kinds, texts = (_texts(node.read()) for node in (ome.ColumnTypes, ome.ColumnDescriptions))
            self._columns = [header(*each) for each in zip(kinds, table.colnames, texts, strict=True)]
            for column in self._columns:
                column.settable(table)
        return self._columns

    def fresh(self, numbers: Sequence[int]) -> list[Any]:
        """Columns by their numbers, to be filled. ApiUsageException for a number that is none."""
        known = self.columns
        if any(not 0 <= number < len(known) for number in numbers):
            raise omero.ApiUsageException(message=f"Column overflow: the table has {len(known)} columns.")
        made = []
        for number in numbers:
            one = known[number]
            column = header(type_id(one), one.name, one.description)
            column.settable(self.table)
            made.append(column)
        return made

    # Writing

    def initialize(self, columns: Sequence[Any]) -> None:
        """Make the table, without rows. ValidationException when there is one already."""
        check_headers(columns)
        if "OME" in self._file.root and "Measurements" in self._file.root.OME:
            raise omero.ValidationException(message="Already initialized.")
        ome = self._file.root.OME if "OME" in self._file.root else self._file.create_group("/", "OME")
        self._file.create_array(ome, "ColumnTypes", _bytes(type_id(column) for column in columns))
        self._file.create_array(ome, "ColumnDescriptions", _bytes(column.description or "" for column in columns))
        table = self._file.create_table(ome, "Measurements", columns2definition(columns))
        setattr(table.attrs, VERSION, CURRENT)
        setattr(table.attrs, INITIALIZED, time.time())
        self._done()

    def append(self, columns: Sequence[Any]) -> None:
        """Add rows: all columns of the table in their order, whatever they are called, with as many values each."""
        table, known = self.table, self.columns
        if len(columns) != len(known):
            raise omero.ApiUsageException(message=f"Give all columns in their order: {', '.join(table.colnames)}.")
        for column, one in zip(columns, known, strict=True):
            if type_id(column) != type_id(one):
                raise omero.ValidationException(message=f"Column {one.name} is a {type(one).__name__[:-1]}.")
            column.name = one.name
            column.settable(table)
        rows = np.zeros(_common_size(columns), dtype=table.dtype)
        table.append(rows_of(columns, rows))
        for column in columns:
            column.append(table)
        self._done()

    def update(self, numbers: Sequence[int], columns: Sequence[Any]) -> None:
        """Replace values of rows, in the columns that are given."""
        table = self.table
        self._check_rows(numbers)
        if unknown := {column.name for column in columns} - set(table.colnames):
            raise omero.ApiUsageException(message=f"The table has no columns {', '.join(sorted(unknown))}.")
        for column in columns:
            column.settable(table)
            if isinstance(column, MaskColumnI):
                raise omero.ApiUsageException(message="Masks cannot be changed, only added.")
        if columns and _common_size(columns) != len(numbers):
            raise omero.ValidationException(message=f"There are {len(numbers)} rows to change, but not as many values.")
        rows = rows_of(columns, table.read_coordinates(list(numbers)))
        table.modify_coordinates(list(numbers), rows)
        self.updated += 1
        self._done()

    def _done(self) -> None:
        self._columns = None
        self.modified = True
        self.changed_at = time.time()
        self._file.flush()

    # Reading

    @property
    def size(self) -> int:
        """How many rows there are."""
        return int(self.table.nrows)

    def read(self, numbers: Sequence[int], start: int, stop: int) -> tuple[list[int], list[Any]]:
        """Rows from `start` to before `stop` (all when both are 0): their numbers, and these columns of them."""
        if start == stop == 0:
            stop = self.size
        if not numbers:
            raise omero.ApiUsageException(message="No columns were asked for.")
        if not 0 <= start <= stop:
            raise omero.ApiUsageException(message=f"There are no rows from {start} to {stop}.")
        stop = min(stop, self.size)
        columns = self.fresh(numbers)
        self._check_bytes(stop - start)
        for column in columns:
            column.read(self.table, start, stop)
        return list(range(start, stop)), columns

    def pick(self, numbers: Sequence[int] | None, rows: Sequence[int] | None) -> tuple[list[int], list[Any]]:
        """Rows by their numbers: these numbers, and these columns of them. None: all."""
        chosen = list(rows) if rows else list(range(self.size))
        if chosen:
            self._check_rows(chosen)
        columns = self.fresh(numbers or range(len(self.columns)))
        self._check_bytes(len(chosen))
        for column in columns:
            column.readCoordinates(self.table, chosen)
        return chosen, columns

    def where(self, condition: str, variables: Mapping[str, Any], start: int, stop: int, step: int) -> list[int]:
        """Numbers of the rows that fulfil a condition. ApiUsageException for one that makes no sense."""
        table = self.table
        values = {name: self._value(value) for name, value in variables.items()}
        end = stop if stop > 0 else table.nrows
        try:
            check(condition)
            found = table.get_where_list(condition, values, start=max(start, 0), stop=end, step=step or 1)
        except (BadCondition, TypeError, ValueError, NameError, SyntaxError, NotImplementedError) as error:
            raise omero.ApiUsageException(message=f"Bad condition: {condition[:200]}: {error}") from error
        except (KeyError, IndexError, RecursionError, ZeroDivisionError, OverflowError) as error:
            raise omero.ApiUsageException(message=f"Bad condition: {condition[:200]}: {error!r}") from error
        numbers: list[int] = found.tolist()
        return numbers

    def _value(self, value: Any) -> Any:
        """A variable of a condition: a text is a column by its name, or itself."""
        if isinstance(value, str):
            return self.table.cols._f_col(value) if value in self.table.colnames else value.encode()
        return value

    def _check_rows(self, numbers: Sequence[int]) -> None:
        if not numbers or min(numbers) < 0 or max(numbers) >= self.size:
            raise omero.ApiUsageException(message=f"Row overflow: the table has {self.size} rows.")

    def _check_bytes(self, rows: int) -> None:
        needed = rows * self.table.dtype.itemsize
        if needed > MOST_BYTES:
            raise omero.ApiUsageException(message=f"{rows} rows are {needed} bytes: ask for fewer at a time.")

    # Notes

    def notes(self) -> dict[str, Any]:
        """All notes, with those that the server keeps itself."""
        attrs = self.table.attrs
        return {name: _plain(attrs[name]) for name in attrs._f_list("user")}

    def note(self, values: Mapping[str, str | int | float], replace: bool) -> None:
        """Keep notes; with `replace` the others go. ApiUsageException for a name that the server keeps."""
        attrs = self.table.attrs
        for name in values:
            if not name or name.startswith("__"):
                raise omero.ApiUsageException(message=f"Reserved name: {name!r}. It must not begin with __.")
        if replace:
            for name in attrs._f_list("user"):
                if not name.startswith("__"):
                    del attrs[name]
        for name, value in values.items():
            attrs[name] = value
        self._done()


def _open(path: Path, writable: bool) -> Any:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size and _magic(path) != MAGIC:
            raise omero.ValidationException(message=f"The file {path.name} is no table: it is not in HDF5.")
        return tables.open_file(str(path), "a" if writable else "r", title="OMERO table")
    except (tables.HDF5ExtError, ValueError) as error:
        if "lock" in str(error):
            raise omero.LockTimeout(message=f"Another process uses the table {path.name}.", seconds=0) from error
        raise omero.ValidationException(message=f"The table {path.name} is damaged.") from error
    except OSError as error:
        raise omero.ResourceError(message=f"The table {path.name} cannot be opened: {error}") from error


def _magic(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(MAGIC))


def _common_size(columns: Sequence[Any]) -> int:
    """How many values each column has. ValidationException unless all have as many."""
    sizes = {column.getsize() or 0 for column in columns}
    if len(sizes) != 1:
        raise omero.ValidationException(message="Columns don't match: all need the same number of values.")
    return sizes.pop()


def _bytes(texts: Any) -> Any:
    return np.array([text.encode() for text in texts] or [b""], dtype=np.bytes_)


def _texts(values: Any) -> list[str]:
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value.item() if isinstance(value, np.generic) else value
