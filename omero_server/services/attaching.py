"""Load collections of many objects at once: one query for each collection, however many objects there are.

A join fetch of several collections multiplies rows with each other; these functions do not. What they load hangs
together as a fetch leaves it: each object once, references back to the very holder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omero_server.model.schema import MODEL, ModelClass, Property
from omero_server.queries import run
from omero_server.sessions.call import Call

__all__ = ["attach", "by_id", "load", "unique"]


def load(call: Call, cls: str, ids: Iterable[int], joins: str = "") -> dict[int, Any]:
    """The readable objects of a class among ``ids``, by id in ascending order. ``joins`` start at the alias ``o``."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    query = f"select o from {cls} o{joins} where o.id in (:ids) order by o.id"
    return by_id(run(call, query, {"ids": wanted}))


def attach(
    call: Call,
    holders: Sequence[Any],
    collection: str,
    joins: str = "",
    conditions: Sequence[str] = (),
    parameters: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Load one collection of all ``holders``, which are of one class, with one query; empty ones become loaded too.

    joins: further fetches, from the alias ``o``: the element, or for links the object at the far end. Links come only
    with a far end that may be read and that fulfils ``conditions`` on ``o``. Answers the objects ``o``, each once.
    """
    if not holders:
        return []
    prop = MODEL.resolve(type(holders[0]).__name__).properties[collection]
    element = MODEL.classes[prop.type]
    far = _far(element, prop)
    start = f"{element.name} l join fetch l.{far} o" if far else f"{element.name} o"
    first = "l" if far else "o"
    near = f"{first}.{prop.inverse}.id in (:holders)"
    where = " and ".join([near, *conditions])
    query = f"select {first} from {start}{joins} where {where} order by {_order(element, prop, first)}"
    values = {**(parameters or {}), "holders": [holder._id._val for holder in holders]}
    found = unique(run(call, query, values))
    _distribute(holders, prop, found)
    return unique([getattr(link, f"_{far}") for link in found] if far else found)


def unique(objects: Iterable[Any]) -> list[Any]:
    """Each object once, in order."""
    return list({id(obj): obj for obj in objects}.values())


def by_id(objects: Iterable[Any]) -> dict[int, Any]:
    """Objects by their ids."""
    return {obj._id._val: obj for obj in objects}


def _far(element: ModelClass, prop: Property) -> str | None:
    if prop.kind != "links":
        return None
    return "child" if prop.inverse == "parent" else "parent"


def _order(element: ModelClass, prop: Property, alias: str) -> str:
    """Lists come in their order, others by id."""
    index = element.properties[prop.inverse or ""].index_column
    return index or f"{alias}.id"


def _distribute(holders: Sequence[Any], prop: Property, found: Iterable[Any]) -> None:
    lists: dict[int, list[Any]] = {holder._id._val: [] for holder in holders}
    known = by_id(holders)
    for element in found:
        key = getattr(element, f"_{prop.inverse}")._id._val
        setattr(element, f"_{prop.inverse}", known[key])
        lists[key].append(element)
    for holder in holders:
        setattr(holder, f"_{prop.name}Seq", lists[holder._id._val])
        setattr(holder, f"_{prop.name}Loaded", True)
