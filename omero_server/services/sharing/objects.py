"""What the parts of IShare have in common: finding shares, checking rights, writing their rows."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import Any

from sqlalchemy import func, insert, update

import omero
import omero._generated
import omero.model
from omero_server.db.tables import TABLES
from omero_server.queries import Reader, run
from omero_server.sessions.call import Call
from omero_server.sessions.share_data import ShareData
from omero_server.sessions.shares import StoredShare, find_share, find_shares, with_ids, with_uuid

__all__ = [
    "SHARE",
    "accessible_share",
    "accessible_shares",
    "experimenter_id",
    "open_share",
    "own_share",
    "rewrite",
    "share_graphs",
    "write_members",
    "write_share",
]

SHARE, MEMBER = "ome.model.meta.Share", "ome.model.meta.ShareMember"
EVENT_TYPE = "SHARE"
PERMISSIONS = -120


def accessible_share(call: Call, share_id: int) -> StoredShare:
    """The share, for owner, members and administrators. ValidationException for others, and when there is none."""
    return _checked(call, find_share(call.db, share_id), share_id)


def accessible_shares(call: Call, ids: list[int] | None) -> list[StoredShare]:
    """Likewise several; ApiUsageException for an empty list."""
    if not ids:
        raise omero.ApiUsageException(message="Give the ids of shares.")
    found = {share.id: share for share in find_shares(call.db, with_ids(ids))}
    return [_checked(call, found.get(id_), id_) for id_ in dict.fromkeys(ids)]


def own_share(call: Call, share_id: int) -> StoredShare:
    """The share, to be changed by its owner or an administrator; ValidationException for everybody else."""
    share = _checked(call, find_share(call.db, share_id, lock=True), share_id)
    if not call.caller.is_admin and share.owner_id != call.caller.user_id:
        raise omero.ValidationException(message=f"Only its owner or an administrator may change share {share_id}.")
    return share


def _checked(call: Call, share: StoredShare | None, share_id: int) -> StoredShare:
    if share is None or not share.accessible(call.caller.user_id, call.caller.is_admin):
        raise omero.ValidationException(message=f"Share {share_id} not found: there is none, or you are not in it.")
    return share


def open_share(call: Call, key: str) -> Any:
    """The share with this uuid as a loaded object, null when the caller has no part in one.

    Raises SecurityViolation when it is disabled or has expired.
    """
    caller = call.caller
    shares = [s for s in find_shares(call.db, with_uuid(key)) if s.accessible(caller.user_id, caller.is_admin)]
    if not shares:
        return None
    if not shares[0].is_open:
        raise omero.SecurityViolation(message=f"Share {shares[0].id} is disabled or has expired.")
    return share_graphs(call, shares)[0]


def experimenter_id(experimenter: Any) -> int:
    """The id of a user object that a client sent. ApiUsageException without one."""
    if experimenter is None or experimenter._id is None:
        raise omero.ApiUsageException(message="Give an experimenter with an id.")
    return int(experimenter._id._val)


def share_graphs(reader: Call | Reader, shares: list[StoredShare]) -> list[Any]:
    """The shares as loaded objects with owner and group, in the same order."""
    if not shares:
        return []
    query = "select s from Share s join fetch s.owner join fetch s.group where s.id in (:ids)"
    found = run(reader, query, {"ids": [share.id for share in shares]}, as_server=True)
    by_id = {made._id._val: made for made in found}
    return [by_id[share.id] for share in shares if share.id in by_id]


def write_share(call: Call, description: str | None, data: ShareData) -> int:
    """Insert the rows of a new share of the caller's, with the contents but the ids of ``data``; its id."""
    _ = call.event_id
    share_id = int(call.engine.database.ids(call.db, "seq_session", 1)[0])
    data = replace(data, share_id=share_id)
    session = {
        "id": share_id,
        "permissions": PERMISSIONS,
        "uuid": str(uuid.uuid4()),
        "message": description,
        "started": func.now(),
        "timetoidle": 0,
        "timetolive": lifetime(data.expiration, time.time() * 1000),
        "defaulteventtype": EVENT_TYPE,
        "version": 0,
        "owner": data.owner_id,
        "sudoer": call.caller.sudoer_id,
        "node": call.engine.sessions.node_id,
    }
    call.db.execute(insert(TABLES["session"]).values(**session))
    share = {
        "session_id": share_id,
        "active": data.enabled,
        "data": data.encode(),
        "itemcount": len(data.contents),
        "group": call.caller.event_group,
    }
    call.db.execute(insert(TABLES["share"]).values(**share))
    call.log("INSERT", SHARE, [share_id])
    write_members(call, share_id, data.members)
    return share_id


def lifetime(expiration: int, started: float) -> int:
    """How long a share lives, in ms, that starts and ends at these times (ms since 1970; 0: it never ends)."""
    return max(1, int(expiration - started)) if expiration else 0


def write_members(call: Call, share_id: int, users: tuple[int, ...]) -> None:
    """Insert the rows of new members."""
    if not users:
        return
    ids = call.engine.database.ids(call.db, "seq_sharemember", len(users))
    rows = [
        {"id": id_, "permissions": PERMISSIONS, "version": 0, "parent": share_id, "child": user}
        for id_, user in zip(ids, users, strict=True)
    ]
    call.db.execute(insert(TABLES["sharemember"]), rows)
    call.log("INSERT", MEMBER, ids)


def rewrite(call: Call, share: StoredShare, data: ShareData, **session: Any) -> None:
    """Write the changed data of a share, and the columns that say the same; ``session``: columns of its session."""
    _ = call.event_id
    columns = {"active": data.enabled, "data": data.encode(), "itemcount": len(data.contents)}
    table, parent = TABLES["share"], TABLES["session"]
    call.db.execute(update(table).where(table.c.session_id == share.id).values(**columns))
    session["version"] = func.coalesce(parent.c.version, 0) + 1
    call.db.execute(update(parent).where(parent.c.id == share.id).values(**session))
    call.log("UPDATE", SHARE, [share.id])
