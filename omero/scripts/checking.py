"""What is wrong with the inputs of a script, one line of text for each fault."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
from omero.rtypes import unwrap
from omero.scripts.logs import BASE_LOG

__all__ = [
    "check_boundaries",
    "check_values",
    "compare_proto",
    "error_msg",
    "expand",
    "set_input",
    "validate_inputs",
]

Wire: Any = omero


def error_msg(category: str, key: str, format_string: str, *args: Any) -> str:
    """One line: ``CATEGORY for "key": text``. ``format_string`` takes ``args`` with ``%``."""
    return f'{category} for "{key}": {format_string % args if args else format_string}\n'


def compare_proto(key: str, proto: Any, input: Any, cache: dict[int, Any] | None = None) -> str:
    """Lines on what in ``input`` is of another type than in ``proto``. Items are compared to the first in ``proto``.

    ``cache`` holds the ids of collections on the way here, which may contain themselves.
    """
    cache = {} if cache is None else cache
    if proto is None or id(input) in cache:
        return ""
    if not _same_type(proto, input):
        given = None if input is None else type(input)
        return error_msg("WRONG TYPE", key, "%s != %s", given, type(proto))
    expected, items = _items(proto), _items(input)
    if not expected:
        return ""
    cache[id(input)] = input
    return "".join(compare_proto(key, expected[0], item, cache) for item in items)


def _same_type(proto: Any, given: Any) -> bool:
    if isinstance(proto, Wire.RCollection):
        return isinstance(given, Wire.RCollection)
    return isinstance(given, Wire.RType) and given.ice_id() == proto.ice_id()


def _items(value: Any) -> list[Any]:
    """The items of a collection, the values of a map; nothing of anything else."""
    if isinstance(value, Wire.RMap):
        return list((value._val or {}).values())
    return list(value._val or []) if isinstance(value, Wire.RCollection) else []


def expand(input: Any) -> list[Any]:
    """``input`` as a list: nothing for None, the items of a list or tuple, else the value itself."""
    if input is None:
        return []
    return list(input) if isinstance(input, list | tuple) else [input]


def _plain_values(given: Any) -> list[Any]:
    """The plain values in an RType: of all items, when it is a collection or map."""
    return [unwrap(value) for value in (_items(given) if _is_many(given) else expand(given))]


def _is_many(value: Any) -> bool:
    return isinstance(value, Wire.RCollection | Wire.RMap)


def check_boundaries(key: str, min: Any, max: Any, input: Any) -> str:
    """Lines on every value in ``input`` below ``min`` or above ``max``, RTypes that may be None.

    What cannot be compared is of a wrong type, which :func:`compare_proto` reports.
    """
    lowest, highest = unwrap(min), unwrap(max)
    lines = []
    for value in _plain_values(input):
        if _is_less(value, lowest):
            lines.append(error_msg("OUT OF BOUNDS", key, "%s is below min %s", value, lowest))
        if _is_less(highest, value):
            lines.append(error_msg("OUT OF BOUNDS", key, "%s is above max %s", value, highest))
    return "".join(lines)


def _is_less(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    try:
        return bool(left < right)
    except TypeError:
        return False


def check_values(key: str, values: Any, input: Any) -> str:
    """Lines on every value in ``input`` that is not among ``values``, an RList; None or empty allows all."""
    allowed = unwrap(values)
    if not allowed:
        return ""
    wrong = [value for value in _plain_values(input) if value not in allowed]
    return "".join(error_msg("VALUE LIST", key, "%s not in %s", value, allowed) for value in wrong)


def validate_inputs(params: Any, inputs: dict[str, Any], svc: Any = None, session: Any = None) -> str:
    """What is wrong with ``inputs`` (RTypes by name) for the JobParams of a script: lines of text, "" for nothing.

    With a session service and the uuid of a session, defaults of what is not among the inputs become inputs of that
    session.
    """
    lines = []
    for key, param in params.inputs.items():
        if key in inputs:
            given = inputs[key]
            lines.append(compare_proto(key, param.prototype, given))
            lines.append(check_boundaries(key, param.min, param.max, given))
            lines.append(check_values(key, param.values, given))
        elif param.useDefault:
            lines.append(set_input(svc, session, key, param.prototype) if svc is not None else "")
        elif not param.optional:
            lines.append(error_msg("MISSING INPUT", key, ""))
    return "".join(lines)


def set_input(svc: Any, session: Any, key: str, value: Any) -> str:
    """Set one input of a session; "" or a line on why that failed."""
    try:
        svc.setInput(session, key, value)
    except Exception as error:
        BASE_LOG.debug("setInput of %s failed", key, exc_info=True)
        return error_msg("FAILED TO SET INPUT", key, "%s=%s. Error: %s", key, value, error)
    return ""
