"""Accessors of single fields: ``getX``, ``setX``, ``unloadX`` and the attribute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omero import rtypes
from omero.errors import UnloadedEntityException
from omero.model.proxies import proxy_to_instance

__all__ = ["accessors", "capital", "constant", "named", "version", "wrapper"]

WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "RBool": rtypes.rbool,
    "RDouble": rtypes.rdouble,
    "RFloat": rtypes.rfloat,
    "RInt": rtypes.rint,
    "RLong": rtypes.rlong,
    "RString": rtypes.rstring,
    "RTime": rtypes.rtime,
}


def capital(name: str) -> str:
    """``name`` as it comes after get: its first letter large."""
    return name[0].upper() + name[1:]


def named(function: Callable[..., Any], name: str, doc: str) -> Callable[..., Any]:
    """``function`` called ``name``, for tracebacks and help."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def wrapper(field: tuple[Any, ...]) -> Callable[[Any], Any] | None:
    """What converts a plain value of this field; None for arrays and maps, which are plain."""
    kind = field[1]
    if kind == "scalar":
        return WRAPPERS[field[3]]
    return None if kind in ("array", "map") else proxy_to_instance


def constant(full_name: str, field: str) -> tuple[str, str]:
    """The class constant of a field: ("NAME", "ome.model.core.Image_name")."""
    return field.upper(), f"{full_name}_{field}"


def accessors(field: tuple[Any, ...]) -> dict[str, Any]:
    """The members for one field that is no collection."""
    name, kind = field[0], field[1]
    cap, slot = capital(name), f"_{name}"
    convert = wrapper(field)

    def get(self: Any, current: Any = None) -> Any:
        if not self._loaded:
            self.errorIfUnloaded()
        return getattr(self, slot)

    def set(self: Any, value: Any, current: Any = None, wrap: bool = False) -> None:
        if not self._loaded:
            self.errorIfUnloaded()
        if wrap and value is not None and convert is not None:
            value = convert(value)
        setattr(self, slot, value)

    def unload(self: Any) -> None:
        setattr(self, slot, None)

    members = {
        f"get{cap}": named(get, f"get{cap}", f"The {name}."),
        f"set{cap}": named(set, f"set{cap}", f"Set the {name}; ``wrap`` converts a plain value."),
        f"unload{cap}": named(unload, f"unload{cap}", f"Forget the {name}."),
        name: attribute(name, get, set),
    }
    if kind == "map":
        members[f"get{cap}AsMap"] = as_map(slot, cap)
    return members


def attribute(name: str, get: Callable[..., Any], set: Callable[..., Any]) -> property:
    """The field as an attribute. On an unloaded object it is missing, so that ``hasattr`` tells."""

    def read(self: Any) -> Any:
        try:
            return get(self)
        except UnloadedEntityException as error:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}: it is not loaded"
            ) from error

    return property(read, set, doc=f"The {name}.")


def as_map(slot: str, cap: str) -> Callable[..., Any]:
    """``getXAsMap`` of a field that holds named values."""

    def get(self: Any, current: Any = None) -> dict[str, str]:
        self.errorIfUnloaded()
        return {pair.name: pair.value for pair in getattr(self, slot) or ()}

    return named(get, f"get{cap}AsMap", "The pairs as a dict; of equal names the last one stays.")


def version() -> dict[str, Any]:
    """The members for ``version``, which mutable classes have."""

    def getVersion(self: Any, current: Any = None) -> Any:
        """The version (RInt), which the server counts."""
        if not self._loaded:
            self.errorIfUnloaded()
        return self._version

    def setVersion(self: Any, version: Any, current: Any = None) -> None:
        """Set the version (RInt)."""
        self.errorIfUnloaded()
        self._version = version

    return {"getVersion": getVersion, "setVersion": setVersion, "version": attribute("version", getVersion, setVersion)}
