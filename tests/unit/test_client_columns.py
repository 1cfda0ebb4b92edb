"""Columns of tables: values as they are stored, and back."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy
import pytest

import omero
import omero.grid
from omero import columns

MASKS: tuple[list[Any], ...] = ([1, 2], [0, 0], [0, 1], [1.0, 2.5], [1.0, 2.0], [3.0, 3.0], [4.0, 4.0], [b"abc", b""])
COLUMNS = [
    columns.LongColumnI("l", "numbers", [2**40, -1]),
    columns.ImageColumnI("i", "", [5, 6]),
    columns.BoolColumnI("b", "", [True, False]),
    columns.DoubleColumnI("d", "", [0.5, 2.0]),
    columns.StringColumnI("s", "", 4, ["a", "ää"]),
    columns.DoubleArrayColumnI("da", "", 2, [[1.0, 2.0], [3.0, 4.0]]),
    columns.LongArrayColumnI("la", "", 1, [[7], [8]]),
    columns.FloatArrayColumnI("fa", "", 2, [[0.5, 1.5], [2.5, 3.5]]),
]


class Rows:
    """A table in memory: numpy's rows, read as those of PyTables."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        self.dtype = rows.dtype

    def read(self, start: int | None, stop: int | None, field: str) -> Any:
        return self.rows[start:stop][field]

    def read_coordinates(self, numbers: list[int], field: str) -> Any:
        return self.rows[numbers][field]


@pytest.fixture
def table() -> Rows:
    """What the columns hold, as rows."""
    types = [kind for column in COLUMNS for kind in column.dtypes()]
    arrays = [values for column in COLUMNS for values in column.arrays()]
    rows = numpy.empty(2, dtype=types)
    for kind, values in zip(types, arrays, strict=True):
        rows[kind[0]] = values
    return Rows(rows)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: type(column).__name__)
def test_values_return_from_rows(column: Any, table: Rows) -> None:
    again = type(column)(column.name)
    again.settable(table)
    again.fromrows(table.rows)
    assert again.values == column.values
    assert getattr(again, "size", None) == getattr(column, "size", None)
    again.read(table, 1, 2)
    assert again.values == column.values[1:]
    again.readCoordinates(table, [1, 0])
    assert again.values == column.values[::-1]
    again.readCoordinates(table, [])
    assert again.values == []
    again.readCoordinates(table, None)
    assert again.values == column.values


@pytest.mark.parametrize(
    ("column", "stored"),
    [
        (columns.LongColumnI("n"), [("n", "()i8")]),
        (columns.BoolColumnI("n"), [("n", "()b1")]),
        (columns.DoubleColumnI("n"), [("n", "()f8")]),
        (columns.StringColumnI("n", "", 5), [("n", "S", 5)]),
        (columns.FloatArrayColumnI("n", "", 3), [("n", "()f4", 3)]),
        (columns.DoubleArrayColumnI("n", "", 1), [("n", "()f8")]),
    ],
)
def test_types_of_what_is_stored(column: Any, stored: Any) -> None:
    assert column.dtypes() == stored


def test_text_is_stored_as_utf8() -> None:
    assert columns.StringColumnI("s", "", 3, ["äx", "", None]).arrays() == [[b"\xc3\xa4x", b"", b""]]
    with pytest.raises(omero.ValidationException) as error:
        columns.StringColumnI("s", "", 3, ["ää"]).arrays()
    assert error.value.message == "Maximum string (byte) length in column s is 3"


def test_arrays_must_have_their_length() -> None:
    with pytest.raises(omero.ValidationException) as error:
        columns.DoubleArrayColumnI("a", "", 2, [[1.0, 2.0], [1.0]]).arrays()
    assert error.value.message == "Column a requires arrays of length 2"
    for column, text in [
        (columns.LongArrayColumnI("a"), "Array length must be > 0 (Column: a)"),
        (columns.StringColumnI("a"), "String size must be > 0 (Column: a)"),
    ]:
        with pytest.raises(omero.ApiUsageException) as wrong:
            column.descriptor(0)
        assert wrong.value.message == text


def test_masks() -> None:
    column = columns.MaskColumnI("m", "", *MASKS)
    assert column.getsize() == 2
    assert column.arrays() == list(MASKS[:7])
    assert [kind[0] for kind in column.dtypes()] == ["m/i", "m/z", "m/t", "m/x", "m/y", "m/w", "m/h"]
    inner = numpy.dtype([(name[2:], kind) for name, kind in column.dtypes()])
    rows = numpy.array([(values) for values in zip(*MASKS[:7], strict=True)], dtype=inner)
    again = columns.MaskColumnI("m")
    again.fromrows(rows, field_only=True)
    again.getbytes([numpy.frombuffer(mask, numpy.uint8) for mask in MASKS[7]], [0, 1])
    assert vars(again) == vars(column)
    again.setsize(1)
    assert (again.imageId, again.x, again.bytes) == ([0], [0.0], [b""])
    column.theZ = [0]
    with pytest.raises(omero.ValidationException):
        column.getsize()


def test_sizes() -> None:
    column = columns.LongColumnI("l", "", [1, 2])
    assert column.getsize() == 2
    column.setsize(3)
    assert column.getsize() == 3
    column.setsize(None)
    assert column.getsize() is None


def test_factories_make_columns() -> None:
    assert len(columns.ObjectFactories) == 14
    for cls, factory in columns.ObjectFactories.items():
        made = factory.create(factory.id)
        assert type(made) is cls
        assert made.name == "Unknown"
        assert factory.id == cls.ice_staticId()


def test_one_name_for_two_columns() -> None:
    class Described(columns.LongColumnI):
        def descriptor(self, pos: int | None) -> Any:
            return pos

    assert columns.columns2definition([Described("a"), Described("b")]) == {"a": 0, "b": 1}
    with pytest.raises(omero.ApiUsageException) as error:
        columns.columns2definition([Described("a"), Described("a")])
    assert error.value.message == "Duplicate column name: a"


def test_without_pytables_it_is_named() -> None:
    """In a program of its own that cannot find it."""
    program = (
        "import sys; sys.modules['tables'] = None\nimport omero.columns\nomero.columns.LongColumnI('a').descriptor(0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert "Tables in HDF5 files need PyTables: pip install tables" in done.stderr
