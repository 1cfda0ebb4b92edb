"""Registers the classes of this library with a communicator that no ``omero.client`` made."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import Ice

from omero.factories import register

__all__ = ["conditionalAdd", "registerObjectFactory"]


def registerObjectFactory(ic: Any, client: Any = None) -> None:
    """Let the communicator ``ic`` make ``ImageI`` of an image, ``RStringI`` of a string.

    ``client`` is put into the details of every object. A communicator that does so already stays as it is.
    """
    with suppress(Ice.AlreadyRegisteredException):
        register(ic, client)


def conditionalAdd(name: str, ic: Any, of: Any) -> None:
    """Let ``of.create(type_id)`` make the values of the type id ``name``, unless something does so already."""
    manager = ic.getValueFactoryManager()
    if manager.find(name) is None:
        manager.add(lambda type_id: of.create(type_id), name)
