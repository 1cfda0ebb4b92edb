"""Queries from text to results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

import psycopg2
from sqlalchemy.exc import DBAPIError

import omero
import omero._generated
from omero_server.model.schema import MODEL
from omero_server.queries.build import Row, unit_of
from omero_server.queries.compiler import Plan
from omero_server.queries.driver import fetch
from omero_server.queries.errors import HqlError, parameter_error, query_error, shortened
from omero_server.queries.items import Item
from omero_server.queries.plans import plan_for
from omero_server.queries.reader import Reader
from omero_server.queries.results import Load, Objects
from omero_server.sessions.call import Call

__all__ = ["find", "run", "select_rows"]

NO_LIMIT = 2**62
TOO_COMPLEX = "54"
"""What the SQLSTATEs of the database's own limits begin with: too many columns, too long a value."""


def run(
    reader: Call | Reader,
    hql: str,
    params: Mapping[str, Any] | None = None,
    *,
    limit: int | None = None,
    offset: int | None = None,
    as_server: bool = False,
) -> list[Any]:
    """The results of a query: for one selected value a list of values, for several of tuples, for a map of dicts,
    for a list of lists.

    Objects are those of the API (``omero.model.Image``), references in them unloaded unless fetched; other values are
    plain: int, float, str, bool, datetime, ``omero.model.Length`` and the like, ``omero.model.Permissions``, full class
    names, None. params: values by name, RTypes or plain values or lists of them. limit and offset count objects,
    whatever is fetched with them. ``as_server``: without the read filter, for the server's own purposes.

    Raises omero.QueryException for a wrong query, omero.ApiUsageException for missing parameters.
    """
    plan, rows = select_rows(Reader.of(reader, as_server), hql, params, limit=limit, offset=offset)
    if plan.names is not None:
        return [dict(zip(plan.names, row, strict=True)) for row in rows]
    if plan.listed:
        return rows
    return [row[0] for row in rows] if len(plan.items) == 1 else [tuple(row) for row in rows]


def find(
    reader: Call | Reader, class_name: str, id_: int, fetch: tuple[str, ...] = (), *, as_server: bool = False
) -> Any:
    """The object of that class and id, None when there is none or it must not be read.

    fetch: paths to load with it, each after what it goes through: ("pixels", "pixels.channels", "details.owner").
    Raises omero.ApiUsageException for an unknown class.
    """
    try:
        cls = MODEL.resolve(class_name)
    except KeyError:
        raise parameter_error(f"There is no class {class_name!r}.") from None
    hql = " ".join(["select o from", cls.name, "o", *_fetch_joins(fetch), "where o.id = :id"])
    found = run(reader, hql, {"id": id_}, as_server=as_server)
    return found[0] if found else None


def _fetch_joins(paths: tuple[str, ...]) -> list[str]:
    """Joins for paths from the object ``o``, each starting at the longest path before it that it goes through."""
    aliases: dict[str, str] = {}
    joins = []
    for number, path in enumerate(paths):
        through = max((p for p in aliases if path.startswith(f"{p}.")), key=len, default="")
        start = aliases.get(through, "o")
        rest = path.removeprefix(f"{through}.") if through else path
        joins.append(f"left outer join fetch {start}.{rest} as f{number}")
        aliases[path] = f"f{number}"
    return joins


def select_rows(
    reader: Reader,
    hql: str,
    params: Mapping[str, Any] | None = None,
    *,
    limit: int | None = None,
    offset: int | None = None,
) -> tuple[Plan, list[list[Any]]]:
    """The plan of a query and its rows, each a list with one value per selected item; see ``run``."""
    limited = limit is not None or bool(offset)
    plan = plan_for(hql, reader, limited)
    values = {**plan.constants, **reader.filter.parameters, "_me": reader.caller.user_id}
    values |= _given(plan, params or {}, hql)
    if plan.needs_names:
        values["_known"] = reader.known
    if limited:
        values |= {"_limit": NO_LIMIT if limit is None else limit, "_offset": offset or 0}
    return plan, _build(reader, plan, _fetch(reader, plan, values, hql))


def _given(plan: Plan, params: Mapping[str, Any], hql: str) -> dict[str, Any]:
    """The values of the query's parameters. Names of units and classes among them may be wrong."""
    try:
        return plan.parameters.values(params)
    except HqlError as error:
        raise query_error(hql, error) from None


def _fetch(reader: Reader, plan: Plan, values: dict[str, Any], hql: str) -> list[Row]:
    limit = f"SET LOCAL statement_timeout = {reader.time_limit * 1000}; " if reader.time_limit else ""
    try:
        return fetch(reader.db, limit + plan.sql, values)
    except DBAPIError as error:
        raise _database_error(error, hql) from error


def _database_error(error: DBAPIError, hql: str) -> Any:
    """What the database objects to in a query is the query's fault, unless the connection or the server failed."""
    cause = error.orig
    quoted = shortened(hql)
    if isinstance(cause, psycopg2.errors.QueryCanceled):
        message = f"The query took too long and was stopped. Ask for less, or in pages. Query: {quoted}"
        return omero.OverUsageException(message=message)
    refused = isinstance(cause, psycopg2.ProgrammingError | psycopg2.DataError | psycopg2.NotSupportedError)
    if refused or (isinstance(cause, psycopg2.Error) and (cause.pgcode or "").startswith(TOO_COMPLEX)):
        reason = str(cause).strip().splitlines()[0]
        return omero.QueryException(
            message=f"illegal query: the database says: {shortened(reason)}. Query: {quoted}",
            serverExceptionClass="ome.conditions.QueryException",
        )
    return error


def _build(reader: Reader, plan: Plan, rows: list[Row]) -> list[list[Any]]:
    objects = Objects(reader)
    for item in plan.items:
        if item.kind == "permissions":
            reader.learn_groups({g for g in _groups(item, rows) if g is not None})
    # Column by column, which for plain values needs no call per row.
    made = [list(row) for row in zip(*(_column(item, objects, reader, rows) for item in plan.items), strict=True)]
    objects.finish()
    return _distinct(made) if plan.distinct and any(i.node for i in plan.items) else made


def _groups(item: Item, rows: list[Row]) -> set[Any]:
    at = dict(item.places).get("group_id")
    return set() if at is None else {row[at] for row in rows}


def _distinct(rows: list[list[Any]]) -> list[list[Any]]:
    """Equal rows once. Objects are equal when they are the same."""
    seen = set()
    kept = []
    for row in rows:
        key = tuple(id(v) if hasattr(v, "__dict__") else v for v in row)
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return kept


def _column(item: Item, objects: Objects, reader: Reader, rows: list[Row]) -> Iterable[Any]:
    make = _maker(item, objects, reader)
    return map(itemgetter(item.at), rows) if make is None else [make(row) for row in rows]


def _maker(item: Item, objects: Objects, reader: Reader) -> Load | None:
    """What makes the item's value of a row; None for values that are used as they are."""
    at = item.at
    if item.node is not None:
        return objects.loader(item.node)
    if item.kind == "permissions":
        return _permissions_maker(item, reader)
    if item.kind == "unit":
        quantity, unit_at = unit_of(item.type or ""), item.unit_at
        return lambda row: None if row[at] is None else quantity(row[at], row[unit_at])
    if item.kind == "unitname":
        names = {symbol: name for name, symbol in MODEL.units[item.type or ""]}
        return lambda row: names.get(row[at])
    if item.kind == "class":
        names = {c.discriminator or c.name: c.java for c in (item.cls.concrete if item.cls else ())}
        names |= {c.name: c.java for c in (item.cls.concrete if item.cls else ())}
        return lambda row: names.get(row[at])
    return None


def _permissions_maker(item: Item, reader: Reader) -> Load:
    places, cls = dict(item.places), item.cls
    assert cls is not None
    owner, group = places.get("owner_id"), places.get("group_id")
    repository, mimetype = places.get("repo"), places.get("mimetype")

    def make(row: Row) -> Any:
        if row[places["id"]] is None:
            return None
        return reader.permissions(
            cls,
            None if owner is None else row[owner],
            None if group is None else row[group],
            row[places["permissions"]],
            None if repository is None else row[repository],
            mimetype is not None and row[mimetype] == "Directory",
        )

    return make
