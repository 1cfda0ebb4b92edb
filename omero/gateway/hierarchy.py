"""Children and parents of a wrapper."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import omero
import omero.model
import omero.sys
from omero.rtypes import rlist, rlong, rstring, unwrap

__all__ = ["Hierarchy", "resolve"]


def resolve(name: Any) -> Any:
    """The wrapper class of that name, as it stands in ``omero.gateway`` now: frameworks put their own there."""
    return getattr(sys.modules["omero.gateway"], name) if isinstance(name, str) else name


class Hierarchy:
    """The part of a wrapper that knows children and parents."""

    OMERO_CLASS: ClassVar[Any]
    LINK_CLASS: ClassVar[Any]
    LINK_CHILD: ClassVar[Any]
    CHILD_WRAPPER_CLASS: ClassVar[Any]
    PARENT_WRAPPER_CLASS: ClassVar[Any]
    _obj: Any
    _conn: Any

    def _getChildWrapper(self) -> Any:
        """The class of children's wrappers. NotImplementedError when there are no children."""
        if self.CHILD_WRAPPER_CLASS is None:
            raise NotImplementedError(f"{type(self).__name__} has no children")
        return resolve(self.CHILD_WRAPPER_CLASS)

    def _getParentWrappers(self) -> list[Any]:
        """The classes of parents' wrappers. NotImplementedError when there are no parents."""
        if self.PARENT_WRAPPER_CLASS is None:
            raise NotImplementedError(f"{type(self).__name__} has no parents")
        classes = self.PARENT_WRAPPER_CLASS
        return [resolve(each) for each in (classes if isinstance(classes, list | tuple) else [classes])]

    def _links(self, restriction: str, params: Any, link_class: str, fetch: str, near: str) -> list[Any]:
        query = f"select l from {link_class} as l {fetch} where l.{near}.id = :oid{restriction}"
        params.map["oid"] = rlong(self._obj.id.val)
        return self._conn.getQueryService().findAllByQuery(query, params, self._conn.SERVICE_OPTS)  # type: ignore[no-any-return]

    # Children

    def countChildren(self) -> int:
        """How many children there are."""
        params = omero.sys.ParametersI().addId(self._obj.id.val)
        query = f"select count(l.id) from {self.LINK_CLASS} l where l.parent.id = :id"
        rows = self._conn.getQueryService().projection(query, params, self._conn.SERVICE_OPTS)
        return int(unwrap(rows)[0][0])

    def countChildren_cached(self) -> int:
        """How many children there were when first asked."""
        if not hasattr(self, "_cached_count"):
            self._cached_count = self.countChildren()
        return self._cached_count

    def _listChildren(self, ns: str | None = None, val: Any = None, params: Any = None) -> Iterator[Any]:
        """The children's model objects by name; only those with an annotation of ``ns`` and ``val``, if given."""
        params = params or omero.sys.ParametersI()
        params.map = params.map or {}
        fetch = (
            "join fetch l.child as c join fetch c.details.owner join fetch c.details.creationEvent "
            "left outer join fetch c.details.externalInfo"
        )
        order = " order by c.name, c.id"
        restriction = "" if ns is None and val is None else self._annotated(ns, val, params)
        for link in self._links(restriction + order, params, self.LINK_CLASS, fetch, "parent"):
            yield link.child

    def _annotated(self, ns: str | None, val: Any, params: Any) -> str:
        """The restriction to children ``c`` with an annotation."""
        child = resolve(self.CHILD_WRAPPER_CLASS).OMERO_CLASS
        kind, conditions = "Annotation", ""
        if ns is not None:
            conditions += " and a.ns = :ns"
            params.map["ns"] = rstring(ns)
        if val is not None:
            kind, field = ("LongAnnotation", "longValue") if isinstance(val, int) else ("TextAnnotation", "textValue")
            conditions += f" and a.{field} = :val"
            params.map["val"] = rlong(val) if isinstance(val, int) else rstring(val)
        return (
            f" and c.id in (select al.parent.id from {child}AnnotationLink al, {kind} a "
            f"where al.child.id = a.id{conditions})"
        )

    def listChildren(self, ns: str | None = None, val: Any = None, params: Any = None) -> Iterator[Any]:
        """The children by name, as wrappers; ``ns`` and ``val`` restrict to those with such an annotation."""
        wrapper = self._getChildWrapper()
        for child in self._listChildren(ns=ns, val=val, params=params):
            yield wrapper(self._conn, child, self._cache)  # type: ignore[attr-defined]

    def findChildByName(self, name: str, description: str | None = None) -> Any:
        """The first child of that name, and description if given; None when there is none."""
        for child in self.listChildren():
            if child.getName() == name and description in (None, child.getDescription()):
                return child
        return None

    def getChildLinks(self, chids: Iterable[int] | None = None) -> Iterator[Any]:
        """The links to children, or to some of them by id, as wrappers."""
        if self.LINK_CLASS is None:
            raise AttributeError("This object has no child links")
        params, restriction = omero.sys.ParametersI(), ""
        if chids:
            params.map["children"] = rlist([rlong(number) for number in chids])
            restriction = " and l.child.id in (:children)"
        for link in self._links(restriction, params, self.LINK_CLASS, "join fetch l.child", "parent"):
            yield resolve("BlitzObjectWrapper")(self._conn, link)

    # Parents

    def getParent(self, withlinks: bool = False) -> Any:
        """The first parent, None without one; with ``withlinks`` a pair of parent and link."""
        parents = self.listParents(withlinks=withlinks)
        return parents[0] if parents else None

    def listParents(self, withlinks: bool = False) -> Any:
        """The parents as wrappers; with ``withlinks`` pairs of parent and link."""
        if self.PARENT_WRAPPER_CLASS is None:
            return ()
        found: list[Any] = []
        for wrapper in self._getParentWrappers():
            for link in self._links(*self._towards(wrapper)):
                parent = wrapper(self._conn, wrapper.LINK_PARENT(link), self._cache)  # type: ignore[attr-defined]
                found.append((parent, resolve("BlitzObjectWrapper")(self._conn, link)) if withlinks else parent)
        return found

    def _towards(self, wrapper: Any) -> tuple[str, Any, str, str, str]:
        """Arguments of ``_links`` for the links to parents of one class."""
        fetch = ""
        if wrapper.LINK_CHILD == "child":
            fetch = "join fetch l.parent as p"
            if wrapper.LINK_CLASS != "GroupExperimenterMap":  # groups belong to nobody
                fetch += " join fetch p.details.owner join fetch p.details.creationEvent"
        return " order by l.id", omero.sys.ParametersI(), wrapper.LINK_CLASS, fetch, wrapper.LINK_CHILD

    def getAncestry(self) -> list[Any]:
        """The first parent, its first parent, and so on."""
        found = []
        parent = self.getParent()
        while parent:
            found.append(parent)
            parent = parent.getParent()
        return found

    def getParentLinks(self, pids: Iterable[int] | None = None) -> Iterator[Any]:
        """The links to parents, or to some of them by id, as wrappers. AttributeError when there are no parents."""
        if self.PARENT_WRAPPER_CLASS is None:
            raise AttributeError("This object has no parent objects")
        for wrapper in self._getParentWrappers():
            order, params, link_class, fetch, near = self._towards(wrapper)
            restriction = ""
            if pids:
                params.map["parents"] = rlist([rlong(number) for number in pids])
                restriction = f" and l.{'parent.' if near == 'child' else ''}id in (:parents)"
            for link in self._links(restriction + order, params, link_class, fetch, near):
                yield resolve("BlitzObjectWrapper")(self._conn, link)

    def _moveLink(self, newParent: Any) -> bool:
        """Let the only link to a parent lead to another parent; whether there was one."""
        parent = self.getParent(withlinks=True)
        if not isinstance(parent, tuple):
            return False
        link = parent[1]
        link._obj.parent = newParent._obj.proxy()
        link.save()
        return True
