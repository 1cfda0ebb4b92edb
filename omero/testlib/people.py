"""Groups and users of tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omero
import omero.model
from omero.rtypes import rbool, rstring
from omero.testlib.base import Base

__all__ = ["People"]


class People(Base):
    """The part of a test that makes groups and users. The password of a user is the name."""

    @classmethod
    def new_group(
        cls, experimenters: Sequence[Any] | None = None, perms: str | None = None, config: Any = None, gname: Any = None
    ) -> Any:
        """A new group with these members; ``perms`` such as ``rwra--``, ``config`` a list of NamedValue."""
        admin = cls.root.sf.getAdminService()
        group = omero.model.ExperimenterGroupI()
        group.name, group.ldap = rstring(gname or cls.uuid()), rbool(False)
        group.config = config
        group.details.permissions = omero.model.PermissionsI(perms or cls.DEFAULT_PERMS)
        made = admin.getGroup(admin.createGroup(group))
        cls.add_experimenters(made, experimenters or ())
        return made

    @classmethod
    def add_experimenters(cls, group: Any, experimenters: Sequence[Any]) -> None:
        """Make users members of a group: objects, ids, names, clients or event contexts."""
        admin = cls.root.sf.getAdminService()
        _id, name = cls.group_and_name(group)
        for experimenter in experimenters:
            user, _name = cls.user_and_name(experimenter)
            admin.addGroups(user, [admin.lookupGroup(name)])

    def add_groups(self, experimenter: Any, groups: Sequence[Any], owner: bool = False) -> None:
        """Make a user a member of groups, or an owner."""
        admin = self.root.sf.getAdminService()
        for group in groups:
            admin.addGroups(experimenter, [group])
            if owner:
                admin.setGroupOwner(group, experimenter)

    def remove_experimenters(self, group: Any, experimenters: Sequence[Any]) -> None:
        """Take users out of a group."""
        admin = self.root.sf.getAdminService()
        for experimenter in experimenters:
            user, _name = self.user_and_name(experimenter)
            admin.removeGroups(user, [group])

    @classmethod
    def new_user(
        cls,
        group: Any = None,
        perms: str | None = None,
        owner: bool = False,
        system: bool = False,
        uname: str | None = None,
        email: str | None = None,
        privileges: Sequence[str] | None = None,
    ) -> Any:
        """A new user in a group, by default a new one with ``perms``.

        ``owner`` of it; ``system`` makes an administrator, with these ``privileges`` instead of all.
        """
        admin = cls.root.sf.getAdminService()
        group = group or cls.new_group(perms=perms)
        _id, group_name = cls.group_and_name(group)
        user = omero.model.ExperimenterI()
        name = uname or cls.uuid()
        user.omeName, user.ldap = rstring(name), rbool(False)
        user.firstName = user.lastName = rstring(name)
        user.email = rstring(email) if email else None
        target, everybody = admin.lookupGroup(group_name), admin.lookupGroup("user")
        if privileges is not None:
            rights = [_privilege(each) for each in privileges]
            made = admin.createRestrictedSystemUserWithPassword(user, rights, rstring(name))
            admin.addGroups(omero.model.ExperimenterI(made, False), [target])
            admin.setDefaultGroup(omero.model.ExperimenterI(made, False), target)
        else:
            further = [admin.lookupGroup("system")] if system else []
            made = admin.createExperimenterWithPassword(user, rstring(name), target, [everybody, *further])
        if owner:
            admin.setGroupOwner(target, omero.model.ExperimenterI(made, False))
        return admin.getExperimenter(made)

    def new_client(
        self,
        group: Any = None,
        user: Any = None,
        perms: str | None = None,
        owner: bool = False,
        system: bool = False,
        session: str | None = None,
        password: str | None = None,
        email: str | None = None,
        privileges: Sequence[str] | None = None,
    ) -> Any:
        """A client logged in as ``user``, by default a new one; or joined to a session."""
        if session is not None:
            return self._new_client_of(session, session)
        if user is None:
            user = self.new_user(group, perms, owner=owner, system=system, email=email, privileges=privileges)
        _user, name = self.user_and_name(user)
        return self._new_client_of(name, password or name)

    def new_client_and_user(
        self,
        group: Any = None,
        perms: str | None = None,
        owner: bool = False,
        system: bool = False,
        privileges: Sequence[str] | None = None,
    ) -> tuple[Any, Any]:
        """(client, user) of a new user."""
        user = self.new_user(group, perms, owner=owner, system=system, privileges=privileges)
        return self.new_client(user=user), user

    @classmethod
    def group_and_name(cls, group: Any) -> tuple[Any, str]:
        """(group, name) of a group: an object, id or name; or of the group a client or event context is in."""
        admin = cls.root.sf.getAdminService()
        group = _context(group)
        if isinstance(group, omero.sys.EventContext):
            group = group.groupId
        if isinstance(group, omero.model.ExperimenterGroup):
            group = group.id.val if group.id is not None else group.name.val
        found = admin.getGroup(group) if isinstance(group, int) else admin.lookupGroup(str(group))
        return found, found.name.val

    @classmethod
    def user_and_name(cls, user: Any) -> tuple[Any, str]:
        """(user, name) of a user: an object, id or name; or of the user of a client or event context."""
        admin = cls.root.sf.getAdminService()
        user = _context(user)
        if isinstance(user, omero.sys.EventContext):
            user = user.userId
        if isinstance(user, omero.model.Experimenter):
            user = user.id.val if user.id is not None else user.omeName.val
        found = admin.getExperimenter(user) if isinstance(user, int) else admin.lookupExperimenter(str(user))
        return found, found.omeName.val


def _context(source: Any) -> Any:
    """The event context of a client, wherever one is given."""
    return source.sf.getAdminService().getEventContext() if isinstance(source, omero.clients.BaseClient) else source


def _privilege(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    privilege = omero.model.AdminPrivilegeI()
    privilege.value = rstring(value)
    return privilege
