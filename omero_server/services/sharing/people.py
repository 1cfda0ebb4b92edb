"""IShare, the operations on who is in a share: users of this server, and guests known by mail address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select

import omero
import omero._generated
from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.mail import Mailer
from omero_server.queries import run
from omero_server.services.service import Service, reads, unmanaged, writes
from omero_server.services.sharing.objects import (
    MEMBER,
    accessible_share,
    accessible_shares,
    experimenter_id,
    own_share,
    rewrite,
    write_members,
)
from omero_server.sessions.call import Call
from omero_server.sessions.shares import StoredShare

__all__ = ["SharePeople", "existing_users"]


class SharePeople(Service):
    """The owner is no member unless added. Guests can be named and listed; a login they have not."""

    @reads
    def getMemberCount(self, call: Call, shareIds: list[int] | None) -> dict[int, int]:
        """Number of members by id of the share."""
        return {share.id: len(share.members) for share in accessible_shares(call, shareIds)}

    @reads
    def getAllMembers(self, call: Call, shareId: int) -> list[Any]:
        """The members; of those that the caller shares no group with the names are hidden."""
        return _members(call, accessible_share(call, shareId))

    @reads
    def getAllGuests(self, call: Call, shareId: int) -> list[str]:
        """Mail addresses of the guests."""
        return list(accessible_share(call, shareId).data.guests)

    @reads
    def getAllUsers(self, call: Call, shareId: int) -> list[str]:
        """Login names of the members and mail addresses of the guests."""
        share = accessible_share(call, shareId)
        names = [member._omeName._val for member in _members(call, share)]
        return list(dict.fromkeys([*names, *share.data.guests]))

    @writes
    def addUsers(self, call: Call, shareId: int, exps: list[Any] | None) -> None:
        """More members."""
        share = own_share(call, shareId)
        users = existing_users(call, exps)
        added = tuple(user for user in users if user not in share.members)
        write_members(call, shareId, added)
        _keep_members(call, share, share.members | set(added))

    @writes
    def addUser(self, call: Call, shareId: int, exp: Any) -> None:
        """One more member."""
        self.addUsers(call, shareId, [exp])

    @writes
    def removeUsers(self, call: Call, shareId: int, exps: list[Any] | None) -> None:
        """Fewer members; who is none is passed over."""
        share = own_share(call, shareId)
        gone = {experimenter_id(user) for user in exps or []} & share.members
        table = TABLES["sharemember"]
        ids = list(
            call.db.execute(select(table.c.id).where(table.c.parent == shareId, among(table.c.child, gone))).scalars()
        )
        call.db.execute(delete(table).where(among(table.c.id, ids)))
        call.log("DELETE", MEMBER, ids)
        _keep_members(call, share, share.members - gone)

    @writes
    def removeUser(self, call: Call, shareId: int, exp: Any) -> None:
        """One member less."""
        self.removeUsers(call, shareId, [exp])

    @writes
    def addGuests(self, call: Call, shareId: int, emailAddresses: list[str] | None) -> None:
        """More guests."""
        share = own_share(call, shareId)
        guests = tuple(dict.fromkeys((*share.data.guests, *(emailAddresses or ()))))
        rewrite(call, share, replace(share.data, guests=guests))

    @writes
    def addGuest(self, call: Call, shareId: int, emailAddress: str) -> None:
        """One more guest."""
        self.addGuests(call, shareId, [emailAddress])

    @writes
    def removeGuests(self, call: Call, shareId: int, emailAddresses: list[str] | None) -> None:
        """Fewer guests."""
        share = own_share(call, shareId)
        guests = tuple(guest for guest in share.data.guests if guest not in (emailAddresses or ()))
        rewrite(call, share, replace(share.data, guests=guests))

    @writes
    def removeGuest(self, call: Call, shareId: int, emailAddress: str) -> None:
        """One guest less."""
        self.removeGuests(call, shareId, [emailAddress])

    @unmanaged
    def notifyMembersOfShare(self, call: Call, shareId: int, subject: str, message: str, html: bool) -> None:
        """Mail to all members that have an address. ResourceError when the server sends no mail."""
        if not (subject or "").strip():
            raise omero.ApiUsageException(message="A mail needs a subject.")
        share = accessible_share(call, shareId)
        table = TABLES["experimenter"]
        addresses = call.db.execute(select(table.c.email).where(among(table.c.id, share.members))).scalars().all()
        # The mail server may be slow: the database need not wait for it.
        call.transaction.close()
        Mailer(call.engine.config).send([a.strip() for a in addresses if a and a.strip()], subject, message or "", html)


def existing_users(call: Call, experimenters: Iterable[Any] | None) -> tuple[int, ...]:
    """Ids of users that a client sent. ValidationException for those that do not exist."""
    ids = tuple(dict.fromkeys(experimenter_id(user) for user in experimenters or ()))
    table = TABLES["experimenter"]
    known = set(call.db.execute(select(table.c.id).where(among(table.c.id, ids))).scalars())
    missing = sorted(set(ids) - known)
    if missing:
        raise omero.ValidationException(message=f"There is no user with id {missing[0]}.")
    return ids


def _members(call: Call, share: StoredShare) -> list[Any]:
    if not share.members:
        return []
    query = "select e from Experimenter e where e.id in (:ids) order by e.id"
    return run(call, query, {"ids": sorted(share.members)})


def _keep_members(call: Call, share: StoredShare, members: frozenset[int]) -> None:
    rewrite(call, share, replace(share.data, members=tuple(sorted(members))))
