"""Classes of the model by the names that clients send, in any spelling."""

from __future__ import annotations

import omero
from omero_server.model.schema import MODEL, ModelClass

__all__ = ["enum_class", "model_class", "simple_name"]


def simple_name(name: str | None) -> str:
    """The simple class name, or "" when there is no such class."""
    try:
        return MODEL.resolve(name or "").name
    except KeyError:
        return ""


def model_class(name: str) -> ModelClass:
    """The class. Raises ApiUsageException when there is none."""
    try:
        return MODEL.resolve(name)
    except KeyError:
        raise omero.ApiUsageException(message=f"There is no class {name!r} in the model.") from None


def enum_class(name: str) -> ModelClass:
    """The class of an enumeration. Raises ApiUsageException when there is none."""
    cls = model_class(name)
    if not cls.is_enum:
        raise omero.ApiUsageException(message=f"{cls.name} is not an enumeration. See getEnumerationTypes.")
    return cls
