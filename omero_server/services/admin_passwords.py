"""IAdmin, the operations that deal with passwords and with accounts of the directory."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
from omero_server.security.accounts import check_password_change
from omero_server.services.admin_objects import user_id_of
from omero_server.services.service import Service, writes
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


def text_of(value: Any) -> str | None:
    """The text of an RString that may be null."""
    return None if value is None else value._val
