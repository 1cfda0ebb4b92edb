"""What old names of functions say when they are called."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

__all__ = ["deprecated"]

Function = TypeVar("Function", bound=Callable[..., object])


def deprecated(instead: str) -> Callable[[Function], Function]:
    """A decorator: the function still works, and warns its callers to use ``instead``."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def warned(*args: object, **kwargs: object) -> object:
            text = f"{function.__name__} is deprecated, use {instead}"
            warnings.warn(text, DeprecationWarning, stacklevel=2)
            return function(*args, **kwargs)

        return warned  # type: ignore[return-value]

    return decorate
