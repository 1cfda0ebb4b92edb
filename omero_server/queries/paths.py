"""Paths like ``image.details.owner.id``: from names to values, with the joins that they need on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, case, false, literal, null
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import ColumnElement

from omero_server.model.schema import MODEL, Property
from omero_server.queries.counts import SUFFIX, counted
from omero_server.queries.elements import Element, find_property, holder_table
from omero_server.queries.errors import HqlError, UnknownName, did_you_mean
from omero_server.queries.functions import call
from omero_server.queries.leniency import abbreviated
from omero_server.queries.scope import Scope
from omero_server.queries.values import (
    ClassOf,
    Collection,
    Counts,
    Details,
    Entity,
    Pairs,
    Permissions,
    Reference,
    Scalar,
    Unit,
    Value,
)
from omero_server.security.masking import MASKED

__all__ = ["resolve", "scalar"]

DETAILS_REFERENCES = {
    "owner": ("owner_id", "Experimenter"),
    "group": ("group_id", "ExperimenterGroup"),
    "creationEvent": ("creation_id", "Event"),
    "updateEvent": ("update_id", "Event"),
    "externalInfo": ("external_id", "ExternalInfo"),
}
NO_ARGUMENTS = ("current_date", "current_time", "current_timestamp")
PAIR_TYPES = {"name": "RString", "value": "RString", "index": "RInt"}


def resolve(scope: Scope, names: tuple[str, ...], at: int, join: Callable[[Reference], Element] | None = None) -> Value:
    """The value of a path. ``join`` makes the joins on the way; the default is an inner join that the query shares.

    Raises HqlError when a name is unknown, with the nearest known ones.
    """
    value, rest = _start(scope, names, at)
    for name in rest:
        value = step(value, name, at, join or scope.implicit, scope)
    return value


def _start(scope: Scope, names: tuple[str, ...], at: int) -> tuple[Value, tuple[str, ...]]:
    """What the first name means: an alias, a property of a source without alias, a selected name, a class, or short
    for a property of a source.
    """
    found: Value | None = scope.find(names[0])
    if found is not None:
        return found, names[1:]
    if len(names) == 1 and names[0] in scope.selected:
        return scope.selected[names[0]], ()
    unnamed = _unnamed(scope, names[0], at)
    if unnamed is not None:
        return unnamed, names[1:]
    if len(names) == 1 and names[0].lower() in NO_ARGUMENTS:
        return call(names[0].lower(), [], False, at), ()
    try:
        return ClassOf(None, MODEL.resolve(".".join(names))), ()
    except KeyError:
        short = _abbreviation(scope, names[0]) if len(names) > 1 else None
        if short is None:
            raise _unknown_start(scope, names[0], at) from None
        return short, names[1:]


def _unnamed(scope: Scope, name: str, at: int) -> Value | None:
    """A property without alias in front: of a source that has none, else of the first source or join that has it."""
    around: Scope | None = scope
    while around is not None:
        elements = _elements(around)
        for element in elements:
            if name in ("id", "ID", "details", "class", "version") or find_property(element.model, name):
                return step(Entity(element), name, at, scope.implicit, scope)
        # Some clients use names of columns, as in "order by well_index".
        holder = next((e for e in elements if name.lower() in e.root.c), None)
        if holder is not None:
            column = holder.root.c[name.lower()]
            return Scalar(column, "RInt" if name.endswith("_index") else None)
        around = around.parent
    return None


def _elements(scope: Scope) -> list[Element]:
    named = [v.element for v in scope.names.values() if isinstance(v, Entity) and v.element.cls]
    return [*scope.unnamed, *named]


def _abbreviation(scope: Scope, name: str) -> Value | None:
    """What an undeclared alias abbreviates: the property is joined then, and keeps the name."""
    for element in _elements(scope):
        prop = abbreviated(element.model, name)
        if prop is not None:
            value = _property_value(element, prop, scope)
            join = scope.join_reference if isinstance(value, Reference) else scope.join_collection
            scope.name(name, Entity(join(value, outer=True)))  # type: ignore[arg-type]
            return scope.names[name]
    return None


def _unknown_start(scope: Scope, name: str, at: int) -> UnknownName:
    known = [*scope.names, *scope.selected]
    for element in scope.unnamed:
        known += [*element.model.properties, "id", "details"]
    aliases = ", ".join(sorted(scope.names)) or "none"
    hint = did_you_mean(name, known) or f"The aliases of this query are: {aliases}."
    return UnknownName(at, f"unknown name {name!r}", hint)


def step(value: Value, name: str, at: int, join: Callable[[Reference], Element], scope: Scope) -> Value:
    """``value.name``."""
    if isinstance(value, Reference):
        if name.lower() == "id":
            return Scalar(value.column, "RLong")
        value = Entity(join(value))
    if isinstance(value, Entity):
        if value.element.cls is None:
            return _pair_part(value.element, name, at)
        return property_of(value.element, name, at, scope)
    if isinstance(value, Details):
        return _details_part(value.element, name, at)
    if isinstance(value, Unit) and name in ("value", "unit"):
        return Scalar(value.value, "RDouble") if name == "value" else Scalar(value.unit, "RString", value.type)
    if isinstance(value, Permissions) and name == "perm1":
        return Scalar(value.element.root.c.permissions, "RLong")
    if isinstance(value, Collection):
        hint = f"Join it: 'join ....{value.prop.name} as x', then use 'x.{name}'."
        raise HqlError(at, f"{value.prop.name!r} is a collection, it has no {name!r}", hint)
    raise HqlError(at, f"a plain value has no {name!r}")


def property_of(element: Element, name: str, at: int, scope: Scope) -> Value:
    """A property of an object that takes part in the query."""
    cls = element.model
    if name.lower() == "id":
        return Scalar(element.id, "RLong")
    if name == "class":
        return ClassOf(element, cls)
    if name == "details":
        return Details(element)
    if name == "version" and cls.root.has_version:
        return Scalar(element.root.c.version, "RInt")
    links = counted(cls, name)
    if links is not None:
        return Counts(element, links)
    prop = find_property(cls, name)
    if prop is None:
        known = [*cls.properties, "id", "details"]
        hint = did_you_mean(name, known) or f"It has: {', '.join(sorted(known))}."
        raise HqlError(at, f"{cls.name} has no property {name!r}", hint)
    return _property_value(element, prop, scope)


def _property_value(element: Element, prop: Property, scope: Scope) -> Value:
    if prop.kind in ("collection", "links"):
        return Collection(element, prop)
    if prop.kind == "map":
        return Pairs(element, prop, MODEL.classes[prop.declared_in])
    column = element.column(prop)
    if prop.kind == "ref":
        return Reference(element, column, MODEL.classes[prop.type])
    if prop.kind == "unit":
        assert prop.unit_column is not None
        return Unit(column, element.table(holder_table(prop)).c[prop.unit_column], prop.type)
    if scope.masking:
        column = masked(element, prop, column, scope)
    return Scalar(column, prop.rtype)


def _pair_part(element: Element, name: str, at: int) -> Value:
    if name not in PAIR_TYPES:
        raise HqlError(at, f"a pair of a map has no {name!r}", "It has name and value.")
    return Scalar(element.root.c[name], PAIR_TYPES[name])


def _details_part(element: Element, name: str, at: int) -> Value:
    if name == "permissions":
        return Permissions(element)
    if name not in DETAILS_REFERENCES:
        raise HqlError(at, f"details have no {name!r}", did_you_mean(name, [*DETAILS_REFERENCES, "permissions"]))
    column, target = DETAILS_REFERENCES[name]
    if column not in element.root.c:
        raise HqlError(at, f"{element.model.name} has no details.{name}", "Objects of this class belong to nobody.")
    return Reference(element, element.root.c[column], MODEL.classes[target])


def masked(element: Element, prop: Property, column: ColumnElement[Any], scope: Scope) -> ColumnElement[Any]:
    """The column as the caller may see it: strangers' names and others' session ids are hidden."""
    cls = element.model.root.name
    if cls not in scope.context.masked or prop.name not in MASKED[cls]:
        return column
    shown: ColumnElement[bool]
    if cls == "Experimenter":
        scope.context.names_used = True
        shown = element.id == any_(bindparam("_known", required=False, type_=ARRAY(BigInteger)))
    elif cls == "Session":
        shown = element.root.c.owner == bindparam("_me", required=False, type_=BigInteger)
    else:
        shown = false()
    substitute = MASKED[cls][prop.name]
    return case((shown, column), else_=null() if substitute is None else literal(substitute))


def scalar(value: Value, at: int) -> Scalar:
    """The value as one column: of an object its id. Raises HqlError for collections, maps and details."""
    match value:
        case Scalar():
            return value
        case Entity(element) if element.cls is not None:
            return Scalar(element.id, "RLong")
        case Reference():
            return Scalar(value.column, "RLong")
        case Unit():
            return Scalar(value.value, "RDouble")
        case Permissions(element):
            return Scalar(element.root.c.permissions, "RLong")
        case ClassOf(element, _) if element is not None:
            return Scalar(element.class_name(), "class")
        case ClassOf(None, cls):
            raise HqlError(at, f"the class {cls.name} is no value here", "Compare it with '.class'.")
        case Counts(_, prop):
            hint = f"Fetch it: 'left outer join fetch x.{prop.name}{SUFFIX}'."
            raise HqlError(at, f"the map '{prop.name}{SUFFIX}' is no value", hint)
        case Collection(_, prop) | Pairs(_, prop, _):
            hint = f"Join it: 'join ....{prop.name} as x'; or use size() or 'is empty'."
            raise HqlError(at, f"the collection {prop.name!r} is no value", hint)
        case _:
            raise HqlError(at, "this is no value that can be compared or selected")
