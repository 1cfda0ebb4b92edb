"""IQuery: objects by id, by example, by one field, by HQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

import omero
import omero._generated
import omero.model
import omero.sys
from omero_server.model.schema import MODEL, ModelClass, Property
from omero_server.queries import Reader, find, project, run
from omero_server.queries.fulltext import Limits, search
from omero_server.queries.parameters import moment
from omero_server.saving.fields import class_of
from omero_server.security.filter import UNFILTERED
from omero_server.security.sharing import contained
from omero_server.security.voter import Subject, may_read
from omero_server.services.classes import model_class
from omero_server.services.service import Service, reads
from omero_server.sessions.call import Call

__all__ = ["QueryService"]


class Page(TypedDict):
    """Which part of the results is wanted."""

    limit: int | None
    offset: int | None


class QueryService(Service):
    """Everything is read through the filter of the group of the call."""

    interface = "::omero::api::IQuery"

    @reads
    def get(self, call: Call, klass: str, id: int) -> omero.model.IObject:
        """The object. Raises ValidationException when there is none, SecurityViolation when it must not be read."""
        cls = model_class(klass)
        found = _readable(call, cls, id)
        if found is None:
            raise omero.ValidationException(message=f"There is no {cls.name} with id {id}.")
        return found

    @reads
    def find(self, call: Call, klass: str, id: int) -> omero.model.IObject | None:
        """The object, or null when there is none. Raises SecurityViolation when it must not be read."""
        return _readable(call, model_class(klass), id)

    @reads
    def findAll(self, call: Call, klass: str, filter: omero.sys.Filter | None) -> list[omero.model.IObject]:
        """All objects of a class and its subclasses."""
        return run(call, f"from {model_class(klass).name}", **_page(filter))

    @reads
    def findByExample(self, call: Call, example: omero.model.IObject) -> omero.model.IObject | None:
        """The one object that equals the example in all its plain fields."""
        return _only(self._like(call, example, {"limit": 2, "offset": None}), "the example")

    @reads
    def findAllByExample(
        self, call: Call, example: omero.model.IObject, filter: omero.sys.Filter | None
    ) -> list[omero.model.IObject]:
        """All objects that equal the example in all its plain fields."""
        return self._like(call, example, _page(filter))

    @reads
    def findByString(self, call: Call, klass: str, field: str, value: str) -> omero.model.IObject | None:
        """The one object with that text in a field."""
        cls, prop = _text_field(klass, field)
        found = run(call, f"from {cls.name} o where o.{prop.name} = :value", {"value": value or ""}, limit=2)
        return _only(found, f"{cls.name}.{prop.name} = {value!r}")

    @reads
    def findAllByString(
        self, call: Call, klass: str, field: str, value: str, caseSensitive: bool, filter: omero.sys.Filter | None
    ) -> list[omero.model.IObject]:
        """All objects with that text anywhere in a field; % and _ stand for anything."""
        cls, prop = _text_field(klass, field)
        like = "like" if caseSensitive else "ilike"
        hql = f"from {cls.name} o where o.{prop.name} {like} :value"
        return run(call, hql, {"value": f"%{value or ''}%"}, **_page(filter))

    @reads
    def findByQuery(self, call: Call, query: str, params: omero.sys.Parameters | None) -> omero.model.IObject | None:
        """The one object that a query finds."""
        found = _objects(_run(call, query, params, {"limit": None, "offset": None}))
        return _only(found, "the query")

    @reads
    def findAllByQuery(self, call: Call, query: str, params: omero.sys.Parameters | None) -> list[omero.model.IObject]:
        """All objects that a query finds, in its order."""
        found = _objects(_run(call, query, params, _page(params.theFilter if params else None)))
        if params is not None and params.theFilter is not None and _value(params.theFilter.unique):
            only = _only(found, "the query")
            return [] if only is None else [only]
        return found

    @reads
    def findAllByFullText(
        self, call: Call, klass: str, query: str, params: omero.sys.Parameters | None
    ) -> list[omero.model.IObject]:
        """All objects of a class that a search of texts finds; see queries/fulltext.py for what is searched."""
        if not query or not query.strip():
            raise omero.ApiUsageException(message="The search is empty. Give at least one word.")
        filter_ = params.theFilter if params else None
        return search(call, model_class(klass).name, query, _limits(filter_), **_page(filter_))

    @reads
    def projection(self, call: Call, query: str, params: omero.sys.Parameters | None) -> list[list[omero.RType]]:
        """Rows of plain values."""
        page = _page(params.theFilter if params else None)
        return project(call, query, _map(params), **page)

    @reads
    def refresh(self, call: Call, iObject: omero.model.IObject) -> omero.model.IObject:
        """The object as it is in the database."""
        if iObject is None or iObject._id is None:
            raise omero.ApiUsageException(message="The object to refresh has no id: save it first.")
        return self.get(call, type(iObject).__name__, iObject._id._val)

    def _like(self, call: Call, example: omero.model.IObject, page: Page) -> list[Any]:
        if example is None:
            raise omero.ApiUsageException(message="The example is null.")
        cls = model_class(example.ice_id())
        values = {
            name: getattr(example, f"_{name}")
            for name, prop in cls.properties.items()
            if prop.kind == "scalar" and getattr(example, f"_{name}") is not None
        }
        conditions = [f"o.{name} = :{name}" for name in values] or ["1 = 1"]
        return run(call, f"from {cls.name} o where {' and '.join(conditions)}", values, **page)


def _text_field(klass: str, field: str) -> tuple[ModelClass, Property]:
    cls = model_class(klass)
    prop = cls.properties.get(field)
    if prop is None or prop.rtype != "RString":
        fields = ", ".join(sorted(p.name for p in cls.properties.values() if p.rtype == "RString"))
        raise omero.ApiUsageException(message=f"{cls.name} has no text field {field!r}. It has: {fields}.")
    return cls, prop


def _value(value: Any) -> Any:
    return None if value is None else value._val


def _page(filter_: omero.sys.Filter | None) -> Page:
    if filter_ is None:
        return {"limit": None, "offset": None}
    limit, offset = _value(filter_.limit), _value(filter_.offset)
    # Numbers below zero mean the same as none.
    return {"limit": None if limit is not None and limit < 0 else limit, "offset": max(offset or 0, 0)}


def _limits(filter_: omero.sys.Filter | None) -> Limits:
    if filter_ is None:
        return Limits()
    start, end = (None if given is None else moment(given._val) for given in (filter_.startTime, filter_.endTime))
    return Limits(_value(filter_.ownerId), _value(filter_.groupId), start, end)


def _map(params: omero.sys.Parameters | None) -> Mapping[str, Any]:
    return {} if params is None or params.map is None else params.map


def _run(call: Call, query: str, params: omero.sys.Parameters | None, page: Page) -> list[Any]:
    """The results of a query. The name of a class alone asks for objects that equal the parameters: old clients do."""
    given = _map(params)
    try:
        cls = MODEL.resolve(query)
    except KeyError:
        return run(call, query, given, **page)
    unknown = [name for name in given if name != "id" and name not in cls.properties]
    if unknown:
        raise omero.ApiUsageException(message=f"{cls.name} has no property {unknown[0]!r}.")
    conditions = [f"o.{name} = :{name}" for name in given]
    query = f"from {cls.name} o" + (f" where {' and '.join(conditions)}" if conditions else "")
    return run(call, query, given, **page)


def _objects(found: list[Any]) -> list[Any]:
    for each in found:
        if each is not None and not isinstance(each, omero.model.IObject):
            raise omero.ApiUsageException(message="The query selects no objects. Use projection() to select values.")
    return found


def _only(found: list[Any], what: str) -> Any:
    distinct = {id(each): each for each in found if each is not None}
    if len(distinct) > 1:
        raise omero.ApiUsageException(message=f"There is more than one result for {what}; one is expected.")
    return next(iter(distinct.values()), None)


def _readable(call: Call, cls: ModelClass, id: int) -> omero.model.IObject | None:
    """The object with that id, None without one. Raises SecurityViolation when the caller may not read it."""
    reader = Reader.of(call)
    found = _load(reader, cls, id)
    if found is None:
        return None
    # Sessions belong to the whole system, but only whose they are may look at them.
    open_ = contained(call.caller, class_of(found).name, id) or (
        cls.root.name != "Session" and may_read(call.caller, _subject(reader, cls, found))
    )
    if not open_ and find(call, cls.name, id) is None:
        remedy = "it belongs to another group or user. Change the group of the call."
        raise omero.SecurityViolation(message=f"You cannot read {cls.name}:{id}: {remedy}")
    return found


def _load(reader: Reader, cls: ModelClass, id_: int) -> Any:
    """An object whoever may read it, with texts hidden as ever."""
    reader.filter = UNFILTERED
    return find(reader, cls.name, id_)


def _subject(reader: Reader, cls: ModelClass, found: Any) -> Subject:
    """What decides who may read an object."""
    details = found._details
    owner = details._owner._id._val if details._owner else None
    group = details._group._id._val if details._group else None
    return Subject(cls, owner, group, None if group is None else reader.group_bits(group))
