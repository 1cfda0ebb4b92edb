"""Rows of values as RTypes, for projections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.model.schema import MODEL
from omero_server.queries.build import rtype
from omero_server.queries.execute import select_rows
from omero_server.queries.items import Item
from omero_server.queries.memory import undisturbed
from omero_server.queries.reader import Reader
from omero_server.security.bits import text
from omero_server.sessions.call import Call

__all__ = ["project"]

FLAGS = ("canLink", "canEdit", "canDelete", "canAnnotate", "canChgrp", "canChown")
Wrap = Callable[[Any], Any]
BY_TYPE: dict[type, Wrap] = {
    bool: rtype("RBool"),
    int: omero.RLong,
    float: omero.RDouble,
    Decimal: lambda value: omero.RDouble(float(value)),
    str: omero.RString,
    datetime: rtype("RTime"),
    date: lambda value: rtype("RTime")(datetime.combine(value, time())),
}


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
    wraps = [_wrapper(item) for item in plan.items]
    with undisturbed(len(rows)):
        wrapped = [[None if v is None else wrap(v) for v, wrap in zip(row, wraps, strict=True)] for row in rows]
        if plan.listed:
            return [[omero.RList(row)] for row in wrapped]
        if plan.names is None:
            return wrapped
        return [[omero.RMap(dict(zip(plan.names, row, strict=True)))] for row in wrapped]


def _wrapper(item: Item) -> Wrap:
    match item.kind:
        case "entity":
            return _object
        case "class":
            return _class
        case "permissions":
            return _shared_permissions()
        case "unit":
            symbols = dict(MODEL.units[item.type or ""])
            return lambda quantity: _quantity(quantity, symbols)
        case "unitname":
            return _text
    return _number(item.type) if item.type in ("RInt", "RLong", "RDouble", "RFloat") else _by_value


def _object(value: Any) -> Any:
    return omero.RObject(value)


def _class(value: Any) -> Any:
    return omero.RClass(value)


def _text(value: Any) -> Any:
    return omero.RString(value)


def _number(type_: str) -> Wrap:
    """Numbers of a known type: the database may answer with a wider one."""
    make = rtype(type_)
    if type_ in ("RDouble", "RFloat"):
        return lambda value: make(float(value))
    # Ids of owners and groups, sizes and counts repeat from row to row: equal ones are sent once.
    made: dict[int, Any] = {}

    def wrap(value: Any) -> Any:
        found = made.get(value)
        if found is None:
            found = made[value] = make(int(value))
        return found

    return wrap


def _by_value(value: Any) -> Any:
    """The RType that fits a value. Raises omero.ApiUsageException when none does."""
    make = BY_TYPE.get(type(value))
    if make is not None:
        return make(value)
    if isinstance(value, list):
        return omero.RList([_by_value(v) for v in value])
    raise omero.ApiUsageException(message=f"A {type(value).__name__} cannot be part of a projection.")


def _quantity(quantity: Any, symbols: dict[str, str]) -> omero.RMap:
    name = quantity._unit.name
    return omero.RMap({
        "value": omero.RDouble(quantity._value),
        "unit": omero.RString(name),
        "symbol": omero.RString(symbols[name]),
    })  # fmt: skip


def _shared_permissions() -> Wrap:
    """Objects with equal rights have the same ``Permissions``; what they become is made once for all rows."""
    made: dict[int, omero.RMap] = {}

    def wrap(permissions: omero.model.Permissions) -> omero.RMap:
        found = made.get(id(permissions))
        if found is None:
            found = made[id(permissions)] = _permissions(permissions)
        return found

    return wrap


def _permissions(permissions: omero.model.Permissions) -> omero.RMap:
    forbidden = permissions._restrictions or [False] * len(FLAGS)
    flags = {flag: omero.RBool(not no) for flag, no in zip(FLAGS, forbidden, strict=True)}
    return omero.RMap({"perm": omero.RString(text(permissions._perm1)), **flags})
