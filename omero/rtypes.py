"""Values as they go over the wire: each is an object, so that it may be null.

``rint(5).val == 5``; ``unwrap`` turns a tree of them into plain values, ``wrap`` does the opposite. A value is
immutable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import omero
import omero._generated
import omero.model
from omero.errors import ClientError

__all__ = [
    "ObjectFactories",
    "ObjectFactory",
    "RArrayI",
    "RBoolI",
    "RClassI",
    "RDoubleI",
    "RFloatI",
    "RIntI",
    "RInternalI",
    "RListI",
    "RLongI",
    "RMapI",
    "RObjectI",
    "RSetI",
    "RStringI",
    "RTimeI",
    "rarray",
    "rbool",
    "rclass",
    "rdouble",
    "remptyclass",
    "remptystr",
    "rfalse",
    "rfloat",
    "rint",
    "rint0",
    "rinternal",
    "rlist",
    "rlong",
    "rlong0",
    "rmap",
    "rnullinternal",
    "rnullobject",
    "robject",
    "rset",
    "rstring",
    "rtime",
    "rtrue",
    "rtype",
    "unwrap",
    "wrap",
]

# The wire classes, which have no types.
RArray: Any = omero.RArray
RBool: Any = omero.RBool
RClass: Any = omero.RClass
RDouble: Any = omero.RDouble
RFloat: Any = omero.RFloat
RInt: Any = omero.RInt
RInternal: Any = omero.RInternal
RList: Any = omero.RList
RLong: Any = omero.RLong
RMap: Any = omero.RMap
RObject: Any = omero.RObject
RSet: Any = omero.RSet
RString: Any = omero.RString
RTime: Any = omero.RTime

INT_RANGE = range(-(2**31), 2**31)


class _Value:
    """What all values share: reading, comparing, and refusing assignment."""

    _val: Any
    _family: type[Any]

    @property
    def val(self) -> Any:
        """The plain value."""
        return self._val

    @val.setter
    def val(self, value: Any) -> None:
        raise ClientError("Cannot write to val: values are immutable, create a new one")

    def getValue(self, current: Any = None) -> Any:
        """The plain value."""
        return self._val

    def compare(self, rhs: Any, current: Any = None) -> int:
        """Not available on the client; raises NotImplementedError."""
        raise NotImplementedError("compare")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self._family) and bool(self._val == other._val)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._val)


class _Sequence(_Value):
    """A list of values. Unlike the scalars it can grow."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, arg: Any = None, *args: Any) -> None:
        self._val = _items(arg, args)

    def get(self, index: int, current: Any = None) -> Any:
        """The value at ``index``, from 0."""
        return self._val[index]

    def size(self, current: Any = None) -> int:
        """How many values there are."""
        return len(self._val)

    def add(self, value: Any, current: Any = None) -> None:
        """Append one value."""
        self._val.append(value)

    def addAll(self, values: Iterable[Any], current: Any = None) -> None:
        """Append every one of ``values``."""
        self._val.extend(values)


def _items(first: Any, more: tuple[Any, ...]) -> list[Any]:
    if first is None:
        items: list[Any] = []
    elif isinstance(first, Iterable) and not isinstance(first, omero.RType):
        items = list(first)
    else:
        items = [first]
    items.extend(more)
    for item in items:
        if not isinstance(item, omero.RType):
            raise ValueError(f"Item of wrong type: {type(item)}")
    return items


class _Mapping(_Value):
    """A dictionary from str to values."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, arg: dict[str, Any] | None = None, **kwargs: Any) -> None:
        self._val = {**(arg or {}), **kwargs}
        self._validate()

    def _validate(self) -> None:
        for key, value in self._val.items():
            if not isinstance(key, str):
                raise ValueError(f"Key of wrong type: {type(key)}")
            if value is not None and not isinstance(value, omero.RType):
                raise ValueError(f"Value of wrong type: {type(value)}")

    def get(self, key: str, current: Any = None) -> Any:
        """The value under ``key``, or None."""
        return self._val.get(key)

    def put(self, key: str, value: Any, current: Any = None) -> None:
        """Set the value under ``key``."""
        self._val[key] = value

    def size(self, current: Any = None) -> int:
        """How many keys there are."""
        return len(self._val)


class RBoolI(_Value, RBool):
    """bool"""

    _family = RBool

    def __init__(self, value: bool) -> None:
        self._val = value


class RDoubleI(_Value, RDouble):
    """float of 64 bits"""

    _family = RDouble

    def __init__(self, value: float) -> None:
        self._val = value


class RFloatI(_Value, RFloat):
    """float, of 32 bits on the wire"""

    _family = RFloat

    def __init__(self, value: float) -> None:
        self._val = value


class RIntI(_Value, RInt):
    """int of 32 bits"""

    _family = RInt

    def __init__(self, value: int) -> None:
        self._val = value


class RLongI(_Value, RLong):
    """int of 64 bits"""

    _family = RLong

    def __init__(self, value: int) -> None:
        self._val = value


class RTimeI(_Value, RTime):
    """Milliseconds since 1970."""

    _family = RTime

    def __init__(self, value: int) -> None:
        self._val = value


class RStringI(_Value, RString):
    """str"""

    _family = RString

    def __init__(self, value: str | bytes) -> None:
        self._val = value


class RClassI(_Value, RClass):
    """Name of a class."""

    _family = RClass

    def __init__(self, value: str) -> None:
        self._val = value


class RInternalI(_Value, RInternal):
    """An ``omero.Internal``: a structure that is no model object."""

    _family = RInternal

    def __init__(self, value: Any) -> None:
        self._val = value


class RObjectI(_Value, RObject):
    """A model object."""

    _family = RObject

    def __init__(self, value: Any) -> None:
        self._val = value


class RArrayI(_Sequence, RArray):
    """list of values"""

    _family = RArray


class RListI(_Sequence, RList):
    """list of values"""

    _family = RList


class RSetI(_Sequence, RSet):
    """Set of values, kept as a list."""

    _family = RSet


class RMapI(_Mapping, RMap):
    """dict from str to values"""

    _family = RMap


rtrue = RBoolI(True)
rfalse = RBoolI(False)
rint0 = RIntI(0)
rlong0 = RLongI(0)
remptystr = RStringI("")
remptyclass = RClassI("")
rnullinternal = RInternalI(None)
rnullobject = RObjectI(None)


def rbool(val: Any) -> RBoolI | None:
    """``rtrue`` or ``rfalse`` by the truth of ``val``; None stays None."""
    if val is None or isinstance(val, omero.RBool):
        return val
    return rtrue if val else rfalse


def _number(val: Any, family: type[Any], make: Callable[[Any], Any], convert: Callable[[Any], Any]) -> Any:
    if val is None or isinstance(val, family):
        return val
    if isinstance(val, omero.RInt | omero.RLong | omero.RTime | omero.RFloat | omero.RDouble):
        val = val._val
    return make(convert(val))


def rdouble(val: Any) -> RDoubleI | None:
    """``float(val)``; ValueError when it is none."""
    return _number(val, omero.RDouble, RDoubleI, float)  # type: ignore[no-any-return]


def rfloat(val: Any) -> RFloatI | None:
    """``float(val)``; ValueError when it is none."""
    return _number(val, omero.RFloat, RFloatI, float)  # type: ignore[no-any-return]


def rint(val: Any) -> RIntI | None:
    """``int(val)``; ValueError when it is none."""
    return _number(val, omero.RInt, lambda number: RIntI(number) if number else rint0, int)  # type: ignore[no-any-return]


def rlong(val: Any) -> RLongI | None:
    """``int(val)``; ValueError when it is none."""
    return _number(val, omero.RLong, lambda number: RLongI(number) if number else rlong0, int)  # type: ignore[no-any-return]


def rtime(val: Any) -> RTimeI | None:
    """Milliseconds since 1970; ValueError when it is no number."""
    return _number(val, omero.RTime, RTimeI, int)  # type: ignore[no-any-return]


def rstring(val: Any) -> RStringI:
    """The text of ``val``; None and "" give the empty string. bytes stay bytes."""
    if isinstance(val, omero.RString):
        return val  # type: ignore[no-any-return]
    if val is None or val == "":
        return remptystr
    return RStringI(val if isinstance(val, str | bytes) else str(val))


def rclass(val: Any) -> RClassI:
    """The name of a class; ValueError when it is no str."""
    if isinstance(val, omero.RClass):
        return val  # type: ignore[no-any-return]
    if not val:
        return remptyclass
    if not isinstance(val, str):
        raise ValueError(f"Not string type: {type(val)}")
    return RClassI(val)


def rinternal(val: Any) -> RInternalI:
    """An ``omero.Internal`` or None; ValueError for anything else."""
    if val is None:
        return rnullinternal
    if isinstance(val, omero.RInternal):
        return val  # type: ignore[no-any-return]
    if not isinstance(val, omero.Internal):
        raise ValueError(f"Not Internal type: {type(val)}")
    return RInternalI(val)


def robject(val: Any) -> RObjectI:
    """A model object or None; ValueError for anything else."""
    if val is None:
        return rnullobject
    if isinstance(val, omero.RObject):
        return val  # type: ignore[no-any-return]
    if not isinstance(val, omero.model.IObject):
        raise ValueError(f"Not IObject type: {type(val)}")
    return RObjectI(val)


def rarray(val: Any = None, *args: Any) -> RArrayI:
    """An array of the given values; ValueError when one is no RType."""
    return RArrayI(val, *args)


def rlist(val: Any = None, *args: Any) -> RListI:
    """A list of the given values; ValueError when one is no RType."""
    return RListI(val, *args)


def rset(val: Any = None, *args: Any) -> RSetI:
    """A set of the given values; ValueError when one is no RType."""
    return RSetI(val, *args)


def rmap(val: dict[str, Any] | None = None, **kwargs: Any) -> RMapI:
    """A map of the given values; ValueError when a key is no str or a value no RType."""
    return RMapI(val, **kwargs)


def _whole_number(val: int) -> Any:
    """An RInt where the number fits, else an RLong, which official clients leave to fail on the wire."""
    return rint(val) if val in INT_RANGE else rlong(val)


# In this order: bool is an int.
_BY_TYPE: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (bool, rbool),
    (int, _whole_number),
    (float, rfloat),
    ((str, bytes), rstring),
    (omero.model.IObject, robject),
    (omero.Internal, rinternal),
    (list, rlist),
    ((set, frozenset), rset),
    (dict, rmap),
)


def rtype(val: Any) -> Any:
    """``val`` as the RType that fits its type; items of collections must be RTypes already.

    None stays None. Raises ClientError for a type that has no counterpart.
    """
    if val is None or isinstance(val, omero.RType):
        return val
    for kind, convert in _BY_TYPE:
        if isinstance(val, kind):
            return convert(val)
    raise ClientError(f"Cannot handle conversion from: {type(val)}")


def wrap(val: Any, cache: dict[int, Any] | None = None) -> Any:
    """``val`` as RTypes, through lists, tuples, sets and dicts; a structure that contains itself keeps doing so."""
    if not isinstance(val, list | tuple | set | frozenset | dict):
        return rtype(val)
    cache = {} if cache is None else cache
    if id(val) in cache:
        return cache[id(val)]
    result: Any
    if isinstance(val, dict):
        cache[id(val)] = result = RMapI()
        result._val.update((key, wrap(value, cache)) for key, value in val.items())
        result._validate()
    else:
        cache[id(val)] = result = RSetI() if isinstance(val, set | frozenset) else RListI()
        result._val.extend(wrap(item, cache) for item in val)
    return result


def unwrap(val: Any, cache: dict[int, Any] | None = None) -> Any:
    """``val`` as plain values, through RTypes and through lists, tuples, sets and dicts; anything else is returned as
    it is.
    """
    if isinstance(val, omero.RCollection | omero.RMap):
        identity, val = id(val), val._val
    elif isinstance(val, omero.RType):
        return val._val
    elif isinstance(val, list | tuple | set | dict):
        identity = id(val)
    else:
        return val
    cache = {} if cache is None else cache
    if identity in cache:
        return cache[identity]
    result: Any
    if isinstance(val, dict):
        cache[identity] = result = {}
        result.update((key, unwrap(value, cache)) for key, value in val.items())
    elif isinstance(val, set):
        cache[identity] = result = {unwrap(item, cache) for item in val}
    else:
        cache[identity] = result = []
        result.extend(unwrap(item, cache) for item in val or ())
    return result


class ObjectFactory:
    """Makes the values that a communicator receives instances of one of the classes here."""

    def __init__(self, cls: type[Any], f: Callable[[], Any]) -> None:
        self.id = cls.ice_staticId()
        self.f = f

    def create(self, string: str) -> Any:
        """A new value, to be filled."""
        return self.f()

    def destroy(self) -> None:
        """Nothing to do."""

    def register(self, ic: Any) -> None:
        """Add this factory to the communicator, unless it has one for the class."""
        manager = ic.getValueFactoryManager()
        if manager.find(self.id) is None:
            manager.add(lambda type_id: self.create(type_id), self.id)


CLASSES: tuple[type[Any], ...] = (
    RBoolI,
    RDoubleI,
    RFloatI,
    RIntI,
    RLongI,
    RTimeI,
    RStringI,
    RClassI,
    RInternalI,
    RObjectI,
    RArrayI,
    RListI,
    RSetI,
    RMapI,
)
ObjectFactories = {cls: ObjectFactory(cls, partial(object.__new__, cls)) for cls in CLASSES}
