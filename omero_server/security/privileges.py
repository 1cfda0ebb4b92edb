"""The privileges of administrators: each has them all, less those that his configuration switches off."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, insert, select

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.sessions.call import ROOT_USER, Call
from omero_server.sessions.membership import PRIVILEGE_PREFIX, load_membership

__all__ = ["all_privileges", "check_grant", "check_not_above", "privileges_of", "write_privileges"]


def all_privileges() -> frozenset[str]:
    """Every privilege that there is."""
    return frozenset(MODEL.enums["AdminPrivilege"])


def privileges_of(call: Call, user_id: int) -> frozenset[str]:
    """The privileges of a user; none unless he is an administrator."""
    membership = load_membership(call.db, user_id)
    return frozenset() if membership is None else membership.privileges


def check_not_above(call: Call, user_id: int) -> None:
    """Raises SecurityViolation when the user holds privileges that the caller lacks."""
    more = privileges_of(call, user_id) - call.caller.privileges
    if more:
        raise omero.SecurityViolation(
            message=f"User {user_id} has privileges that you do not have: {', '.join(sorted(more))}."
        )


def check_grant(call: Call, names: Collection[str]) -> None:
    """Raises ApiUsageException for unknown privileges, SecurityViolation for ones that the caller lacks."""
    unknown = set(names) - all_privileges()
    if unknown:
        raise omero.ApiUsageException(message=f"Unknown privileges: {', '.join(sorted(unknown))}.")
    more = set(names) - call.caller.privileges
    if more:
        raise omero.SecurityViolation(
            message=f"You cannot give privileges that you do not have: {', '.join(sorted(more))}."
        )


def write_privileges(call: Call, user_id: int, names: Collection[str]) -> None:
    """Let an administrator have just these privileges: the others are switched off in his configuration.

    Raises ApiUsageException for root, who has them all, and SecurityViolation for changes of what the caller lacks.
    """
    off = all_privileges() - set(names)
    if user_id == ROOT_USER and off:
        raise omero.ApiUsageException(message="root keeps all privileges.")
    changed = privileges_of(call, user_id) ^ set(names)
    check_grant(call, changed)
    table = TABLES["experimenter_config"]
    mine = table.c.experimenter_id == user_id
    call.log("UPDATE", "ome.model.meta.Experimenter", [user_id])
    kept = select(table.c.name, table.c.value).where(mine, ~table.c.name.startswith(PRIVILEGE_PREFIX))
    pairs = [tuple(row) for row in call.db.execute(kept.order_by(table.c.index))]
    pairs += [(PRIVILEGE_PREFIX + name, "false") for name in sorted(off)]
    # Written anew as a whole: the places of a list have no gaps.
    call.db.execute(delete(table).where(mine))
    rows = [
        {"experimenter_id": user_id, "name": name, "value": value, "index": place}
        for place, (name, value) in enumerate(pairs)
    ]
    if rows:
        call.db.execute(insert(table), rows)
    call.after_commit(call.engine.sessions.invalidate)
