"""Operations of services called as the dispatcher calls them, without a network."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import DBAPIError

from omero_server.rpc.errors import known_error
from omero_server.services.admin.service import AdminService
from omero_server.services.types import TypesService
from omero_server.services.update import UpdateService
from tests.support.lab import Lab, ref

__all__ = ["does", "group_ref", "user_ref"]

SERVICES = {name: service for service in (AdminService(), TypesService(), UpdateService()) for name in dir(service)}


def does(lab: Lab, user: str, operation: str, *arguments: Any, group: str | None = "RW", **changes: Any) -> Any:
    """Call an operation as a user in a group, or in all; errors of the database come out as clients see them."""
    method = getattr(SERVICES[operation], operation)
    try:
        with lab.call(user, group, **changes) as call:
            return method(call, *arguments)
    except DBAPIError as error:
        known = known_error(error)
        assert known is not None
        raise known from None


def group_ref(lab: Lab, name: str) -> Any:
    """A reference to a group of the lab."""
    return ref("ExperimenterGroup", lab.scene.groups[name])


def user_ref(lab: Lab, name: str) -> Any:
    """A reference to a user of the lab."""
    return ref("Experimenter", lab.scene.users[name])
