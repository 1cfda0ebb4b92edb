"""Unloaded objects from strings such as ``Image:5``."""

from __future__ import annotations

from typing import Any

import omero.model
from omero.errors import ClientError

__all__ = ["proxy_to_instance", "split_proxy"]


def split_proxy(text: str) -> tuple[str, int]:
    """Class name without the I, and id, of ``Image:5`` or ``ImageI:5``.

    Raises ClientError when there is no colon or more than one, ValueError when the id is no number.
    """
    kind, colon, number = text.partition(":")
    if not colon or ":" in number:
        raise ClientError(f"Invalid proxy string: {text}. Correct format is Class:ID")
    # "I" is a suffix only where the class is not itself spelt so.
    return kind[:-1] if kind.endswith("I") else kind, int(number)


def proxy_to_instance(proxy_string: str, default: str | None = None) -> Any:
    """The unloaded object that a string names: ``"Image:1"``, or ``"1"`` with ``default="Image"``.

    Raises ClientError for a class that the model does not have, ValueError for an id that is no number.
    """
    text = proxy_string if ":" in proxy_string or default is None else f"{default}:{proxy_string}"
    kind, number = split_proxy(text)
    cls = getattr(omero.model, f"{kind}I", None)
    if cls is None or not issubclass(cls, omero.model.IObject):
        raise ClientError(f"Invalid proxy string: {text}. Correct format is Class:ID")
    return cls(number, False)
