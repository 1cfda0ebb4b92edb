"""An OMERO session as the views use it: queries, services and rendering engines over one shared client connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import omero
import omero.model
from omero.rtypes import rint, rlist, rlong, rstring, unwrap
from omero_web.webgateway.engines import Engines

ALL_GROUPS = -1
CONTEXT_AGE = 30.0  # seconds for which memberships and the current group are taken from memory

Parameter = int | str | Sequence[int]


def context(group: int = ALL_GROUPS) -> dict[str, str]:
    """The call context that selects a group; -1 means all groups that the user may read."""
    return {"omero.group": str(group)}


def parameters(
    values: Mapping[str, Parameter], offset: int | None = None, limit: int | None = None
) -> omero.sys.Parameters:
    """Named query parameters (whole numbers, text, lists of ids) and the page to return."""
    result = omero.sys.Parameters()
    result.map = {name: _rtype(value) for name, value in values.items()}
    if limit is not None:
        result.theFilter = omero.sys.Filter()
        result.theFilter.limit = rint(limit)
        result.theFilter.offset = rint(offset or 0)
    return result


def _rtype(value: Parameter) -> Any:
    if isinstance(value, int):
        return rlong(value)
    if isinstance(value, str):
        return rstring(value)
    return rlist([rlong(item) for item in value])


class Blitz:
    """One joined OMERO session. Safe for several threads at once, as Ice proxies are."""

    def __init__(self, client: Any, uuid: str) -> None:
        self.client = client
        self.uuid = uuid
        self.sf: Any = client.getSession()
        self.engines = Engines(self.sf.createRenderingEngine)
        self.stores = Engines(self.sf.createRawPixelsStore)
        self._services: dict[str, Any] = {}
        self._config: dict[str, str] = {}
        self._seen: tuple[float, Any] | None = None
        self._lock = threading.Lock()

    def service(self, name: str) -> Any:
        """A stateless service of the session factory by the end of its getter's name, as in ``QueryService``."""
        with self._lock:
            if name not in self._services:
                self._services[name] = getattr(self.sf, f"get{name}")()
            return self._services[name]

    @property
    def event_context(self) -> Any:
        """Who the user is, in which groups, with which rights; at most half a minute old."""
        if self._seen is None or time.monotonic() - self._seen[0] > CONTEXT_AGE:
            self._seen = (time.monotonic(), self.service("AdminService").getEventContext())
        return self._seen[1]

    @property
    def user_id(self) -> int:
        return int(self.event_context.userId)

    def config_value(self, name: str) -> str:
        """A property of the server that users may read; empty when it is unset. Asked once per connection."""
        with self._lock:
            known = self._config.get(name)
        if known is None:
            known = self._config[name] = self.service("ConfigService").getConfigValue(name) or ""
        return known

    def gateway(self) -> Any:
        """A ``BlitzGateway`` on the shared connection, for code that wants wrapper objects. Do not close it."""
        from omero.gateway import BlitzGateway

        gateway = BlitzGateway(client_obj=self.client)
        gateway.SERVICE_OPTS.setOmeroGroup(str(ALL_GROUPS))
        return gateway

    def rows(
        self,
        hql: str,
        values: Mapping[str, Parameter] | None = None,
        *,
        group: int = ALL_GROUPS,
        offset: int | None = None,
        limit: int | None = None,
    ) -> list[list[Any]]:
        """The rows of a projection query as plain Python values."""
        found = self.service("QueryService").projection(hql, parameters(values or {}, offset, limit), context(group))
        return [[unwrap(item) for item in row] for row in found]

    def objects(
        self,
        hql: str,
        values: Mapping[str, Parameter] | None = None,
        *,
        group: int = ALL_GROUPS,
        offset: int | None = None,
        limit: int | None = None,
    ) -> list[Any]:
        """The model objects that a query selects."""
        found = self.service("QueryService").findAllByQuery(
            hql, parameters(values or {}, offset, limit), context(group)
        )
        return list(found)

    def one(self, hql: str, values: Mapping[str, Parameter] | None = None, *, group: int = ALL_GROUPS) -> Any | None:
        """The first object that a query selects, or None."""
        found = self.objects(hql, values, group=group, limit=1)
        return found[0] if found else None

    def keep_alive(self) -> None:
        """Tell the server that the session is in use. Raises the server's exception when the session has ended."""
        self.sf.keepAlive(None)  # answers whether a service lives, so False without one

    def end(self) -> None:
        """Log out: end the session on the server for everybody who joined it."""
        self.client.killSession()

    def close(self) -> None:
        """Leave the session; it stays alive on the server for others who use it."""
        self.engines.close()
        self.stores.close()
        self.client.closeSession()
