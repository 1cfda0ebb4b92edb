"""Full text search."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import omero
from omero.gateway.utils import ServiceOptsDict
from omero.rtypes import rtime

__all__ = ["Searching"]

TYPES = (
    "ProjectWrapper",
    "DatasetWrapper",
    "ImageWrapper",
    "ScreenWrapper",
    "PlateAcquisitionWrapper",
    "PlateWrapper",
    "WellWrapper",
)
DEFAULT = ("ProjectWrapper", "DatasetWrapper", "ImageWrapper")


class Searching:
    """The part of the gateway that searches."""

    SERVICE_OPTS: ServiceOptsDict

    def searchObjects(
        self,
        obj_types: Iterable[str] | None,
        text: str,
        created: Any = None,
        fields: Iterable[str] = (),
        batchSize: int = 1000,
        page: int = 0,
        searchGroup: Any = None,
        ownedBy: Any = None,
        useAcquisitionDate: bool = False,
        rawQuery: bool = True,
    ) -> list[Any]:
        """Objects of some types that contain a text, of one owner or group if given; one batch of them.

        ``obj_types``: projects, datasets and images unless given; AttributeError for one that cannot be searched.
        ``created``: (from, to) in ms since 1970. ``rawQuery``: the text is in the language of the search engine; else
        its words are looked for in ``fields``.
        """
        if not text:
            return []
        wrappers = [sys.modules["omero.gateway"].__dict__[name] for name in self._searchable(obj_types)]
        search = self._own_service("createSearchService")  # type: ignore[attr-defined]
        context = self.SERVICE_OPTS.copy()
        if searchGroup is not None:
            context.setOmeroGroup(searchGroup)
        try:
            search.setBatchSize(batchSize, context)
            search.setCaseSentivice(False, context)
            search.setAllowLeadingWildcard(True, context)
            if ownedBy is not None:
                details = omero.model.DetailsI()
                details.setOwner(omero.model.ExperimenterI(int(ownedBy), False))
                search.onlyOwnedBy(details, context)
            found: list[Any] = []
            for wrapper in wrappers:
                search.onlyType(wrapper.OMERO_CLASS, context)
                self._ask(search, text, created, list(fields), useAcquisitionDate, rawQuery, context)
                found += [wrapper(self, obj) for obj in self._batch(search, page, context)]
            return found
        finally:
            search.close()

    def _searchable(self, obj_types: Iterable[str] | None) -> list[str]:
        if obj_types is None:
            return list(DEFAULT)
        known = {name.removesuffix("Wrapper").lower(): name for name in TYPES}
        names = []
        for each in obj_types:
            name = known.get(each.lower()) or known.get(each.lower().rstrip("s"))
            if name is None:
                raise AttributeError(f"{each} cannot be searched, only {', '.join(known)}")
            names.append(name)
        return names

    def _ask(
        self, search: Any, text: str, created: Any, fields: list[str], acquired: bool, raw: bool, context: Any
    ) -> None:
        if raw:
            if created:
                search.onlyCreatedBetween(rtime(created[0]), rtime(created[1]), context)
            search.byFullText(text, context)
            return
        start, end = (_date(each) for each in created) if created else ("", "")
        kind = "acquisitionDate" if acquired else "details.creationEvent.time"
        search.byLuceneQueryBuilder(",".join(fields), start, end, kind if created else "", text, context)

    def _batch(self, search: Any, page: int, context: Any) -> list[Any]:
        for _ in range(page):
            if not search.hasNext(context):
                return []
            search.results(context)
        return search.results(context) if search.hasNext(context) else []


def _date(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000).strftime("%Y%m%d")
