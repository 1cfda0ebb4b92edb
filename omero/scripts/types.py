"""Types of a script's parameters: ``Long("Image_ID", optional=False, description="...", grouping="1")``.

Each is an ``omero.grid.Param``, so that it can be sent: ``prototype`` holds the default, or an empty value of the type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import omero
import omero.grid
import omero.rtypes
from omero.rtypes import rbool, rdouble, rfloat, rint, rinternal, rlist, rlong, rmap, robject, rset, rstring, wrap
from omero.scripts.logs import TYPE_LOG

__all__ = [
    "Bool",
    "Color",
    "Double",
    "Float",
    "Int",
    "List",
    "Long",
    "Map",
    "Object",
    "Plane",
    "Point",
    "Set",
    "String",
    "Type",
]

Wire: Any = omero


class Type(omero.grid.Param):
    """What all types of parameters share. Attributes: those of ``omero.grid.Param``.

    ``PROTOTYPE_FUNCTION`` makes the value that goes over the wire from a plain one, ``PROTOTYPE_DEFAULT`` is the plain
    value (or what makes it) where the parameter has no default.
    """

    PROTOTYPE_FUNCTION: ClassVar[Any] = None
    PROTOTYPE_DEFAULT: ClassVar[Any] = None
    PROTOTYPE_MIN: ClassVar[Any] = None
    PROTOTYPE_MAX: ClassVar[Any] = None
    PROTOTYPE_VALUES: ClassVar[Any] = None

    def __init__(
        self,
        name: str,
        optional: bool = True,
        out: bool = False,
        description: str | None = None,
        default: Any = None,
        **kwargs: Any,
    ) -> None:
        """``out``: the parameter is a result as well as an input. Of ``kwargs``, ``min`` and ``max`` bound what is
        allowed, ``values`` lists it, ``grouping`` ("1.2") places the parameter in a form and ``namespaces`` (list of
        str) tells programs what it is for. Raises ValueError for a default that does not suit the type or ``values``.
        """
        super().__init__()
        self._name = name
        self._in = True
        self._out = out
        self.optional = optional
        self.description = description
        self.grouping = ""
        self.namespaces = None
        self.min = self.PROTOTYPE_MIN
        self.max = self.PROTOTYPE_MAX
        self.values = self.PROTOTYPE_VALUES
        self.useDefault = default is not None
        for key, value in kwargs.items():
            if not hasattr(self, key):
                TYPE_LOG.warning("Unknown property: %s", key)
            setattr(self, key, value)
        self.prototype = self._prototype(self._empty() if default is None else default)
        self._convert_limits()

    def _empty(self) -> Any:
        default = self.PROTOTYPE_DEFAULT
        return default() if callable(default) else default

    def _prototype(self, value: Any) -> Any:
        """``value`` as it goes over the wire."""
        if not callable(self.PROTOTYPE_FUNCTION):
            raise ValueError(f"Bad prototype function: {self.PROTOTYPE_FUNCTION}")
        return self.PROTOTYPE_FUNCTION(value)

    def _convert_limits(self) -> None:
        self.min = None if self.min is None else self._prototype(self.min)
        self.max = None if self.max is None else self._prototype(self.max)
        if self.values is not None:
            self.values = _as_list(self.values)
            self._check_default(omero.rtypes.unwrap(self.values))

    def _check_default(self, allowed: list[Any]) -> None:
        if not self.useDefault:
            return
        default = omero.rtypes.unwrap(self.prototype)
        for value in default if isinstance(default, list) else [default]:
            if allowed and value not in allowed:
                raise ValueError(f"{value} is not in {allowed}")

    def out(self) -> Self:
        """Make the parameter a result only."""
        self._in, self._out = False, True
        return self

    def inout(self) -> Self:
        """Make the parameter both an input and a result."""
        self._in = self._out = True
        return self

    def type(self, *arg: Any) -> Self:
        """Take a list of the given values for the prototype; without any, change nothing."""
        if arg:
            self.prototype = wrap(list(arg))
        return self

    def name(self) -> str:
        """The name of the parameter."""
        return self._name


def _as_list(values: Any) -> Any:
    """An RList; one value alone becomes a list of itself."""
    if isinstance(values, Wire.RList):
        return values
    return wrap(list(values) if isinstance(values, list | tuple | set | frozenset) else [values])


class Object(Type):
    """A model object, as ``robject`` takes it."""

    PROTOTYPE_FUNCTION = staticmethod(robject)


class Long(Type):
    """int of 64 bits"""

    PROTOTYPE_FUNCTION = staticmethod(rlong)
    PROTOTYPE_DEFAULT = 0


class Int(Type):
    """int of 32 bits"""

    PROTOTYPE_FUNCTION = staticmethod(rint)
    PROTOTYPE_DEFAULT = 0


class Double(Type):
    """float of 64 bits"""

    PROTOTYPE_FUNCTION = staticmethod(rdouble)
    PROTOTYPE_DEFAULT = 0.0


class Float(Type):
    """float of 32 bits"""

    PROTOTYPE_FUNCTION = staticmethod(rfloat)
    PROTOTYPE_DEFAULT = 0.0


class String(Type):
    """str"""

    PROTOTYPE_FUNCTION = staticmethod(rstring)
    PROTOTYPE_DEFAULT = ""


class Bool(Type):
    """bool"""

    PROTOTYPE_FUNCTION = staticmethod(rbool)
    PROTOTYPE_DEFAULT = False


class Color(Type):
    """An ``omero.Color``: RGBA packed in an int."""

    PROTOTYPE_FUNCTION = staticmethod(rinternal)
    PROTOTYPE_DEFAULT = Wire.Color


class Point(Type):
    """An ``omero.Point``: x and y in pixels."""

    PROTOTYPE_FUNCTION = staticmethod(rinternal)
    PROTOTYPE_DEFAULT = Wire.Point


class Plane(Type):
    """An ``omero.Plane``: rows of numbers."""

    PROTOTYPE_FUNCTION = staticmethod(rinternal)
    PROTOTYPE_DEFAULT = Wire.Plane


class _Collection(Type):
    """A list or set of values. A default that is no collection becomes the only item."""

    PROTOTYPE_DEFAULT = list

    def _prototype(self, value: Any) -> Any:
        if isinstance(value, Wire.RCollection):
            return self.PROTOTYPE_FUNCTION(value.getValue())
        items = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
        return self.PROTOTYPE_FUNCTION([wrap(item) for item in items])

    def append(self, *arg: Any) -> Self:
        """Add the given values to the prototype."""
        return self.extend(arg)

    def extend(self, *arg: Any) -> Self:
        """Add every item of the given collections to the prototype."""
        for items in arg:
            self.prototype.addAll([wrap(item) for item in items])
        return self

    def ofType(self, obj: Any | Callable[[], Any]) -> Self:
        """Say what the items are: with a value, or a class or function that makes one.

        Raises ValueError when the default has other items.
        """
        item = wrap(obj() if callable(obj) else obj)
        if not self.useDefault:
            self.prototype.add(item)
            return self
        for value in self.prototype.getValue():
            if value.ice_id() != item.ice_id():
                described = f"{omero.rtypes.unwrap(item)} <> {omero.rtypes.unwrap(value)}"
                raise ValueError(f"ofType values doesn't match default value: {described}")
        return self


class Set(_Collection):
    """A set; on the wire a list, whose items may come twice."""

    PROTOTYPE_FUNCTION = staticmethod(rset)


class List(_Collection):
    """A list. Say ``.ofType(rlong(0))`` for anything but text."""

    PROTOTYPE_FUNCTION = staticmethod(rlist)


class Map(Type):
    """A dict from str to values."""

    PROTOTYPE_FUNCTION = staticmethod(rmap)
    PROTOTYPE_DEFAULT = dict

    def _prototype(self, value: Any) -> Any:
        return wrap(value)

    def update(self, *args: Any, **kwargs: Any) -> Self:
        """Add entries to the prototype, as ``dict.update`` does."""
        for key, value in dict(*args, **kwargs).items():
            self.prototype.put(key, wrap(value))
        return self
