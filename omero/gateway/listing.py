"""Lists: containers, orphans, annotations, files of images."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import omero
import omero.constants.metadata
import omero.constants.namespaces
import omero.model
import omero.sys
from omero.gateway.annotating import link_table
from omero.rtypes import rint, rlist, rlong, rstring, rtime, unwrap

__all__ = ["Listing"]

ORPHANS = ("Dataset", "Image", "Plate")
COUNTED = ("TagAnnotation", "FileAnnotation", "CommentAnnotation", "LongAnnotation", "MapAnnotation", "OtherAnnotation")
KINDS = {
    "Text": "CommentAnnotation",
    "Tag": "TagAnnotation",
    "File": "FileAnnotation",
    "Long": "LongAnnotation",
    "Boolean": "BooleanAnnotation",
}
WEEK = 7 * 24 * 3600 * 1000


def _wrapper(name: str) -> Any:
    return getattr(sys.modules["omero.gateway"], name)


class Listing:
    """The part of the gateway that lists objects."""

    SERVICE_OPTS: Any

    def _rows(self, query: str, params: Any) -> list[list[Any]]:
        return unwrap(self.getQueryService().projection(query, params, self.SERVICE_OPTS))  # type: ignore[attr-defined, no-any-return]

    def _all(self, query: str, params: Any) -> list[Any]:
        return self.getQueryService().findAllByQuery(query, params, self.SERVICE_OPTS)  # type: ignore[attr-defined, no-any-return]

    # Containers

    def listProjects(self, eid: int | None = None) -> Iterator[Any]:
        """The projects, of one owner if given, by name."""
        opts = {"owner": eid, "order_by": "lower(obj.name)"}
        yield from self.getObjects("Project", opts=opts)  # type: ignore[attr-defined]

    def listScreens(self, eid: int | None = None) -> Iterator[Any]:
        """The screens, of one owner if given, by name."""
        opts = {"owner": eid, "order_by": "lower(obj.name)"}
        yield from self.getObjects("Screen", opts=opts)  # type: ignore[attr-defined]

    def listOrphans(
        self, obj_type: str, eid: int | None = None, params: Any = None, loadPixels: bool = False
    ) -> Iterator[Any]:
        """Datasets, images or plates in no container, by name. AttributeError for another type."""
        if obj_type not in ORPHANS:
            raise AttributeError(f"{obj_type} cannot be orphaned, only {', '.join(ORPHANS)}")
        opts = {"orphaned": True, "order_by": "lower(obj.name)", "load_pixels": loadPixels, "owner": eid}
        yield from self.getObjects(obj_type, params=params, opts=opts)  # type: ignore[attr-defined]

    def timelineListImages(
        self, tfrom: int | None = None, tto: int | None = None, limit: int = 10, only_owned: bool = True
    ) -> Iterator[Any]:
        """The newest images saved between two times (ms since 1970), of the caller or of all."""
        tto = int(time.time() * 1000) if tto is None else tto
        tfrom = tto - WEEK if tfrom is None else tfrom
        query = (
            "select obj from Image obj join fetch obj.details.owner as owner "
            "join fetch obj.details.creationEvent as event where event.time >= :start and event.time <= :end"
        )
        params = omero.sys.ParametersI().add("start", rtime(tfrom)).add("end", rtime(tto)).page(0, limit)
        if only_owned:
            query += " and owner.id = :eid"
            params.addLong("eid", self.getUserId())  # type: ignore[attr-defined]
        for image in self._all(f"{query} order by event.time desc, obj.id desc", params):
            yield _wrapper("ImageWrapper")(self, image)

    # Annotations

    def getAnnotationLinks(
        self, parent_type: str, parent_ids: Any = None, ann_ids: Any = None, ns: Any = None, params: Any = None
    ) -> Iterator[Any]:
        """Links from objects of a class to annotations, restricted by ids of either and by namespace."""
        query = (
            f"select annLink from {link_table(_class_name(parent_type))} as annLink "
            "join fetch annLink.details.owner as owner join fetch annLink.details.creationEvent "
            "join fetch annLink.child as ann join fetch ann.details.owner join fetch ann.details.creationEvent "
            "join fetch annLink.parent as parent"
        )
        params = params or omero.sys.ParametersI()
        params.map = params.map or {}
        clauses = []
        for clause, name, values, convert in (
            ("parent.id in (:pids)", "pids", parent_ids, rlong),
            ("ann.id in (:ann_ids)", "ann_ids", ann_ids, rlong),
            ("ann.ns in (:ns)", "ns", [ns] if isinstance(ns, str) else ns, rstring),
        ):
            if values is not None:
                clauses.append(clause)
                params.map[name] = rlist([convert(value) for value in values])
        if params.theFilter is not None and params.theFilter.ownerId is not None:
            clauses.append("owner.id = :eid")
            params.map["eid"] = params.theFilter.ownerId
        where = f" where {' and '.join(clauses)}" if clauses else ""
        for link in self._all(query + where, params):
            yield _wrapper("AnnotationLinkWrapper")(self, link)

    def countAnnotations(self, obj_type: str, obj_ids: Iterable[int] = ()) -> dict[str, int]:
        """Number of annotations by kind; LongAnnotation counts ratings only."""
        counts = dict.fromkeys(COUNTED, 0)
        ids = [rlong(number) for number in obj_ids]
        if not ids:
            return counts
        query = (
            f"select al.child.id, al.child.ns, al.child.class from {link_table(_class_name(obj_type))} al "
            "where al.parent.id in (:ids)"
        )
        seen = set()
        for number, ns, kind in self._rows(query, omero.sys.ParametersI().add("ids", rlist(ids))):
            if number not in seen:
                seen.add(number)
                counts[_counted_as(kind, ns)] += 1
        return counts

    def getAnnotationCounts(self, objDict: Mapping[str, Iterable[Any]] | None = None) -> dict[str, int]:
        """Number of annotations by kind on all of {type: [wrappers]}."""
        total = dict.fromkeys(COUNTED, 0)
        for kind, objects in (objDict or {}).items():
            for name, count in self.countAnnotations(kind, [obj.getId() for obj in objects]).items():
                total[name] += count
        return total

    def listOrphanedAnnotations(
        self,
        parent_type: str,
        parent_ids: Iterable[int],
        eid: int | None = None,
        ns: Any = None,
        anntype: str | None = None,
        addedByMe: bool = True,
    ) -> Iterator[Any]:
        """Annotations that are not on all of these objects: candidates to be put there.

        ``anntype``: Text, Tag, File, Long or Boolean, None for all. ``addedByMe``: links of others do not count.
        """
        kind = "Annotation" if anntype is None else KINDS[anntype.title()]
        ids = [rlong(number) for number in parent_ids]
        params = omero.sys.ParametersI().add("pids", rlist(ids)).addLong("count", len(ids))
        mine = " and l.details.owner.id = :linker" if addedByMe else ""
        query = (
            f"select an from {kind} an join fetch an.details.owner join fetch an.details.creationEvent "
            f"where (select count(l.id) from {link_table(_class_name(parent_type))} l "
            f"where l.child.id = an.id and l.parent.id in (:pids){mine}) < :count"
        )
        if addedByMe:
            params.addLong("linker", self.getUserId())  # type: ignore[attr-defined]
        if eid is not None:
            query += " and an.details.owner.id = :eid"
            params.addLong("eid", eid)
        if ns is not None:
            query += " and (an.ns is null or an.ns not in (:ns))"
            params.add("ns", rlist([rstring(each) for each in ([ns] if isinstance(ns, str) else ns)]))
        for annotation in self._all(query, params):
            yield _wrapper("AnnotationWrapper")._wrap(self, annotation)

    def listFileAnnotations(
        self, eid: int | None = None, toInclude: Iterable[str] = (), toExclude: Iterable[str] = ()
    ) -> Iterator[Any]:
        """Attached files, without those that the server made, unless namespaces to exclude are given."""
        namespaces = omero.constants.namespaces
        excluded = list(toExclude) or [
            namespaces.NSCOMPANIONFILE,
            omero.constants.annotation.file.ORIGINALMETADATA,
            namespaces.NSEXPERIMENTERPHOTO,
        ]
        params = omero.sys.ParametersI()
        if eid is not None:
            params.exp(eid)
        service = self.getMetadataService()  # type: ignore[attr-defined]
        found = service.loadSpecifiedAnnotations("FileAnnotation", list(toInclude), excluded, params, self.SERVICE_OPTS)
        for annotation in found:
            yield _wrapper("FileAnnotationWrapper")(self, annotation)

    def getObjectsByAnnotations(self, obj_type: str, annids: Iterable[int]) -> Iterator[Any]:
        """The objects of a class that have one of these annotations."""
        params = omero.sys.ParametersI().add("oids", rlist([rlong(number) for number in annids]))
        kind = _class_name(obj_type)
        query = (
            f"select ob from {kind} ob join fetch ob.details.owner join fetch ob.details.creationEvent where ob.id in "
            f"(select l.parent.id from {link_table(kind)} l where l.child.id in (:oids)) order by ob.id"
        )
        for obj in self._all(query, params):
            yield self._wrapped_found(_wrapper("KNOWN_WRAPPERS")[obj_type.lower()], obj)  # type: ignore[attr-defined]

    def getObjectsByMapAnnotations(
        self, obj_type: str, key: Any = None, value: Any = None, ns: Any = None, opts: Any = None
    ) -> list[Any]:
        """The objects of a class with such a pair of key and value; ``*`` at either end stands for any text."""
        opts = opts or {}
        params = omero.sys.ParametersI().page(opts.get("offset", 0), opts.get("limit", 500))
        clauses = []
        for name, field, wanted in (("key", "mv.name", key), ("value", "mv.value", value), ("ns", "a.ns", ns)):
            if wanted is not None:
                pattern = _pattern(str(wanted))
                clauses.append(f"{field} {'=' if pattern is None else 'like'} :{name}")
                params.addString(name, wanted if pattern is None else pattern)
        kind = _class_name(obj_type)
        query = (
            f"select distinct ob.id from {link_table(kind)} l join l.parent ob, MapAnnotation a join a.mapValue mv "
            f"where l.child.id = a.id{''.join(f' and {clause}' for clause in clauses)} order by ob.id"
        )
        ids = [row[0] for row in self._rows(query, params)]
        return list(self.getObjects(kind, ids, respect_order=True)) if ids else []  # type: ignore[attr-defined]

    # Files of images

    def getFilesetFilesInfo(self, imageIds: Iterable[int]) -> dict[str, Any]:
        """Number and bytes of the files that images were imported from, and the filesets' annotations."""
        params = omero.sys.ParametersI().addIds(imageIds)
        filesets = "select i.fileset.id from Image i where i.id in (:ids)"
        rows = self._rows(
            f"select f.id, f.size from FilesetEntry e join e.originalFile f where e.fileset.id in ({filesets})", params
        )
        sizes = dict(tuple(row) for row in rows)
        query = (
            "select a.id, a.ns, c.textValue from FilesetAnnotationLink l join l.child a, CommentAnnotation c "
            f"where c.id = a.id and l.parent.id in ({filesets})"
        )
        annotations = [{"id": each, "ns": ns, "value": value} for each, ns, value in self._rows(query, params)]
        size = sum(number or 0 for number in sizes.values())
        return {"fileset": True, "count": len(sizes), "size": size, "annotations": annotations}

    def getArchivedFilesInfo(self, imageIds: Iterable[int]) -> dict[str, Any]:
        """Number and bytes of the files that OMERO 4 archived with images."""
        query = "select l.parent.id, l.parent.size from PixelsOriginalFileMap l where l.child.image.id in (:ids)"
        sizes = dict(tuple(row) for row in self._rows(query, omero.sys.ParametersI().addIds(imageIds)))
        return {"fileset": False, "count": len(sizes), "size": sum(number or 0 for number in sizes.values())}

    def getThumbnailSet(self, image_ids: Iterable[int], max_size: int = 64) -> dict[int, bytes]:
        """JPEGs of the longest side ``max_size`` by image; images that cannot be shown are missing."""
        query = "select p.id, p.image.id from Pixels p where p.image.id in (:ids)"
        rows = self._rows(query, omero.sys.ParametersI().addIds(image_ids))
        images = dict(tuple(row) for row in rows)
        if not images:
            return {}
        store = self._own_service("createThumbnailStore")  # type: ignore[attr-defined]
        try:
            found = store.getThumbnailByLongestSideSet(rint(max_size), list(images), self.SERVICE_OPTS)
        finally:
            store.close()
        return {images[pixels]: bytes(jpeg) for pixels, jpeg in found.items() if jpeg}


def _class_name(obj_type: str) -> str:
    """The model class for a type in any case."""
    for name in dir(omero.model):
        if name.lower() == obj_type.lower() and not name.startswith("_"):
            return name
    raise KeyError(f"No type {obj_type}")


def _counted_as(kind: str, ns: str | None) -> str:
    name = kind.rpartition(".")[2]
    if name == "LongAnnotation" and ns != omero.constants.metadata.NSINSIGHTRATING:
        return "OtherAnnotation"
    return name if name in COUNTED else "OtherAnnotation"


def _pattern(text: str) -> str | None:
    """A text with ``*`` at an end as a pattern for ``like``, None without."""
    if not (text.startswith("*") or text.endswith("*")):
        return None
    escaped = text.strip("*").replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"{'%' if text.startswith('*') else ''}{escaped}{'%' if text.endswith('*') else ''}"
