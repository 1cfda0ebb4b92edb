"""Reads from the compiled Slice classes what is on the wire, for our own encoder (native/encoder.c).

slice2py tells Ice's extension module what the members of every class are, which cannot be asked again. This reads the
same calls from the text of the modules and writes ``wire_types.json``: the types, by their places in a list, and which
of them each operation returns ("IQuery.get").
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["FILE", "write"]

FILE = "wire_types.json"
PRIMITIVES = ("bool", "byte", "short", "int", "long", "float", "double", "string")
Row = list[Any]
OF_ICE: dict[str, Row] = {"_M_Ice._t_Context": ["dict", "IcePy._t_string", "IcePy._t_string"]} | {
    f"_M_Ice._t_{name.capitalize()}Seq": ["seq", f"IcePy._t_{name}"] for name in PRIMITIVES
}


def write(folder: Path) -> None:
    """Write the file for the modules of ``folder``."""
    calls = [call for path in sorted(folder.glob("*_ice.py")) for call in _calls(path)]
    types: dict[str, Row] = {f"IcePy._t_{name}": [name] for name in PRIMITIVES} | OF_ICE
    found = {name: row for name, call in calls if (row := _type(call)) is not None}
    classes = {name: row for name, row in found.items() if row[0] == "class"}
    types |= dict(sorted(classes.items(), key=lambda item: _depth(item[1], classes)))
    types |= {name: row for name, row in found.items() if name not in types}
    places = {name: place for place, name in enumerate(types)}
    unknown = len(types)
    rows = [_numbered(row, places, unknown) for row in types.values()] + [["unknown"]]
    results = {
        name.replace("._op_", "."): places.get(asked, unknown)
        for name, call in calls if (asked := _result(call)) is not None
    }  # fmt: skip
    (folder / FILE).write_text(json.dumps({"types": rows, "results": results}), encoding="utf-8")


def _calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """What is assigned to which name by a call: ("_M_omero._t_RType", IcePy.defineValue(...))."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            yield ast.unparse(node.targets[0]), node.value


def _type(call: ast.Call) -> Row | None:
    """The row of a type, with names of other types; None for a call that defines none of those that we write."""
    maker = ast.unparse(call.func).removeprefix("IcePy.")
    given = call.args
    if maker == "defineEnum":
        return ["enum", ast.literal_eval(given[0])]
    if maker == "defineSequence":
        return ["seq", ast.unparse(given[2])]
    if maker == "defineDictionary":
        return ["dict", ast.unparse(given[2]), ast.unparse(given[3])]
    if maker == "defineStruct":
        return ["struct", _members(given[3], 2)]
    if maker == "defineValue" and ast.literal_eval(given[5]) is False:
        type_id = ast.literal_eval(given[0])
        return ["class", type_id, ast.unparse(given[6]), _members(given[7], 2)]
    return None


def _members(rows: ast.expr, at: int) -> list[list[str]]:
    assert isinstance(rows, ast.Tuple)
    found = (row.elts for row in rows.elts if isinstance(row, ast.Tuple))
    return [[ast.literal_eval(row[0]), ast.unparse(row[at])] for row in found]


def _depth(row: Row, classes: dict[str, Row]) -> int:
    return 0 if row[2] not in classes else 1 + _depth(classes[row[2]], classes)


def _numbered(row: Row, places: dict[str, int], unknown: int) -> Row:
    """The row with places instead of names. ``unknown`` stands for what we do not write: proxies, for example."""

    def members(pairs: Iterable[list[str]]) -> list[Row]:
        return [[name, places.get(type_, unknown)] for name, type_ in pairs]

    match row:
        case ["class", type_id, base, pairs]:
            return ["class", type_id, places.get(base, -1), members(pairs)]
        case ["struct", pairs]:
            return ["struct", members(pairs)]
        case ["enum", type_id]:
            return ["enum", type_id]
        case [kind, *names]:
            return [kind, *(places.get(name, unknown) for name in names)]
    raise AssertionError(row)


def _result(call: ast.Call) -> str | None:
    """The type that an operation returns, unless it has others besides; None for other calls."""
    if ast.unparse(call.func) != "IcePy.Operation":
        return None
    outs, returned = call.args[7], call.args[8]
    plain = isinstance(outs, ast.Tuple) and not outs.elts and isinstance(returned, ast.Tuple)
    return ast.unparse(returned.elts[1]) if plain and isinstance(returned, ast.Tuple) else None
