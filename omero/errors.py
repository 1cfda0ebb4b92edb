"""Errors that the client library itself raises. The server's exceptions come from the Slice files.

ClientError
├── CmdError                      a command ended with an ERR response
├── UnloadedEntityException       a field of an unloaded object was asked for, or an unloaded collection
└── UnloadedCollectionException   kept for code that names it
"""

from __future__ import annotations

from typing import Any

__all__ = ["ClientError", "CmdError", "UnloadedCollectionException", "UnloadedEntityException"]


class ClientError(Exception):
    """Base of the client's own errors."""


class CmdError(ClientError):
    """A command failed. ``err`` is the server's ``omero.cmd.ERR``: category, name, parameters."""

    def __init__(self, err: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.err = err

    def __str__(self) -> str:
        return f"{super().__str__()}\n{self.err}"


class UnloadedEntityException(ClientError):
    """The object, or the collection, was not loaded: ask the server for it again."""


class UnloadedCollectionException(ClientError):
    """A collection was not loaded."""


for _error in (ClientError, CmdError, UnloadedEntityException, UnloadedCollectionException):
    _error.__module__ = "omero"
