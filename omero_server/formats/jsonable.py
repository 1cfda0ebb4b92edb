"""Dataclasses to JSON-able data and back, led by their type hints. Fields at their default are left out."""

from __future__ import annotations

import base64
import dataclasses
import types
import typing
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["decode", "encode"]


def encode(value: Any) -> Any:
    """`value` as JSON-able data."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((f, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {f.name: encode(item) for f, item in pairs if item != _default(f)}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value) if isinstance(value, Path) else value


def _default(spec: dataclasses.Field[Any]) -> Any:
    if spec.default_factory is not dataclasses.MISSING:
        return spec.default_factory()
    return spec.default


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def decode(hint: Any, value: Any) -> Any:
    """What `encode` made of a value of type `hint`, turned back."""
    if value is None or hint is Any:
        return value
    if dataclasses.is_dataclass(hint):
        hints = _hints(typing.cast(type, hint))
        return typing.cast(Any, hint)(**{key: decode(hints[key], item) for key, item in value.items()})
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return decode(_matching(arguments, value), value)
    if origin is list:
        return [decode(arguments[0], item) for item in value]
    if origin is tuple and arguments[-1] is Ellipsis:
        return tuple(decode(arguments[0], item) for item in value)
    if origin is tuple:
        return tuple(decode(part, item) for part, item in zip(arguments, value, strict=True))
    if origin is dict:
        return {key: decode(arguments[1], item) for key, item in value.items()}
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is bytes:
        return base64.b64decode(value)
    return Path(value) if hint is Path else value


def _matching(arguments: tuple[Any, ...], value: Any) -> Any:
    """The member of a union that a JSON value belongs to: sequences to lists or tuples, the rest to plain types."""
    candidates = [part for part in arguments if part is not types.NoneType]
    for part in candidates:
        if isinstance(value, list) == (typing.get_origin(part) in (list, tuple)):
            return part
    return candidates[0]
