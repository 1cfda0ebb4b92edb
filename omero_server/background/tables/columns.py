"""Columns as they come from clients, made ones that know how their values are stored (`omero.columns`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import omero
import omero.columns
import omero.grid
from omero.columns import AbstractArrayColumn, AbstractColumn, MaskColumnI, StringColumnI

__all__ = ["check_headers", "header", "rows_of", "storable", "type_id"]


def storable(column: Any) -> Any:
    """The column, with its values, as one that can be stored. ApiUsageException for what is no column."""
    kind = type(column).__name__.removesuffix("I")
    found = getattr(omero.columns, f"{kind}I", None)
    if found is None or not isinstance(column, omero.grid.Column):
        raise omero.ApiUsageException(message=f"{kind} is no kind of column.")
    made = found(column.name)
    vars(made).update(vars(column))
    return made


def header(type_id: str, name: str, description: str) -> Any:
    """An empty column by its type on the wire. ValidationException for an unknown type: the file is from elsewhere."""
    kind = type_id.rpartition("::")[2]
    found = getattr(omero.columns, f"{kind}I", None)
    if found is None:
        raise omero.ValidationException(message=f"The table has a column {name!r} of the unknown type {type_id}.")
    made = found(name)
    made.description = description
    made.setsize(None)
    return made


def type_id(column: Any) -> str:
    """The type of a column on the wire."""
    return str(column.ice_staticId())


def check_headers(columns: Sequence[Any]) -> None:
    """ApiUsageException unless a table can have these columns."""
    if not columns:
        raise omero.ApiUsageException(message="No columns provided: a table needs at least one.")
    names = [column.name for column in columns]
    for column in columns:
        if not column.name or "/" in column.name:
            raise omero.ApiUsageException(message=f"Column unnamed or with a slash in its name: {column.name!r}.")
        if column.name.startswith("__"):
            raise omero.ApiUsageException(message=f"Reserved column name: {column.name}. It must not begin with __.")
        if isinstance(column, StringColumnI | AbstractArrayColumn) and column.size < 1:
            raise omero.ApiUsageException(message=f"The size of column {column.name} must be at least 1.")
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise omero.ApiUsageException(message=f"Duplicate column name: {', '.join(twice)}.")


def rows_of(columns: Sequence[AbstractColumn], rows: Any) -> Any:
    """Put the values of columns into rows (a structured array that has a place for each). ValidationException for
    values that do not fit.
    """
    for column in columns:
        try:
            if isinstance(column, MaskColumnI):
                for part, values in zip(column._subnames, column.arrays(), strict=True):
                    rows[column.name][part.removeprefix("/")] = values
            else:
                rows[column.name] = np.asarray(column.arrays()[0], dtype=rows.dtype[column.name].base)
        except (TypeError, ValueError, OverflowError, UnicodeError) as error:
            raise omero.ValidationException(
                message=f"Values of column {column.name} cannot be stored: {error}"
            ) from error
    return rows
