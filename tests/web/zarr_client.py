"""OME-Zarr read as programs do: with zarr-python over HTTP, or by plain requests that name a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import zarr
import zarr.storage
from fsspec.implementations.http import HTTPFileSystem

import omero
from tests.support.instance import Instance
from tests.web.data import PASSWORD
from tests.web.visitor import Answer, Visitor

VERSIONS = pytest.mark.parametrize("version", ["0.4", "0.5"])
TOP = {"0.4": ".zattrs", "0.5": "zarr.json"}


@contextmanager
def session(instance: Instance, user: str, password: str = PASSWORD) -> Iterator[Any]:
    client = omero.client(f"tcp://{instance.host}:{instance.ports.tcp}")
    try:
        yield client.createSession(user, password)
    finally:
        client.closeSession()


def uuid_of(found: Any) -> str:
    return str(found.ice_getIdentity().name)


@contextmanager
def remote(instance: Instance, key: str, path: str) -> Iterator[zarr.Group]:
    """A group as zarr-python opens it over HTTP, with a session's key."""
    headers = {"Authorization": f"Bearer {key}"}
    files = HTTPFileSystem(asynchronous=True, client_kwargs={"headers": headers}, skip_instance_cache=True)
    store = zarr.storage.FsspecStore(files, path=f"{instance.web_url}{path}", read_only=True)
    try:
        yield zarr.open_group(store, mode="r")
    finally:
        aiohttp_session = files._session
        if aiohttp_session is not None:
            zarr.core.sync.sync(aiohttp_session.close())


def asked(instance: Instance, path: str, key: str = "", **headers: str) -> Answer:
    named = {"Authorization": f"Bearer {key}"} if key else {}
    return Visitor(instance.web_url).get(path, **named, **headers)
