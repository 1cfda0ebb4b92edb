"""IMetadata: annotations, and how images were acquired."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import omero
from omero_server.model.schema import MODEL, ModelClass
from omero_server.queries import run
from omero_server.services.container import model_class, unique, where
from omero_server.services.options import Options
from omero_server.services.service import Service, reads
from omero_server.sessions.call import Call

__all__ = ["MetadataService"]

TAG_SET = "openmicroscopy.org/omero/insight/tagset"
LOG_FILE = "application/omero-log-file"
# What comes with an annotation: its owner and time, and of a file its checksum's kind.
WITH_ANNOTATION = " left outer join fetch a.details.owner left outer join fetch a.details.creationEvent"
WITH_FILE = " left outer join fetch a.file f left outer join fetch f.hasher"
LINKED_TO = ("Image", "Dataset", "Project", "Screen", "Plate", "PlateAcquisition", "Well", "Fileset")
TAGGED = ("Image", "Dataset", "Project", "Screen", "Plate")
CHANNEL = (
    "select distinct c from LogicalChannel c left outer join fetch c.mode left outer join fetch c.illumination"
    " left outer join fetch c.contrastMethod left outer join fetch c.detectorSettings ds"
    " left outer join fetch ds.detector det left outer join fetch det.type left outer join fetch ds.binning"
    " left outer join fetch c.lightSourceSettings ls left outer join fetch ls.microbeamManipulation"
    " left outer join fetch ls.lightSource left outer join fetch c.filterSet fs left outer join fetch fs.dichroic"
    " left outer join fetch c.lightPath lp left outer join fetch lp.dichroic where c.id in (:ids)"
)
INSTRUMENT = (
    "select distinct i from Instrument i left outer join fetch i.microscope m left outer join fetch m.type"
    " left outer join fetch i.objective o left outer join fetch o.immersion left outer join fetch o.correction"
    " left outer join fetch i.detector d left outer join fetch d.type left outer join fetch i.dichroic"
    " left outer join fetch i.filter f left outer join fetch f.type left outer join fetch f.transmittanceRange"
    " left outer join fetch i.filterSet s left outer join fetch s.dichroic left outer join fetch i.lightSource"
    " where i.id = :id"
)


class MetadataService(Service):
    """Answers are maps from an annotated object's id to its annotations, or plain lists."""

    interface = "::omero::api::IMetadata"
    partly = {
        "loadChannelAcquisitionData": "light sources and filter sets come without their parts",
        "loadInstrument": "light sources come without their own settings, filter sets without their filters",
    }

    @reads
    def loadAnnotations(
        self,
        call: Call,
        rootType: str,
        rootIds: list[int] | None,
        annotationTypes: list[str] | None,
        annotatorIds: list[int] | None,
        options: Any,
    ) -> dict[int, list[Any]]:
        """All annotations of objects, by object. Objects without any are listed too, unless annotators were named."""
        root = annotatable(rootType)
        if not rootIds:
            return {}
        kinds = [model_class(name) for name in annotationTypes or []]
        links = self._links(call, root, rootIds, [], {}, annotatorIds)
        found: dict[int, list[Any]] = {} if annotatorIds else {row: [] for row in self._existing(call, root, rootIds)}
        wanted = {kind.name for kind in kinds}
        for link in links:
            if not wanted or type(link._child).__name__ in wanted:
                found.setdefault(link._parent._id._val, []).append(link._child)
        return found

    @reads
    def loadSpecifiedAnnotations(
        self, call: Call, annotationType: str, include: list[str] | None, exclude: list[str] | None, options: Any
    ) -> list[Any]:
        """The annotations of one class, restricted by name spaces."""
        kind = annotation_class(annotationType)
        conditions, parameters = namespaces("a", include, exclude)
        more, values = Options(options).restrict("a")
        query = f"select distinct a from {kind.name} a" + with_file(kind) + WITH_ANNOTATION
        found = unique(run(call, query + where(conditions + more), parameters | values))
        return [a for a in found if kind.name != "FileAnnotation" or a._file is not None]

    @reads
    def countSpecifiedAnnotations(
        self, call: Call, annotationType: str, include: list[str] | None, exclude: list[str] | None, options: Any
    ) -> Any:
        """How many annotations loadSpecifiedAnnotations would find."""
        kind = annotation_class(annotationType)
        conditions, parameters = namespaces("a", include, exclude)
        more, values = Options(options).restrict("a")
        query = f"select count(a.id) from {kind.name} a" + where(conditions + more)
        return omero.RLong(only(run(call, query, parameters | values)))

    @reads
    def loadSpecifiedAnnotationsLinkedTo(
        self,
        call: Call,
        annotationType: str,
        include: list[str] | None,
        exclude: list[str] | None,
        rootNodeType: str,
        rootNodeIds: list[int] | None,
        options: Any,
    ) -> dict[int, list[Any]]:
        """As loadSpecifiedAnnotations, by the object that carries them; no ids means all objects of the class."""
        kind = annotation_class(annotationType)
        root = annotatable(rootNodeType)
        if root.name not in LINKED_TO:
            raise omero.QueryException(message=f"{rootNodeType} is not one of {', '.join(LINKED_TO)}.")
        conditions, parameters = namespaces("a", include, exclude)
        more, values = Options(options).restrict("a")
        found: dict[int, list[Any]] = {}
        names = {c.name for c in (kind, *kind.subclasses)}
        for link in self._links(call, root, rootNodeIds, conditions + more, parameters | values, None):
            if type(link._child).__name__ in names:
                found.setdefault(link._parent._id._val, []).append(link._child)
        return found

    @reads
    def loadAnnotation(self, call: Call, annotationIds: list[int]) -> list[Any]:
        """Annotations by their ids; those that are not there are left out."""
        return self._annotations(call, ["a.id in (:ids)"], {"ids": annotationIds}) if annotationIds else []

    @reads
    def loadTagSets(self, call: Call, options: Any) -> list[Any]:
        """The tag sets with their tags; with the option ``orphan`` also the tags that are in none."""
        chosen = Options(options)
        conditions, parameters = chosen.restrict("a")
        query = (
            "select distinct a from TagAnnotation a left outer join fetch a.annotationLinks l"
            " left outer join fetch l.child t left outer join fetch t.details.owner"
        )
        sets = [*conditions, "a.ns = :tagSet"]
        found = unique(run(call, query + WITH_ANNOTATION + where(sets), parameters | {"tagSet": TAG_SET}))
        if chosen.orphan:
            inside = {link._child._id._val for tags in found for link in tags._annotationLinksSeq if link._child}
            query = "select distinct a from TagAnnotation a" + WITH_ANNOTATION
            loose = [*conditions, "(a.ns is null or a.ns != :tagSet)"]
            tags = unique(run(call, query + where(loose), parameters | {"tagSet": TAG_SET}))
            found += [tag for tag in tags if tag._id._val not in inside]
        return found

    @reads
    def getTaggedObjectsCount(self, call: Call, tagIds: list[int], options: Any) -> dict[int, int]:
        """How many images, datasets, projects, screens and plates carry each tag."""
        counts = dict.fromkeys(tagIds, 0)
        for name in TAGGED if tagIds else ():
            query = (
                f"select l.child.id, count(l.id) from {name}AnnotationLink l"
                " where l.child.id in (:ids) group by l.child.id"
            )
            for tag, count in run(call, query, {"ids": tagIds}):
                counts[tag] += count
        return counts

    @reads
    def loadChannelAcquisitionData(self, call: Call, ids: list[int] | None) -> list[Any]:
        """How channels were acquired."""
        if ids is None:
            raise omero.ApiUsageException(message="Give the ids of logical channels.")
        return unique(run(call, CHANNEL, {"ids": ids})) if ids else []

    @reads
    def loadInstrument(self, call: Call, id: int) -> Any:
        """An instrument with its parts, or None."""
        found = unique(run(call, INSTRUMENT, {"id": id}))
        return found[0] if found else None

    @reads
    def loadLogFiles(self, call: Call, rootType: str, ids: list[int]) -> dict[int, list[Any]]:
        """The import logs of filesets, or of the filesets of images."""
        root = model_class(rootType).name
        if root not in ("Fileset", "Image"):
            raise omero.ApiUsageException(message=f"{rootType} has no import log: use Fileset or Image.")
        start = "Fileset r join r.jobLinks jl" if root == "Fileset" else "Image r join r.fileset s join s.jobLinks jl"
        query = (
            f"select r.id, f.id from {start} join jl.child j join j.originalFileLinks ol join ol.child f"
            " where r.id in (:ids) and f.mimetype = :kind"
        )
        rows = run(call, query, {"ids": ids, "kind": LOG_FILE}) if ids else []
        files = {file for _, file in rows}
        query = "select f from OriginalFile f left outer join fetch f.hasher where f.id in (:ids)"
        loaded = {f._id._val: f for f in run(call, query, {"ids": list(files)})} if files else {}
        found: dict[int, list[Any]] = {}
        for owner, file in rows:
            found.setdefault(owner, []).append(loaded[file])
        return found

    def _links(
        self,
        call: Call,
        root: ModelClass,
        ids: list[int] | None,
        conditions: list[str],
        parameters: dict[str, Any],
        annotators: list[int] | None,
    ) -> list[Any]:
        query = f"select distinct l from {root.root.name}AnnotationLink l join fetch l.child a" + WITH_ANNOTATION
        chosen, values = list(conditions), dict(parameters)
        if ids:
            chosen.append("l.parent.id in (:rootIds)")
            values["rootIds"] = ids
        if annotators:
            chosen.append("l.details.owner.id in (:annotators)")
            values["annotators"] = annotators
        links = unique(run(call, query + where(chosen) + " order by l.id", values))
        files = [link._child._id._val for link in links if type(link._child).__name__ == "FileAnnotation"]
        if files:
            loaded = {a._id._val: a for a in self._annotations(call, ["a.id in (:ids)"], {"ids": files})}
            for link in links:
                link._child = loaded.get(link._child._id._val, link._child)
        return links

    @staticmethod
    def _annotations(call: Call, conditions: list[str], parameters: dict[str, Any]) -> list[Any]:
        """Annotations with owner and time, and of file annotations the file."""
        query = "select distinct a from Annotation a" + WITH_ANNOTATION + where(conditions)
        found = {a._id._val: a for a in run(call, query, parameters)}
        files = [key for key, a in found.items() if type(a).__name__ == "FileAnnotation"]
        if files:
            query = "select distinct a from FileAnnotation a" + WITH_FILE + WITH_ANNOTATION + " where a.id in (:ids)"
            found |= {a._id._val: a for a in run(call, query, {"ids": files})}
        return list(found.values())

    @staticmethod
    def _existing(call: Call, root: ModelClass, ids: Iterable[int]) -> list[int]:
        rows = run(call, f"select r.id from {root.name} r where r.id in (:ids)", {"ids": list(ids)})
        return [only([row]) for row in rows]


def only(rows: list[Any]) -> Any:
    """The single value of a single row."""
    row = rows[0]
    return row[0] if isinstance(row, tuple | list) else row


def with_file(kind: ModelClass) -> str:
    """The fetch of the file, where the class has one."""
    return WITH_FILE if kind.name == "FileAnnotation" else ""


def annotatable(name: str) -> ModelClass:
    """The class called ``name``. ApiUsageException when it carries no annotations."""
    cls: ModelClass = model_class(name)
    if not cls.annotated:
        raise omero.ApiUsageException(message=f"{cls.name} cannot be annotated.")
    return cls


def annotation_class(name: str) -> ModelClass:
    """The class called ``name``. ApiUsageException when it is no annotation."""
    cls: ModelClass = model_class(name)
    if not cls.is_a(MODEL.classes["Annotation"]):
        raise omero.ApiUsageException(message=f"{cls.name} is no annotation.")
    return cls


def namespaces(alias: str, include: list[str] | None, exclude: list[str] | None) -> tuple[list[str], dict[str, Any]]:
    """HQL conditions on the name space, and their parameters."""
    if include:
        return [f"{alias}.ns in (:include)"], {"include": include}
    if exclude:
        return [f"({alias}.ns is null or {alias}.ns not in (:exclude))"], {"exclude": exclude}
    return [], {}
