"""What a password provider is.

    class KeyProvider:
        name = "keyPasswordProvider"

        def __init__(self, setting: Setting) -> None: ...
        def check(self, name: str, password: str) -> Verdict: ...
        def holds(self, account: Account) -> bool: ...
        def change(self, work: InTransaction, account: Account, password: str | None) -> None: ...

A package offers one by an entry point in the group "omero.password_providers", named as in the property
omero.security.password_provider. Its tests subclass `providers.conformance.ProviderConformance`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from sqlalchemy import Connection, select

from omero_server.control.config import Config
from omero_server.db.engine import Database
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Author, Transaction
from omero_server.sessions.call import InTransaction

__all__ = [
    "Account",
    "Answer",
    "PasswordFixed",
    "PasswordProvider",
    "ProviderUnavailable",
    "Setting",
    "Verdict",
    "Work",
    "find_account",
]


class Answer(Enum):
    """YES and NO are final; after NOT_MINE the next provider of a chain is asked."""

    YES = "yes"
    NO = "no"
    NOT_MINE = "not mine"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer with its reason, which goes to the log of the server and never holds a password."""

    answer: Answer
    reason: str

    @classmethod
    def yes(cls) -> Verdict:
        """The password is right, and the user has a row in the database."""
        return cls(Answer.YES, "right password")

    @classmethod
    def no(cls, reason: str) -> Verdict:
        """The user is mine and the password is wrong, or nobody may log in with it."""
        return cls(Answer.NO, reason)

    @classmethod
    def not_mine(cls, reason: str) -> Verdict:
        """Somebody else knows this user."""
        return cls(Answer.NOT_MINE, reason)


class ProviderUnavailable(Exception):
    """A provider cannot answer now. ``mine``: the user is known to be its own, so no other provider may answer."""

    def __init__(self, message: str, mine: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.mine = mine


class PasswordFixed(Exception):
    """The provider does not change passwords; the text says where the user can."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user's row, as far as providers need it. ``ldap``: the password is in the directory."""

    id: int
    name: str
    ldap: bool


@dataclass(frozen=True, slots=True)
class Work(InTransaction):
    """A transaction that is not the call of a client."""

    transaction: Transaction


@dataclass(frozen=True, slots=True)
class Setting:
    """What a provider is made with. ``author``: the server itself, who writes what no user has asked for."""

    config: Config
    database: Database
    author: Callable[[], Author]

    def write(self) -> Transaction:
        """A writing transaction of the server itself; a context manager."""
        return Transaction(self.database, self.author(), writable=True)

    def account(self, name: str) -> Account | None:
        """The user called ``name``."""
        with self.database.begin() as db:
            return find_account(db, name)


class PasswordProvider(Protocol):
    """One place where passwords are kept. Called by several threads at once."""

    name: str

    def check(self, name: str, password: str) -> Verdict:
        """Whether ``password`` is that of the user ``name``. Raises ProviderUnavailable."""

    def holds(self, account: Account) -> bool:
        """Whether `check` would answer for this user with yes or no."""

    def change(self, work: InTransaction, account: Account, password: str | None) -> None:
        """Store another password for a user that it holds; None closes the account. Raises PasswordFixed."""


def find_account(db: Connection, name: str) -> Account | None:
    """The user called ``name``."""
    table = TABLES["experimenter"]
    row = db.execute(select(table.c.id, table.c.omename, table.c.ldap).where(table.c.omename == name)).one_or_none()
    return Account(*row) if row else None
