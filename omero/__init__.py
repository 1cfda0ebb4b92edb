"""The OMERO client library.

Importing it is light: the classes of the wire format and the client are loaded when first named.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_CLIENT_NAMES = {"client": "BaseClient", "CmdError": "CmdError", "ClientError": "ClientError"}


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    import importlib

    importlib.import_module("omero._generated")
    if name in _CLIENT_NAMES:
        clients = importlib.import_module("omero.clients")
        globals()[name] = getattr(clients, _CLIENT_NAMES[name])
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
