"""A new password by mail, for users who have forgotten theirs."""

from __future__ import annotations

import hmac
import logging
import secrets
import string
from typing import Any

from sqlalchemy import select

import omero
from omero_server.db.tables import TABLES
from omero_server.mail import Mailer
from omero_server.security.providers.base import Account, PasswordFixed, ProviderUnavailable
from omero_server.sessions.call import SYSTEM_GROUP, InTransaction
from omero_server.sessions.membership import load_membership

__all__ = ["ForgottenError", "mail_new_password"]

log = logging.getLogger(__name__)

LENGTH = 10
LETTERS = string.ascii_letters + string.digits


class ForgottenError(Exception):
    """``code`` is that of ResetPasswordRequest: unknown-user, unknown-email, not-match, ldap-user,
    password-change-failed, mail-send-failed.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def mail_new_password(work: InTransaction, passwords: Any, name: str, email: str) -> None:
    """Give a user a random password and mail it to his address, which the caller must know.

    The transaction is committed only when the mail server has taken the mail. Raises ForgottenError.
    """
    account = _checked(work, passwords.spelled(name), email)
    fresh = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    try:
        passwords.provider.change(work, account, fresh)
    except (PasswordFixed, ProviderUnavailable) as error:
        raise ForgottenError("password-change-failed", str(error)) from None
    text = f"The password of your OMERO account {account.name} is now: {fresh}\n\nPlease log in and change it.\n"
    try:
        refused = Mailer(passwords.config).send([email], "OMERO - your new password", text)
    except omero.ResourceError as error:
        raise _not_mailed(account, error.message) from None
    if refused:
        raise _not_mailed(account, f"The mail server does not know {email}.")
    log.info("user %d was given a new password by mail", account.id)


def _not_mailed(account: Account, reason: str) -> ForgottenError:
    log.error("a new password for user %d was not mailed: %s", account.id, reason)
    return ForgottenError("mail-send-failed", f"The password stays as it is. {reason}")


def _checked(work: InTransaction, name: str, email: str) -> Account:
    table = TABLES["experimenter"]
    columns = (table.c.id, table.c.omename, table.c.ldap, table.c.email)
    row = work.db.execute(select(*columns).where(table.c.omename == name)).one_or_none()
    if row is None:
        raise ForgottenError("unknown-user", f"There is no user {name!r}.")
    if not row.email:
        raise ForgottenError("unknown-email", f"The user {name!r} has no e-mail address.")
    if not hmac.compare_digest(row.email.encode(), email.encode()):
        raise ForgottenError("not-match", f"This is not the e-mail address of the user {name!r}.")
    if row.ldap:
        raise ForgottenError("ldap-user", f"The password of {name!r} is kept in the LDAP directory. Change it there.")
    membership = load_membership(work.db, row.id)
    if membership is None or SYSTEM_GROUP in membership.member_of:
        raise ForgottenError("password-change-failed", "Administrators get no password by mail.")
    return Account(row.id, row.omename, row.ldap)
