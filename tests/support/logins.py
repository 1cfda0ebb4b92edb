"""Clients of a running server, by password or by the key of a session; and a look at its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

import omero
import omero.model
import omero.sys
from tests.support.instance import Instance
from tests.support.people import PASSWORD

__all__ = ["client_of", "joined", "principal", "rows", "waiting_for_a_lock"]


@contextmanager
def client_of(instance: Instance, name: str = "root", password: str | None = None) -> Iterator[Any]:
    """A client with a session of its own, closed at the end."""
    client = omero.client(f"tcp://{instance.host}:{instance.ports.tcp}")
    try:
        client.createSession(name, password or (instance.root_password if name == "root" else PASSWORD))
        yield client
    finally:
        client.closeSession()


@contextmanager
def joined(instance: Instance, session: Any) -> Iterator[Any]:
    """A client that uses a session of somebody else: a loaded omero.model.Session, or a key."""
    client = omero.client(f"tcp://{instance.host}:{instance.ports.tcp}")
    try:
        client.joinSession(session if isinstance(session, str) else session.uuid.val)
        yield client
    finally:
        client.closeSession()


def principal(name: str, group: str = "", event_type: str = "") -> Any:
    """The user, group and type of events of a session to be."""
    return omero.sys.Principal(name=name, group=group, eventType=event_type)


def rows(instance: Instance, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """What a query of the database gives."""
    connection = psycopg2.connect(instance.uri)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()
    finally:
        connection.close()


@contextmanager
def waiting_for_a_lock(instance: Instance) -> Iterator[None]:
    """Meanwhile, queries of OTF do not come to an end."""
    connection = psycopg2.connect(instance.uri)
    try:
        connection.cursor().execute("LOCK TABLE otf IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        connection.close()
