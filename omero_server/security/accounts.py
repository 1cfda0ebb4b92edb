"""Users, their memberships and passwords, as rows; who may change them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, func, insert, select, update

import omero
import omero._generated
from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.security.privileges import check_not_above
from omero_server.security.providers.database import store_password
from omero_server.sessions.call import GUEST_USER, ROOT_USER, SYSTEM_GROUP, USER_GROUP, Call, InTransaction

__all__ = [
    "add_memberships",
    "check_may_manage",
    "check_password_change",
    "delete_account",
    "delete_group_memberships",
    "leave_groups",
    "memberships",
    "remove_memberships",
    "set_default_group",
    "set_leader",
    "set_password",
]

MAP = "ome.model.meta.GroupExperimenterMap"


def check_may_manage(call: Call, groups: Iterable[int], privilege: str = "ModifyGroupMembership") -> None:
    """Raises SecurityViolation unless the caller leads all these groups or holds the privilege."""
    if call.caller.may(privilege):
        return
    foreign = sorted(set(groups) - set(call.caller.leader_of))
    if foreign:
        shown = ", ".join(map(str, foreign))
        raise omero.SecurityViolation(
            message=f"Only owners of group {shown}, or administrators with the privilege {privilege}, may do this."
        )


def memberships(call: InTransaction, user_id: int) -> list[int]:
    """Ids of a user's groups, the default one first."""
    table = TABLES["groupexperimentermap"]
    statement = select(table.c.parent).where(table.c.child == user_id).order_by(table.c.child_index)
    return list(call.db.execute(statement).scalars())


def add_memberships(call: InTransaction, user_id: int, groups: Iterable[int]) -> None:
    """Make a user a member of further groups, in this order, behind the others; groups of his own are passed over.

    "user" does not stay the default group: if it comes first, the first new group is put before it.
    """
    old = memberships(call, user_id)
    fresh = [group for group in dict.fromkeys(groups) if group not in old]
    if not fresh:
        return
    table = TABLES["groupexperimentermap"]
    _ = call.event_id
    last = call.db.execute(select(func.max(table.c.child_index)).where(table.c.child == user_id)).scalar_one()
    start = 0 if last is None else last + 1
    ids = call.transaction.database.ids(call.db, "seq_groupexperimentermap", len(fresh))
    call.db.execute(
        insert(table),
        [
            {"id": row, "permissions": -52, "version": 0, "parent": group, "child": user_id, "owner": False,
             "child_index": start + place}
            for place, (row, group) in enumerate(zip(ids, fresh, strict=True))
        ],
    )  # fmt: skip
    call.log("INSERT", MAP, ids)
    if old and old[0] == USER_GROUP:
        _reorder(call, user_id, [fresh[0], *old, *fresh[1:]])


def remove_memberships(call: Call, user_id: int, groups: Iterable[int]) -> None:
    """End memberships. Raises ValidationException for those that must stay."""
    gone = set(groups)
    old = memberships(call, user_id)
    left = [group for group in old if group not in gone]
    protected = gone & {SYSTEM_GROUP, USER_GROUP}
    if protected and user_id in (ROOT_USER, call.caller.user_id):
        who = "root" if user_id == ROOT_USER else "yourself"
        raise omero.ValidationException(message=f"You cannot remove {who} from the groups 'system' and 'user'.")
    if gone & set(old) and (not left or left == [USER_GROUP]):
        raise omero.ValidationException(
            message=f"User {user_id} would be in no group but 'user'. Add another group first."
        )
    leave_groups(call, user_id, gone)


def leave_groups(call: InTransaction, user_id: int, groups: Iterable[int]) -> None:
    """End memberships, whatever is left."""
    table = TABLES["groupexperimentermap"]
    statement = select(table.c.id).where(table.c.child == user_id, among(table.c.parent, list(groups)))
    ids = list(call.db.execute(statement).scalars())
    if ids:
        call.log("DELETE", MAP, ids)
        call.db.execute(delete(table).where(among(table.c.id, ids)))
        _reorder(call, user_id, memberships(call, user_id))


def set_default_group(call: Call, user_id: int, group_id: int) -> None:
    """Put a group first in a user's list. Raises ApiUsageException for "user" and for groups that he is not in."""
    old = memberships(call, user_id)
    if group_id == USER_GROUP or group_id not in old:
        raise omero.ApiUsageException(message=f"Group {group_id} cannot be the default group of user {user_id}.")
    _reorder(call, user_id, [group_id, *(group for group in old if group != group_id)])


def _reorder(call: InTransaction, user_id: int, groups: list[int]) -> None:
    """Number the memberships in this order; a trigger moves aside what holds a place."""
    table = TABLES["groupexperimentermap"]
    statement = select(table.c.parent, table.c.child_index).where(table.c.child == user_id)
    places = {group: place for group, place in call.db.execute(statement)}
    for place, group in enumerate(groups):
        if places[group] != place:
            places = {g: (-1 - p if p == place else p) for g, p in places.items()} | {group: place}
            here = (table.c.child == user_id) & (table.c.parent == group)
            call.db.execute(update(table).where(here).values(child_index=place))


def set_leader(call: InTransaction, user_id: int, group_id: int, leads: bool) -> None:
    """Make a member an owner of a group, or no longer; a new owner becomes a member."""
    if leads:
        add_memberships(call, user_id, [group_id])
    table = TABLES["groupexperimentermap"]
    here = (table.c.child == user_id) & (table.c.parent == group_id)
    row = call.db.execute(select(table.c.id, table.c.owner).where(here)).one_or_none()
    if row is not None and row.owner != leads:
        call.log("UPDATE", MAP, [row.id])
        call.db.execute(update(table).where(here).values(owner=leads))


def set_password(call: Call, user_id: int, text: str | None) -> None:
    """Store a password in the database. None closes the account; a blank one does too, unless passwords are not
    required. For users whose password lies elsewhere see `Passwords.change`.
    """
    store_password(call, call.engine.config, user_id, text)


def check_password_change(call: Call, user_id: int) -> None:
    """Raises SecurityViolation unless the caller may set this other user's password."""
    if not call.caller.may("ModifyUser"):
        raise omero.SecurityViolation(message="Only administrators with the privilege ModifyUser may set passwords.")
    restricted = call.caller.privileges < frozenset(MODEL.enums["AdminPrivilege"])
    if restricted and user_id in (ROOT_USER, GUEST_USER):
        raise omero.SecurityViolation(message="A restricted administrator may not set the passwords of root and guest.")
    check_not_above(call, user_id)


def delete_account(call: InTransaction, user_id: int) -> None:
    """Delete password and memberships of a user, as a step towards deleting his row."""
    call.db.execute(delete(TABLES["password"]).where(TABLES["password"].c.experimenter_id == user_id))
    leave_groups(call, user_id, memberships(call, user_id))


def delete_group_memberships(call: InTransaction, group_id: int) -> None:
    """End all memberships in a group, as a step towards deleting it."""
    table = TABLES["groupexperimentermap"]
    for user_id in call.db.execute(select(table.c.child).where(table.c.parent == group_id)).scalars().all():
        leave_groups(call, user_id, [group_id])
