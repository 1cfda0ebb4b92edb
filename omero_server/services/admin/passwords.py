"""IAdmin, the operations that deal with passwords and with accounts of the directory."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.security.accounts import check_password_change
from omero_server.security.forgotten import ForgottenError, mail_new_password
from omero_server.security.providers.base import Work
from omero_server.services.admin.objects import user_id_of
from omero_server.services.ldap import enabled, looking_up
from omero_server.services.service import Service, unmanaged, writes
from omero_server.sessions.call import Call

__all__ = ["AdminPasswords"]


class AdminPasswords(Service):
    """Passwords are checked and changed by the providers of omero.security.password_provider."""

    @writes(password=True)
    def changePassword(self, call: Call, newPassword: Any) -> None:
        """Set the caller's own password; null closes the account."""
        call.engine.passwords.change(call, call.caller.user_id, text_of(newPassword))

    @writes
    def changePasswordWithOldPassword(self, call: Call, oldPassword: Any, newPassword: Any) -> None:
        """Set the caller's own password. Raises SecurityViolation when the old one is wrong."""
        checked = call.engine.passwords.check_in_call(call.caller.user_name, text_of(oldPassword) or "")
        if checked != call.caller.user_id:
            raise omero.SecurityViolation(message="The old password is wrong.")
        call.engine.passwords.change(call, call.caller.user_id, text_of(newPassword))

    @writes(password=True)
    def changeUserPassword(self, call: Call, omeName: str, newPassword: Any) -> None:
        """Set another user's password."""
        user_id = user_id_of(call, omeName)
        check_password_change(call, user_id)
        call.engine.passwords.change(call, user_id, text_of(newPassword))

    @unmanaged(role="any")
    def changeExpiredCredentials(self, call: Call, name: str, oldCred: str, newCred: str) -> None:
        """Passwords do not expire in OMERO."""
        raise omero.InternalException(
            message="Passwords do not expire in this server. Log in and use changePasswordWithOldPassword."
        )

    @unmanaged(role="any")
    def reportForgottenPassword(self, call: Call, name: str, email: str) -> None:
        """Mail a new password to a user. Raises SecurityViolation when name and address do not belong together, and
        ApiUsageException for empty ones and for administrators.
        """
        if not name or not email:
            raise omero.ApiUsageException(message="Name and e-mail address are both needed.")
        passwords = call.engine.passwords
        try:
            with passwords.setting.write() as transaction:
                mail_new_password(Work(transaction), passwords, name, email)
        except ForgottenError as error:
            raise _forgotten(error) from None

    @unmanaged
    def lookupLdapAuthExperimenter(self, call: Call, id: int) -> str | None:
        """The distinguished name of a user whose password the directory checks, else None."""
        with call.engine.database.begin() as db:
            name = ldap_users(db).get(id)
        if name is None or not enabled(call):
            return None
        with looking_up(call) as people:
            person = people.user(name)
        return person.dn if person else None

    @unmanaged
    def lookupLdapAuthExperimenters(self, call: Call) -> Any:
        """For each such user, distinguished name: id. With the name "ERROR" for those that the directory lacks."""
        with call.engine.database.begin() as db:
            users = ldap_users(db)
        if not users or not enabled(call):
            return omero.RList(_val=[])
        with looking_up(call) as people:
            found = [(people.user(name), user_id) for user_id, name in users.items()]
        return omero.RList(_val=[_pair(person.dn if person else "ERROR", user_id) for person, user_id in found])

    @unmanaged(role="system")
    def synchronizeLoginCache(self, call: Call) -> None:
        """Have all sessions read memberships again. Of the directory nothing is kept between logins."""
        call.engine.sessions.invalidate()


def text_of(value: Any) -> str | None:
    """The text of an RString that may be null."""
    return None if value is None else value._val


def ldap_users(db: Connection) -> dict[int, str]:
    """The names of the users whose password the directory checks, by id."""
    table = TABLES["experimenter"]
    rows = db.execute(select(table.c.id, table.c.omename).where(table.c.ldap).order_by(table.c.id))
    return {row.id: row.omename for row in rows}


def _pair(dn: str, user_id: int) -> Any:
    return omero.RMap(_val={dn: omero.RLong(_val=user_id)})


def _forgotten(error: ForgottenError) -> Exception:
    failed: Exception
    if error.code == "password-change-failed":
        failed = omero.ApiUsageException(message=error.message)
    elif error.code == "mail-send-failed":
        failed = omero.ResourceError(message=error.message)
    else:
        # omero.AuthenticationException is no ServerError: this operation may not send it.
        failed = omero.SecurityViolation(
            message=error.message, serverExceptionClass="ome.conditions.AuthenticationException"
        )
    return failed
