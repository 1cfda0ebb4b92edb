"""Fixtures that modules share. Each module gets databases of its own, so that none sees the objects of another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import omero
from omero.gateway import BlitzGateway
from omero_server.db.engine import Database
from tests.support.actors import Cast, Stage, cast_of
from tests.support.database import fresh_database
from tests.support.garden import Garden
from tests.support.ground import Ground, ground_of
from tests.support.instance import Instance, fresh_root
from tests.support.lab import Lab, open_lab


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """An empty database."""
    with fresh_database() as database:
        yield database


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """People, groups, and calls without a network."""
    with fresh_root() as root, open_lab(root) as lab:
        yield lab


@pytest.fixture
def garden(lab: Lab) -> Garden:
    """Makes objects in the lab."""
    return Garden(lab)


@pytest.fixture(scope="module")
def cast(instance: Instance) -> Iterator[Cast]:
    """Makes people of the shared server."""
    with cast_of(instance) as cast:
        yield cast


@pytest.fixture(scope="module")
def stage(cast: Cast) -> Stage:
    """People with sessions, and groups of each kind."""
    return Stage(cast)


@pytest.fixture(scope="module")
def ground(stage: Stage, instance: Instance) -> Iterator[Ground]:
    """Makes objects in the groups of the stage."""
    with ground_of(stage, instance) as ground:
        yield ground


@pytest.fixture(scope="module")
def client(instance: Instance) -> Iterator[Any]:
    """The client library, logged in as root at the shared server."""
    made = omero.client(instance.host, instance.ports.ssl)
    made.createSession("root", instance.root_password)
    yield made
    made.closeSession()


@pytest.fixture(scope="module")
def conn(instance: Instance) -> Iterator[Any]:
    """The gateway, logged in as root at the shared server."""
    made = BlitzGateway("root", instance.root_password, host=instance.host, port=instance.ports.ssl)
    assert made.connect(), made.getLastError()
    yield made
    made.close()
