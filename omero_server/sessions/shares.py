"""Shares: sessions' rows with members and contents, and what a call inside one may see.

The columns of ``session``, ``share`` and ``sharemember`` are what counts; ``share.data`` adds guests and contents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

import omero
import omero._generated
from omero_server.db.engine import Database
from omero_server.db.tables import TABLES
from omero_server.sessions.session import Session
from omero_server.sessions.share_data import ShareData, UnknownForm

__all__ = [
    "OUTSIDE",
    "CallShare",
    "StoredShare",
    "call_share",
    "enter_share",
    "find_share",
    "find_shares",
    "member_of",
    "owned_by",
    "with_ids",
    "with_uuid",
]

SHARE, SESSION, MEMBER = TABLES["share"], TABLES["session"], TABLES["sharemember"]
ID = SHARE.c.session_id
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class StoredShare:
    """One share. Times are the database's local ones; ``now`` is when it was read, ``lives`` its lifetime in ms (0 for
    ever)."""

    id: int
    owner_id: int
    active: bool
    started: datetime
    lives: int
    now: datetime
    raw: bytes
    members: frozenset[int]

    @property
    def is_open(self) -> bool:
        """Whether it is enabled and has not expired."""
        return self.active and (not self.lives or (self.now - self.started) / MILLISECOND < self.lives)

    def accessible(self, user_id: int, is_admin: bool) -> bool:
        """Whether the user may look at it: owner, member, administrator."""
        return is_admin or user_id == self.owner_id or user_id in self.members

    @cached_property
    def data(self) -> ShareData:
        """Guests and contents. Raises ValidationException when there are none, or in a form of another server."""
        if not self.raw:
            raise omero.ValidationException(message=f"Share {self.id} not found: it has no contents on record.")
        try:
            return _decoded(self.raw)
        except UnknownForm:
            raise omero.ValidationException(
                message=f"The contents of share {self.id} were recorded in a form that this server does not know. "
                "Create the share again."
            ) from None

    def contents(self) -> Mapping[str, frozenset[int]]:
        """Ids by simple class name."""
        return _grouped(self.data)


# Every call inside a share needs its contents, which seldom change.
@lru_cache(maxsize=32)
def _decoded(raw: bytes) -> ShareData:
    return ShareData.decode(raw)


@lru_cache(maxsize=32)
def _grouped(data: ShareData) -> Mapping[str, frozenset[int]]:
    grouped: dict[str, set[int]] = {}
    for name, id_ in data.contents:
        grouped.setdefault(name, set()).add(id_)
    return {name: frozenset(ids) for name, ids in grouped.items()}


def owned_by(user_id: int) -> ColumnElement[bool]:
    """The condition that a share is the user's own, for ``find_shares``."""
    return SESSION.c.owner == user_id


def member_of(user_id: int) -> ColumnElement[bool]:
    """The condition that the user is a member of a share, for ``find_shares``."""
    return ID.in_(select(MEMBER.c.parent).where(MEMBER.c.child == user_id))


def with_ids(ids: list[int]) -> ColumnElement[bool]:
    """The condition that a share has one of these ids, for ``find_shares``."""
    return any_(literal(ids, ARRAY(BigInteger))) == ID


def with_uuid(key: str) -> ColumnElement[bool]:
    """The condition that a share has this uuid, for ``find_shares``."""
    return SESSION.c.uuid == key


def find_shares(db: Connection, condition: ColumnElement[bool], lock: bool = False) -> list[StoredShare]:
    """Shares by id. ``lock``: nobody else changes them until the end of the transaction."""
    members = select(func.array_agg(MEMBER.c.child)).where(MEMBER.c.parent == ID).scalar_subquery()
    statement = (
        select(
            ID, SESSION.c.owner, SHARE.c.active, SESSION.c.started, SESSION.c.timetolive,
            func.localtimestamp(), SHARE.c.data, members,
        )
        .join(SESSION, SESSION.c.id == ID)
        .where(condition)
        .order_by(ID)
    )  # fmt: skip
    if lock:
        statement = statement.with_for_update(of=SHARE)
    return [_stored(row) for row in db.execute(statement)]


def find_share(db: Connection, share_id: int, lock: bool = False) -> StoredShare | None:
    """The share with this id."""
    found = find_shares(db, with_ids([share_id]), lock)
    return found[0] if found else None


def _stored(row: Any) -> StoredShare:
    id_, owner, active, started, lives, now, raw, members = row
    return StoredShare(id_, owner, active, started, lives, now, bytes(raw), frozenset(members or ()))


@dataclass(frozen=True, slots=True)
class CallShare:
    """The share that a call runs in, -1 for none, and what it shows: ids by simple class name."""

    id: int = -1
    contents: Mapping[str, frozenset[int]] = field(default_factory=dict)


OUTSIDE = CallShare()


def call_share(database: Database, asked: int | None, entered: int, user_id: int, is_admin: bool) -> CallShare:
    """The share of a call: the one ``asked`` for in its context, else the one that its session has ``entered``.

    Raises SecurityViolation for a share asked for that the user may not enter, or nobody any more. A session whose
    share was closed meanwhile stays in it and sees nothing.
    """
    share_id = entered if asked is None else asked
    if share_id < 0:
        return OUTSIDE
    with database.begin() as db:
        share = find_share(db, share_id)
    if share is None or not share.accessible(user_id, is_admin):
        if asked is not None:
            raise omero.SecurityViolation(message=f"You are neither owner nor member of a share {share_id}.")
        return CallShare(share_id)
    if not share.is_open:
        if asked is not None:
            raise omero.SecurityViolation(message=f"Share {share_id} is disabled or has expired.")
        return CallShare(share_id)
    return CallShare(share_id, {} if is_admin else share.contents())


def enter_share(db: Connection, session: Session, share_id: int) -> None:
    """Make a share the session's current one. ValidationException when its user may not enter, or nobody any more."""
    share, membership = find_share(db, share_id), session.membership
    if share is None or not share.accessible(membership.user_id, membership.is_admin):
        raise omero.ValidationException(message=f"Share {share_id} not found: there is none, or you are not in it.")
    if not share.is_open:
        raise omero.ValidationException(message=f"Share {share_id} is disabled or has expired.")
    if not membership.is_admin:
        share.contents()  # a share that cannot be read is refused here, not at each call
    session.share_id = share.id
