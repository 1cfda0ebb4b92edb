"""RTypes of values of the database.

Ice sends an object once per message, however often it occurs, and most of the time of an answer goes by its number of
objects. Nobody changes an RType, so within one reply equal values are the same object: ids of owners, names, times.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import floor
from typing import Any

import omero
import omero._generated

__all__ = ["Wrap", "Wraps", "maker", "millis"]

Wrap = Callable[[Any], Any]

HALF_MICROSECOND = 0.0005
"""In milliseconds: more than a float is wrong by, less than what times differ by."""


def millis(moment: datetime) -> int:
    """Whole milliseconds since 1970, cut off, of a time in the database; it is in the time zone of the server."""
    return floor(moment.timestamp() * 1000 + HALF_MICROSECOND)


def maker(cls: type[Any], convert: Wrap | None = None) -> Wrap:
    """What makes an RType of a value, without going through the constructors of its base classes.

    ``convert``: for values that the database may give in a wider type.
    """
    new = object.__new__

    def make(value: Any) -> Any:
        made = new(cls)
        made._val = value
        return made

    def make_converted(value: Any) -> Any:
        made = new(cls)
        made._val = convert(value)  # type: ignore[misc]
        return made

    return make if convert is None else make_converted


class _Once(dict[Any, Any]):
    """RTypes by value, each made when it is first asked for."""

    def __init__(self, make: Wrap) -> None:
        self.make = make

    def __missing__(self, value: Any) -> Any:
        made = self[value] = self.make(value)
        return made


ALWAYS: dict[str, Wrap] = {
    "RBool": {value: omero.RBool(value) for value in (False, True)}.__getitem__,
    # Not shared: 0.0 and -0.0 are equal.
    "RDouble": maker(omero.RDouble, float),
    "RFloat": maker(omero.RFloat, float),
}
ONCE: dict[str, Wrap] = {
    "RInt": maker(omero.RInt, int),
    "RLong": maker(omero.RLong, int),
    "RString": maker(omero.RString),
    "RTime": maker(omero.RTime, millis),
}


class Wraps(dict[str, Wrap]):
    """What makes an RType of a value, by the name of the RType. To be made anew for each reply.

    Times are wrapped as ``datetime``.
    """

    def __init__(self) -> None:
        super().__init__(ALWAYS)
        for name, make in ONCE.items():
            self[name] = _Once(make).__getitem__
