"""Groups and users of a running server, made through its own interface, and logins as them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import omero
import omero.model
from omero.rtypes import rbool, rstring
from tests.support.instance import Instance

PASSWORD = "a secret of tests"


@contextmanager
def logged_in(instance: Instance, name: str = "root", password: str | None = None) -> Iterator[Any]:
    """A session of a client, closed at the end."""
    client = omero.client(instance.host, instance.ports.ssl)
    try:
        yield client.createSession(name, password or (instance.root_password if name == "root" else PASSWORD))
    finally:
        client.closeSession()


def make_group(session: Any, permissions: str) -> Any:
    """A new group with permissions such as "rwra--"; needs an administrator's session."""
    group = omero.model.ExperimenterGroupI()
    group.name, group.ldap = rstring(f"group-{uuid4()}"), rbool(False)
    group.details.permissions = omero.model.PermissionsI(permissions)
    admin = session.getAdminService()
    return admin.getGroup(admin.createGroup(group))


def make_user(session: Any, group: Any) -> str:
    """The name of a new user in a group; needs an administrator's session."""
    user = omero.model.ExperimenterI()
    user.omeName = rstring(f"user-{uuid4()}")
    user.firstName, user.lastName, user.ldap = rstring("Test"), rstring("User"), rbool(False)
    admin = session.getAdminService()
    everybody = admin.lookupGroup("user")
    admin.createExperimenterWithPassword(user, rstring(PASSWORD), group, [everybody])
    return str(user.omeName.val)
