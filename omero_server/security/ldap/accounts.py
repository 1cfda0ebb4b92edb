"""Users and groups of the directory as rows of the database."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from sqlalchemy import insert, select, update

from omero_server.db.rows import among
from omero_server.db.tables import TABLES
from omero_server.security.accounts import add_memberships, leave_groups, memberships, set_leader
from omero_server.security.ldap.people import Person
from omero_server.sessions.call import USER_GROUP, InTransaction

__all__ = ["create_account", "synchronize"]

log = logging.getLogger(__name__)

EXPERIMENTER = "ome.model.meta.Experimenter"
GROUP = "ome.model.meta.ExperimenterGroup"
USER_PERMISSIONS = -52
GROUP_PERMISSIONS = -120  # rw----: members see their own data, owners of the group all
REQUIRED = {"firstName", "lastName"}


def create_account(work: InTransaction, person: Person, groups: Mapping[str, bool]) -> int:
    """The id of a new user in these groups, owned by the user or not, and in "user". Groups are made if needed."""
    table = TABLES["experimenter"]
    _ = work.event_id
    user_id = work.transaction.database.ids(work.db, "seq_experimenter", 1)[0]
    names = {field: (value or "")[:255] or None for field, value in person.fields.items()}
    row = {field.lower(): value for field, value in names.items()} | {
        "firstname": names.get("firstName") or "",
        "lastname": names.get("lastName") or person.name,
    }
    new = {"id": user_id, "permissions": USER_PERMISSIONS, "version": 0, "ldap": True}
    work.db.execute(insert(table).values(**row, **new))
    work.log("INSERT", EXPERIMENTER, [user_id])
    ids = _group_ids(work, groups)
    add_memberships(work, user_id, [*ids.values(), USER_GROUP])
    for name, owns in groups.items():
        if owns:
            set_leader(work, user_id, ids[name], True)
    log.info("user %d (%r) was created from the directory, in the groups %s", user_id, person.name, ", ".join(groups))
    return user_id


def synchronize(
    work: InTransaction, user_id: int, person: Person, groups: Mapping[str, bool], *, with_owners: bool
) -> None:
    """Make a user's names and memberships in LDAP groups what the directory says; other groups stay as they are.

    ``with_owners``: the directory also decides who owns these groups.
    """
    _update_fields(work, user_id, person)
    ids = _group_ids(work, groups)
    mine = memberships(work, user_id)
    table = TABLES["experimentergroup"]
    from_ldap = select(table.c.id).where(table.c.ldap, among(table.c.id, mine))
    gone = set(work.db.execute(from_ldap).scalars()) - set(ids.values())
    if set(ids.values()) - set(mine):
        add_memberships(work, user_id, ids.values())
    if gone:
        leave_groups(work, user_id, gone)
        log.info("user %d left the groups %s, as the directory says", user_id, sorted(gone))
    if with_owners:
        for name, owns in groups.items():
            set_leader(work, user_id, ids[name], owns)


def _update_fields(work: InTransaction, user_id: int, person: Person) -> None:
    table = TABLES["experimenter"]
    stored = work.db.execute(select(table).where(table.c.id == user_id)).mappings().one()
    changes = {
        field.lower(): value[:255] if value else None
        for field, value in person.fields.items()
        if field != "omeName" and (value or field not in REQUIRED)
    }
    changes = {column: value for column, value in changes.items() if stored[column] != value}
    if changes:
        work.log("UPDATE", EXPERIMENTER, [user_id])
        work.db.execute(update(table).where(table.c.id == user_id).values(**changes))


def _group_ids(work: InTransaction, names: Mapping[str, bool]) -> dict[str, int]:
    """The ids of groups by name; those that are missing are made."""
    table = TABLES["experimentergroup"]
    found = {name: row_id for row_id, name in work.db.execute(
        select(table.c.id, table.c.name).where(table.c.name.in_(list(names)))
    )}  # fmt: skip
    missing = [name for name in names if name not in found]
    if missing:
        _ = work.event_id
        ids = work.transaction.database.ids(work.db, "seq_experimentergroup", len(missing))
        rows = [
            {"id": row_id, "permissions": GROUP_PERMISSIONS, "version": 0, "ldap": True, "name": name}
            for row_id, name in zip(ids, missing, strict=True)
        ]
        work.db.execute(insert(table), rows)
        work.log("INSERT", GROUP, ids)
        found |= dict(zip(missing, ids, strict=True))
    return {name: found[name] for name in names}
