"""IShare: showing chosen objects to chosen people. The parts lie in the modules ``share_*``."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, func

import omero
import omero._generated
from omero_server.services.service import reads, unmanaged, writes
from omero_server.services.sharing.comments import ShareComments
from omero_server.services.sharing.contents import ShareContents
from omero_server.services.sharing.items import listed_items, readable_items
from omero_server.services.sharing.objects import (
    experimenter_id,
    lifetime,
    own_share,
    rewrite,
    share_graphs,
    write_share,
)
from omero_server.services.sharing.people import SharePeople, existing_users
from omero_server.sessions.call import Call
from omero_server.sessions.session import NO_SHARE
from omero_server.sessions.share_data import ShareData
from omero_server.sessions.shares import enter_share, find_share, find_shares, member_of, owned_by

__all__ = ["ShareService"]


class ShareService(ShareContents, SharePeople, ShareComments):
    """Entering a share, finding shares, making and changing them."""

    interface = "::omero::api::IShare"

    @reads
    def activate(self, call: Call, shareId: int) -> None:
        """From now on the session reads what is in the share, and cannot change anything."""
        enter_share(call.db, call.session, shareId)

    @unmanaged
    def deactivate(self, call: Call) -> None:
        """Leave the share."""
        call.session.share_id = NO_SHARE

    @reads
    def getShare(self, call: Call, shareId: int) -> Any:
        """The share, loaded; null when there is none or the caller has no part in it."""
        share = find_share(call.db, shareId)
        if share is None or not share.accessible(call.caller.user_id, call.caller.is_admin):
            return None
        return share_graphs(call, [share])[0]

    @reads
    def getOwnShares(self, call: Call, active: bool) -> list[Any]:
        """The caller's own shares; ``active``: only those that can be entered now."""
        return _shares(call, owned_by(call.caller.user_id), active)

    @reads
    def getMemberShares(self, call: Call, active: bool) -> list[Any]:
        """The shares that the caller is a member of."""
        return _shares(call, member_of(call.caller.user_id), active)

    @reads
    def getSharesOwnedBy(self, call: Call, user: Any, active: bool) -> list[Any]:
        """A user's own shares, of those that the caller has a part in."""
        return _shares(call, owned_by(experimenter_id(user)), active)

    @reads
    def getMemberSharesFor(self, call: Call, user: Any, active: bool) -> list[Any]:
        """The shares that a user is a member of, of those that the caller has a part in."""
        return _shares(call, member_of(experimenter_id(user)), active)

    @writes
    def createShare(
        self,
        call: Call,
        description: str,
        expiration: Any,
        items: list[Any] | None,
        exps: list[Any] | None,
        guests: list[str] | None,
        enabled: bool,
    ) -> int:
        """A new share of the caller's; its id. ``expiration`` null: it lasts. Only the listed objects are put in."""
        data = ShareData(
            share_id=0,
            owner_id=call.caller.user_id,
            members=existing_users(call, exps),
            guests=tuple(dict.fromkeys(guests or ())),
            contents=tuple(readable_items(call, listed_items(items or ()))),
            enabled=enabled,
            expiration=_future(expiration),
        )
        return write_share(call, description, data)

    @writes
    def setDescription(self, call: Call, shareId: int, description: str) -> None:
        """Another description."""
        share = own_share(call, shareId)
        rewrite(call, share, share.data, message=description)

    @writes
    def setExpiration(self, call: Call, shareId: int, expiration: Any) -> None:
        """Another end; null for none."""
        end = _future(expiration)
        share = own_share(call, shareId)
        started = time.time() * 1000 - (share.now - share.started).total_seconds() * 1000
        rewrite(call, share, replace(share.data, expiration=end), timetolive=lifetime(end, started))

    @writes
    def setActive(self, call: Call, shareId: int, active: bool) -> None:
        """Let people in, or keep them out."""
        share = own_share(call, shareId)
        rewrite(call, share, replace(share.data, enabled=active))

    @writes
    def closeShare(self, call: Call, shareId: int) -> None:
        """The share has ended: nobody enters it any more."""
        share = own_share(call, shareId)
        rewrite(call, share, replace(share.data, enabled=False), closed=func.now())

    @unmanaged
    def getActiveConnections(self, call: Call, shareId: int) -> dict[str, Any]:
        """OMERO never kept account of connections."""
        raise _unsupported("getActiveConnections")

    @unmanaged
    def getPastConnections(self, call: Call, shareId: int) -> dict[str, Any]:
        """OMERO never kept account of connections."""
        raise _unsupported("getPastConnections")

    @unmanaged
    def invalidateConnection(self, call: Call, shareId: int, exp: Any) -> None:
        """OMERO never kept account of connections."""
        raise _unsupported("invalidateConnection")

    # The wire calls its parameters `from` and `to`; they come by position.
    @unmanaged
    def getEvents(self, call: Call, shareId: int, exp: Any, start: Any, end: Any) -> list[Any]:
        """OMERO never kept account of what happens in a share."""
        raise _unsupported("getEvents")


def _shares(call: Call, condition: ColumnElement[bool], active: bool) -> list[Any]:
    caller = call.caller
    found = [s for s in find_shares(call.db, condition) if s.accessible(caller.user_id, caller.is_admin)]
    return share_graphs(call, [share for share in found if share.is_open or not active])


def _future(expiration: Any) -> int:
    """A time in ms since 1970, 0 for null. ApiUsageException for one that is past."""
    if expiration is None:
        return 0
    if expiration._val <= time.time() * 1000:
        raise omero.ApiUsageException(message="The expiration of a share must lie in the future; null means never.")
    return int(expiration._val)


def _unsupported(operation: str) -> omero.InternalException:
    return omero.InternalException(
        message=f"IShare.{operation} is unsupported: connections to shares are not recorded."
    )
