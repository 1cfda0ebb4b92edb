"""``ParametersI``: named parameters, filter and options of a query, set one after the other.

ParametersI().addId(5).addString("name", "x").page(0, 10).exp(3)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import omero.sys
from omero.rtypes import rbool, rint, rlist, rlong, rstring, rtime

__all__ = ["ParametersI"]


# The wire class, which has no types.
Parameters: Any = omero.sys.Parameters


class ParametersI(Parameters):
    """Parameters whose methods return the object itself for chaining. Getters return RTypes or None."""

    map: dict[str, Any]
    theFilter: Any
    theOptions: Any

    def __init__(self, parammap: dict[str, Any] | None = None) -> None:
        super().__init__(parammap if parammap is not None else {}, None, None)

    def _rt(self, arg: Any, rt: Any) -> Any:
        return None if arg is None else rt(arg)

    def _filter(self, **values: Any) -> ParametersI:
        if self.theFilter is None:
            self.theFilter = omero.sys.Filter()
        for name, value in values.items():
            setattr(self.theFilter, name, value)
        return self

    def _options(self, **values: Any) -> ParametersI:
        if self.theOptions is None:
            self.theOptions = omero.sys.Options()
        for name, value in values.items():
            setattr(self.theOptions, name, value)
        return self

    def _of_filter(self, name: str) -> Any:
        return None if self.theFilter is None else getattr(self.theFilter, name)

    def _of_options(self, name: str) -> Any:
        return None if self.theOptions is None else getattr(self.theOptions, name)

    def noPage(self) -> ParametersI:
        """All results."""
        return self._filter(offset=None, limit=None)

    def page(self, offset: Any, limit: Any) -> ParametersI:
        """At most ``limit`` results from ``offset`` on; each may be None."""
        return self._filter(offset=self._rt(offset, rint), limit=self._rt(limit, rint))

    def isPagination(self) -> bool:
        """Whether offset or limit is set."""
        return self.getOffset() is not None or self.getLimit() is not None

    def getOffset(self) -> Any:
        """RInt or None."""
        return self._of_filter("offset")

    def getLimit(self) -> Any:
        """RInt or None."""
        return self._of_filter("limit")

    def unique(self) -> ParametersI:
        """Ask for one result at most."""
        return self._filter(unique=rbool(True))

    def noUnique(self) -> ParametersI:
        """Allow several results."""
        return self._filter(unique=rbool(False))

    def getUnique(self) -> Any:
        """RBool or None."""
        return self._of_filter("unique")

    def exp(self, i: Any) -> ParametersI:
        """Only what experimenter ``i`` owns."""
        return self._filter(ownerId=self._rt(i, rlong))

    def allExps(self) -> ParametersI:
        """Of all owners."""
        return self._filter(ownerId=None)

    def isExperimenter(self) -> bool:
        """Whether an owner is set."""
        return self.getExperimenter() is not None

    def getExperimenter(self) -> Any:
        """RLong or None."""
        return self._of_filter("ownerId")

    def grp(self, i: Any) -> ParametersI:
        """Only what belongs to group ``i``."""
        return self._filter(groupId=self._rt(i, rlong))

    def allGrps(self) -> ParametersI:
        """Of all groups."""
        return self._filter(groupId=None)

    def isGroup(self) -> bool:
        """Whether a group is set."""
        return self.getGroup() is not None

    def getGroup(self) -> Any:
        """RLong or None."""
        return self._of_filter("groupId")

    def startTime(self, startTime: Any) -> ParametersI:
        """Only from this time on, in ms since 1970."""
        return self._filter(startTime=self._rt(startTime, rtime))

    def endTime(self, endTime: Any) -> ParametersI:
        """Only until this time, in ms since 1970."""
        return self._filter(endTime=self._rt(endTime, rtime))

    def allTimes(self) -> ParametersI:
        """Of all times."""
        return self._filter(startTime=None, endTime=None)

    def isStartTime(self) -> bool:
        """Whether a start is set."""
        return self.getStartTime() is not None

    def getStartTime(self) -> Any:
        """RTime or None."""
        return self._of_filter("startTime")

    def isEndTime(self) -> bool:
        """Whether an end is set."""
        return self.getEndTime() is not None

    def getEndTime(self) -> Any:
        """RTime or None."""
        return self._of_filter("endTime")

    def leaves(self) -> ParametersI:
        """With the images of containers."""
        return self._options(leaves=rbool(True))

    def noLeaves(self) -> ParametersI:
        """Without the images of containers."""
        return self._options(leaves=rbool(False))

    def getLeaves(self) -> Any:
        """RBool or None."""
        return self._of_options("leaves")

    def orphan(self) -> ParametersI:
        """With objects in no container."""
        return self._options(orphan=rbool(True))

    def noOrphan(self) -> ParametersI:
        """Without objects in no container."""
        return self._options(orphan=rbool(False))

    def getOrphan(self) -> Any:
        """RBool or None."""
        return self._of_options("orphan")

    def acquisitionData(self) -> ParametersI:
        """With acquisition metadata."""
        return self._options(acquisitionData=rbool(True))

    def noAcquisitionData(self) -> ParametersI:
        """Without acquisition metadata."""
        return self._options(acquisitionData=rbool(False))

    def getAcquisitionData(self) -> Any:
        """RBool or None."""
        return self._of_options("acquisitionData")

    def cache(self) -> ParametersI:
        """Let the server cache the query."""
        return self._options(cacheable=rbool(True))

    def noCache(self) -> ParametersI:
        """Keep the server from caching the query."""
        return self._options(cacheable=rbool(False))

    def getCache(self) -> Any:
        """RBool or None."""
        return self._of_options("cacheable")

    def add(self, name: str, rtype: Any) -> ParametersI:
        """Set the parameter ``:name``."""
        self.map[name] = rtype
        return self

    def addId(self, id: Any) -> ParametersI:
        """Set ``:id``."""
        return self.addLong("id", id)

    def addIds(self, longs: Iterable[Any] | None) -> ParametersI:
        """Set ``:ids``."""
        return self.addLongs("ids", longs)

    def addLong(self, name: str, longValue: Any) -> ParametersI:
        """Set a number."""
        return self.add(name, rlong(longValue))

    def addLongs(self, name: str, longs: Iterable[Any] | None) -> ParametersI:
        """Set a list of numbers."""
        return self.add(name, rlist([rlong(number) for number in longs or ()]))

    def addString(self, name: str, stringValue: Any) -> ParametersI:
        """Set a text."""
        return self.add(name, rstring(stringValue))

    def addTime(self, name: str, TimeValue: Any) -> ParametersI:
        """Set a time, in ms since 1970."""
        return self.add(name, rtime(TimeValue))


ParametersI.__module__ = "omero.sys"
