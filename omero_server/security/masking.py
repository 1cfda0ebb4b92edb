"""Texts that are hidden from those who have no business with them: names of strangers, ids of others' sessions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Connection, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from omero_server.db.remembered import remembered
from omero_server.db.tables import TABLES
from omero_server.security.bits import Right, Role
from omero_server.sessions.call import GUEST_USER, ROOT_USER, USER_GROUP, Caller

__all__ = ["HIDDEN", "HIDDEN_UUID", "MASKED", "known_persons", "masked_classes"]

GROUP_READ = Right.READ << Role.GROUP
HIDDEN = "<hidden>"
HIDDEN_UUID = "********-****-****-****-*************"

# What stands in the place of a hidden value, by class and property.
MASKED: dict[str, dict[str, str | None]] = {
    "Experimenter": {
        "omeName": HIDDEN,
        "firstName": HIDDEN,
        "lastName": HIDDEN,
        "middleName": None,
        "institution": None,
        "email": None,
    },
    "Session": {"uuid": HIDDEN_UUID},
    "Node": {"uuid": HIDDEN_UUID, "conn": HIDDEN},
}


def masked_classes(caller: Caller) -> frozenset[str]:
    """Classes of which the caller does not see every text. Administrators and leaders of any group see all names."""
    names = set() if caller.is_admin or caller.leader_of else {"Experimenter"}
    return frozenset(names if caller.may("ReadSession") else names | {"Session", "Node"})


def known_persons(caller: Caller, connection: Connection) -> list[int]:
    """Users whose names the caller sees: himself, root, guest, and members of his groups that read each other."""
    key = ("known persons", caller.user_id, caller.member_of)
    return remembered(connection, key, lambda: _known_persons(caller, connection))


def _known_persons(caller: Caller, connection: Connection) -> list[int]:
    member, group = TABLES["groupexperimentermap"], TABLES["experimentergroup"]
    shared = [g for g in caller.member_of if g != USER_GROUP]
    statement = (
        select(member.c.child)
        .distinct()
        .select_from(member.join(group, member.c.parent == group.c.id))
        .where(member.c.parent == any_(bindparam("shared", shared, type_=ARRAY(BigInteger))))
        .where(group.c.permissions.op("&")(GROUP_READ) == GROUP_READ)
    )
    return sorted({caller.user_id, ROOT_USER, GUEST_USER, *connection.execute(statement).scalars()})
