"""Rows of values as RTypes, for projections."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.model.schema import MODEL
from omero_server.queries.execute import select_rows
from omero_server.queries.items import Item
from omero_server.queries.reader import Reader
from omero_server.queries.wrapping import Wrap, Wraps, maker
from omero_server.security.bits import text
from omero_server.sessions.call import Call

__all__ = ["project"]

FLAGS = ("canLink", "canEdit", "canDelete", "canAnnotate", "canChgrp", "canChown")
NUMBERS = {"RInt", "RLong", "RDouble", "RFloat"}

_map_of = maker(omero.RMap)


def project(
    reader: Call | Reader,
    hql: str,
    params: Mapping[str, Any] | None = None,
    *,
    limit: int | None = None,
    offset: int | None = None,
) -> list[list[Any]]:
    """The rows of a query, each a list of RTypes and None. See ``run``.

    A row of ``select new map`` is one RMap, of ``select new list`` one RList.
    """
    plan, rows = select_rows(Reader.of(reader), hql, params, limit=limit, offset=offset)
    if not rows:
        return []
    shared = Wraps()
    wraps = [_wrapper(item, shared) for item in plan.items]
    columns = [
        [None if value is None else wrap(value) for value in column]
        for column, wrap in zip(zip(*rows, strict=True), wraps, strict=True)
    ]
    wrapped = zip(*columns, strict=True)
    if plan.listed:
        return [[omero.RList(list(row))] for row in wrapped]
    if plan.names is None:
        return [list(row) for row in wrapped]
    return [[_map_of(dict(zip(plan.names, row, strict=True)))] for row in wrapped]


def _wrapper(item: Item, shared: Wraps) -> Wrap:
    match item.kind:
        case "entity":
            return _object
        case "class":
            return _class
        case "permissions":
            return _shared_permissions(shared)
        case "unit":
            symbols = dict(MODEL.units[item.type or ""])
            return lambda quantity: _quantity(quantity, symbols, shared)
        case "unitname":
            return shared["RString"]
    if item.type is not None and item.type in NUMBERS:
        return shared[item.type]
    return _by_value(shared)


def _object(value: Any) -> Any:
    return omero.RObject(value)


def _class(value: Any) -> Any:
    return omero.RClass(value)


def _by_value(shared: Wraps) -> Wrap:
    """What makes the RType that fits a value. It raises omero.ApiUsageException when none does."""
    of_number, of_time = shared["RDouble"], shared["RTime"]
    by_type: dict[type, Wrap] = {
        bool: shared["RBool"],
        int: shared["RLong"],
        float: of_number,
        Decimal: of_number,
        str: shared["RString"],
        datetime: of_time,
        date: lambda value: of_time(datetime.combine(value, time())),
        list: lambda values: omero.RList([wrap(value) for value in values]),
    }

    def wrap(value: Any) -> Any:
        make = by_type.get(type(value))
        if make is None:
            raise omero.ApiUsageException(message=f"A {type(value).__name__} cannot be part of a projection.")
        return make(value)

    return wrap


def _quantity(quantity: Any, symbols: dict[str, str], shared: Wraps) -> omero.RMap:
    name = quantity._unit.name
    return omero.RMap({
        "value": omero.RDouble(quantity._value),
        "unit": shared["RString"](name),
        "symbol": shared["RString"](symbols[name]),
    })  # fmt: skip


def _shared_permissions(shared: Wraps) -> Wrap:
    """Objects with equal rights have the same ``Permissions``; what they become is made once for all rows."""
    made: dict[int, omero.RMap] = {}

    def wrap(permissions: omero.model.Permissions) -> omero.RMap:
        found = made.get(id(permissions))
        if found is None:
            found = made[id(permissions)] = _permissions(permissions, shared)
        return found

    return wrap


def _permissions(permissions: omero.model.Permissions, shared: Wraps) -> omero.RMap:
    forbidden = permissions._restrictions or [False] * len(FLAGS)
    flags = {flag: shared["RBool"](not no) for flag, no in zip(FLAGS, forbidden, strict=True)}
    return omero.RMap({"perm": shared["RString"](text(permissions._perm1)), **flags})
