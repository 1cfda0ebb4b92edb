"""People of a running server with a session each, as the scenarios of permissions need them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import omero
import omero.model
from omero.rtypes import rbool, rdouble, rint, rlong, rstring
from omero.sys import ParametersI
from tests.support.instance import Instance
from tests.support.people import PASSWORD

LEVELS = {"P": "rw----", "RO": "rwr---", "RA": "rwra--", "RW": "rwrw--"}
FLAGS = {"E": "canEdit", "D": "canDelete", "A": "canAnnotate", "L": "canLink", "G": "canChgrp", "O": "canChown"}


def link(name: str, object_id: int) -> Any:
    """A reference to an object."""
    return getattr(omero.model, f"{name}I")(object_id, False)


def named(cls: str, name: str = "n", **values: Any) -> Any:
    """A new object with a name, and other attributes as they are."""
    made = getattr(omero.model, f"{cls}I")()
    made.name = rstring(name)
    for key, value in values.items():
        setattr(made, key, value)
    return made


def joined(cls: str, parent: Any, child: Any, owner: int | None = None) -> Any:
    """A new link, perhaps owned by somebody."""
    made = getattr(omero.model, f"{cls}I")()
    made.parent, made.child = parent.proxy() if parent.id else parent, child.proxy() if child.id else child
    if owner is not None:
        made.details.owner = link("Experimenter", owner)
    return made


def pixels() -> Any:
    """New pixels of one plane with one channel."""
    made = omero.model.PixelsI()
    made.sizeX = made.sizeY = made.sizeZ = made.sizeC = made.sizeT = rint(1)
    made.sha1 = rstring("none")
    made.dimensionOrder, made.pixelsType = omero.model.DimensionOrderI(), omero.model.PixelsTypeI()
    made.dimensionOrder.value, made.pixelsType.value = rstring("XYZCT"), rstring("uint8")
    channel = omero.model.ChannelI()
    channel.logicalChannel = omero.model.LogicalChannelI()
    made.addChannel(channel)
    return made


def image(name: str = "n") -> Any:
    """A new image with pixels."""
    made = named("Image", name)
    made.addPixels(pixels())
    return made


def rectangle(roi: Any = None) -> Any:
    """A new shape."""
    made = omero.model.RectangleI()
    made.x = made.y = made.width = made.height = rdouble(1)
    made.roi = roi
    return made


def tag(text: str = "t") -> Any:
    """A new tag."""
    made = omero.model.TagAnnotationI()
    made.textValue = rstring(text)
    return made


def original_file(name: str = "f", path: str = "/p/") -> Any:
    """A new file without content."""
    made = named("OriginalFile", name)
    made.path, made.size = rstring(path), rlong(0)
    return made


class Actor:
    """Somebody with a session. ``group`` arguments: id of the group of the call, -1 for all, None for the default."""

    def __init__(self, client: Any, session: Any) -> None:
        self.client, self.sf = client, session
        self.query, self.update = session.getQueryService(), session.getUpdateService()
        self.admin = session.getAdminService()
        context = self.admin.getEventContext()
        self.id, self.name = context.userId, context.userName

    def context(self, group: int | None = None, **more: Any) -> dict[str, str]:
        """The context of a call."""
        given = {} if group is None else {"omero.group": str(group)}
        return given | {key.replace("_", "."): str(value) for key, value in more.items()}

    def save(self, obj: Any, group: int | None = None, **more: Any) -> Any:
        """Save an object."""
        return self.update.saveAndReturnObject(obj, self.context(group, **more))

    def delete(self, obj: Any, group: int | None = None) -> None:
        """Delete one row."""
        self.update.deleteObject(obj, self.context(group))

    def get(self, cls: str, object_id: int, group: int | None = None) -> Any:
        """An object by id."""
        return self.query.get(cls, object_id, self.context(group))

    def find(self, cls: str, object_id: int, group: int | None = None) -> Any:
        """An object by a query, None when it is not found."""
        hql = f"from {cls} o where o.id = :id"
        return self.query.findByQuery(hql, ParametersI().addId(object_id), self.context(group))

    def flags(self, obj: Any, group: int | None = None) -> str:
        """Letters of what the actor may do with an object: E, D, A, L, G for chgrp, O for chown; "" for nothing."""
        cls = type(obj).__name__.removesuffix("I")
        shown = self.find(cls, obj.id.val, group).details.permissions
        return "".join(letter for letter, method in FLAGS.items() if getattr(shown, method)())

    def rename(self, obj: Any, group: int | None = None) -> Any:
        """Give an object a new name."""
        fresh = self.get(type(obj).__name__, obj.id.val, group)
        fresh.name = rstring(f"renamed by {self.name}")
        return self.save(fresh, group)


class Cast:
    """A server's people, made through its own administrator."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.clients: list[Any] = []
        self.root = self.log_in("root", instance.root_password)

    def log_in(self, name: str, password: str = PASSWORD, group: str | None = None) -> Actor:
        """A new session."""
        client = omero.client(f"tcp://{self.instance.host}:{self.instance.ports.tcp}")
        self.clients.append(client)
        if group is not None:
            client.ic.getImplicitContext().put("omero.group", group)
        return Actor(client, client.createSession(name, password))

    def join(self, session: Any) -> Actor:
        """A client of an existing session, such as one that an administrator made for somebody."""
        client = omero.client(f"tcp://{self.instance.host}:{self.instance.ports.tcp}")
        self.clients.append(client)
        return Actor(client, client.joinSession(session.uuid.val))

    def sudo(self, by: Actor, name: str, group: str | None = None) -> Actor:
        """A session that ``by`` opens for somebody else."""
        principal = omero.sys.Principal(name, group or "", "User", None)
        return self.join(by.sf.getSessionService().createSessionWithTimeouts(principal, 0, 0))

    def group(self, permissions: str) -> Any:
        """A new group."""
        made = named("ExperimenterGroup", f"group-{uuid4()}", ldap=rbool(False))
        made.details.permissions = omero.model.PermissionsI(permissions)
        return self.root.admin.getGroup(self.root.admin.createGroup(made))

    def user(self, *groups: Any, leads: tuple[Any, ...] = ()) -> Actor:
        """A new user in groups, the first of which is the default one."""
        admin = self.root.admin
        user_id = admin.createExperimenterWithPassword(
            self._person(), rstring(PASSWORD), groups[0], [link("ExperimenterGroup", 1), *groups[1:]]
        )
        for group in leads:
            admin.setGroupOwner(group, link("Experimenter", user_id))
        return self.log_in(admin.getExperimenter(user_id).omeName.val)

    def light_admin(self, *privileges: str, member_of: tuple[Any, ...] = ()) -> Actor:
        """A new administrator with these privileges only."""
        admin, chosen = self.root.admin, []
        for name in privileges:
            privilege = omero.model.AdminPrivilegeI()
            privilege.value = rstring(name)
            chosen.append(privilege)
        user_id = admin.createRestrictedSystemUserWithPassword(self._person(), chosen, rstring(PASSWORD))
        if member_of:
            admin.addGroups(link("Experimenter", user_id), list(member_of))
        return self.log_in(admin.getExperimenter(user_id).omeName.val)

    @staticmethod
    def _person() -> Any:
        user = omero.model.ExperimenterI()
        user.omeName = rstring(f"user-{uuid4()}")
        user.firstName, user.lastName, user.email = rstring("Test"), rstring("User"), rstring("t@example.org")
        user.ldap = rbool(False)
        return user

    def close(self) -> None:
        """End all sessions."""
        for client in self.clients:
            client.closeSession()


@contextmanager
def cast_of(instance: Instance) -> Iterator[Cast]:
    """A cast whose sessions are closed at the end."""
    cast = Cast(instance)
    try:
        yield cast
    finally:
        cast.close()


class Stage:
    """One group of each level with Ann, Bob and the leader Lea as members, the group h of Ann and Bob, and admins.

    nora belongs to neither; ``light`` is an administrator without privileges.
    """

    def __init__(self, cast: Cast) -> None:
        self.cast, self.root = cast, cast.root
        self.groups = {level: cast.group(permissions) for level, permissions in LEVELS.items()}
        self.h, self.other = cast.group("rwra--"), cast.group("rwr---")
        members = tuple(self.groups.values())
        self.ann, self.bob = cast.user(*members, self.h), cast.user(*members, self.h)
        self.lea = cast.user(*members, leads=members)
        self.nora = cast.user(self.other)
        self.light = cast.light_admin()

    def __getitem__(self, level: str) -> int:
        """The id of the group of a level, or of "h"."""
        return int((self.h if level == "h" else self.groups[level]).id.val)
