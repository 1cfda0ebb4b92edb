"""Annotations on a wrapper's object."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import omero
import omero.model
import omero.sys

__all__ = ["Annotating", "link_table"]


def link_table(objecttype: str) -> str:
    """The class of links from a class to annotations: of its base class, for shapes and light sources."""
    for base in ("Annotation", "Shape", "LightSource", "Session"):
        if issubclass(getattr(omero.model, objecttype), getattr(omero.model, base)):
            return f"{base}AnnotationLink"
    return f"{objecttype}AnnotationLink"


class Annotating:
    """The part of a wrapper that reads and writes annotations."""

    _obj: Any
    _conn: Any
    _annotation_links: list[Any] | None = None

    def _class_name(self) -> str:
        return str(self._obj.ice_id().rpartition("::")[2])

    def _loadAnnotationLinks(self) -> None:
        """Load the links and annotations once. NotImplementedError for classes without annotations."""
        if self._annotation_links is not None:
            return
        table = link_table(self._class_name())
        if not hasattr(omero.model, table):
            raise NotImplementedError(f"{self._class_name()} has no annotations")
        query = (
            f"select l from {table} as l join fetch l.details.owner join fetch l.details.creationEvent "
            "left outer join fetch l.child as a left outer join fetch a.details.owner "
            "left outer join fetch a.details.creationEvent left outer join fetch a.file "
            "where l.parent.id = :id order by l.id"
        )
        params = omero.sys.ParametersI().addId(self._obj.id.val)
        context = self._own_context()  # type: ignore[attr-defined]
        self._annotation_links = self._conn.getQueryService().findAllByQuery(query, params, context)

    def _getAnnotationLinks(self, ns: str | None = None) -> list[Any]:
        """The links, or those to annotations of a namespace."""
        self._loadAnnotationLinks()
        links = self._annotation_links or []
        return [link for link in links if ns is None or (link.child.ns is not None and link.child.ns.val == ns)]

    def listAnnotations(self, ns: str | None = None) -> Iterator[Any]:
        """The annotations, or those of a namespace, as wrappers that know their links."""
        wrapper = sys.modules["omero.gateway"].AnnotationWrapper
        for link in self._getAnnotationLinks(ns):
            wrapped = wrapper._wrap(self._conn, link.child, link)
            if wrapped is not None:
                yield wrapped

    def getAnnotation(self, ns: str | None = None) -> Any:
        """The first annotation, None without one."""
        return next(self.listAnnotations(ns), None)

    def getAnnotationCounts(self) -> dict[str, int]:
        """How many annotations there are, by kind; zeros for classes without annotations."""
        takes_them = hasattr(omero.model, link_table(self._class_name()))
        return self._conn.countAnnotations(self._class_name(), [self._obj.id.val] if takes_them else [])  # type: ignore[no-any-return]

    def listOrphanedAnnotations(
        self, eid: int | None = None, ns: Any = None, anntype: str | None = None, addedByMe: bool = True
    ) -> Iterator[Any]:
        """Annotations that are not on this object."""
        return self._conn.listOrphanedAnnotations(  # type: ignore[no-any-return]
            self._class_name(), [self._obj.id.val], eid, ns, anntype, addedByMe
        )

    def unlinkAnnotations(self, ns: str) -> None:
        """Take the annotations of a namespace off; they stay."""
        links = [link.id.val for link in self._getAnnotationLinks(ns)]
        if links:
            self._conn._delete(link_table(self._class_name()), links, ["Annotation"], wait=True)
        self._annotation_links = None

    def removeAnnotations(self, ns: str) -> None:
        """Delete the annotations of a namespace that are on this object."""
        found = [link.child.id.val for link in self._getAnnotationLinks(ns)]
        if found:
            self._conn.deleteObjects("Annotation", found, wait=True)
        self._annotation_links = None

    def _linkObject(self, obj: Any, lnkobjtype: str) -> None:
        """Link to a wrapper's object, saving that first if it is new."""
        context = self._own_context()  # type: ignore[attr-defined]
        if not obj.getId():
            obj._obj = self._conn.getUpdateService().saveAndReturnObject(obj._obj, context)
        link = getattr(omero.model, f"{lnkobjtype}I")()
        link.setParent(self._obj.proxy())
        link.setChild(obj._obj.proxy())
        self._conn.getUpdateService().saveObject(link, context)

    def _linkAnnotation(self, ann: Any) -> Any:
        self._linkObject(ann, link_table(self._class_name()))
        self._annotation_links = None
        return ann

    def linkAnnotation(self, ann: Any, sameOwner: bool = False) -> Any:
        """Put an annotation on the object, saving it first if it is new; returns it.

        ``sameOwner``: in the name of the object's owner, who must be the caller unless that is an administrator.
        """
        if not sameOwner or self.isOwned():  # type: ignore[attr-defined]
            return self._linkAnnotation(ann)
        connection = self._conn.suConn(self.getOwnerOmeName())  # type: ignore[attr-defined]
        if connection is None:
            return self._linkAnnotation(ann)
        try:
            own, ann._conn = self._conn, connection
            self._conn = connection
            return self._linkAnnotation(ann)
        finally:
            self._conn = ann._conn = own
            connection.close()
