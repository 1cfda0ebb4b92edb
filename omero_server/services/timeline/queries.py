"""The queries of time lines: which objects, of whom, from when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omero_server.services.containers.hierarchies import where
from omero_server.services.options import Options

__all__ = ["TYPES", "Page", "Period", "TimeLine"]

DEFAULT_LIMIT = 50
Query = tuple[str, dict[str, Any]]
Conditions = tuple[list[str], dict[str, Any]]


@dataclass(frozen=True)
class Period:
    """A span of time; None is open."""

    start: Any = None
    end: Any = None

    def within(self, *paths: str) -> Conditions:
        """That one of the moments lies in the span, its ends included."""
        bounds = [("start", ">=", self.start), ("end", "<=", self.end)]
        given = [(name, sign, value) for name, sign, value in bounds if value is not None]
        if not given:
            return [], {}
        alternatives = ["(" + " and ".join(f"{path} {sign} :{name}" for name, sign, _ in given) + ")" for path in paths]
        return [f"({' or '.join(alternatives)})"], {name: value for name, _, value in given}


@dataclass(frozen=True)
class Page:
    """Whose objects, and which part of them. None: everybody's."""

    owner: int | None
    group: int | None
    limit: int
    offset: int

    @classmethod
    def of(cls, caller: int | None, parameters: Any) -> Page:
        """As the parameters say; ``caller`` is the owner when they name neither owner nor group."""
        options = Options(parameters)
        owner = options.owner if options.filtered else caller
        limit = DEFAULT_LIMIT if options.limit is None else options.limit
        return cls(_given(owner), _given(options.group), limit, options.offset or 0)

    def owned(self, path: str) -> Conditions:
        """Conditions on owner and group of ``path``."""
        return self._of(f"{path}.details.owner.id", f"{path}.details.group.id")

    def events(self, path: str) -> Conditions:
        """Conditions on who caused the event ``path``, in which group."""
        return self._of(f"{path}.experimenter.id", f"{path}.experimenterGroup.id")

    def _of(self, owner: str, group: str) -> Conditions:
        chosen = [(owner, "owner", self.owner), (group, "group", self.group)]
        given = [(path, name, value) for path, name, value in chosen if value is not None]
        return [f"{path} = :{name}" for path, name, _ in given], {name: value for _, name, value in given}


def _given(number: int | None) -> int | None:
    return None if number is None or number < 0 else number


@dataclass(frozen=True)
class TimeLine:
    """How the objects ``o`` of one class are put in order.

    joins: for objects and counts alike; fetch: for objects. owned: the path whose owner counts. moments: the paths of
    which one must lie in a period.
    """

    cls: str
    order: str
    moments: tuple[str, ...]
    owned: str = "o"
    joins: str = ""
    fetch: str = ""

    def objects(self, period: Period, page: Page) -> Query:
        """The query for the objects, newest first."""
        conditions, parameters = self._restricted(period, page)
        fetch = (
            " left outer join fetch o.details.owner left outer join fetch o.details.group"
            " left outer join fetch o.details.creationEvent left outer join fetch o.details.updateEvent"
        )
        query = f"select o from {self.cls} o{self.fetch or self.joins}{fetch}{where(conditions)}"
        return f"{query} order by {self.order}, o.id desc", parameters

    def count(self, period: Period, page: Page) -> Query:
        """The query for their number."""
        conditions, parameters = self._restricted(period, page)
        return f"select count(o.id) from {self.cls} o{self.joins}{where(conditions)}", parameters

    def _restricted(self, period: Period, page: Page) -> Conditions:
        conditions, parameters = page.owned(self.owned)
        more, moments = period.within(*self.moments)
        return conditions + more, parameters | moments


EVENT_TIMES = ("o.details.creationEvent.time", "o.details.updateEvent.time")
BY_UPDATE = "o.details.updateEvent.id desc"
TYPES = {
    "Project": TimeLine("Project", BY_UPDATE, EVENT_TIMES),
    "Dataset": TimeLine("Dataset", BY_UPDATE, EVENT_TIMES),
    "Image": TimeLine("Image", "o.acquisitionDate desc nulls last", ("o.acquisitionDate",)),
    "RenderingDef": TimeLine(
        "RenderingDef",
        "i.details.creationEvent.id desc",
        EVENT_TIMES,
        owned="i",
        joins=" join o.pixels p join p.image i",
        fetch=" join fetch o.pixels p join fetch p.image i",
    ),
}
"""The classes that have a time line."""
