"""The rows that a session leaves in the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, insert, select, update

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Transaction
from omero_server.sessions.call import ROOT_USER, SYSTEM_GROUP
from omero_server.sessions.session import SessionRequest

__all__ = ["GROUP_SUDO", "check_event_type", "insert_session", "mark_closed", "user_name"]

SESSION_PERMISSIONS = -120
ANNOTATION_PERMISSIONS = -120
ADDRESS_LENGTH = 45
GROUP_SUDO = "openmicroscopy.org/security/group-sudo"


def insert_session(transaction: Transaction, request: SessionRequest, key: str, node_id: int) -> int:
    """Write the row of a new session, and the note of the groups that it is confined to; the row's id."""
    row_id = transaction.database.ids(transaction.db, "seq_session", 1)[0]
    row = {
        "id": row_id,
        "permissions": SESSION_PERMISSIONS,
        "uuid": key,
        "message": "Initial message.",
        "started": func.now(),
        "timetoidle": request.time_to_idle,
        "timetolive": request.time_to_live,
        "defaulteventtype": request.event_type,
        "useragent": request.agent,
        "userip": request.ip[:ADDRESS_LENGTH] if request.ip else None,
        "version": 0,
        "owner": request.user_id,
        "sudoer": request.sudoer,
        "node": node_id,
    }
    _ = transaction.event_id
    transaction.db.execute(insert(TABLES["session"]).values(**row))
    transaction.log("INSERT", "ome.model.meta.Session", [row_id])
    if request.group_limit is not None:
        _note_groups(transaction, row_id, request.group_limit)
    return row_id


def _note_groups(transaction: Transaction, session_id: int, groups: tuple[int, ...]) -> None:
    """The comment of root's by which other servers, too, know that the session is confined to groups."""
    details: dict[str, Any] = {
        "permissions": ANNOTATION_PERMISSIONS,
        "version": 0,
        "owner_id": ROOT_USER,
        "group_id": SYSTEM_GROUP,
        "creation_id": transaction.event_id,
        "update_id": transaction.event_id,
    }
    comment, link = (
        transaction.database.ids(transaction.db, sequence, 1)[0]
        for sequence in ("seq_annotation", "seq_sessionannotationlink")
    )
    text = ",".join(map(str, groups))
    transaction.db.execute(
        insert(TABLES["annotation"]).values(
            id=comment, discriminator="/basic/text/comment/", ns=GROUP_SUDO, textvalue=text, **details
        )
    )
    transaction.db.execute(
        insert(TABLES["sessionannotationlink"]).values(id=link, parent=session_id, child=comment, **details)
    )
    transaction.log("INSERT", "ome.model.annotations.CommentAnnotation", [comment])
    transaction.log("INSERT", "ome.model.annotations.SessionAnnotationLink", [link])


def check_event_type(db: Connection, name: str) -> None:
    """Raises ApiUsageException for a type of events that does not exist."""
    table = TABLES["eventtype"]
    if db.execute(select(table.c.id).where(table.c.value == name)).one_or_none() is None:
        raise omero.ApiUsageException(message=f"There is no type of events called {name!r}; the usual one is 'User'.")


def mark_closed(db: Connection, session_id: int) -> None:
    """Note that a session has ended now."""
    table = TABLES["session"]
    db.execute(update(table).where(table.c.id == session_id).values(closed=func.now()))


def user_name(db: Connection, user_id: int | None) -> str | None:
    """The login name of a user."""
    if user_id is None:
        return None
    table = TABLES["experimenter"]
    return db.execute(select(table.c.omename).where(table.c.id == user_id)).scalar_one_or_none()
