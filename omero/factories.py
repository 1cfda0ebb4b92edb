"""Lets a communicator make ``*I`` objects of what the server sends.

Ice makes one object per value, and sets its members one by one: whatever is done in Python per object or member costs
more than Ice itself. So objects of the model arrive in a class without the checks of ``ModelObject``, which sets their
real class when they are complete, and each class that has arrived once gets a factory of its own.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import Ice

import omero
import omero._generated
import omero.model
from omero import rtypes
from omero.model.base import ModelObject

__all__ = ["register"]

MODEL_PREFIX = "::omero::model::"
DETAILS = f"{MODEL_PREFIX}Details"

_NEW = object.__new__


@cache
def _arriving(type_id: str) -> Any:
    """The class in which objects of a type id arrive; None for those that have no ``*I`` class."""
    cls = _VALUES.get(type_id)
    if cls is not None or not type_id.startswith(MODEL_PREFIX):
        return cls
    cls = getattr(omero.model, f"{type_id.removeprefix(MODEL_PREFIX)}I", None)
    return _unchecked(cls) if cls is not None and issubclass(cls, ModelObject) else cls


_VALUES: dict[str, Any] = {cls.ice_staticId(): cls for cls in (*rtypes.CLASSES, omero.model.NamedValue)}


def _unchecked(cls: Any) -> Any:
    """A class with the same members that becomes ``cls`` when Ice has set all of them."""

    def ice_postUnmarshal(self: Any) -> None:
        self.__class__ = cls

    return type(cls.__name__, (cls.BARE,), {"__module__": cls.__module__, "ice_postUnmarshal": ice_postUnmarshal})


def _details_of(client: Any) -> Callable[[str], Any]:
    """Makes DetailsI that know the client they came through, which is not kept alive by its communicator."""
    origin, cls = weakref.ref(client), omero.model.DetailsI

    def create(type_id: str) -> Any:
        details = _NEW(cls)
        details._client = origin()
        return details

    return create


def register(communicator: Any, client: Any = None) -> None:
    """Make ``communicator`` create ``*I`` objects. ``client`` is put into every DetailsI."""
    manager = communicator.getValueFactoryManager()

    def create(type_id: str) -> Any:
        """Makes the first object of a type id. None lets Ice choose the bare class."""
        cls = _arriving(type_id)
        if cls is None:
            return None
        # The constructors are not called. Another thread may have come first.
        with suppress(Ice.AlreadyRegisteredException):
            manager.add(lambda _, new=_NEW, cls=cls: new(cls), type_id)
        return _NEW(cls)

    manager.add(create, "")
    if client is not None:
        manager.add(_details_of(client), DETAILS)
