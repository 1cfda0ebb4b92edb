"""Named parameters: from Ice or Python values to values of the statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, DateTime, String, bindparam
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.sql import ColumnElement
from sqlalchemy.types import TypeEngine

import omero
import omero._generated
import omero.model
from omero_server.queries.driver import UNSTORABLE
from omero_server.queries.errors import parameter_error

__all__ = ["Parameters", "fitting", "moment", "plain"]

Convert = Callable[[Any], Any]

NUMBERS = frozenset((int, float, bool))  # what lists of ids and values mostly are


@dataclass
class Parameters:
    """The parameters of a statement: by bound name the client's name, whether it is a list, and its conversion."""

    uses: dict[str, tuple[str, bool, Convert | None]] = field(default_factory=dict)

    def bind(
        self, name: str, many: bool = False, type_: TypeEngine[Any] | None = None, convert: Convert | None = None
    ) -> ColumnElement[Any]:
        """The parameter ``:name`` in a statement; ``many`` for a list, as one array."""
        bound = f"p{len(self.uses)}"
        self.uses[bound] = (name, many, convert)
        return bindparam(bound, required=False, type_=type_)

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The value of each bound name. Raises ApiUsageException when one is missing, null or of the wrong form."""
        return {bound: self._value(given, *use) for bound, use in self.uses.items()}

    def _value(self, given: Mapping[str, Any], name: str, many: bool, convert: Convert | None) -> Any:
        value = plain(given.get(name), name)
        if value is None:
            state = "is null" if name in given else "is missing"
            raise parameter_error(f"The parameter :{name} of the query {state}. Set it with params.map['{name}'].")
        values = value if isinstance(value, list) else [value]
        if convert is not None:
            values = [convert(v) for v in values]
        if many:
            return values
        if len(values) != 1:
            raise parameter_error(f"The parameter :{name} is a list of {len(values)}; write 'in (:{name})' for a list.")
        return values[0]


def fitting(type_: TypeEngine[Any] | None) -> Convert | None:
    """What makes a value fit a column it is compared with: programs give numbers for texts, times and truths."""
    if isinstance(type_, String) and not isinstance(type_, ENUM):
        return lambda value: str(value) if type(value) in (int, float) else value
    if isinstance(type_, DateTime):
        return lambda value: moment(value) if type(value) is int else value
    if isinstance(type_, Boolean):
        return lambda value: bool(value) if type(value) is int else value
    return None


def plain(value: Any, name: str) -> Any:
    """A Python value for an RType or Python value: lists for collections, ids for objects, class names for RClass.

    Raises ApiUsageException for anything else.
    """
    if isinstance(value, str):
        return _text(value, name)
    if value is None or isinstance(value, bool | int | float | datetime):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return list(value) if NUMBERS.issuperset(map(type, value)) else [_member(v, name) for v in value]
    if isinstance(value, omero.model.IObject):
        return _id(value, name)
    if isinstance(value, omero.RObject):
        return None if value._val is None else _id(value._val, name)
    if isinstance(value, omero.RCollection):
        return [_member(v, name) for v in value._val or ()]
    if isinstance(value, omero.RTime):
        return moment(value._val)
    if isinstance(value, omero.RMap | omero.RInternal):
        raise parameter_error(f"The parameter :{name} is {type(value).__name__}, which no query can use.")
    if isinstance(value, omero.RType) and hasattr(value, "_val"):
        return plain(value._val, name)
    raise parameter_error(f"The parameter :{name} is a {type(value).__name__}, not an RType.")


def _member(value: Any, name: str) -> Any:
    if isinstance(value, omero.RCollection | list | tuple | set | frozenset):
        raise parameter_error(f"The parameter :{name} is a list of lists, which no query can use.")
    return plain(value, name)


def _text(value: str, name: str) -> str:
    if UNSTORABLE.search(value):
        raise parameter_error(f"The parameter :{name} has a character that no text in the database can have.")
    return value


def moment(milliseconds: int) -> datetime:
    """Local time for milliseconds since 1970. What no calendar holds is the first or last moment of one: clients say
    "from ever" and "for ever" with the least and greatest numbers."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000)
    except (ValueError, OverflowError, OSError):
        return datetime.max if milliseconds > 0 else datetime.min


def _id(value: Any, name: str) -> int:
    if value._id is None:
        raise parameter_error(f"The object given as parameter :{name} has no id: save it first.")
    return int(value._id._val)
