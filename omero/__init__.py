"""The OMERO client library.

    with omero.client("host", 4064) as ...     the plain client: omero.clients.BaseClient
    omero.gateway.BlitzGateway                 objects with methods
    omero.model, omero.rtypes, omero.sys       what services take and give

Importing it is light: the classes of the wire format and the client are loaded when first named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omero import _old_modules
from omero.errors import ClientError, CmdError, UnloadedCollectionException, UnloadedEntityException

if TYPE_CHECKING:
    from omero.clients import BaseClient

__version__ = "0.1.0"

# Set by ``omero.min`` and ``omero.all``; scripts look at it.
__import_style__: str | None = None

__all__ = [
    "ClientError",
    "CmdError",
    "UnloadedCollectionException",
    "UnloadedEntityException",
    "client",
    "client_wrapper",
    "proxy_to_instance",
]


_old_modules.install()


def client(*args: Any, **kwargs: Any) -> BaseClient:
    """A client: see :class:`omero.clients.BaseClient` for the arguments."""
    from omero.clients import BaseClient

    return BaseClient(*args, **kwargs)


def client_wrapper(*args: Any, **kwargs: Any) -> Any:
    """A gateway: see :class:`omero.gateway.BlitzGateway` for the arguments."""
    from omero.gateway import BlitzGateway

    return BlitzGateway(*args, **kwargs)


def proxy_to_instance(proxy_string: str, default: str | None = None) -> Any:
    """The unloaded object that a string names: ``"Image:1"``, or ``"1"`` with ``default="Image"``.

    Raises ClientError for a class that the model does not have, ValueError for an id that is no number.
    """
    from omero.model.proxies import proxy_to_instance as convert

    return convert(proxy_string, default)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    import importlib

    importlib.import_module("omero._generated")
    try:
        return globals()[name]
    except KeyError:
        pass
    try:
        return importlib.import_module(f"omero.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"omero.{name}":
            raise
        raise AttributeError(f"module 'omero' has no attribute {name!r}") from None
