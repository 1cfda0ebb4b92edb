"""Columns of ids, numbers, arrays and texts."""

from __future__ import annotations

from typing import Any

import omero
import omero.grid
from omero.columns.base import AbstractArrayColumn, AbstractColumn, pytables

__all__ = [
    "BoolColumnI",
    "DatasetColumnI",
    "DoubleArrayColumnI",
    "DoubleColumnI",
    "FileColumnI",
    "FloatArrayColumnI",
    "ImageColumnI",
    "LongArrayColumnI",
    "LongColumnI",
    "PlateColumnI",
    "RoiColumnI",
    "StringColumnI",
    "WellColumnI",
]

Wire: Any = omero


class FileColumnI(AbstractColumn, omero.grid.FileColumn):
    """Ids of files."""


class ImageColumnI(AbstractColumn, omero.grid.ImageColumn):
    """Ids of images."""


class DatasetColumnI(AbstractColumn, omero.grid.DatasetColumn):
    """Ids of datasets."""


class WellColumnI(AbstractColumn, omero.grid.WellColumn):
    """Ids of wells."""


class PlateColumnI(AbstractColumn, omero.grid.PlateColumn):
    """Ids of plates."""


class RoiColumnI(AbstractColumn, omero.grid.RoiColumn):
    """Ids of regions."""


class LongColumnI(AbstractColumn, omero.grid.LongColumn):
    """ints of 64 bits."""


class BoolColumnI(AbstractColumn, omero.grid.BoolColumn):
    """bools."""

    _types = ("()b1",)
    _descriptor = "BoolCol"


class DoubleColumnI(AbstractColumn, omero.grid.DoubleColumn):
    """floats of 64 bits."""

    _types = ("()f8",)
    _descriptor = "Float64Col"


class FloatArrayColumnI(AbstractArrayColumn, omero.grid.FloatArrayColumn):
    """Arrays of floats of 32 bits."""

    _types = ("()f4",)
    _descriptor = "Float32Col"


class DoubleArrayColumnI(AbstractArrayColumn, omero.grid.DoubleArrayColumn):
    """Arrays of floats of 64 bits."""

    _types = ("()f8",)
    _descriptor = "Float64Col"


class LongArrayColumnI(AbstractArrayColumn, omero.grid.LongArrayColumn):
    """Arrays of ints of 64 bits."""


class StringColumnI(AbstractColumn, omero.grid.StringColumn):
    """Texts of at most ``size`` bytes of UTF-8."""

    size: int
    _types = ("S",)
    _descriptor = "StringCol"

    def descriptor(self, pos: int | None) -> Any:
        """PyTables' column for the place ``pos``. Raises ApiUsageException when ``size`` is less than 1."""
        if self.size < 1:
            raise Wire.ApiUsageException(None, None, f"String size must be > 0 (Column: {self.name})")
        return pytables().StringCol(pos=pos, itemsize=self.size)

    def settable(self, tbl: Any) -> None:
        """Say which table the column belongs to, and take ``size`` from it."""
        super().settable(tbl)
        self.size = tbl.dtype[self.name].itemsize

    def arrays(self) -> list[Any]:
        """The texts as bytes. Raises ValidationException for one that is longer than ``size``."""
        stored = [_encoded(value) for value in self.values or []]
        if any(len(value) > self.size for value in stored):
            text = f"Maximum string (byte) length in column {self.name} is {self.size}"
            raise Wire.ValidationException(None, None, text)
        return [stored]

    def dtypes(self) -> list[tuple[Any, ...]]:
        """Name and type of what is stored, as numpy takes it."""
        return [(self.name, "S", self.size)]

    def fromrows(self, rows: Any, field_only: bool = False) -> None:
        """Take the texts from rows of a table, or with ``field_only`` from an array of this column alone."""
        self.values = [value.decode("utf-8") for value in self._field(rows, field_only).tolist()]


def _encoded(value: str | bytes | None) -> bytes:
    if isinstance(value, bytes):
        return value
    return (value or "").encode("utf-8")
