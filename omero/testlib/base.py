"""What all parts of a test class stand on: clients, and how they log in."""

from __future__ import annotations

import uuid
from typing import Any

import omero
import omero.clients

__all__ = ["Base", "Clients"]


class Clients:
    """Clients to be closed at the end, also those that a test has forgotten."""

    def __init__(self) -> None:
        self._clients: list[Any] = []

    def add(self, client: Any) -> None:
        """Close this one too."""
        self._clients.append(client)

    def close(self) -> None:
        """Close all."""
        while self._clients:
            self._clients.pop().closeSession()


class Base:
    """Clients of root and of the test's user."""

    DEFAULT_PERMS = "rw----"

    root: Any
    client: Any
    _clients: Clients

    @classmethod
    def uuid(cls) -> str:
        """A new name."""
        return str(uuid.uuid4())

    @classmethod
    def _new_client_of(cls, name: str, password: str) -> Any:
        client = omero.client()
        cls._clients.add(client)
        client.setAgent("OMERO.py.testlib")
        client.createSession(name, password)
        return client

    @classmethod
    def login_args(cls, client: Any = None) -> list[str]:
        """Options of the command line that join the session of a client, by default the test's user."""
        client = client or cls.client
        host, port = client.getProperty("omero.host"), client.getProperty("omero.port")
        return ["-q", "-s", host, "-k", client.getSessionId(), "-p", port]

    @classmethod
    def root_login_args(cls) -> list[str]:
        """The same of root."""
        return cls.login_args(cls.root)
