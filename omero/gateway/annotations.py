"""Annotations of all kinds."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, ClassVar

import omero
import omero.model
import omero.sys
from omero.gateway.wrapper import BlitzObjectWrapper, OmeroRestrictionWrapper, local_time, resolve
from omero.rtypes import rbool, rdouble, rlist, rlong, rstring, rtime, unwrap

__all__ = [
    "AnnotationWrapper",
    "BooleanAnnotationWrapper",
    "CommentAnnotationWrapper",
    "DoubleAnnotationWrapper",
    "FileAnnotationWrapper",
    "LongAnnotationWrapper",
    "MapAnnotationWrapper",
    "TagAnnotationWrapper",
    "TermAnnotationWrapper",
    "TimestampAnnotationWrapper",
    "XmlAnnotationWrapper",
    "_AnnotationLinkWrapper",
]

logger = logging.getLogger("omero.gateway")

PARENTS = ("Project", "Dataset", "Image", "Screen", "Plate", "Well", "PlateAcquisition")


class AnnotationWrapper(BlitzObjectWrapper):
    """An annotation: namespace, value, and the link by which it was found. ``Kind(conn)`` makes a new one."""

    registry: ClassVar[dict[str, Any]] = {}
    OMERO_TYPE: ClassVar[Any] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """``link``: the wrapper of the link that led here."""
        super().__init__(*args, **{key: value for key, value in kwargs.items() if key != "link"})
        self.link = kwargs.get("link")
        if self._obj is None and self.OMERO_TYPE is not None:
            self._obj = self.OMERO_TYPE()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return False
        mine, theirs = ((w.getId(), w.getValue(), w.getNs()) for w in (self, other))
        return bool(mine == theirs)

    __hash__ = BlitzObjectWrapper.__hash__

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> tuple[str, list[str], Any]:
        """As for other objects, without external info."""
        kind = cls.OMERO_TYPE.__name__.removesuffix("I") if cls.OMERO_TYPE else "Annotation"
        query = f"select obj from {kind} obj join fetch obj.details.owner as owner join fetch obj.details.creationEvent"
        return query, [], omero.sys.ParametersI()

    @classmethod
    def _register(cls, regklass: Any) -> None:
        """Make ``regklass`` the wrapper of its kind of annotation."""
        cls.registry[regklass.OMERO_TYPE.__name__] = regklass

    @classmethod
    def _wrap(cls, conn: Any = None, obj: Any = None, link: Any = None) -> Any:
        """The wrapper for an annotation, by its kind; None for a kind that is not known."""
        if obj is None:
            return AnnotationWrapper()
        wrapper = cls.registry.get(type(obj).__name__)
        if wrapper is None:
            logger.error("No wrapper for annotations of type %s", type(obj).__name__)
            return None
        wrapped = wrapper(conn, obj)
        if link is not None:
            wrapped.link = resolve("BlitzObjectWrapper")(conn, link)
        return wrapped

    @classmethod
    def createAndLink(cls, target: Any, ns: str, val: Any = None, sameOwner: bool = False) -> Any:
        """Make a new annotation and put it on a wrapper's object."""
        annotation = cls()
        annotation.setNs(ns)
        if val is not None:
            annotation.setValue(val)
        return target.linkAnnotation(annotation, sameOwner=sameOwner)

    def getNs(self) -> str | None:
        """The namespace, None without one."""
        return unwrap(self._obj.ns)  # type: ignore[no-any-return]

    def setNs(self, val: str | None) -> None:
        """Set the namespace."""
        self._obj.ns = None if val is None else rstring(val)

    def getValue(self) -> Any:
        """The value; kinds without one raise NotImplementedError."""
        raise NotImplementedError(type(self).__name__)

    def setValue(self, val: Any) -> None:
        """Set the value; kinds without one raise NotImplementedError."""
        raise NotImplementedError(type(self).__name__)

    def getParentLinks(self, ptype: Any, pids: Iterable[int] | None = None) -> Iterator[Any]:  # type: ignore[override]
        """The links to objects of a class (Project, Dataset, Image, ...), or to some of them by id.

        Raises AttributeError for another class.
        """
        kind = next((name for name in PARENTS if name.lower() == str(ptype).lower()), None)
        if kind is None:
            raise AttributeError(f"Don't know parent type {ptype!r}, only {', '.join(PARENTS)}")
        params = omero.sys.ParametersI().addLong("aid", self.getId())
        query = f"select oal from {kind}AnnotationLink as oal join fetch oal.child as ch "
        query += "left outer join fetch oal.parent as pa where ch.id = :aid"
        if pids:
            query += " and pa.id in (:pids)"
            params.map["pids"] = rlist([rlong(number) for number in pids])
        links = self._conn.getQueryService().findAllByQuery(query, params, self._conn.SERVICE_OPTS)
        for link in links:
            yield resolve("AnnotationLinkWrapper")(self._conn, link)


class _AnnotationLinkWrapper(BlitzObjectWrapper):
    """A link between an object and an annotation."""

    def getAnnotation(self, ns: str | None = None) -> Any:
        """The annotation at the link's end."""
        return resolve("AnnotationWrapper")._wrap(self._conn, self._obj.child, self._obj)

    def getParent(self, withlinks: bool = False) -> Any:
        """The object."""
        kind = self._obj.parent.ice_id().rpartition("::")[2].lower()
        wrapper = resolve("KNOWN_WRAPPERS").get(kind, resolve("BlitzObjectWrapper"))
        return wrapper(self._conn, self._obj.parent)


class FileAnnotationWrapper(AnnotationWrapper, OmeroRestrictionWrapper):
    """A file attached to objects."""

    OMERO_TYPE = omero.model.FileAnnotationI
    _attrs = ("file|OriginalFileWrapper",)

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> tuple[str, list[str], Any]:
        """With the file."""
        query, clauses, params = super()._getQueryString(opts)
        return f"{query} join fetch obj.file", clauses, params

    def getValue(self) -> None:
        """Files are no value: see ``getFile``."""

    def setValue(self, val: Any) -> None:
        """Files are no value: see ``setFile``."""

    def setDescription(self, val: str | None) -> None:
        """Set the description; None or "" removes it."""
        self._obj.setDescription(rstring(val) if val else None)

    def _file(self) -> Any:
        if not self._obj.file.loaded:
            self._obj._file = self._conn.getQueryService().get(
                "OriginalFile", self._obj.file.id.val, self._own_context()
            )
        return self._obj.file

    def getFile(self) -> Any:
        """The file."""
        return resolve("OriginalFileWrapper")(self._conn, self._file())

    def setFile(self, originalfile: Any) -> None:
        """Set the file: a model object that is saved."""
        self._obj.file = omero.model.OriginalFileI(originalfile.getId(), False)

    def getFileName(self) -> Any:
        """Name of the file."""
        return unwrap(self._file().name)

    def getFileSize(self) -> Any:
        """Bytes."""
        return unwrap(self._file().size)

    def getFileInChunks(self, buf: int = 2621440) -> Iterator[bytes]:
        """The content, in pieces of ``buf`` bytes."""
        yield from self.getFile().getFileInChunks(buf=buf)

    def isOriginalMetadata(self) -> bool:
        """Whether it is the text of original metadata that old servers attached to images."""
        return bool(
            self.getNs() == omero.constants.namespaces.NSCOMPANIONFILE
            and self.getFileName() == omero.constants.annotation.file.ORIGINALMETADATA
        )


class TimestampAnnotationWrapper(AnnotationWrapper):
    """A time."""

    OMERO_TYPE = omero.model.TimestampAnnotationI

    def getValue(self) -> datetime | None:
        """Local time."""
        return local_time(unwrap(self._obj.timeValue))

    def setValue(self, val: Any) -> None:
        """A datetime, seconds since 1970, or an RTime."""
        if isinstance(val, datetime):
            val = time.mktime(val.timetuple()) + val.microsecond / 1e6
        self._obj.timeValue = val if isinstance(val, omero.RType) else rtime(int(val * 1000))


class _Simple(AnnotationWrapper):
    """One value in one field."""

    FIELD: ClassVar[str]
    CONVERT: ClassVar[Any]

    def getValue(self) -> Any:
        """The value."""
        return unwrap(getattr(self._obj, self.FIELD))

    def setValue(self, val: Any) -> None:
        """Set the value."""
        setattr(self._obj, self.FIELD, type(self).CONVERT(val))


class BooleanAnnotationWrapper(_Simple):
    """Yes or no."""

    OMERO_TYPE = omero.model.BooleanAnnotationI
    FIELD, CONVERT = "boolValue", staticmethod(rbool)


class LongAnnotationWrapper(_Simple):
    """A whole number, such as a rating."""

    OMERO_TYPE = omero.model.LongAnnotationI
    FIELD, CONVERT = "longValue", staticmethod(rlong)


class DoubleAnnotationWrapper(_Simple):
    """A number."""

    OMERO_TYPE = omero.model.DoubleAnnotationI
    FIELD, CONVERT = "doubleValue", staticmethod(rdouble)


class CommentAnnotationWrapper(_Simple):
    """A text."""

    OMERO_TYPE: ClassVar[Any] = omero.model.CommentAnnotationI
    FIELD, CONVERT = "textValue", staticmethod(rstring)


class XmlAnnotationWrapper(CommentAnnotationWrapper):
    """XML, as text."""

    OMERO_TYPE = omero.model.XmlAnnotationI


class TermAnnotationWrapper(_Simple):
    """A term of an ontology."""

    OMERO_TYPE = omero.model.TermAnnotationI
    FIELD, CONVERT = "termValue", staticmethod(rstring)


class TagAnnotationWrapper(_Simple):
    """A tag, or a set of tags."""

    OMERO_TYPE = omero.model.TagAnnotationI
    FIELD, CONVERT = "textValue", staticmethod(rstring)

    def _is_set(self) -> bool:
        return bool(self.getNs() == omero.constants.metadata.NSINSIGHTTAGSET)

    def countTagsInTagset(self) -> int | None:
        """Number of tags in the set; None for a plain tag."""
        if not self._is_set():
            return None
        query = "select count(l.id) from AnnotationAnnotationLink l where l.parent.id = :id"
        params = omero.sys.ParametersI().addId(self.getId())
        return int(unwrap(self._conn.getQueryService().projection(query, params, self._conn.SERVICE_OPTS))[0][0])

    def _around(self, near: str, far: str, condition: str = "") -> Iterator[Any]:
        params = omero.sys.ParametersI().addId(self.getId())
        query = (
            f"select l from AnnotationAnnotationLink as l join fetch l.{far} as a where l.{near}.id = :id{condition}"
        )
        if condition:
            params.addString("ns", omero.constants.metadata.NSINSIGHTTAGSET)
        for link in self._conn.getQueryService().findAllByQuery(query, params, self._conn.SERVICE_OPTS):
            yield resolve("AnnotationWrapper")._wrap(self._conn, getattr(link, far), link)

    def listTagsInTagset(self) -> Iterator[Any]:
        """The tags in the set; none for a plain tag."""
        if self._is_set():
            yield from self._around("parent", "child")

    def listParents(self, withlinks: bool = True) -> list[Any]:
        """The sets that hold the tag."""
        return list(self._around("child", "parent", " and a.ns = :ns"))


class MapAnnotationWrapper(AnnotationWrapper):
    """Pairs of key and value, in order."""

    OMERO_TYPE = omero.model.MapAnnotationI

    def getValue(self) -> list[tuple[str, str]]:
        """List of (key, value)."""
        return [(pair.name, pair.value) for pair in self._obj.getMapValue() or ()]

    def setValue(self, val: Iterable[tuple[Any, Any]]) -> None:
        """Set from pairs; keys and values become text."""
        self._obj.setMapValue([omero.model.NamedValue(str(key), str(value)) for key, value in val])


for _kind in (
    BooleanAnnotationWrapper,
    CommentAnnotationWrapper,
    DoubleAnnotationWrapper,
    FileAnnotationWrapper,
    LongAnnotationWrapper,
    MapAnnotationWrapper,
    TagAnnotationWrapper,
    TermAnnotationWrapper,
    TimestampAnnotationWrapper,
    XmlAnnotationWrapper,
):
    AnnotationWrapper._register(_kind)
