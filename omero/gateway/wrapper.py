"""``BlitzObjectWrapper``: a model object with its connection, whose fields are plain attributes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import omero
import omero.model
import omero.sys
from omero.gateway.annotating import Annotating
from omero.gateway.hierarchy import Hierarchy, resolve
from omero.gateway.marshal import Marshalling
from omero.gateway.rights import Rights
from omero.rtypes import rstring, unwrap

if TYPE_CHECKING:
    from omero.gateway.connection import _BlitzGateway

__all__ = ["BlitzObjectWrapper", "OmeroRestrictionWrapper", "distinct", "local_time", "resolve"]


def local_time(milliseconds: int | None) -> datetime | None:
    """ms since 1970 as local time without zone; None stays None."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000.0)


def distinct(found: Iterable[Any]) -> list[Any]:
    """Each object once: a query that loads collections gives an object once for each element."""
    return list({obj.id.val: obj for obj in found}.values())


class OmeroRestrictionWrapper:
    """For objects with files behind them."""

    _obj: Any

    def canDownload(self) -> bool:
        """Whether the caller may download the files."""
        permissions = self._obj.getDetails().getPermissions()
        return not permissions.isRestricted(omero.constants.permissions.BINARYACCESS)


class BlitzObjectWrapper(Hierarchy, Annotating, Rights, Marshalling):
    """A model object (``_obj``) and the connection it came by (``_conn``).

    ``w.name`` and ``w.getName()`` give plain values: the fields of the model object without their RTypes. Values with
    units stay objects, references become wrappers. Subclasses name their model class, and those of children and
    parents.
    """

    OMERO_CLASS: ClassVar[str | None] = None
    LINK_CLASS: ClassVar[str | None] = None
    LINK_CHILD: ClassVar[str] = "child"
    CHILD_WRAPPER_CLASS: ClassVar[Any] = None
    PARENT_WRAPPER_CLASS: ClassVar[Any] = None
    _attrs: ClassVar[tuple[str, ...]] = ()

    _obj: Any
    _conn: Any
    _oid: Any

    @staticmethod
    def LINK_PARENT(x: Any) -> Any:
        """The parent that a link leads to."""
        return x.parent

    def __init__(
        self, conn: _BlitzGateway | None = None, obj: Any = None, cache: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """An unloaded ``obj`` is loaded at once. ``kwargs`` go to ``__prepare__``."""
        self.__bstrap__()
        self._obj = obj
        self._cache = {} if cache is None else cache
        self._conn = conn
        self._creationDate: datetime | None = None
        if conn is None:
            return
        if hasattr(obj, "id") and obj.id is not None:
            self._oid = obj.id.val
            if not obj.loaded:
                kind = obj.ice_id().rpartition("::")[2]
                self._obj = conn.getQueryService().get(kind, obj.id.val, conn.SERVICE_OPTS)
        self.__prepare__(**kwargs)

    def __bstrap__(self) -> None:
        """Called first; for subclasses."""

    def __prepare__(self, **kwargs: Any) -> None:
        """Called last, with the extra arguments; for subclasses."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return False
        return bool(self._obj.id == other._obj.id and self.getName() == other.getName())

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self), unwrap(self._obj.id)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} id={unwrap(self._obj.id)}>" if self._obj is not None else super().__repr__()

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> tuple[str, list[str], Any]:
        """(query, restrictions, parameters) that load objects of this class, as ``obj``."""
        query = (
            f"select obj from {cls.OMERO_CLASS} obj join fetch obj.details.owner as owner "
            "left outer join fetch obj.details.externalInfo join fetch obj.details.creationEvent"
        )
        return query, [], omero.sys.ParametersI()

    # Attributes

    def __getattr__(self, attr: str) -> Any:
        if attr.startswith("__") or attr in ("_obj", "_conn"):
            raise AttributeError(attr)
        if attr.startswith("get") and len(attr) > 3:
            getter = self._getter(attr[3].lower() + attr[4:])
            if getter is not None:
                return getter
        if attr.startswith("set") and hasattr(self._obj, attr):
            return self._setter(attr)
        obj = self._obj
        for name in (attr, f"_{attr}"):
            if hasattr(obj, name):
                value = getattr(obj, name)
                return value.val if isinstance(value, omero.RType) else value
        raise AttributeError(f"{type(obj).__name__!r} object has no attribute {attr!r}")

    def _getter(self, name: str) -> Any:
        for rule in self._attrs:
            key = rule.partition(";")[2] or rule.partition("|")[0].lstrip("#(").removeprefix(")")
            if name == key and not rule.startswith("()"):
                return lambda: self._by_rule(rule)
        if not hasattr(self._obj, name):
            return None
        return lambda: self._wrapped(getattr(self._obj, name))

    def _setter(self, attr: str) -> Any:
        """A setter of the wrapped object that takes plain values, too."""
        setter = getattr(self._obj, attr)

        def set_value(value: Any, *args: Any, **kwargs: Any) -> None:
            if isinstance(value, str | int | float) and not args:
                kwargs.setdefault("wrap", True)
            setter(value, *args, **kwargs)

        return set_value

    def _wrapped(self, value: Any) -> Any:
        if isinstance(value, omero.RType):
            return value.val
        if isinstance(value, omero.model.IObject):
            return BlitzObjectWrapper(self._conn, value)
        return value

    def _unwrapunits(self, obj: Any, units: Any = None) -> Any:
        """A value with unit as number; with ``units=True`` as it is; with a name of a unit, converted to that."""
        if obj is None:
            return None
        if units is None:
            return obj.getValue()
        return type(obj)(obj, units) if isinstance(units, str) else obj

    def _hot_swap(self, query: str) -> None:
        """Replace the object by what a query gives for its id."""
        params = omero.sys.ParametersI().addId(self._obj.id.val)
        self._obj = self._conn.getQueryService().findByQuery(query, params, self._own_context())

    # Main fields

    def getId(self) -> Any:
        """The id, None before saving."""
        return unwrap(self._obj.id)

    def getName(self) -> Any:
        """The name; None for classes without."""
        return unwrap(self._obj.name) if hasattr(self._obj, "name") else None

    def setName(self, value: str) -> None:
        """Set the name; ``save`` afterwards."""
        self._obj.setName(rstring(value))

    def getDescription(self) -> str:
        """The description, "" without one."""
        return unwrap(self._obj.description) or "" if hasattr(self._obj, "description") else ""

    def setDescription(self, value: str) -> None:
        """Set the description; ``save`` afterwards."""
        self._obj.setDescription(rstring(value))

    def getDetails(self) -> Any:
        """Owner, group and permissions; None for unloaded objects."""
        return resolve("DetailsWrapper")(self._conn, self._obj.getDetails()) if self._obj.loaded else None

    def getExternalInfo(self) -> Any:
        """The external info, None without one."""
        return self.getDetails().getExternalInfo()

    def getOwner(self) -> Any:
        """The owner."""
        return self.getDetails().getOwner()

    def getOwnerFullName(self) -> str | None:
        """First name, middle initial and last name of the owner; None for objects without owner."""
        details = self.getDetails()
        owner = details.getOwner() if details is not None and details._obj is not None else None
        if owner is None:
            return None
        first, middle, last = (unwrap(getattr(owner._obj, f"{which}Name")) for which in ("first", "middle", "last"))
        return " ".join(part for part in (first, f"{middle[0]}." if middle else "", last) if part)

    def getOwnerOmeName(self) -> str:
        """Login name of the owner."""
        return self.getOwner().getName()  # type: ignore[no-any-return]

    def getDate(self) -> datetime | None:
        """When it was acquired, where known, else when it was saved first. Local time."""
        acquired = unwrap(getattr(self._obj, "acquisitionDate", None))
        return local_time(acquired) if acquired else self.creationEventDate()

    def creationEventDate(self) -> datetime | None:
        """When it was saved first. Local time."""
        if self._creationDate is None:
            self._creationDate = self._event_time(self._obj.details.creationEvent)
        return self._creationDate

    def updateEventDate(self) -> datetime | None:
        """When it was saved last. Local time."""
        return self._event_time(self._obj.details.updateEvent)

    def _event_time(self, event: Any) -> datetime | None:
        if event is None:
            return None
        if not event.loaded or event.time is None:
            event = self._conn.getQueryService().get("Event", event.id.val, self._conn.SERVICE_OPTS)
        return local_time(event.time.val)

    # Saving

    def _own_context(self) -> Any:
        """The call context for the group that the object is in."""
        context = self._conn.SERVICE_OPTS.copy()
        details = self._obj.details if self._obj.loaded else None
        if details is not None and details.group is not None:
            context.setOmeroGroup(details.group.id.val)
        return context

    def _owner_context(self) -> Any:
        """The call context for the group that the object is in and, for those who may, its owner."""
        context = self._own_context()
        if self._conn.canBeAdmin():
            context.setOmeroUser(self._obj.details.owner.id.val)
        return context

    def save(self) -> None:
        """Save the object, in the group that it is in."""
        self._obj = self._conn.getUpdateService().saveAndReturnObject(self._obj, self._own_context())

    def saveAs(self, details: Any) -> None:
        """Save the object as the owner in ``details`` would; for administrators."""
        if self._conn.isAdmin():
            context = self._conn.SERVICE_OPTS.copy()
            context.setOmeroGroup(details.group.id.val)
            session = self._conn.suConn(details.owner.omeName.val) if details.owner.loaded else None
            if session is None:
                context.setOmeroUser(details.owner.id.val)
                self._obj = self._conn.getUpdateService().saveAndReturnObject(self._obj, context)
                return
            try:
                self._obj = session.getUpdateService().saveAndReturnObject(self._obj, context)
            finally:
                session.close()
        else:
            self.save()
