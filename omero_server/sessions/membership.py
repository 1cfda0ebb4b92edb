"""What the database says about a user: groups, leaderships, administrator's privileges."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from omero_server.db.tables import TABLES
from omero_server.sessions.call import GUEST_GROUP, ROOT_USER, SYSTEM_GROUP, USER_GROUP

__all__ = ["Group", "Membership", "effective_privileges", "find_group", "load_membership"]

PRIVILEGE_PREFIX = "AdminPrivilege:"
ROLES = frozenset({SYSTEM_GROUP, USER_GROUP, GUEST_GROUP})


@dataclass(frozen=True, slots=True)
class Group:
    """A group's id, name and permission bits."""

    id: int
    name: str
    permissions: int


@dataclass(frozen=True, slots=True)
class Membership:
    """groups in membership order (the default one first); leader_of: ids of those that the user owns; roles: those
    of the groups "system", "user" and "guest" that decide which operations are open to the user.
    """

    user_id: int
    user_name: str
    groups: tuple[Group, ...]
    leader_of: tuple[int, ...]
    privileges: frozenset[str]
    roles: frozenset[int]

    def under(self, sudoer: Membership) -> Membership:
        """The same user with ``sudoer`` acting: no privilege that either of them lacks."""
        return replace(self, privileges=self.privileges & sudoer.privileges)

    def confined(self, groups: Collection[int]) -> Membership:
        """The same user as seen by who leads these groups only."""
        hidden = {SYSTEM_GROUP}.difference(groups)
        return replace(
            self,
            groups=tuple(group for group in self.groups if group.id in groups),
            leader_of=tuple(group for group in self.leader_of if group in groups),
            roles=self.roles - hidden,
            privileges=frozenset() if hidden else self.privileges,
        )

    @property
    def member_of(self) -> tuple[int, ...]:
        """Ids of the groups."""
        return tuple(group.id for group in self.groups)

    @property
    def is_admin(self) -> bool:
        """Whether the user is in the group "system"."""
        return SYSTEM_GROUP in self.member_of


def find_group(db: Connection, *, group_id: int | None = None, name: str | None = None) -> Group | None:
    """The group with this id or name."""
    table = TABLES["experimentergroup"]
    where = table.c.id == group_id if name is None else table.c.name == name
    row = db.execute(select(table.c.id, table.c.name, table.c.permissions).where(where)).one_or_none()
    return Group(*row) if row else None


def load_membership(db: Connection, user_id: int) -> Membership | None:
    """Everything about one user in three statements; None when there is no such user."""
    user, group, link = TABLES["experimenter"], TABLES["experimentergroup"], TABLES["groupexperimentermap"]
    name = db.execute(select(user.c.omename).where(user.c.id == user_id)).scalar_one_or_none()
    if name is None:
        return None
    statement = (
        select(group.c.id, group.c.name, group.c.permissions, link.c.owner)
        .join(link, link.c.parent == group.c.id)
        .where(link.c.child == user_id)
        .order_by(link.c.child_index)
    )
    rows = db.execute(statement).all()
    leader_of = tuple(row.id for row in rows if row.owner)
    groups = tuple(Group(row.id, row.name, row.permissions) for row in rows)
    privileges = effective_privileges(db, user_id) if any(g.id == SYSTEM_GROUP for g in groups) else frozenset()
    roles = ROLES.intersection(group.id for group in groups)
    return Membership(user_id, name, groups, leader_of, privileges, roles)


def effective_privileges(db: Connection, user_id: int) -> frozenset[str]:
    """All privileges less those that the administrator's configuration switches off; root has them all."""
    enum, config = TABLES["adminprivilege"], TABLES["experimenter_config"]
    every = frozenset(db.execute(select(enum.c.value)).scalars())
    if user_id == ROOT_USER:
        return every
    statement = select(config.c.name).where(
        config.c.experimenter_id == user_id,
        config.c.name.startswith(PRIVILEGE_PREFIX),
        func.lower(config.c.value) != "true",
    )
    off = {name.removeprefix(PRIVILEGE_PREFIX) for name in db.execute(statement).scalars()}
    return every - off
