"""Makes a table with a column of each kind, asks it, changes it, notes something about it."""

from shared import answer, gateway

import omero
import omero.grid
from omero.rtypes import rint, rlong, rstring

connection = gateway()
resources = connection.c.sf.sharedResources()
grid = omero.grid
TEXTS = ["a", "b", "c", "d", "é", ""]


def columns(first, last):
    """A column of each kind for the rows from one number to another."""
    ids = list(range(first, last))
    plain = [getattr(grid, k + "Column")(k, "ids", ids) for k in ("File", "Image", "Dataset", "Roi", "Well", "Plate")]
    others = [
        grid.BoolColumn("bool", "", [n % 2 == 0 for n in ids]),
        grid.FloatArrayColumn("floats", "", 2, [[n / 2, n] for n in ids]),
        grid.DoubleArrayColumn("doubles", "", 1, [[n / 4] for n in ids]),
        grid.LongArrayColumn("longs", "", 2, [[n, -n] for n in ids]),
    ]
    heads = [
        grid.LongColumn("uid", "number", ids),
        grid.DoubleColumn("half", "", [n / 2 for n in ids]),
        grid.StringColumn("text", "", 8, [TEXTS[n - 1] for n in ids]),
    ]
    places = [n / 2 for n in ids]
    data = [bytes([n - 1]) * (n - 1) for n in ids]
    mask = grid.MaskColumn("mask", "", [n - 1 for n in ids], ids, ids, places, places, places, places, data)
    return [*heads, *plain, *others, mask]


def values(found):
    return [[column.name, list(column.values)] for column in found if hasattr(column, "values")]


def error(call):
    try:
        call()
    except Exception as raised:
        return type(raised).__name__
    return None


table = resources.newTable(1, "official table")
table.initialize(columns(1, 1))
table.addData(columns(1, 4))
table.addData(columns(4, 7))
file = table.getOriginalFile()
result = {"enabled": resources.areTablesEnabled(), "rows": table.getNumberOfRows(), "file": file.id.val}
headers = table.getHeaders()
result["headers"] = [[type(h).ice_staticId().split("::")[-1], h.name] for h in headers]
result["given"] = values(columns(1, 7))
result["read"] = values(table.read(list(range(len(headers))), 0, 0).columns)
masks = table.readCoordinates([0, 2]).columns[-1]
result["masks"] = [list(masks.imageId), [bytes(part).hex() for part in masks.bytes]]
result["where"] = list(table.getWhereList("(uid > low) & (uid < 4)", {"low": rlong(1)}, 0, 6, 1))
result["by_column"] = list(table.getWhereList("x * 2 == uid", {"x": rstring("half")}, 0, 0, 0))
picked = table.readCoordinates([2, 0])
result["picked"] = [list(picked.columns[0].values), list(picked.rowNumbers)]
result["sliced"] = list(table.slice([1], [2]).columns[0].values)
other = resources.openTable(file)
table.update(grid.Data(0, [1], [grid.LongColumn("uid", "", [-5])]))
result["updated"] = list(table.read([0], 0, 6).columns[0].values)
quiet = {"omero.tables.include_row_numbers": "false"}
result["numbers"] = [list(table.read([0], 0, 2).rowNumbers), list(table.read([0], 0, 2, quiet).rowNumbers)]
table.setAllMetadata({"key": rstring("value"), "number": rint(5)})
notes = {key: value.val for key, value in table.getAllMetadata().items()}
notes.pop("__initialized")
result["notes"] = notes
result["errors"] = [
    error(lambda: table.getWhereList("uid >", {}, 0, 0, 0)),
    error(lambda: table.readCoordinates([100])),
    error(lambda: table.addData([*columns(1, 3)[:-1], grid.LongColumn("mask", "", [1, 2])])),
    error(lambda: other.read([0], 0, 1)),
]
other.close()
table.close()
answer(result)
connection.close()
