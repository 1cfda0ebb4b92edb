"""What all ``*I`` classes of the model share."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import omero.model
from omero.errors import ClientError, UnloadedEntityException
from omero.model.proxies import split_proxy
from omero.rtypes import rlong

__all__ = ["FieldData", "ModelObject", "null_collection"]

_set = object.__setattr__


class FieldData(NamedTuple):
    """How ``setX(value, wrap=True)`` converts a plain value, and whether None is allowed on the server."""

    wrapper: Any
    nullable: bool


def null_collection(name: str) -> UnloadedEntityException:
    """The error for a collection that is not loaded."""
    return UnloadedEntityException(
        f"Error updating collection:{name}\n"
        f'Collection is currently null. This can be seen by testing "{name}Loaded": it was not loaded, or unloaded.\n'
        "Ask the server for the object again, with this collection."
    )


class ModelObject:
    """Loading state, id, details and the attributes. Comes before the wire class, its members are slots ``_x``."""

    # Filled by omero.model.classes: slots of plain fields; (flag, list, count) slots of collections.
    PLAIN: ClassVar[tuple[str, ...]] = ()
    LISTS: ClassVar[tuple[tuple[str, str, str | None], ...]] = ()
    BARE: ClassVar[type[Any]]

    _id: Any
    _details: Any
    _loaded: bool

    def __init__(self, id: Any = None, loaded: bool | None = None) -> None:
        """A new object; with an id only, an object as if just loaded; with ``loaded=False`` a reference.

        ``id`` may be int, RLong or a string ``Image:5``, which gives a reference. Raises ValueError when the string
        names another class, or its id is no number.
        """
        self.BARE.__init__(self)
        if isinstance(id, str) and ":" in id:
            loaded = bool(loaded)
            id = self._id_of(id)
        self._id = rlong(id)
        self._loaded = True if loaded is None else loaded
        if self._loaded:
            self._details = omero.model.DetailsI()
            self._toggleCollectionsLoaded(True)

    def _id_of(self, text: str) -> int:
        kind, number = split_proxy(text)
        if kind != self.BARE.__name__:
            raise ValueError(f"Proxy class mismatch: {type(self).__name__}<>{kind}")
        return number

    def _toggleCollectionsLoaded(self, load: bool) -> None:
        for flag, values, _count in self.LISTS:
            setattr(self, values, [] if load else None)
            setattr(self, flag, load)

    def __setattr__(self, name: str, value: Any) -> None:
        # Ice sets the slots one by one, so they come first and cheap. Any other name must exist: a misspelt field
        # would be lost.
        if name[0] != "_" and not hasattr(type(self), name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute 'set{name[0].upper()}{name[1:]}'")
        _set(self, name, value)

    def __getattr__(self, name: str) -> Any:
        # Only called when normal lookup fails, so it costs nothing otherwise.
        cap = name[:1].upper() + name[1:]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute 'get{cap}' or 'is{cap}'")

    def errorIfUnloaded(self) -> None:
        """Raise UnloadedEntityException when only the id is known."""
        if not self._loaded:
            raise UnloadedEntityException(f"Object unloaded:{self}")

    def throwNullCollectionException(self, propertyName: str) -> None:
        """Raise UnloadedEntityException for a collection."""
        raise null_collection(propertyName)

    def checkUnloadedProperty(self, value: Any, loadedField: str) -> None:
        """Raise UnloadedEntityException for a collection that is None."""
        if value is None:
            raise null_collection(loadedField)

    def isLoaded(self, current: Any = None) -> bool:
        """Whether more than the id is known."""
        return self._loaded

    @property
    def loaded(self) -> bool:
        """Whether more than the id is known."""
        return self._loaded

    def unload(self, current: Any = None) -> None:
        """Forget all but the id."""
        self._loaded = False
        for slot in self.PLAIN:
            setattr(self, slot, None)
        self._details = None
        self.unloadCollections()

    def unloadCollections(self, current: Any = None) -> None:
        """Forget all collections: saving leaves them alone then."""
        self._toggleCollectionsLoaded(False)

    def getId(self, current: Any = None) -> Any:
        """RLong, or None before the object is saved."""
        return self._id

    def setId(self, _id: Any, current: Any = None) -> None:
        """Set the id (RLong)."""
        self._id = _id

    id = property(getId, setId)

    def getDetails(self, current: Any = None) -> Any:
        """Owner, group, permissions, events."""
        self.errorIfUnloaded()
        return self._details

    def unloadDetails(self, current: Any = None) -> None:
        """Forget the details."""
        self._details = None

    @property
    def details(self) -> Any:
        """Owner, group, permissions, events."""
        if not self._loaded:
            raise AttributeError("details")
        return self._details

    def proxy(self, current: Any = None) -> Any:
        """An unloaded object with the same id. Raises ClientError when there is none."""
        if self._id is None:
            raise ClientError("Proxies require an id")
        return type(self)(self._id, False)

    def shallowCopy(self, current: Any = None) -> Any:
        """Not available; raises ClientError."""
        raise ClientError("NYI")
