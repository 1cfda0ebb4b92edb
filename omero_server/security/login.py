"""The check and the change of passwords, by the providers that the configuration names."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from sqlalchemy import Connection, select

import omero
import omero._generated
from omero_server.control.config import Config
from omero_server.db.engine import Database
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Author
from omero_server.security.providers.base import Account, Answer, PasswordFixed, ProviderUnavailable, Setting, Verdict
from omero_server.security.providers.registry import make_provider
from omero_server.security.throttle import Throttle
from omero_server.sessions.call import GUEST_USER, USER_GROUP, InTransaction

__all__ = ["UUID", "Passwords", "shown"]

log = logging.getLogger(__name__)

MAX_NAME = 255
MAX_PASSWORD = 4096
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Passwords:
    """One for each server. What it logs names the user and the reason, never a password."""

    def __init__(self, config: Config, database: Database, author: Callable[[], Author]) -> None:
        self.config = config
        self.setting = Setting(config, database, author)
        self.provider = make_provider(self.setting)
        self.throttle = Throttle(
            config.get_int("omero.security.login_failure_throttle_count"),
            config.get_int("omero.security.login_failure_throttle_time") / 1000,
        )

    def check(self, name: str, password: str) -> int | None:
        """The id of the user called ``name`` if the password is right, else None; see `throttle` for the delay due.

        Raises SecurityViolation for a right password of an account that is not active, and ResourceError when a
        provider cannot answer.
        """
        name = self.spelled(name)
        verdict = self._verdict(name, password)
        if verdict.answer is not Answer.YES:
            self.throttle.failure(name)
            log.info("login of %s refused: %s", shown(name), verdict.reason)
            return None
        self.throttle.success(name)
        account = self.setting.account(name)
        if account is None:
            raise omero.ResourceError(message=f"The user {name!r} was deleted during the login.")
        self._check_active(account)
        return account.id

    def check_in_call(self, name: str, password: str) -> int | None:
        """As `check`, for operations of services: the delay of a failure is waited for here."""
        with self.throttle.waiting(self.spelled(name)):
            return self.check(name, password)

    def change(self, work: InTransaction, user_id: int, password: str | None) -> None:
        """Store a user's new password where the provider keeps it. None closes the account.

        Raises SecurityViolation when the provider does not change passwords, ApiUsageException for unknown users.
        """
        account = _account(work.db, user_id)
        if password is not None and len(password) > MAX_PASSWORD:
            raise omero.ApiUsageException(message=f"A password has {MAX_PASSWORD} characters at most.")
        try:
            self.provider.change(work, account, password)
        except PasswordFixed as error:
            raise omero.SecurityViolation(message=str(error)) from None
        except ProviderUnavailable as error:
            raise omero.ResourceError(message=error.message) from None

    def spelled(self, name: str) -> str:
        """A name as the database has it: in lower case if omero.security.ignore_case is on."""
        return name.lower() if self.config.get_bool("omero.security.ignore_case") else name

    def _verdict(self, name: str, password: str) -> Verdict:
        # What no provider can have: a column of the database is that long, and takes no NUL.
        if not name or len(name) > MAX_NAME or "\0" in name or len(password) > MAX_PASSWORD:
            return Verdict.no("such a name or password is not possible")
        try:
            return self.provider.check(name, password)
        except ProviderUnavailable as error:
            log.error("login of %s not checked: %s", shown(name), error.message)
            raise omero.ResourceError(message=error.message) from None

    def _check_active(self, account: Account) -> None:
        table = TABLES["groupexperimentermap"]
        member = select(table.c.id).where(table.c.child == account.id, table.c.parent == USER_GROUP)
        with self.setting.database.begin() as db:
            active = account.id == GUEST_USER or db.execute(member).first() is not None
        if not active:
            log.info("login of %s refused: the account is not active", shown(account.name))
            raise omero.SecurityViolation(message="Your account is not active. Ask an administrator to activate it.")


def shown(name: str) -> str:
    """A name for the log: on one line, not endless, and without the key of a session."""
    return "a session's key" if UUID.fullmatch(name) else repr(name[:80])


def _account(db: Connection, user_id: int) -> Account:
    table = TABLES["experimenter"]
    row = db.execute(select(table.c.id, table.c.omename, table.c.ldap).where(table.c.id == user_id)).one_or_none()
    if row is None:
        raise omero.ApiUsageException(message=f"There is no user with id {user_id}.")
    return Account(*row)
