"""Tables: made, filled, asked, changed, noted about, shared, deleted, through Ice."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import Ice
import numpy as np
import pytest
import tables

import omero
import omero.clients
import omero.grid
from omero.rtypes import rdouble, rfloat, rint, rlong, rstring, unwrap
from tests.support.instance import Instance
from tests.support.people import PASSWORD, logged_in, make_group, make_user

grid: Any = omero.grid
TEXTS = ["one", "zwei", "été", "", "five"]


@pytest.fixture(scope="module")
def people(instance: Instance) -> list[str]:
    """An owner of tables and a colleague who may only read them."""
    with logged_in(instance) as root:
        group = make_group(root, "rwr---")
        return [make_user(root, group) for _ in range(2)]


@pytest.fixture
def session(instance: Instance, people: list[str]) -> Iterator[Any]:
    with logged_in(instance, people[0], PASSWORD) as found:
        yield found


@pytest.fixture
def colleague(instance: Instance, people: list[str]) -> Iterator[Any]:
    with logged_in(instance, people[1], PASSWORD) as found:
        yield found


def all_kinds(count: int) -> list[Any]:
    """A column of each kind, with values."""
    ids = list(range(1, count + 1))
    plain = [
        getattr(grid, f"{kind}Column")(kind.lower(), f"ids of {kind}", [n * 10 for n in ids])
        for kind in ("File", "Image", "Dataset", "Roi", "Well", "Plate", "Long")
    ]
    return [
        *plain,
        grid.BoolColumn("bool", "", [n % 2 == 0 for n in ids]),
        grid.DoubleColumn("double", "", [n / 3 for n in ids]),
        grid.StringColumn("string", "texts", 16, (TEXTS * count)[:count]),
        grid.FloatArrayColumn("floats", "", 2, [[n / 2, n] for n in ids]),
        grid.DoubleArrayColumn("doubles", "", 1, [[n / 7] for n in ids]),
        grid.LongArrayColumn("longs", "", 3, [[n, 2**62, -n] for n in ids]),
        masks(count),
    ]


def masks(count: int) -> Any:
    ids, places = list(range(count)), [n / 2 for n in range(count)]
    data = [bytes([n % 256]) * n for n in ids]
    return grid.MaskColumn("mask", "", ids, [0] * count, ids, places, places, places, places, data)


def values(columns: list[Any]) -> list[Any]:
    """What columns hold, to be compared."""
    names = ("values", "imageId", "theZ", "theT", "x", "y", "w", "h", "bytes", "size")
    return [(type(c).__name__.removesuffix("I"), c.name, *(getattr(c, name, None) for name in names)) for c in columns]


@pytest.fixture
def table(session: Any) -> Iterator[Any]:
    """A table of ten rows: uid 1 to 10, their halves, and texts."""
    made = session.sharedResources().newTable(0, "/test/table.h5")
    made.initialize([grid.LongColumn("uid", "number"), grid.DoubleColumn("half"), grid.StringColumn("text", "", 8)])
    numbers = list(range(1, 11))
    texts = [f"t{n}" for n in numbers]
    columns = [grid.LongColumn("uid", "", numbers), grid.DoubleColumn("half", "", [n / 2 for n in numbers])]
    made.addData([*columns, grid.StringColumn("text", "", 8, texts)])
    yield made
    with suppress(Ice.ObjectNotExistException):  # A test may have closed it.
        made.close()


def test_every_kind_of_column(session: Any) -> None:
    resources = session.sharedResources()
    assert resources.areTablesEnabled()
    made = resources.newTable(1, "kinds")
    made.initialize(all_kinds(0))
    made.addData(all_kinds(5))
    made.addData(all_kinds(3))
    file = made.getOriginalFile()
    assert made.getNumberOfRows() == 8
    headers = made.getHeaders()
    assert [(h.name, h.description) for h in headers] == [(c.name, c.description) for c in all_kinds(0)]
    assert [type(h).ice_staticId() for h in headers] == [type(c).ice_staticId() for c in all_kinds(0)]
    assert [h.size for h in headers if hasattr(h, "size")] == [16, 2, 1, 3]
    read = made.read(list(range(len(headers))), 0, 5)
    assert values(read.columns) == values(all_kinds(5)) and list(read.rowNumbers) == [0, 1, 2, 3, 4]
    made.close()
    again = resources.openTable(file)
    picked = again.readCoordinates([7, 5])
    assert [c[2] for c in values(picked.columns)][:7] == [[30, 10]] * 7
    assert picked.columns[-1].bytes == [b"\2\2", b""] and picked.columns[9].values == ["été", "one"]
    again.close()


def test_asking_for_rows(table: Any) -> None:
    ask = table.getWhereList
    assert list(ask("(uid > 2) & (uid <= 8)", {}, 0, 0, 0)) == [2, 3, 4, 5, 6, 7]
    assert list(ask("uid > 2", {}, 4, 8, 2)) == [4, 6]
    assert list(ask("uid > 8", {}, 0, -1, 1)) == [8, 9]
    assert list(ask("x * 2 == uid", {"x": rstring("half")}, 0, 0, 0)) == list(range(10))
    assert list(ask("text == x", {"x": rstring("t3")}, 0, 0, 0)) == [2]
    assert list(ask("text == 't4'", None, 0, 0, 0)) == [3]
    bounds = {"low": rlong(3), "high": rdouble(4.5)}
    assert list(ask("(uid >= low) & (half < high)", bounds, 0, 0, 0)) == [2, 3, 4, 5, 6, 7]
    assert list(ask("uid > 100", {}, 0, 0, 0)) == []


@pytest.mark.parametrize(
    "condition",
    [
        "", "uid >", "nothing > 3", "uid and half", "uid > 'a'", "__import__('os')", "uid.dtype", "[u for u in uid]",
        "9**9**9**9 > uid", "(lambda: 1)()", "uid > (1 << 100000)", "text * 1000000000 == 't'", "1 < uid < 3",
        "f'{uid}' == 1", "uid", "open('/etc/passwd')", "x := 3",
    ],
)  # fmt: skip
def test_conditions_that_make_no_sense(table: Any, condition: str) -> None:
    with pytest.raises(omero.ApiUsageException, match="Bad condition"):
        table.getWhereList(condition, {}, 0, 0, 0)


def test_reading_parts(table: Any) -> None:
    part = table.read([2, 0], 3, 5)
    assert [(c.name, list(c.values)) for c in part.columns] == [("text", ["t4", "t5"]), ("uid", [4, 5])]
    assert part.lastModification > 1_700_000_000_000
    assert list(table.slice([1], [9, 0]).columns[0].values) == [5.0, 0.5]
    assert len(table.slice(None, None).rowNumbers) == 10 and len(table.slice([], []).columns) == 3
    assert list(table.read([0], 0, 0).columns[0].values) == list(range(1, 11))
    assert list(table.read([0], 8, 100).columns[0].values) == [9, 10]
    quiet = table.ice_context({"omero.tables.include_row_numbers": "false"})
    assert list(quiet.read([0], 0, 3).rowNumbers) == []
    for wrong in (
        lambda: table.read([], 0, 1), lambda: table.read([3], 0, 1), lambda: table.read([0], 5, 3),
        lambda: table.readCoordinates([]), lambda: table.readCoordinates([10]), lambda: table.slice([0], [-1]),
        lambda: table.slice([7], [1]),
    ):  # fmt: skip
        with pytest.raises(omero.ApiUsageException):
            wrong()


def test_changing_rows(session: Any, table: Any) -> None:
    other = session.sharedResources().openTable(table.getOriginalFile())
    text, half = grid.StringColumn("text", "", 8, ["new", "x"]), grid.DoubleColumn("half", "", [-1.0, -2.0])
    table.update(grid.Data(0, [1, 4], [text, half]))
    assert list(table.read([2, 1], 1, 2).columns[0].values) == ["new"]
    assert list(table.getWhereList("half < 0", {}, 0, 0, 0)) == [1, 4]
    assert list(table.read([0], 0, 0).columns[0].values) == list(range(1, 11))
    table.update(None)
    with pytest.raises(omero.OptimisticLockException):
        other.read([0], 0, 1)
    assert other.getNumberOfRows() == 10
    other.close()
    for numbers, column, error in (
        ([], text, omero.ApiUsageException),
        ([10, 11], text, omero.ApiUsageException),
        ([1], text, omero.ValidationException),
        ([1, 2], grid.LongColumn("none", "", [1, 2]), omero.ApiUsageException),
    ):
        with pytest.raises(error):
            table.update(grid.Data(0, numbers, [column]))


def test_notes(table: Any) -> None:
    table.setMetadata("text", rstring("é"))
    table.setMetadata("number", rint(2**30))
    table.setMetadata("long", rlong(2**60))
    table.setMetadata("float", rfloat(1.5))
    found = {key: unwrap(value) for key, value in table.getAllMetadata().items()}
    assert found.pop("__version") == "2" and found.pop("__initialized") > 1e9
    assert found == {"text": "é", "number": 2**30, "long": 2**60, "float": 1.5}
    assert isinstance(table.getMetadata("number"), omero.RLong) and table.getMetadata("none") is None
    table.setAllMetadata({"only": rstring("this")})
    assert set(table.getAllMetadata()) == {"only", "__version", "__initialized"}
    with pytest.raises(omero.ApiUsageException):
        table.setMetadata("__version", rstring("3"))
    with pytest.raises(omero.ValidationException):
        table.setMetadata("bad", omero.rtypes.rbool(True))


def test_what_a_table_cannot_be_made_of(session: Any) -> None:
    made = session.sharedResources().newTable(1, "refused")
    with pytest.raises(omero.ApiUsageException, match="Not yet initialized"):
        made.getHeaders()
    for columns in (
        None, [], [grid.LongColumn("")], [grid.LongColumn("__x")], [grid.LongColumn("a/b")],
        [grid.LongColumn("x"), grid.DoubleColumn("x")], [grid.StringColumn("s", "", 0)],
        [grid.LongArrayColumn("s", "", 0)], [grid.Column("x")],
    ):  # fmt: skip
        with pytest.raises(omero.ApiUsageException):
            made.initialize(columns)
    made.initialize([grid.LongColumn("n"), grid.StringColumn("s", "", 3)])
    with pytest.raises(omero.ValidationException, match="Already initialized"):
        made.initialize([grid.LongColumn("n")])
    with pytest.raises(omero.ApiUsageException):
        made.addColumn(grid.LongColumn("more"))
    good = grid.LongColumn("n", "", [1, 2])
    for columns, error in (
        ([good], omero.ApiUsageException),
        ([grid.StringColumn("s", "", 3, ["a", "b"]), good], omero.ValidationException),
        ([good, grid.StringColumn("s", "", 3, ["a"])], omero.ValidationException),
        ([good, grid.StringColumn("s", "", 3, ["abcd", "b"])], omero.ValidationException),
        ([good, grid.StringColumn("s", "", 3, ["éé", "b"])], omero.ValidationException),
        ([good, grid.LongColumn("s", "", [1, 2])], omero.ValidationException),
    ):
        with pytest.raises(error):
            made.addData(columns)
    assert made.getNumberOfRows() == 0
    made.addData([grid.LongColumn("other", "", [5]), grid.StringColumn("name", "", 3, ["x"])])
    assert [(c.name, list(c.values)) for c in made.read([0, 1], 0, 0).columns] == [("n", [5]), ("s", ["x"])]
    made.close()


def test_rights(session: Any, colleague: Any, table: Any) -> None:
    file = table.getOriginalFile()
    theirs = colleague.sharedResources().openTable(file)
    assert list(theirs.read([0], 0, 2).columns[0].values) == [1, 2]
    for refused in (
        lambda: theirs.addData([]),
        lambda: theirs.setMetadata("x", rstring("y")),
        lambda: theirs.update(grid.Data(0, [1], [])),
        lambda: theirs.initialize([grid.LongColumn("n")]),
    ):
        with pytest.raises(omero.SecurityViolation):
            refused()
    with pytest.raises(omero.InternalException):
        theirs.delete()
    theirs.close()
    with pytest.raises(omero.ValidationException):
        session.sharedResources().openTable(None)
    with pytest.raises(omero.ServerError):
        session.sharedResources().openTable(omero.model.OriginalFileI(10**9, False))


def test_the_file(session: Any, table: Any, instance: Instance) -> None:
    """Its row tells what is on disk after the table was closed; others read it without a server."""
    file = table.getOriginalFile()
    assert (file.mimetype.val, file.name.val, file.path.val) == ("OMERO.tables", "/test/table.h5", "/test/table.h5")
    table.close()
    row = session.getQueryService().get("OriginalFile", file.id.val)
    (path,) = [each for each in (instance.root / "data" / "Files").rglob(str(file.id.val)) if each.is_file()]
    assert row.size.val == path.stat().st_size
    assert row.hash.val == hashlib.sha1(path.read_bytes()).hexdigest()
    with tables.open_file(str(path)) as stored:
        assert stored.root.OME.Measurements.colnames == ["uid", "half", "text"]
        assert stored.root.OME.ColumnTypes[0] == b"::omero::grid::LongColumn"
        assert stored.root.OME.Measurements.attrs["__version"] == "2"
    again = session.sharedResources().openTable(row)
    again.close()
    assert path.stat().st_size == row.size.val


def test_who_only_reads_leaves_the_file_alone(session: Any, colleague: Any, table: Any, instance: Instance) -> None:
    """Also those who have it open already when somebody comes who may change it."""
    file = table.getOriginalFile()
    table.close()
    (path,) = [each for each in (instance.root / "data" / "Files").rglob(str(file.id.val)) if each.is_file()]
    before = path.read_bytes(), path.stat().st_mtime_ns
    theirs = colleague.sharedResources().openTable(file)
    assert theirs.getNumberOfRows() == 10
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    mine = session.sharedResources().openTable(file)
    columns = [grid.LongColumn("uid", "", [11]), grid.DoubleColumn("half", "", [5.5])]
    mine.addData([*columns, grid.StringColumn("text", "", 8, ["t11"])])
    mine.close()
    assert theirs.getNumberOfRows() == 11 and list(theirs.read([2], 10, 11).columns[0].values) == ["t11"]
    theirs.close()


def test_deleting(session: Any, instance: Instance) -> None:
    made = session.sharedResources().newTable(1, "deleted")
    made.initialize([grid.LongColumn("n", "", [1, 2, 3])])
    assert made.getNumberOfRows() == 0
    number = made.getOriginalFile().id.val
    made.delete()
    assert session.getQueryService().find("OriginalFile", number) is None
    assert not [each for each in (instance.root / "data" / "Files").rglob(str(number)) if each.is_file()]
    made.close()


def test_no_table(session: Any) -> None:
    """A file that is something else."""
    file = omero.model.OriginalFileI()
    file.name = file.path = rstring("no table")
    file = session.getUpdateService().saveAndReturnObject(file)
    store = session.createRawFileStore()
    store.setFileId(file.id.val)
    store.write(b"not in HDF5" * 100, 0, 1100)
    store.close()
    with pytest.raises(omero.ValidationException, match="HDF5"):
        session.sharedResources().openTable(file)


def test_many_at_once(session: Any, table: Any) -> None:
    """Rows that several clients add at the same time are all there."""
    file = table.getOriginalFile()

    def add(number: int) -> None:
        own = session.sharedResources().openTable(file)
        for _ in range(10):
            columns = [grid.LongColumn("uid", "", [number] * 5), grid.DoubleColumn("half", "", [0.0] * 5)]
            own.addData([*columns, grid.StringColumn("text", "", 8, ["x"] * 5)])
        own.close()

    threads = [threading.Thread(target=add, args=(100 + n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert table.getNumberOfRows() == 10 + 4 * 50
    counts = np.bincount(table.read([0], 10, 210).columns[0].values)
    assert [counts[100 + n] for n in range(4)] == [50] * 4


def test_a_table_of_a_measurement(session: Any, table: Any) -> None:
    """IRoi opens the table of an annotation."""
    annotation = omero.model.FileAnnotationI()
    annotation.file = omero.model.OriginalFileI(table.getOriginalFile().id.val, False)
    number = session.getUpdateService().saveAndReturnObject(annotation).id.val
    found = session.getRoiService().getTable(number)
    assert found.getNumberOfRows() == 10
    found.close()
    with pytest.raises(omero.ServerError):
        session.getRoiService().getTable(10**9)
