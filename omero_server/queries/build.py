"""From rows to objects of the API. This is the hot path of every query: what can be known before the first row is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import omero._generated
import omero.model
from omero_server.model.schema import MODEL, ModelClass, Property
from omero_server.queries.columns import Node
from omero_server.queries.wrapping import Wraps

__all__ = ["Builder", "blank", "unit_of"]

Row = Sequence[Any]
Refer = Callable[[ModelClass, int], Any]
DETAILS = {"_owner": "owner_id", "_group": "group_id", "_creationEvent": "creation_id", "_updateEvent": "update_id",
           "_externalInfo": "external_id"}  # fmt: skip
DETAILS_CLASSES = {"_owner": "Experimenter", "_group": "ExperimenterGroup", "_creationEvent": "Event",
                   "_updateEvent": "Event", "_externalInfo": "ExternalInfo"}  # fmt: skip
NO_DETAILS: dict[str, Any] = vars(omero.model.Details())


@cache
def blank(cls: ModelClass) -> dict[str, Any]:
    """The attributes of an unloaded object of a class. To be copied."""
    attributes: dict[str, Any] = vars(wire_class(cls)())
    return attributes


@cache
def wire_class(cls: ModelClass) -> type[Any]:
    """The class on the wire."""
    found: type[Any] = getattr(omero.model, cls.name)
    return found


@cache
def unit_of(unit: str) -> Callable[[float, str], Any]:
    """What makes a quantity from number and label of the database, e.g. of "Length"."""
    quantity = getattr(omero.model, unit)
    names = getattr(omero.model.enums, f"Units{unit}")
    constants = {symbol: getattr(names, name) for name, symbol in MODEL.units[unit]}
    return lambda value, symbol: quantity(value, constants[symbol])


class Builder:
    """Makes objects of one concrete class from the columns of one node. It is good for all replies."""

    def __init__(self, cls: ModelClass, node: Node) -> None:
        self.cls = cls
        self.type = wire_class(cls)
        self.loaded = blank(cls) | {"_loaded": True}
        self.maps = [p for p in cls.properties.values() if p.kind == "map"]
        places = node.places
        self._values: list[tuple[str, int, str]] = []
        self._arrays: list[tuple[str, int, Callable[[Any], Any]]] = []
        self._references: list[tuple[str, int, ModelClass]] = []
        self._units: list[tuple[str, int, int, Callable[[float, str], Any]]] = []
        if "version" in places:
            self._values.append(("_version", places["version"], "RInt"))
        for prop in cls.properties.values():
            self._property(prop, places)
        self._details = [(a, places[c], MODEL.classes[DETAILS_CLASSES[a]]) for a, c in DETAILS.items() if c in places]

    def _property(self, prop: Property, places: dict[str, int]) -> None:
        key, attribute = f"{prop.declared_in}.{prop.name}", f"_{prop.name}"
        if prop.kind == "scalar":
            self._values.append((attribute, places[key], prop.rtype or ""))
        elif prop.kind == "array":
            self._arrays.append((attribute, places[key], bytes if prop.type == "byte[]" else list))
        elif prop.kind == "ref":
            self._references.append((attribute, places[key], MODEL.classes[prop.type]))
        elif prop.kind == "unit":
            self._units.append((attribute, places[key], places[f"{key}.unit"], unit_of(prop.type)))

    def attributes(self, row: Row, refer: Refer, wraps: Wraps) -> dict[str, Any]:
        """All attributes but id and permissions; ``refer`` gives the object for a class and id."""
        made = self.loaded.copy()
        for name, at, kind in self._values:
            value = row[at]
            if value is not None:
                made[name] = wraps[kind](value)
        for name, at, convert in self._arrays:
            value = row[at]
            if value is not None:
                made[name] = convert(value)
        for name, at, cls in self._references:
            value = row[at]
            if value is not None:
                made[name] = refer(cls, value)
        for name, at, unit_at, quantity in self._units:
            value = row[at]
            if value is not None:
                made[name] = quantity(value, row[unit_at])
        return made

    def details(self, row: Row, refer: Refer, permissions: Any) -> dict[str, Any]:
        """The attributes of the details of an object."""
        made = NO_DETAILS | {"_permissions": permissions}
        for name, at, cls in self._details:
            value = row[at]
            if value is not None:
                made[name] = refer(cls, value)
        return made
