"""The request for a new password by mail."""

from __future__ import annotations

from typing import Any

import omero
import omero.cmd
from omero_server.commands.registry import CommandError, Progress, command
from omero_server.security.forgotten import ForgottenError, mail_new_password
from omero_server.security.providers.base import Work
from omero_server.sessions.call import Call

__all__ = ["reset_password"]


@command("::omero::cmd::ResetPasswordRequest", mode="none", guests=True)
def reset_password(call: Call, request: Any, progress: Progress) -> Any:
    """Mail a new password to a user whose name and e-mail address the caller knows; open to guests."""
    if not request.omename:
        raise CommandError("no-omename", "The name of the user is missing.")
    if not request.email:
        raise CommandError("no-email", "The user's e-mail address is missing.")
    passwords = call.engine.passwords
    try:
        with passwords.setting.write() as transaction:
            mail_new_password(Work(transaction), passwords, request.omename, request.email)
    except ForgottenError as error:
        raise CommandError(error.code, error.message) from None
    return omero.cmd.ResetPasswordResponse()
