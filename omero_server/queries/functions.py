"""The functions of the query language and the types of their results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Float,
    Integer,
    Numeric,
    String,
    Text,
    extract,
    func,
    literal,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.sql import ColumnElement
from sqlalchemy.types import TypeEngine

from omero_server.queries.errors import HqlError, did_you_mean
from omero_server.queries.values import Scalar

__all__ = ["CAST_TYPES", "FUNCTIONS", "arithmetic_type", "call", "cast", "count_all"]

Columns = list[ColumnElement[Any]]
FIELDS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")
MATHEMATICAL = (
    "acos", "asin", "atan", "cbrt", "cos", "cot", "degrees", "exp", "ln", "log", "radians", "sin", "sqrt", "tan",
)  # fmt: skip
WIDTH = {"RInt": 1, "RLong": 2, "RFloat": 3, "RDouble": 4}

CAST_TYPES: dict[str, tuple[TypeEngine[Any], str]] = {
    "string": (Text(), "RString"),
    "text": (Text(), "RString"),
    "integer": (Integer(), "RInt"),
    "int": (Integer(), "RInt"),
    "short": (Integer(), "RInt"),
    "long": (BigInteger(), "RLong"),
    "bigint": (BigInteger(), "RLong"),
    "double": (Double(), "RDouble"),
    "float": (Float(), "RFloat"),
    "boolean": (Boolean(), "RBool"),
    "date": (Date(), "RTime"),
    "timestamp": (DateTime(), "RTime"),
    "big_decimal": (Numeric(), "RDouble"),
    "big_integer": (BigInteger(), "RLong"),
}


@dataclass(frozen=True, slots=True)
class Function:
    """fewest, most: numbers of arguments (most None: any). type: of the result, None for that of the arguments."""

    build: Callable[..., ColumnElement[Any]]
    type: str | None
    fewest: int
    most: int | None


def _sql(name: str) -> Callable[..., ColumnElement[Any]]:
    return getattr(func, name)  # type: ignore[no-any-return]


def _field(name: str) -> Callable[..., ColumnElement[Any]]:
    def part(moment: Any) -> ColumnElement[Any]:
        return sql_cast(func.floor(extract(name, moment)), Integer())

    return part


def _locate(needle: Any, text: Any, start: Any = None) -> ColumnElement[Any]:
    if start is None:
        return func.strpos(text, needle)
    found = func.strpos(func.substr(text, start), needle)
    place: ColumnElement[Any] = func.sign(found) * (found + start - 1)
    return place


def _concat(*parts: Any) -> ColumnElement[Any]:
    joined: ColumnElement[Any] = sql_cast(parts[0], String())
    for part in parts[1:]:
        joined = joined.concat(sql_cast(part, String()))
    return joined


def _round(value: Any, digits: Any = None) -> ColumnElement[Any]:
    if digits is None:
        return func.round(value)
    return func.round(sql_cast(value, Numeric()), digits)


def _as_double(name: str) -> Callable[..., ColumnElement[Any]]:
    return lambda value: sql_cast(_sql(name)(value), Double())


def _as_moment(name: str) -> Callable[..., ColumnElement[Any]]:
    """Of a text and its form; times of the database have no zone."""
    return lambda text, form: sql_cast(_sql(name)(text, form), DateTime())


FUNCTIONS: dict[str, Function] = {
    **{name: Function(_sql(name), "RString", 1, 1) for name in ("lower", "upper", "initcap", "reverse", "md5")},
    **{name: Function(_sql(name), "RString", 1, 2) for name in ("ltrim", "rtrim")},
    **{name: Function(_sql(name), "RString", 2, 2) for name in ("left", "right", "to_char")},
    **{name: Function(_sql(name), None, 1, None) for name in ("greatest", "least")},
    **{name: Function(_sql(name), "RInt", 1, 1) for name in ("ascii", "bit_length", "length", "octet_length")},
    **{name: Function(_sql(name), None, 1, 1) for name in ("ceil", "floor")},
    **{name: Function(_sql(name), None, 1, 1) for name in ("max", "min", "abs")},
    **{name: Function(_sql(name), "RDouble", 1, 1) for name in MATHEMATICAL},
    **{name: Function(_as_double(name), "RDouble", 1, 1) for name in ("stddev", "variance")},
    **{name: Function(_as_moment(name), "RTime", 2, 2) for name in ("to_date", "to_timestamp")},
    **{name: Function(lambda: func.random(), "RDouble", 0, 0) for name in ("rand", "random")},
    **{name: Function(_field(name), "RInt", 1, 1) for name in FIELDS},
    "avg": Function(_as_double("avg"), "RDouble", 1, 1),
    "bitand": Function(lambda left, right: left.op("&")(right), None, 2, 2),
    "ceiling": Function(_sql("ceil"), None, 1, 1),
    "chr": Function(_sql("chr"), "RString", 1, 1),
    "char_length": Function(_sql("length"), "RInt", 1, 1),
    "coalesce": Function(_sql("coalesce"), None, 1, None),
    "concat": Function(_concat, "RString", 1, None),
    "count": Function(_sql("count"), "RLong", 1, 1),
    "current_date": Function(lambda: func.current_date(), "RTime", 0, 0),
    "current_time": Function(lambda: func.localtimestamp(), "RTime", 0, 0),
    "current_timestamp": Function(lambda: func.localtimestamp(), "RTime", 0, 0),
    "date": Function(_sql("date"), "RTime", 1, 1),
    "date_trunc": Function(_sql("date_trunc"), "RTime", 2, 2),
    "localtimestamp": Function(lambda: func.localtimestamp(), "RTime", 0, 0),
    "locate": Function(_locate, "RInt", 2, 3),
    # Not of HQL: whether a text contains what a regular expression of PostgreSQL describes, in any case.
    "matches": Function(lambda text, pattern: text.op("~*", is_comparison=True)(pattern), "RBool", 2, 2),
    "mod": Function(_sql("mod"), None, 2, 2),
    "now": Function(lambda: func.localtimestamp(), "RTime", 0, 0),
    "nullif": Function(_sql("nullif"), None, 2, 2),
    "power": Function(_sql("power"), "RDouble", 2, 2),
    "replace": Function(_sql("replace"), "RString", 3, 3),
    "round": Function(_round, None, 1, 2),
    "sign": Function(_sql("sign"), "RInt", 1, 1),
    "str": Function(lambda value: sql_cast(value, Text()), "RString", 1, 1),
    "substring": Function(_sql("substr"), "RString", 2, 3),
    "substr": Function(_sql("substr"), "RString", 2, 3),
    "sum": Function(_sql("sum"), None, 1, 1),
    "to_number": Function(lambda text, form: sql_cast(func.to_number(text, form), Double()), "RDouble", 2, 2),
    "trim": Function(_sql("btrim"), "RString", 1, 2),
    "trunc": Function(_sql("trunc"), None, 1, 1),
}


def call(name: str, arguments: list[Scalar], distinct: bool, at: int) -> Scalar:
    """The value of a function. Raises HqlError for unknown functions and wrong numbers of arguments."""
    function = FUNCTIONS.get(name)
    if function is None:
        hint = did_you_mean(name, FUNCTIONS) or f"There are: {', '.join(sorted(FUNCTIONS))}."
        raise HqlError(at, f"there is no function {name!r}", hint)
    if len(arguments) < function.fewest or (function.most is not None and len(arguments) > function.most):
        most = "any number" if function.most is None else function.most
        wanted = function.fewest if most == function.fewest else f"{function.fewest} to {most}"
        raise HqlError(at, f"{name}() takes {wanted} arguments, {len(arguments)} are given")
    columns = [a.sql for a in arguments]
    if distinct:
        columns = [columns[0].distinct()]
    type_ = function.type or next((a.type for a in arguments if a.type), None)
    if name == "sum" and type_ in ("RInt", "RLong"):
        return Scalar(sql_cast(function.build(*columns), BigInteger()), "RLong")
    unit = arguments[0].unit if name in ("max", "min", "coalesce", "nullif") and arguments else None
    return Scalar(function.build(*columns), type_, unit)


def cast(value: Scalar, type_: str, at: int) -> Scalar:
    """``cast(value as type)``. Raises HqlError for unknown types."""
    type_ = type_.removeprefix("java.lang.")
    if type_ not in CAST_TYPES:
        raise HqlError(at, f"there is no type {type_!r} to cast to", f"There are: {', '.join(sorted(CAST_TYPES))}.")
    sql, rtype = CAST_TYPES[type_]
    return Scalar(sql_cast(value.sql, sql), rtype)


def arithmetic_type(left: Scalar, right: Scalar) -> str | None:
    """The wider of two number types."""
    known = [s.type for s in (left, right) if s.type in WIDTH]
    return max(known, key=lambda t: WIDTH[t]) if known else None


def count_all() -> Scalar:
    """``count(*)``."""
    return Scalar(func.count(literal(1)), "RLong")
