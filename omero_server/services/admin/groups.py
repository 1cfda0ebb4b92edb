"""IAdmin, the operations that change groups and memberships."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.queries import find
from omero_server.saving.permissions import change_permissions
from omero_server.saving.removal import remove
from omero_server.saving.saver import save
from omero_server.security import accounts
from omero_server.security.bits import Right, Role, granted
from omero_server.security.privileges import check_grant
from omero_server.services.admin.objects import check_name, id_of, known_groups, known_user
from omero_server.services.service import Service, writes
from omero_server.sessions.call import SYSTEM_GROUP, Call
from omero_server.sessions.membership import effective_privileges

__all__ = ["AdminGroups"]

SPECIAL = {0: "system", 1: "user", 2: "guest"}


class AdminGroups(Service):
    """Groups are made by administrators; their owners manage them."""

    @writes(role="system")
    def createGroup(self, call: Call, group: Any) -> int:
        """A group; private unless its details say otherwise."""
        if not call.caller.may("ModifyGroup"):
            raise omero.SecurityViolation(message="Creating groups needs the privilege ModifyGroup.")
        if group is None:
            raise omero.ApiUsageException(message="The group is null.")
        asked = None if group._details is None else group._details._permissions
        if asked is not None and not granted(asked._perm1, Role.USER, Right.READ):
            raise omero.GroupSecurityViolation(message="Owners must be able to read their own data.")
        check_name(group._name, "group")
        made = omero.model.ExperimenterGroup(
            _loaded=True,
            _name=group._name,
            _description=group._description,
            _ldap=group._ldap or omero.RBool(_val=False),
            _config=group._config,
        )
        made._details = omero.model.Details(_permissions=asked)
        return id_of(save(call, [made], privileged=True)[0], "group")

    @writes
    def updateGroup(self, call: Call, group: Any) -> None:
        """Change name, description and permissions."""
        group_id = id_of(group, "group")
        accounts.check_may_manage(call, [group_id], "ModifyGroup")
        stored = find(call, "ExperimenterGroup", group_id, as_server=True)
        if stored is None:
            raise omero.ApiUsageException(message=f"There is no group with id {group_id}.")
        asked = None if group._details is None else group._details._permissions
        bits = stored._details._permissions._perm1
        if stored._name._val != (group._name and group._name._val):
            _check_rename(call, group_id, group._name)
        check_name(group._name, "group")
        stored._name, stored._description = group._name, group._description
        save(call, [stored], privileged=True)
        if asked is not None and asked._perm1 != bits:
            change_permissions(call, group_id, asked._perm1)

    @writes
    def deleteGroup(self, call: Call, group: Any) -> None:
        """Delete a group in which nothing is left."""
        (group_id,) = known_groups(call, [group])
        accounts.check_may_manage(call, [group_id], "ModifyGroup")
        if group_id in SPECIAL:
            raise omero.ValidationException(message=f"The group {SPECIAL[group_id]!r} cannot be deleted.")
        accounts.delete_group_memberships(call, group_id)
        remove(call, group, privileged=True)

    @writes
    def changePermissions(self, call: Call, obj: Any, perms: Any) -> None:
        """Change the permissions of a group and of all that is in it."""
        if obj is None or perms is None:
            raise omero.ApiUsageException(message="The object and the permissions must not be null.")
        if not isinstance(obj, omero.model.ExperimenterGroup):
            raise omero.SecurityViolation(message="Only groups have permissions of their own.")
        (group_id,) = known_groups(call, [obj])
        accounts.check_may_manage(call, [group_id], "ModifyGroup")
        change_permissions(call, group_id, perms._perm1)

    @writes
    def addGroups(self, call: Call, user: Any, groups: list[Any]) -> None:
        """Make a user a member of groups."""
        if not groups:
            raise omero.ValidationException(message="There are no groups to add.")
        ids, user_id = known_groups(call, groups), known_user(call, user)
        accounts.check_may_manage(call, ids)
        _check_promotion(call, user_id, ids)
        accounts.add_memberships(call, user_id, ids)

    @writes
    def removeGroups(self, call: Call, user: Any, groups: list[Any]) -> None:
        """End memberships of a user."""
        if user is None or groups is None:
            return
        ids, user_id = known_groups(call, groups), known_user(call, user)
        accounts.check_may_manage(call, ids)
        accounts.remove_memberships(call, user_id, ids)

    @writes
    def setDefaultGroup(self, call: Call, user: Any, group: Any) -> None:
        """Say which group a user works in after login."""
        if user is None or group is None:
            return
        user_id = known_user(call, user)
        if user_id != call.caller.user_id and not call.caller.may("ModifyUser"):
            raise omero.SecurityViolation(message="Only administrators change the default group of others.")
        accounts.set_default_group(call, user_id, id_of(group, "group"))

    @writes
    def setGroupOwner(self, call: Call, group: Any, owner: Any) -> None:
        """Make a user an owner of a group."""
        self.addGroupOwners(call, group, [owner])

    @writes
    def unsetGroupOwner(self, call: Call, group: Any, owner: Any) -> None:
        """Take ownership from a user, who stays a member."""
        self.removeGroupOwners(call, group, [owner])

    @writes
    def addGroupOwners(self, call: Call, group: Any, owners: list[Any]) -> None:
        """Make users owners of a group."""
        _set_leaders(call, group, owners, True)

    @writes
    def removeGroupOwners(self, call: Call, group: Any, owners: list[Any]) -> None:
        """Take ownership from users, who stay members."""
        _set_leaders(call, group, owners, False)


def _set_leaders(call: Call, group: Any, owners: list[Any], leads: bool) -> None:
    if group is None or owners is None:
        return
    (group_id,) = known_groups(call, [group])
    accounts.check_may_manage(call, [group_id])
    for owner in owners:
        if owner is None:
            continue
        user_id = known_user(call, owner)
        if leads:
            _check_promotion(call, user_id, [group_id])
        accounts.set_leader(call, user_id, group_id, leads)


def _check_promotion(call: Call, user_id: int, groups: list[int]) -> None:
    """SecurityViolation when somebody would become an administrator with privileges that the caller lacks."""
    if SYSTEM_GROUP in groups and SYSTEM_GROUP not in accounts.memberships(call, user_id):
        check_grant(call, effective_privileges(call.db, user_id))


def _check_rename(call: Call, group_id: int, name: Any) -> None:
    new = name and name._val
    if group_id in SPECIAL:
        raise omero.ValidationException(message=f"The group {SPECIAL[group_id]!r} cannot be renamed.")
    if new in SPECIAL.values():
        raise omero.ValidationException(message=f"The name {new!r} is reserved.")
    if group_id == call.caller.group_id:
        raise omero.ValidationException(message="The group that this call runs in cannot be renamed: switch groups.")
