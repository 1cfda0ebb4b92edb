"""Prints, as JSON, what the compiled Slice files say: every definition as Ice's run-time is told of it.

Run in a process of its own: it wraps the functions of IcePy by which generated code declares types.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from typing import Any

import IcePy

names: dict[int, str] = {id(getattr(IcePy, f"_t_{t}")): t for t in
                         ("bool", "byte", "short", "int", "long", "float", "double", "string")}  # fmt: skip
keep: list[Any] = []  # ids stay unique only while the objects live
found: dict[str, dict[str, Any]] = {
    kind: {} for kind in ("enums", "structs", "sequences", "dictionaries", "exceptions", "classes", "interfaces")
}


def type_name(t: Any) -> str:
    return "void" if t is None else names[id(t)].replace("::Ice::Object", "Object")


def named(t: Any, name: str) -> Any:
    names[id(t)] = name
    keep.append(t)
    return t


def members(entries: Any) -> list[list[str]]:
    return [[entry[0], type_name(entry[2])] for entry in entries]


def wrap(function: str, record: Any) -> None:
    original = getattr(IcePy, function)

    def wrapper(*arguments: Any) -> Any:
        t = original(*arguments)
        record(t, *arguments)
        return t

    setattr(IcePy, function, wrapper)


def value(t: Any, type_id: str, cls: Any, compact: int, meta: Any, preserve: bool, interface: bool, base: Any,
          entries: Any) -> None:  # fmt: skip
    named(t, type_id)
    found["classes"][type_id] = {"base": type_name(base) if base else None, "compact_id": compact,
                                 "members": members(entries)}  # fmt: skip


def exception(t: Any, type_id: str, cls: Any, meta: Any, preserve: bool, base: Any, entries: Any) -> None:
    named(t, type_id)
    found["exceptions"][type_id] = {"base": type_name(base) if base else None, "members": members(entries)}


def structure(t: Any, type_id: str, cls: Any, meta: Any, entries: Any) -> None:
    named(t, type_id)
    found["structs"][type_id] = members(entries)


def enumeration(t: Any, type_id: str, cls: Any, meta: Any, enumerators: dict[int, Any]) -> None:
    named(t, type_id)
    found["enums"][type_id] = [[e.name, number] for number, e in enumerators.items()]


def sequence(t: Any, type_id: str, meta: Any, element: Any) -> None:
    named(t, type_id)
    found["sequences"][type_id] = type_name(element)


def dictionary(t: Any, type_id: str, meta: Any, key: Any, item: Any) -> None:
    named(t, type_id)
    found["dictionaries"][type_id] = [type_name(key), type_name(item)]


def interface(t: Any, type_id: str, cls: Any, meta: Any, base: Any, bases: Any) -> None:
    named(t, type_id)
    found["interfaces"][type_id] = {"bases": [type_name(b) for b in bases], "class": cls}


class Operation:
    def __init__(self, name: str, mode: Any, send: Any, amd: Any, form: Any, meta: Any, ins: Any, outs: Any,
                 result: Any, throws: Any) -> None:  # fmt: skip
        self.facts = (str(mode), [e[1] for e in ins], len(outs), result and result[1], throws)


def declare(suffix: str) -> Any:
    return lambda t, type_id, *rest: named(t, type_id + suffix)


def parameter_names(cls: Any, operation: str) -> list[str]:
    method = getattr(cls, operation, None) or getattr(cls, f"_{operation}")
    names_ = list(inspect.signature(method).parameters)[1:-1]
    return [n.removeprefix("_") for n in names_]


def main() -> None:
    for function, record in {
        "defineValue": value, "declareValue": declare(""), "defineException": exception, "defineStruct": structure,
        "defineEnum": enumeration, "defineSequence": sequence, "defineDictionary": dictionary,
        "defineClass": interface, "declareClass": declare(""), "defineProxy": declare("*"),
        "declareProxy": declare("*"), "defineCustom": declare(""),
    }.items():  # fmt: skip
        wrap(function, record)
    real, IcePy.Operation = IcePy.Operation, Operation  # type: ignore[misc]
    importlib.import_module("omero._generated")
    for facts in found["interfaces"].values():
        cls = facts.pop("class")
        own = {name[4:]: op for name, op in vars(cls).items() if name.startswith("_op_")}
        facts["operations"] = {name: describe(cls, name, op.facts) for name, op in own.items()}
    constants = {
        f"::{module.replace('.', '::')}::{name}": item
        for module in sorted(m for m in sys.modules if m.startswith("omero.constants") or m in CONSTANT_MODULES)
        for name, item in vars(sys.modules[module]).items()
        if isinstance(item, str | int) and not name.startswith("_") and name != "annotations"
    }
    IcePy.Operation = real  # type: ignore[misc]
    json.dump(found | {"constants": constants}, sys.stdout)


CONSTANT_MODULES = ("omero.romio", "omero.model.enums", "omero.cmd", "omero.grid", "omero.sys", "omero.api")


def describe(cls: Any, name: str, facts: tuple[Any, ...]) -> dict[str, Any]:
    mode, ins, outs, result, throws = facts
    return {
        "mode": mode,
        "in": [list(pair) for pair in zip(parameter_names(cls, name), map(type_name, ins), strict=True)],
        "outs": outs,
        "returns": type_name(result),
        "throws": [type_name(t) for t in throws],
    }


if __name__ == "__main__":
    main()
