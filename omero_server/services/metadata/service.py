"""IMetadata: annotations, and how images were acquired."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import omero
from omero_server.model.schema import MODEL, ModelClass
from omero_server.queries import run
from omero_server.services.attaching import by_id, load
from omero_server.services.classes import model_class
from omero_server.services.containers.hierarchies import where
from omero_server.services.metadata.acquisition import load_channels, load_instrument
from omero_server.services.metadata.tags import TAGGED, tag_content, tag_counts, tag_sets
from omero_server.services.options import Options
from omero_server.services.service import Service, reads
from omero_server.sessions.call import Call

__all__ = ["MetadataService"]

LOG_FILE = "application/omero-log-file"
WITH_FILE = " left outer join fetch o.file f left outer join fetch f.hasher"
LINKED_TO = ("Image", "Dataset", "Project", "Screen", "Plate", "PlateAcquisition", "Well", "Fileset")


class MetadataService(Service):
    """Answers are maps from an annotated object's id to its annotations, or plain lists."""

    interface = "::omero::api::IMetadata"

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
        wanted = {kind.name for kind in kinds}
        found = self._linked(
            call, root, rootIds, [], {}, annotatorIds, lambda a: not wanted or type(a).__name__ in wanted
        )
        if annotatorIds:
            return found
        return {row: found.get(row, []) for row in self._existing(call, root, rootIds)}

    @reads
    def loadSpecifiedAnnotations(
        self, call: Call, annotationType: str, include: list[str] | None, exclude: list[str] | None, options: Any
    ) -> list[Any]:
        """The annotations of one class, restricted by name spaces."""
        kind = annotation_class(annotationType)
        conditions, parameters = namespaces("a", include, exclude)
        more, values = Options(options).owned("a")
        found = self._annotations(call, conditions + more, parameters | values, kind.name)
        return list(filter(is_whole, found))

    @reads
    def countSpecifiedAnnotations(
        self, call: Call, annotationType: str, include: list[str] | None, exclude: list[str] | None, options: Any
    ) -> Any:
        """How many annotations loadSpecifiedAnnotations would find."""
        kind = annotation_class(annotationType)
        conditions, parameters = namespaces("a", include, exclude)
        more, values = Options(options).owned("a")
        query = f"select count(a.id) from {kind.name} a" + where(conditions + more)
        return omero.RLong(run(call, query, parameters | values)[0])

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
        conditions, parameters = namespaces("k", include, exclude)
        more, values = Options(options).owned("k")
        among = f"l.child.id in (select k.id from {kind.name} k{where(conditions + more)})"
        return self._linked(call, root, rootNodeIds, [among], parameters | values, None, is_whole)

    @reads
    def loadAnnotation(self, call: Call, annotationIds: list[int]) -> list[Any]:
        """Annotations by their ids; those that are not there are left out."""
        return self._annotations(call, ["a.id in (:ids)"], {"ids": annotationIds}) if annotationIds else []

    @reads
    def loadAnnotationsUsedNotOwned(self, call: Call, annotationType: str, userID: int) -> list[Any]:
        """The annotations of others that a user put on images, datasets, projects, screens and plates; each once."""
        kind = annotation_class(annotationType)
        used = self._used(call, kind, userID)
        return self._annotations(call, ["a.id in (:ids)"], {"ids": used}) if used else []

    @reads
    def countAnnotationsUsedNotOwned(self, call: Call, annotationType: str, userID: int) -> Any:
        """How many annotations loadAnnotationsUsedNotOwned would find."""
        return omero.RLong(len(self._used(call, annotation_class(annotationType), userID)))

    @staticmethod
    def _used(call: Call, kind: ModelClass, user: int) -> list[int]:
        found: set[int] = set()
        for name in TAGGED:
            query = (
                f"select distinct a.id from {name}AnnotationLink l, {kind.name} a where l.child.id = a.id"
                " and l.details.owner.id = :user and a.details.owner.id != :user"
            )
            found.update(run(call, query, {"user": user}))
        return sorted(found)

    @reads
    def loadTagContent(self, call: Call, ids: list[int] | None, options: Any) -> dict[int, list[Any]]:
        """What carries each tag; see ``tag_content``."""
        return tag_content(call, ids or [], options)

    @reads
    def loadTagSets(self, call: Call, options: Any) -> list[Any]:
        """The tag sets with their tags; see ``tag_sets``."""
        return tag_sets(call, options)

    @reads
    def getTaggedObjectsCount(self, call: Call, ids: list[int] | None, options: Any) -> dict[int, int]:
        """How many images, datasets, projects, screens and plates carry each tag."""
        return tag_counts(call, ids or [], options)

    @reads
    def loadChannelAcquisitionData(self, call: Call, ids: list[int] | None) -> list[Any]:
        """How channels were acquired."""
        if ids is None:
            raise omero.ApiUsageException(message="Give the ids of logical channels.")
        return load_channels(call, ids)

    @reads
    def loadInstrument(self, call: Call, id: int) -> Any:
        """An instrument with its parts, or None."""
        return load_instrument(call, id)

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

    def _linked(
        self,
        call: Call,
        root: ModelClass,
        ids: list[int] | None,
        conditions: list[str],
        parameters: dict[str, Any],
        annotators: list[int] | None,
        wanted: Callable[[Any], bool],
    ) -> dict[int, list[Any]]:
        """The annotations of objects, by object, in the order of the links, each once: several users may have linked
        the same.
        """
        query = f"select l.parent.id, l.child.id from {root.root.name}AnnotationLink l"
        chosen, values = list(conditions), dict(parameters)
        if ids:
            chosen.append("l.parent.id in (:rootIds)")
            values["rootIds"] = ids
        if annotators:
            chosen.append("l.details.owner.id in (:annotators)")
            values["annotators"] = annotators
        linked = run(call, query + where(chosen) + " order by l.id", values)
        loaded = self._complete(call, load(call, "Annotation", {child for _, child in linked}))
        kept = {key: a for key, a in loaded.items() if wanted(a)}
        found: dict[int, list[Any]] = {}
        for parent, child in dict.fromkeys(linked):
            if child in kept:
                found.setdefault(parent, []).append(kept[child])
        return found

    @staticmethod
    def _annotations(
        call: Call, conditions: list[str], parameters: dict[str, Any], kind: str = "Annotation"
    ) -> list[Any]:
        """Annotations with owner and time, and of file annotations the file."""
        query = f"select a from {kind} a{where(conditions)} order by a.id"
        return list(MetadataService._complete(call, by_id(run(call, query, parameters))).values())

    @staticmethod
    def _complete(call: Call, found: dict[int, Any]) -> dict[int, Any]:
        """Annotations, by id, with owners, creation events and of file annotations the file.

        Many annotations have few owners and events between them, so these are not joined to every row.
        """
        files = [key for key, a in found.items() if is_file(a)]
        complete = found | load(call, "FileAnnotation", files, WITH_FILE)
        details = [a._details for a in complete.values()]
        owners = load(call, "Experimenter", {one._owner._id._val for one in details})
        events = load(call, "Event", {one._creationEvent._id._val for one in details})
        details += [complete[key]._file._details for key in files if complete[key]._file is not None]
        for one in details:
            one._owner = owners.get(one._owner._id._val, one._owner)
            one._creationEvent = events.get(one._creationEvent._id._val, one._creationEvent)
            one._updateEvent = events.get(one._updateEvent._id._val, one._updateEvent)
        return complete

    @staticmethod
    def _existing(call: Call, root: ModelClass, ids: Iterable[int]) -> list[int]:
        return run(call, f"select r.id from {root.name} r where r.id in (:ids)", {"ids": list(ids)})


def is_file(annotation: Any) -> bool:
    """Whether this is a file annotation."""
    return type(annotation).__name__ == "FileAnnotation"


def is_whole(annotation: Any) -> bool:
    """Whether this is no file annotation, or one with a file."""
    return not is_file(annotation) or annotation._file is not None


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
    """HQL conditions on the name space, and their parameters; where both lists are given both hold."""
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    if include:
        conditions.append(f"{alias}.ns in (:include)")
        parameters["include"] = include
    if exclude:
        conditions.append(f"({alias}.ns is null or {alias}.ns not in (:exclude))")
        parameters["exclude"] = exclude
    return conditions, parameters
