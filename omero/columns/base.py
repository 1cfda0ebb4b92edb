"""What the columns of tables share, and the description of a table for PyTables."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, ClassVar

import omero
import omero._generated

__all__ = ["AbstractArrayColumn", "AbstractColumn", "columns2definition", "pytables"]

Wire: Any = omero


def columns2definition(cols: Iterable[Any]) -> dict[str, Any]:
    """PyTables' description of a table, by name of the columns. Raises ApiUsageException for a name used twice."""
    definition: dict[str, Any] = {}
    for position, column in enumerate(cols):
        if column.name in definition:
            raise Wire.ApiUsageException(None, None, f"Duplicate column name: {column.name}")
        definition[column.name] = column.descriptor(position)
    return definition


def pytables() -> Any:
    """The module PyTables. Raises ImportError that says how to get it."""
    try:
        return import_module("tables")
    except ImportError as error:
        raise ImportError("Tables in HDF5 files need PyTables: pip install tables") from error


class AbstractColumn:
    """What all columns share. ``values`` may be None: the column has none then.

    ``_types`` and ``_subnames`` say what a value is stored as: numpy's codes, and what follows the column's name. Most
    columns store one number. ``_descriptor`` names PyTables' column.
    """

    name: str
    values: Any
    _types: ClassVar[tuple[str, ...]] = ("()i8",)
    _subnames: ClassVar[tuple[str, ...]] = ("",)
    _descriptor: ClassVar[str] = "Int64Col"

    def __init__(self, name: str = "Unknown", *args: Any) -> None:
        """``args``: what else the column of ``omero.grid`` takes, description first and values last."""
        super().__init__(name, *args)  # type: ignore[call-arg]

    def descriptor(self, pos: int | None) -> Any:
        """PyTables' column for the place ``pos``."""
        return getattr(pytables(), self._descriptor)(pos=pos)

    def settable(self, tbl: Any) -> None:
        """Say which table the column belongs to."""
        self.__table = tbl

    def append(self, tbl: Any) -> None:
        """Store what has no place in the rows of a table; called when rows are added."""

    def readCoordinates(self, tbl: Any, rowNumbers: Iterable[int] | None) -> None:
        """Take the values of some rows of a table; of all for None."""
        if rowNumbers is None:
            self.read(tbl, None, None)
        elif numbers := list(rowNumbers):
            self.fromrows(tbl.read_coordinates(numbers, field=self.name), field_only=True)
        else:
            self.setsize(0)

    def read(self, tbl: Any, start: int | None, stop: int | None) -> None:
        """Take the values of the rows from ``start`` to before ``stop``."""
        self.fromrows(tbl.read(start, stop, field=self.name), field_only=True)

    def getsize(self) -> int | None:
        """How many values there are; None when they are not known."""
        return None if self.values is None else len(self.values)

    def setsize(self, size: int | None) -> None:
        """Make place for ``size`` values; None forgets them."""
        self.values = None if size is None else [None] * size

    def arrays(self) -> list[Any]:
        """Values to be stored, one list for each of ``dtypes``."""
        return [self.values]

    def dtypes(self) -> list[tuple[Any, ...]]:
        """Name and type of what is stored, as numpy takes it."""
        return [(f"{self.name}{sub}", kind) for sub, kind in zip(self._subnames, self._types, strict=True)]

    def fromrows(self, rows: Any, field_only: bool = False) -> None:
        """Take the values from rows of a table, or with ``field_only`` from an array of this column alone."""
        self.values = self._field(rows, field_only).tolist()

    def _field(self, rows: Any, field_only: bool) -> Any:
        return rows if field_only else rows[self.name]


class AbstractArrayColumn(AbstractColumn):
    """A column of arrays that all have ``size`` numbers. Arrays of one number are stored as numbers."""

    size: int

    def descriptor(self, pos: int | None) -> Any:
        """PyTables' column for the place ``pos``. Raises ApiUsageException when ``size`` is less than 1."""
        if self.size < 1:
            raise Wire.ApiUsageException(None, None, f"Array length must be > 0 (Column: {self.name})")
        shape = () if self.size == 1 else (self.size,)
        return getattr(pytables(), self._descriptor)(pos=pos, shape=shape)

    def settable(self, tbl: Any) -> None:
        """Say which table the column belongs to, and take ``size`` from it."""
        super().settable(tbl)
        shape = tbl.dtype[self.name].shape
        self.size = shape[0] if shape else 1

    def arrays(self) -> list[Any]:
        """The arrays to be stored. Raises ValidationException for one of another length than ``size``."""
        values = self.values or []
        if any(len(value) != self.size for value in values):
            raise Wire.ValidationException(None, None, f"Column {self.name} requires arrays of length {self.size}")
        return [[value[0] for value in values] if self.size == 1 else values]

    def dtypes(self) -> list[tuple[Any, ...]]:
        """Name and type of what is stored, as numpy takes it."""
        kind = self._types[0]
        return [(self.name, kind) if self.size == 1 else (self.name, kind, self.size)]

    def fromrows(self, rows: Any, field_only: bool = False) -> None:
        """Take the arrays from rows of a table, or with ``field_only`` from an array of this column alone."""
        field = self._field(rows, field_only)
        self.values = field.reshape(len(field), -1).tolist() if len(field) else []
