"""Objects by id, attributes and options."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

import omero
import omero.model
import omero.sys
from omero.gateway.wrapper import distinct
from omero.rtypes import rint, rlist, rlong, rstring

if TYPE_CHECKING:
    from omero.gateway.annotations import FileAnnotationWrapper, MapAnnotationWrapper, TagAnnotationWrapper
    from omero.gateway.containers import _DatasetWrapper, _ProjectWrapper, _RoiWrapper, _ScreenWrapper
    from omero.gateway.files import _FilesetWrapper, _OriginalFileWrapper
    from omero.gateway.image import _ImageWrapper
    from omero.gateway.people import _ExperimenterGroupWrapper, _ExperimenterWrapper
    from omero.gateway.plates import _PlateWrapper, _WellWrapper

__all__ = ["Finding", "omero_type", "wrapper_class"]

PAGING = ("limit", "offset")
PEOPLE = ("experimenter", "experimentergroup")


def omero_type(val: Any) -> Any:
    """A text, truth value or whole number as RType; anything else as it is."""
    if isinstance(val, str):
        return rstring(val)
    if isinstance(val, bool):
        from omero.rtypes import rbool

        return rbool(val)
    if isinstance(val, int):
        return rint(val) if -(2**31) <= val < 2**31 else rlong(val)
    return val


def wrapper_class(obj_type: Any) -> Any:
    """The wrapper class for a type by its name (any case).

    Raises AttributeError for what is no text, KeyError for a type that is not known.
    """
    if not isinstance(obj_type, str):
        raise AttributeError("getObjects uses a string to define obj_type, E.g. 'Image'")
    wrapper = sys.modules["omero.gateway"].KNOWN_WRAPPERS.get(obj_type.lower())
    if wrapper is None:
        raise KeyError(f"obj_type of {obj_type} not supported by getObjects(). E.g. use 'Image' etc")
    return wrapper


class Finding:
    """The part of the gateway that loads objects."""

    SERVICE_OPTS: Any

    # What editors know of the common types. Frameworks may put classes of their own in place, so anything goes.

    @overload
    def getObject(
        self, obj_type: Literal["Project"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> _ProjectWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: Literal["Dataset"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> _DatasetWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: Literal["Image"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> _ImageWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: Literal["Screen"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> _ScreenWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: Literal["Plate"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> _PlateWrapper | Any: ...
    @overload
    def getObject(self, obj_type: Literal["Well"], oid: Any = ..., *args: Any, **kwargs: Any) -> _WellWrapper | Any: ...
    @overload
    def getObject(self, obj_type: Literal["Roi"], oid: Any = ..., *args: Any, **kwargs: Any) -> _RoiWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: Literal["OriginalFile"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> _OriginalFileWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: Literal["Fileset"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> _FilesetWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: Literal["Experimenter"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> _ExperimenterWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: Literal["ExperimenterGroup"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> _ExperimenterGroupWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: Literal["TagAnnotation"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> TagAnnotationWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: Literal["MapAnnotation"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> MapAnnotationWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: Literal["FileAnnotation"], oid: Any = ..., *args: Any, **kwargs: Any
    ) -> FileAnnotationWrapper | Any: ...
    @overload
    def getObject(
        self, obj_type: str, oid: Any = ..., params: Any = ..., attributes: Any = ..., opts: Any = ...
    ) -> Any: ...

    def getObject(
        self, obj_type: str, oid: Any = None, params: Any = None, attributes: Any = None, opts: Any = None
    ) -> Any:
        """The one object of that id, or with those attributes; None when there is none.

        Raises omero.ApiUsageException when there are several.
        """
        ids = None if oid is None else [oid]
        query, params, wrapper = self.buildQuery(obj_type, ids, params, attributes, opts)
        found = self.getQueryService().findByQuery(query, params, self.SERVICE_OPTS)  # type: ignore[attr-defined]
        return None if found is None else self._wrapped_found(wrapper, found)

    @overload
    def getObjects(
        self, obj_type: Literal["Project"], *args: Any, **kwargs: Any
    ) -> Iterator[_ProjectWrapper | Any]: ...
    @overload
    def getObjects(
        self, obj_type: Literal["Dataset"], *args: Any, **kwargs: Any
    ) -> Iterator[_DatasetWrapper | Any]: ...
    @overload
    def getObjects(self, obj_type: Literal["Image"], *args: Any, **kwargs: Any) -> Iterator[_ImageWrapper | Any]: ...
    @overload
    def getObjects(self, obj_type: Literal["Screen"], *args: Any, **kwargs: Any) -> Iterator[_ScreenWrapper | Any]: ...
    @overload
    def getObjects(self, obj_type: Literal["Plate"], *args: Any, **kwargs: Any) -> Iterator[_PlateWrapper | Any]: ...
    @overload
    def getObjects(self, obj_type: Literal["Well"], *args: Any, **kwargs: Any) -> Iterator[_WellWrapper | Any]: ...
    @overload
    def getObjects(self, obj_type: Literal["Roi"], *args: Any, **kwargs: Any) -> Iterator[_RoiWrapper | Any]: ...
    @overload
    def getObjects(
        self, obj_type: Literal["OriginalFile"], *args: Any, **kwargs: Any
    ) -> Iterator[_OriginalFileWrapper | Any]: ...
    @overload
    def getObjects(
        self, obj_type: Literal["Fileset"], *args: Any, **kwargs: Any
    ) -> Iterator[_FilesetWrapper | Any]: ...
    @overload
    def getObjects(
        self, obj_type: Literal["Experimenter"], *args: Any, **kwargs: Any
    ) -> Iterator[_ExperimenterWrapper | Any]: ...
    @overload
    def getObjects(
        self, obj_type: Literal["ExperimenterGroup"], *args: Any, **kwargs: Any
    ) -> Iterator[_ExperimenterGroupWrapper | Any]: ...
    @overload
    def getObjects(
        self, obj_type: Literal["TagAnnotation"], *args: Any, **kwargs: Any
    ) -> Iterator[TagAnnotationWrapper | Any]: ...
    @overload
    def getObjects(
        self, obj_type: Literal["MapAnnotation"], *args: Any, **kwargs: Any
    ) -> Iterator[MapAnnotationWrapper | Any]: ...
    @overload
    def getObjects(
        self, obj_type: Literal["FileAnnotation"], *args: Any, **kwargs: Any
    ) -> Iterator[FileAnnotationWrapper | Any]: ...
    @overload
    def getObjects(self, obj_type: str, *args: Any, **kwargs: Any) -> Iterator[Any]: ...

    def getObjects(
        self,
        obj_type: str,
        ids: Iterable[Any] | None = None,
        params: Any = None,
        attributes: Any = None,
        respect_order: bool = False,
        opts: Any = None,
    ) -> Iterator[Any]:
        """The objects with those ids or attributes, all without. The server is asked when the first one is taken.

        ``respect_order``: in the order of ``ids``. ``opts``: limit, offset, owner, order_by, and those of the type.
        """
        ids = None if ids is None else list(ids)
        query, params, wrapper = self.buildQuery(obj_type, ids, params, attributes, opts)
        found = self.getQueryService().findAllByQuery(query, params, self.SERVICE_OPTS)  # type: ignore[attr-defined]
        if respect_order and ids is not None:
            places = {int(number): place for place, number in reversed(list(enumerate(ids)))}
            found.sort(key=lambda obj: places[obj.id.val])
        for obj in distinct(found):
            yield self._wrapped_found(wrapper, obj)

    def _wrapped_found(self, wrapper: Any, obj: Any) -> Any:
        annotations = sys.modules["omero.gateway"].AnnotationWrapper
        if wrapper is annotations:
            return annotations._wrap(self, obj)
        return wrapper(self, obj)

    def buildQuery(
        self, obj_type: str, ids: Any = None, params: Any = None, attributes: Any = None, opts: Any = None
    ) -> tuple[str, Any, Any]:
        """(query, parameters, wrapper class) with which ``getObjects`` asks; the object is called ``obj`` in it."""
        wrapper = wrapper_class(obj_type)
        opts = dict(opts or {})
        own = self._from_parameters(params, opts)
        query, clauses, made = wrapper._getQueryString(opts)
        if ids is not None:
            clauses.append("obj.id in (:ids)")
            made.map["ids"] = rlist([rlong(number) for number in ids])
        if opts.get("owner") is not None and obj_type.lower() not in PEOPLE:
            clauses.append("owner.id = (:eid)")
            made.map["eid"] = rlong(opts["owner"])
        for name, value in (attributes or {}).items():
            clauses.append(f"obj.{name}=:{name}")
            made.map[name] = self._attribute(wrapper, name, value)
        if any(opts.get(key) is not None for key in PAGING):
            made.page(opts.get("offset", 0), opts.get("limit"))
        made.map.update(own)
        where = f" where {' and '.join(clauses)}" if clauses else ""
        order = f" order by {opts['order_by']}, obj.id" if opts.get("order_by") else ""
        return f"{query}{where}{order}", made, wrapper

    def _from_parameters(self, params: Any, opts: dict[str, Any]) -> Mapping[str, Any]:
        """Put the filter of ``params`` into the options; its map."""
        if params is None:
            return {}
        found = params.theFilter
        if found is not None:
            chosen = {"owner": found.ownerId, "offset": found.offset, "limit": found.limit}
            opts.update((key, value.val) for key, value in chosen.items() if value is not None)
        return params.map or {}

    def _attribute(self, wrapper: Any, name: str, value: Any) -> Any:
        """The value of an attribute as the RType of its field."""
        if name == "id":
            return rlong(value)
        if isinstance(value, int) and not isinstance(value, bool):
            kind = wrapper.OMERO_CLASS or wrapper.OMERO_TYPE.__name__.removesuffix("I")
            info = getattr(getattr(omero.model, f"{kind}I", None), "_field_info", None)
            if info is not None and hasattr(info, name):
                return getattr(info, name).wrapper(value)
        return omero_type(value)

    def buildCountQuery(self, obj_type: str, opts: Any = None) -> tuple[str, Any]:
        """(query, parameters) that count the objects which ``getObjects`` would give."""
        query, params, _wrapper = self.buildQuery(
            obj_type, opts={k: v for k, v in (opts or {}).items() if k != "order_by"}
        )
        query = query.replace("select obj ", "select count(distinct obj) ", 1).replace(" fetch ", " ")
        params.theFilter = None
        return query, params
