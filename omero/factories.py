"""Lets a communicator make ``*I`` objects of what the server sends."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import omero
import omero._generated
import omero.model
from omero import rtypes

__all__ = ["register"]

MODEL_PREFIX = "::omero::model::"


class _Classes(dict[str, Any]):
    """Classes by type id, built when an object of theirs first arrives; None for those that have no ``*I`` class."""

    def __missing__(self, type_id: str) -> Any:
        cls = None
        if type_id.startswith(MODEL_PREFIX):
            cls = getattr(omero.model, f"{type_id.removeprefix(MODEL_PREFIX)}I", None)
        self[type_id] = cls
        return cls


_CLASSES = _Classes({cls.ice_staticId(): cls for cls in rtypes.CLASSES})


def factory(client: Any = None) -> Callable[[str], Any]:
    """Makes an empty object of a type id. Ice fills the members, so the constructor is not called.

    None lets Ice choose the bare class. ``client`` is put into every DetailsI, so that objects know where they come
    from; it is not kept alive by the communicator, which belongs to it.
    """
    new, classes = object.__new__, _CLASSES
    origin = None if client is None else weakref.ref(client)

    def create(type_id: str) -> Any:
        cls = classes[type_id]
        return None if cls is None else new(cls)

    def create_details(type_id: str) -> Any:
        details = new(classes[type_id])
        details._client = origin() if origin else None
        return details

    create.details = create_details  # type: ignore[attr-defined]
    return create


def register(communicator: Any, client: Any = None) -> None:
    """Make ``communicator`` create ``*I`` objects. One default factory serves all classes."""
    create = factory(client)
    manager = communicator.getValueFactoryManager()
    manager.add(create, "")
    if client is not None:
        manager.add(create.details, f"{MODEL_PREFIX}Details")  # type: ignore[attr-defined]
