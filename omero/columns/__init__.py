"""Columns of tables that know how their values are stored: ``LongColumnI("area", "pixels", [1, 2])`` and the others.

Each is a column of ``omero.grid``, to be sent to a table service, and converts its values to and from rows of a table.
Rows are numpy's structured arrays; tables are those of PyTables (HDF5). PyTables is needed only where a table is made
(``descriptor``, ``columns2definition``).
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec

from omero.columns.base import AbstractArrayColumn, AbstractColumn, columns2definition
from omero.columns.kinds import (
    BoolColumnI,
    DatasetColumnI,
    DoubleArrayColumnI,
    DoubleColumnI,
    FileColumnI,
    FloatArrayColumnI,
    ImageColumnI,
    LongArrayColumnI,
    LongColumnI,
    PlateColumnI,
    RoiColumnI,
    StringColumnI,
    WellColumnI,
)
from omero.columns.masks import MaskColumnI
from omero.rtypes import ObjectFactory

__all__ = [
    "AbstractArrayColumn",
    "AbstractColumn",
    "BoolColumnI",
    "DatasetColumnI",
    "DoubleArrayColumnI",
    "DoubleColumnI",
    "FileColumnI",
    "FloatArrayColumnI",
    "ImageColumnI",
    "LongArrayColumnI",
    "LongColumnI",
    "MaskColumnI",
    "ObjectFactories",
    "ObjectFactory",
    "PlateColumnI",
    "RoiColumnI",
    "StringColumnI",
    "WellColumnI",
    "columns2definition",
    "has_pytables",
    "has_pytables3",
]


has_pytables = find_spec("tables") is not None
has_pytables3 = has_pytables

ObjectFactories = {
    cls: ObjectFactory(cls, partial(cls))
    for cls in (
        FileColumnI,
        ImageColumnI,
        DatasetColumnI,
        WellColumnI,
        RoiColumnI,
        PlateColumnI,
        BoolColumnI,
        DoubleColumnI,
        LongColumnI,
        StringColumnI,
        FloatArrayColumnI,
        DoubleArrayColumnI,
        LongArrayColumnI,
        MaskColumnI,
    )
}
