"""Columns of masks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import omero
import omero.grid
from omero.columns.base import AbstractColumn, pytables

__all__ = ["MaskColumnI"]

Wire: Any = omero


class MaskColumnI(AbstractColumn, omero.grid.MaskColumn):
    """Masks: image, plane, rectangle, and bytes, which have an array of their own beside the table."""

    _types = ("()i8", "()i4", "()i4", "()f8", "()f8", "()f8", "()f8")
    _subnames = ("/i", "/z", "/t", "/x", "/y", "/w", "/h")
    _fields: ClassVar[tuple[str, ...]] = ("imageId", "theZ", "theT", "x", "y", "w", "h")
    bytes: Any

    def descriptor(self, pos: int | None) -> Any:
        """PyTables' column for the place ``pos``: columns within a column."""
        tables = pytables()
        kinds = {"()i8": tables.Int64Col, "()i4": tables.Int32Col, "()f8": tables.Float64Col}
        inner = {
            sub[1:]: kinds[kind](pos=place)
            for place, (sub, kind) in enumerate(zip(self._subnames, self._types, strict=True))
        }
        return type("MaskDescription", (tables.IsDescription,), {**inner, "_v_pos": pos})

    def arrays(self) -> list[Any]:
        """Values to be stored, one list for each of ``dtypes``."""
        self.getsize()
        return [getattr(self, field) for field in self._fields]

    def getsize(self) -> int | None:
        """How many masks there are. Raises ValidationException when there are not as many of one part as of others."""
        sizes = {None if part is None else len(part) for part in (getattr(self, field) for field in self._fields)}
        if len(sizes) != 1:
            raise Wire.ValidationException(None, None, "Columns don't match")
        return sizes.pop()

    def setsize(self, size: int | None) -> None:
        """Make place for ``size`` masks without bytes; None forgets those that there are."""
        for field, kind in zip(self._fields, self._types, strict=True):
            setattr(self, field, None if size is None else [0.0 if kind == "()f8" else 0] * size)
        self.bytes = None if size is None else [b""] * size

    def readCoordinates(self, tbl: Any, rowNumbers: Iterable[int] | None) -> None:
        """Take some masks of a table; all for None."""
        numbers = None if rowNumbers is None else list(rowNumbers)
        super().readCoordinates(tbl, numbers)
        if numbers:
            self.getbytes(self._getmasks(tbl), numbers)

    def read(self, tbl: Any, start: int | None, stop: int | None) -> None:
        """Take the masks of the rows from ``start`` to before ``stop``."""
        super().read(tbl, start, stop)
        self.getbytes(self._getmasks(tbl), range(*slice(start, stop).indices(len(tbl))))

    def getbytes(self, masks: Any, rowNumbers: Iterable[int]) -> None:
        """Take the bytes of some rows."""
        self.bytes = [masks[number].tobytes() for number in rowNumbers]

    def fromrows(self, rows: Any, field_only: bool = False) -> None:
        """Take the masks, but for their bytes, from rows of a table."""
        field = self._field(rows, field_only)
        for name, sub in zip(self._fields, self._subnames, strict=True):
            setattr(self, name, field[sub[1:]].tolist())

    def append(self, tbl: Any) -> None:
        """Store the bytes beside the table."""
        import numpy

        masks = self._getmasks(tbl)
        for mask in self.bytes or []:
            masks.append(numpy.frombuffer(mask, dtype=numpy.uint8))

    def _getmasks(self, tbl: Any) -> Any:
        """The array beside a table, called like it and ``_masks``; made when it is not there."""
        file, parent, name = tbl._v_file, tbl._v_parent, f"{tbl._v_name}_masks"
        if name in parent:
            return parent._f_get_child(name)
        return file.create_vlarray(parent, name, pytables().UInt8Atom())
