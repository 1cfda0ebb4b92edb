"""What a service method is given: who calls, in which group, and the transaction of the call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from omero_server.db.transaction import Author, Transaction
from omero_server.sessions.downloads import OPEN, DownloadPolicy

if TYPE_CHECKING:
    from omero_server.sessions.store import Session

__all__ = ["ALL_GROUPS", "SYSTEM_GROUP", "USER_GROUP", "Call", "Caller", "InTransaction"]

ALL_GROUPS = -1
SYSTEM_GROUP, USER_GROUP, GUEST_GROUP = 0, 1, 2
ROOT_USER, GUEST_USER = 0, 1


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller in the group of this call.

    group_id: the group that the call runs in; negative means all groups. member_of: groups in membership order, the
    default one first. leader_of: groups that the user owns. group_permissions: the permission bits of the group of the
    call, None for all groups. privileges: the administrator's privileges in force; empty for everybody else.
    user_id: whose rights count and who owns what the call creates: an administrator may name another user in the
    context key omero.user. login_id: then the user of the session, else None.
    share_id: the share that the call runs in, -1 for none; shared: what a share shows, ids by simple class name.
    """

    session_id: int
    session_uuid: str
    user_id: int
    user_name: str
    group_id: int
    group_name: str
    group_permissions: int | None
    member_of: tuple[int, ...]
    leader_of: tuple[int, ...]
    is_admin: bool
    privileges: frozenset[str]
    event_type: str = "User"
    share_id: int = -1
    shared: Mapping[str, frozenset[int]] = field(default_factory=dict, compare=False, repr=False)
    sudoer_id: int | None = None
    sudoer_name: str | None = None
    login_id: int | None = None
    downloads: DownloadPolicy = field(default=OPEN, compare=False, repr=False)

    @property
    def real_person(self) -> int:
        """The user who logged in: in a session made for somebody else the one who made it."""
        return next(i for i in (self.sudoer_id, self.login_id, self.user_id) if i is not None)

    @property
    def event_group(self) -> int:
        """The group that events and new objects belong to: for all-group calls the first membership that is not
        "user".
        """
        if self.group_id >= 0:
            return self.group_id
        return next((g for g in self.member_of if g != USER_GROUP), USER_GROUP)

    @property
    def all_groups(self) -> bool:
        """Whether the call sees every group that the caller may read."""
        return self.group_id < 0

    def author(self) -> Author:
        """The caller as the author of a transaction."""
        refusal = "Nothing can be changed within a share: leave it first." if self.share_id >= 0 else None
        return Author(self.user_id, self.event_group, self.session_id, self.event_type, self.privileges, refusal)

    def may(self, privilege: str) -> bool:
        """Whether the caller is an administrator who holds ``privilege``."""
        return privilege in self.privileges

    def in_group(self, group_id: int, name: str = "", permissions: int | None = None) -> Caller:
        """The same caller in another group."""
        return replace(self, group_id=group_id, group_name=name, group_permissions=permissions)


class InTransaction:
    """What there is to do in a transaction, for whatever has one."""

    __slots__ = ()
    transaction: Transaction

    @property
    def db(self) -> Connection:
        """The connection of the transaction."""
        return self.transaction.db

    @property
    def event_id(self) -> int:
        """Id of the event (written on first use)."""
        return self.transaction.event_id

    def log(self, action: str, entity: str, ids: Iterable[int]) -> None:
        """Note changed objects in the event log; see Transaction.log."""
        self.transaction.log(action, entity, ids)

    def after_commit(self, function: Callable[[], None]) -> None:
        """Run ``function`` once the transaction is committed."""
        self.transaction.after_commit(function)

    def on_rollback(self, function: Callable[[], None]) -> None:
        """Run ``function`` if the transaction is rolled back."""
        self.transaction.on_rollback(function)


@dataclass(slots=True)
class Call(InTransaction):
    """One call of a service operation. ``engine`` holds what lives as long as the server: config, database,
    repositories.
    """

    caller: Caller
    transaction: Transaction
    session: Session
    engine: Any
    context: Mapping[str, str] = field(default_factory=dict)
