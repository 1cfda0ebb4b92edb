"""ITimeline: what was made or changed last, and in a span of time."""

from __future__ import annotations

from typing import Any

import omero
import omero.model
from omero_server.model.schema import MODEL
from omero_server.queries import run
from omero_server.services.classes import simple_name
from omero_server.services.containers.hierarchies import where
from omero_server.services.service import Service, reads
from omero_server.services.timeline.queries import TYPES, Page, Period
from omero_server.sessions.call import Call

__all__ = ["TimelineService"]

DEFAULT_TYPES = ("Project", "Dataset", "Image", "RenderingDef", "Annotation")
PARENTS = ("Project", "Dataset", "Image")
UNKNOWN_COUNT = -1
LOGGED = ("ome.model.containers.Dataset", "ome.model.containers.Project")
ACTIONS = ("INSERT", "UPDATE", "REINDEX")
IMAGE = "ome.model.core.Image"
WITH_EVENTS = " left outer join fetch l.details.creationEvent left outer join fetch l.details.updateEvent"


class TimelineService(Service):
    """Newest first everywhere. Without an owner or a group in the filter the caller's own things are meant."""

    interface = "::omero::api::ITimeline"

    @reads
    def getMostRecentObjects(self, call: Call, types: list[str] | None, p: Any, merge: bool) -> dict[str, list[Any]]:
        """The objects of each type that changed last; types that have no time line get an empty list."""
        return self._objects(call, types, Period(), Page.of(call.caller.user_id, p), merge)

    @reads
    def getByPeriod(
        self, call: Call, types: list[str] | None, start: Any, end: Any, p: Any, merge: bool
    ) -> dict[str, list[Any]]:
        """As getMostRecentObjects, of a span of time; null is open."""
        return self._objects(call, types, Period(start, end), Page.of(call.caller.user_id, p), merge)

    @staticmethod
    def _objects(call: Call, types: list[str] | None, period: Period, page: Page, merge: bool) -> dict[str, list[Any]]:
        # All types share one page when they are merged: each may fill it from its beginning.
        limit, offset = (page.offset + page.limit, 0) if merge else (page.limit, page.offset)
        found: dict[str, list[Any]] = {}
        for name in types or DEFAULT_TYPES:
            line = TYPES.get(simple_name(name))
            found[name] = [] if line is None else run(call, *line.objects(period, page), limit=limit, offset=offset)
        if not merge:
            return found
        pooled = [(updated(obj), name, obj) for name, objects in found.items() for obj in objects]
        newest = sorted(pooled, key=lambda one: one[0], reverse=True)[page.offset : page.offset + page.limit]
        return {name: [obj for _, key, obj in newest if key == name] for name in found}

    @reads
    def countByPeriod(self, call: Call, types: list[str] | None, start: Any, end: Any, p: Any) -> dict[str, int]:
        """How many objects of each type there are in a span of time; -1 for types that have no time line."""
        period, page = Period(start, end), Page.of(call.caller.user_id, p)
        counts = {}
        for name in types or DEFAULT_TYPES:
            line = TYPES.get(simple_name(name))
            counts[name] = UNKNOWN_COUNT if line is None else run(call, *line.count(period, page))[0]
        return counts

    @reads
    def getEventLogsByPeriod(self, call: Call, start: Any, end: Any, p: Any) -> list[Any]:
        """What happened to datasets and projects, and for each image the moment when it was taken."""
        if start is None or end is None:
            raise omero.InternalException(message="Give a start and an end: a time line of logs is not open-ended.")
        page = Page.of(call.caller.user_id, p)
        values = {"start": start, "end": end}
        conditions, parameters = page.events("e")
        query = (
            "select l from EventLog l join fetch l.event e where l.entityType in (:types) and l.action in (:actions)"
            " and e.time >= :start and e.time <= :end"
        )
        query += "".join(f" and {one}" for one in conditions) + " order by e.time desc, l.id desc"
        logs = run(
            call,
            query,
            {**values, **parameters, "types": list(LOGGED), "actions": list(ACTIONS)},
            limit=page.offset + page.limit,
        )
        conditions, parameters = page.owned("i")
        chosen = where(["i.acquisitionDate > :start", "i.acquisitionDate < :end", *conditions])
        query = f"select i from Image i{chosen} order by i.acquisitionDate desc, i.id desc"
        images = run(call, query, {**values, **parameters}, limit=page.offset + page.limit)
        both = sorted([*logs, *map(taken, images)], key=lambda log: log._event._time._val, reverse=True)
        return both[page.offset : page.offset + page.limit]

    @reads
    def getMostRecentAnnotationLinks(
        self,
        call: Call,
        parentTypes: list[str] | None,
        childTypes: list[str] | None,
        namespaces: list[str] | None,
        p: Any,
    ) -> list[Any]:
        """The annotations put on objects of the parents' types last. A name space may hold ``%`` and ``_``.

        Without parameters the links of all owners. ValidationException for a type that is not in the model or carries
        no annotations, ApiUsageException for more than one type of child.
        """
        if len(childTypes or ()) > 1:
            raise omero.ApiUsageException(message="Give at most one type of annotation.")
        kind = annotation_kind((childTypes or ["Annotation"])[0])
        page = Page.of(None, p)
        conditions, parameters = page.owned("l")
        patterns = {f"ns{number}": pattern for number, pattern in enumerate(namespaces or ())}
        if patterns:
            conditions.append("(" + " or ".join(f"a.ns like :{name}" for name in patterns) + ")")
        if kind != "Annotation":
            conditions.append(f"a.id in (select k.id from {kind} k)")
        found: list[Any] = []
        for link in [link_class(name) for name in parentTypes or PARENTS]:
            query = f"select l from {link} l join fetch l.child a{WITH_EVENTS}{where(conditions)}"
            query += " order by l.details.updateEvent.id desc, l.id desc"
            found += run(call, query, {**parameters, **patterns}, limit=page.offset + page.limit)
        return sorted(found, key=updated, reverse=True)[page.offset : page.offset + page.limit]

    @reads
    def getMostRecentShareCommentLinks(self, call: Call, p: Any) -> list[Any]:
        """Comments of others in shares that the caller owns or is a member of."""
        page = Page.of(None, p)
        query = (
            f"select l from SessionAnnotationLink l join fetch l.child a{WITH_EVENTS}"
            " where a.id in (select c.id from CommentAnnotation c where c.details.owner.id != :me)"
            " and (l.parent.id in (select s.id from Share s where s.owner.id = :me)"
            " or l.parent.id in (select m.parent.id from ShareMember m where m.child.id = :me))"
            " order by l.details.updateEvent.id desc, l.id desc"
        )
        # A share's members read its comments in whatever group these were written: being a member is the right to.
        return run(
            call, query, {"me": call.caller.user_id}, limit=page.limit, offset=page.offset, as_server=True
        )  # fmt: skip


def link_class(parent: str) -> str:
    """The class of a parent's annotation links. ValidationException when it has none."""
    name = simple_name(parent)
    if not name or not MODEL.classes[name].annotated:
        raise omero.ValidationException(message=f"{parent!r} carries no annotations.")
    return f"{MODEL.classes[name].root.name}AnnotationLink"


def annotation_kind(child: str) -> str:
    """The simple name of a class of annotations. ValidationException when it is none."""
    name = simple_name(child)
    if not name or not MODEL.classes[name].is_a(MODEL.classes["Annotation"]):
        raise omero.ValidationException(message=f"{child!r} is no annotation.")
    return name


def updated(obj: Any) -> tuple[int, int]:
    """When an object changed last, and its id: what newest first means."""
    return obj._details._updateEvent._time._val, obj._id._val


def taken(image: Any) -> Any:
    """A log, not saved, that tells when an image was taken."""
    return omero.model.EventLog(
        _loaded=True,
        _entityId=omero.RLong(image._id._val),
        _entityType=omero.RString(IMAGE),
        _action=omero.RString("INSERT"),
        _event=omero.model.Event(_loaded=True, _time=image._acquisitionDate),
    )
