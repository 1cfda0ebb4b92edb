"""Writes answers for the wire, several times as fast as Ice's Python module does, where the compiled encoder is there.

The encoder (``native/encoder.c``) knows Ice's encoding 1.1, which all clients since Ice 3.5 use. Whatever it does not
know, it leaves to Ice: other encodings, proxies, and values that are not of their type.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module, resources
from typing import Any

import omero._generated  # noqa: F401 - defines the classes

__all__ = ["available", "encoder_of"]

WORTHWHILE = ("class", "seq", "dict")
Encode = Callable[[Any], bytes | None]


@cache
def _compiled() -> Any:
    """The compiled class, or None where there was no compiler."""
    try:
        return import_module("omero_server._encoder").Encoder
    except ModuleNotFoundError:
        return None


@cache
def _known() -> tuple[Any, dict[str, int]]:
    """The encoder, and the places of the types that operations return."""
    text = resources.files("omero._generated").joinpath("wire_types.json").read_text("utf-8")
    read = json.loads(text)
    types = read["types"]
    results = {name: place for name, place in read["results"].items() if types[place][0] in WORTHWHILE}
    return _compiled()([_row(row) for row in types]), results


def available() -> bool:
    """Whether there is an encoder of our own."""
    return _compiled() is not None


def encoder_of(operation: str) -> Encode | None:
    """What writes the results of an operation ("IQuery.get") as an encapsulation; None when only Ice can, or does it
    as well: results that are no objects, nor collections.

    It answers None for results that are not what the operation returns.
    """
    if not available():
        return None
    encoder, results = _known()
    place = results.get(operation)
    return None if place is None else partial(encoder.encode, place)


def _row(row: list[Any]) -> tuple[Any, ...]:
    if row[0] == "class":
        _, type_id, base, members = row
        return "class", _python_class(type_id), type_id, base, tuple(map(tuple, members))
    if row[0] == "enum":
        return "enum", _python_class(row[1])
    if row[0] == "struct":
        return "struct", tuple(map(tuple, row[1]))
    return tuple(row)


def _python_class(type_id: str) -> Any:
    found: Any = None
    for part in type_id.removeprefix("::").split("::"):
        found = import_module(part) if found is None else getattr(found, part)
    return found
