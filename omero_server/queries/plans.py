"""The plans of queries that were asked before: programs send the same few hundred texts over and over."""

from __future__ import annotations

import threading
from collections import OrderedDict

from omero_server.queries.compiler import Plan, compile_query
from omero_server.queries.errors import HqlError, query_error
from omero_server.queries.reader import Reader
from omero_server.security.filter import ReadFilter

__all__ = ["Plans", "plan_for"]

Key = tuple[str, str, frozenset[str], bool]

MOST = 4_000_000
"""Characters of HQL and SQL that are kept. A plan takes about 50 times the memory of its text, so this is 200 MB at
the very worst; the queries of all known clients together need a tenth of it."""


class Plans:
    """Plans by text and all else that they depend on. Those not used for longest go when the texts exceed ``most``
    characters; a plan that would push out a quarter of the others is not kept at all.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.size = 0
        self._plans: OrderedDict[Key, tuple[Plan, int]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key) -> Plan:
        """The plan, kept or made. Raises HqlError."""
        with self._lock:
            found = self._plans.get(key)
            if found is not None:
                self._plans.move_to_end(key)
                return found[0]
        text, shape, masked, limited = key
        plan = compile_query(text, ReadFilter(shape), masked, limited)
        self._keep(key, plan, len(text) + len(plan.sql))
        return plan

    def _keep(self, key: Key, plan: Plan, size: int) -> None:
        if size > self.most // 4:
            return
        with self._lock:
            if key not in self._plans:
                self._plans[key] = plan, size
                self.size += size
            while self.size > self.most:
                _, (_, freed) = self._plans.popitem(last=False)
                self.size -= freed


PLANS = Plans()


def plan_for(hql: str, reader: Reader, limited: bool) -> Plan:
    """The plan of a query; ``limited`` when a limit or an offset will be given. Raises omero.QueryException."""
    try:
        return PLANS.find((hql, reader.filter.shape, reader.masked, limited))
    except HqlError as error:
        raise query_error(hql, error) from None
    except RecursionError:
        hint = "Write fewer parentheses, functions or sub-queries within each other."
        raise query_error(hql, HqlError(0, "the query is nested too deeply", hint)) from None
