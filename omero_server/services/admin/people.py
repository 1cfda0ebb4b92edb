"""IAdmin, the operations that change users."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.queries import find
from omero_server.saving.removal import remove
from omero_server.saving.saver import save
from omero_server.security import accounts
from omero_server.security.privileges import (
    all_privileges,
    check_grant,
    check_not_above,
    privileges_of,
    write_privileges,
)
from omero_server.services.admin.objects import check_name, id_of, known_groups, known_user
from omero_server.services.admin.passwords import text_of
from omero_server.services.service import Service, writes
from omero_server.sessions.call import GUEST_USER, ROOT_USER, SYSTEM_GROUP, USER_GROUP, Call
from omero_server.sessions.membership import find_group

__all__ = ["AdminPeople"]

PERSONAL = ("firstName", "middleName", "lastName", "email", "institution")
RESERVED = {ROOT_USER: "root", GUEST_USER: "guest"}


class AdminPeople(Service):
    """Users are made by administrators and by the owners of their groups."""

    @writes
    def createUser(self, call: Call, experimenter: Any, group: str) -> int:
        """A user in a group and in "user", without password."""
        return _create(call, experimenter, [_group_named(call, group), USER_GROUP], None)

    @writes(role="system")
    def createSystemUser(self, call: Call, experimenter: Any) -> int:
        """An administrator with the caller's privileges at most."""
        return _create(call, experimenter, [SYSTEM_GROUP, USER_GROUP], None, call.caller.privileges)

    @writes(role="system")
    def createRestrictedSystemUser(self, call: Call, experimenter: Any, privileges: list[Any]) -> int:
        """An administrator with these privileges only."""
        return _create(call, experimenter, [SYSTEM_GROUP, USER_GROUP], None, values_of(privileges))

    @writes(role="system")
    def createRestrictedSystemUserWithPassword(
        self, call: Call, experimenter: Any, privileges: list[Any], password: Any
    ) -> int:
        """An administrator with these privileges only, and a password."""
        return _create(call, experimenter, [SYSTEM_GROUP, USER_GROUP], password, values_of(privileges))

    @writes
    def createExperimenter(self, call: Call, user: Any, defaultGroup: Any, groups: list[Any]) -> int:
        """A user in these groups, the default one first; "user" is not added by itself."""
        return _create_in(call, user, None, defaultGroup, groups)

    @writes
    def createExperimenterWithPassword(
        self, call: Call, user: Any, password: Any, defaultGroup: Any, groups: list[Any]
    ) -> int:
        """A user in these groups, with a password."""
        return _create_in(call, user, password, defaultGroup, groups)

    @writes
    def updateSelf(self, call: Call, experimenter: Any) -> None:
        """Change the caller's names, e-mail and institution."""
        _check_not_for_others(call)
        _update(call, call.caller.user_id, experimenter, PERSONAL)

    @writes
    def updateExperimenter(self, call: Call, experimenter: Any) -> None:
        """Change a user's names, e-mail, institution and login name."""
        user_id = id_of(experimenter, "experimenter")
        if call.caller.may("ModifyUser"):
            _update(call, user_id, experimenter, ("omeName", *PERSONAL))
        elif user_id == call.caller.user_id:
            self.updateSelf(call, experimenter)
        else:
            raise omero.SecurityViolation(message="Only administrators with the privilege ModifyUser change users.")

    @writes
    def updateExperimenterWithPassword(self, call: Call, experimenter: Any, password: Any) -> None:
        """Change a user and set a password."""
        user_id = id_of(experimenter, "experimenter")
        accounts.check_password_change(call, user_id)
        _update(call, user_id, experimenter, ("omeName", *PERSONAL))
        call.engine.passwords.change(call, user_id, text_of(password))

    @writes
    def deleteExperimenter(self, call: Call, user: Any) -> None:
        """Delete a user who has left no trace in the data or the history."""
        user_id = known_user(call, user)
        if not call.caller.may("ModifyUser"):
            raise omero.SecurityViolation(message="Only administrators with the privilege ModifyUser delete users.")
        if user_id in RESERVED:
            raise omero.ValidationException(message=f"{RESERVED[user_id]} cannot be deleted.")
        check_not_above(call, user_id)
        accounts.delete_account(call, user_id)
        remove(call, user, privileged=True)

    @writes(role="system")
    def setAdminPrivileges(self, call: Call, user: Any, privileges: list[Any]) -> None:
        """Let an administrator have just these privileges."""
        if not call.caller.may("ModifyUser"):
            raise omero.SecurityViolation(message="Only administrators with the privilege ModifyUser may do this.")
        write_privileges(call, known_user(call, user), values_of(privileges))


def values_of(privileges: list[Any] | None) -> list[str]:
    """The names of privilege objects. Raises ApiUsageException for one without name: it must not count as none."""
    if any(privilege is None or privilege._value is None for privilege in privileges or []):
        raise omero.ApiUsageException(message="A privilege is null or unloaded: send it with its value, as in 'Sudo'.")
    return [privilege._value._val for privilege in privileges or []]


def _group_named(call: Call, name: str) -> int:
    found = find_group(call.db, name=name)
    if found is None:
        raise omero.ApiUsageException(message=f"There is no group {name!r}.")
    return found.id


def _create_in(call: Call, user: Any, password: Any, default_group: Any, groups: list[Any]) -> int:
    ids = known_groups(call, [default_group, *(groups or [])])
    privileges = call.caller.privileges if SYSTEM_GROUP in ids else None
    return _create(call, user, ids, password, privileges)


def _create(call: Call, sent: Any, groups: list[int], password: Any, privileges: Any = None) -> int:
    """Insert user, memberships, password. ``privileges``: of a new administrator."""
    if sent is None:
        raise omero.ApiUsageException(message="The experimenter is null.")
    accounts.check_may_manage(call, [g for g in groups if g != USER_GROUP], "ModifyUser")
    if SYSTEM_GROUP in groups:
        check_grant(call, privileges)
    made = omero.model.Experimenter(_loaded=True, _config=sent._config, _ldap=sent._ldap or omero.RBool(_val=False))
    for name in ("omeName", *PERSONAL):
        setattr(made, f"_{name}", getattr(sent, f"_{name}"))
    check_name(made._omeName, "user")
    if made._omeName is not None:
        made._omeName = omero.RString(call.engine.passwords.spelled(made._omeName._val))
    user_id = id_of(save(call, [made], privileged=True)[0], "experimenter")
    if SYSTEM_GROUP in groups and all_privileges() - set(privileges):
        write_privileges(call, user_id, privileges)
    accounts.add_memberships(call, user_id, groups)
    accounts.set_password(call, user_id, text_of(password) if password is not None else "")
    return user_id


def _update(call: Call, user_id: int, sent: Any, names: tuple[str, ...]) -> None:
    """Copy these properties. Raises ValidationException when root or guest would be renamed."""
    if sent is None:
        raise omero.ApiUsageException(message="The experimenter is null.")
    stored = find(call, "Experimenter", user_id, as_server=True)
    if stored is None:
        raise omero.ApiUsageException(message=f"There is no user with id {user_id}.")
    for name in names:
        setattr(stored, f"_{name}", getattr(sent, f"_{name}"))
    if "omeName" in names:
        _check_name(user_id, stored)
    save(call, [stored], privileged=True)


def _check_not_for_others(call: Call) -> None:
    """SecurityViolation when somebody who may not change users acts as the caller."""
    sudoer = call.caller.sudoer_id
    if sudoer is not None and "ModifyUser" not in privileges_of(call, sudoer):
        raise omero.SecurityViolation(
            message="Who acts as another user needs the privilege ModifyUser to change that user."
        )


def _check_name(user_id: int, stored: Any) -> None:
    check_name(stored._omeName, "user")
    name = stored._omeName and stored._omeName._val
    if user_id in RESERVED and name != RESERVED[user_id]:
        raise omero.ValidationException(message=f"{RESERVED[user_id]} cannot be renamed.")
    if user_id not in RESERVED and name in RESERVED.values():
        raise omero.ValidationException(message=f"The name {name!r} is reserved.")
