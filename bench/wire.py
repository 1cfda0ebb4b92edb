"""What Ice alone takes to send an answer: the same objects, from servants that do nothing, to the same client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import Ice

import omero
import omero.api
from omero import factories

__all__ = ["Mirror", "mirror"]

SERVICES = {
    "query": ("IQuery", ("get", "findAllByQuery", "projection")),
    "containers": ("IContainer", ("loadContainerHierarchy", "getCollectionCount")),
    "metadata": ("IMetadata", ("loadAnnotations",)),
}


@dataclass
class Mirror:
    """Services whose every operation gives ``answer``."""

    services: SimpleNamespace
    answer: Any = None


@contextmanager
def mirror() -> Iterator[Mirror]:
    """The services, called over TCP on the loopback."""
    with Ice.initialize(["--Ice.MessageSizeMax=0"]) as communicator:
        factories.register(communicator)
        adapter = communicator.createObjectAdapterWithEndpoints("mirror", "tcp -h 127.0.0.1")
        made = Mirror(SimpleNamespace())
        for name, (interface, operations) in SERVICES.items():
            methods = {operation: lambda self, *arguments: made.answer for operation in operations}
            servant = type("Servant", (getattr(omero.api, interface),), methods)()
            proxy = adapter.add(servant, Ice.stringToIdentity(name)).ice_collocationOptimized(False)
            setattr(made.services, name, getattr(omero.api, f"{interface}Prx").uncheckedCast(proxy))
        adapter.activate()
        yield made
