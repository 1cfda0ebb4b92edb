"""Which rows a caller may read, as a condition on the columns of a table.

The facts are few and known before the query: the groups that the caller may read wholly, and the caller's own id. They
go into the statement as one small array and one number, so that the database never looks up a group per row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Connection, any_, bindparam, false, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import ColumnElement, FromClause
from sqlalchemy.sql.elements import BindParameter

from omero_server.db.remembered import remembered
from omero_server.db.tables import TABLES
from omero_server.model.schema import ModelClass
from omero_server.security.bits import Right, Role
from omero_server.security.sharing import PARAMETER, images_of, shared_condition
from omero_server.sessions.call import USER_GROUP, Caller

__all__ = ["UNFILTERED", "ReadFilter", "read_filter"]

GROUP_READ, WORLD_READ = Right.READ << Role.GROUP, Right.READ << Role.WORLD
Columns = Any  # the columns of a FromClause; SQLAlchemy's own name for the type is not public


@dataclass(frozen=True)
class ReadFilter:
    """What may be read. ``shape`` tells which form the conditions have: equal shapes make equal SQL, whoever calls.

    parameters: values of the bound parameters that the conditions use.
    """

    shape: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def condition(self, cls: ModelClass, table: FromClause) -> ColumnElement[bool] | None:
        """What rows of ``table``, the root table of ``cls``, must fulfil; None when all may be read.

        Objects without owner and group can be read by everybody, except sessions and nodes.
        """
        root, columns = cls.root.name, table.c
        if self.shape == "free":
            return None
        if root == "Session":
            return _session_condition(self.shape, columns)
        if root == "Node":
            return None if "admin" in self.shape else false()
        if cls.is_global or root == "ExternalInfo" or "open" in self.shape:
            return None
        if "share" in self.shape.split():
            return shared_condition(root, columns)
        return _owned_condition(self.shape, columns)


UNFILTERED = ReadFilter("free")


def read_filter(caller: Caller, connection: Connection) -> ReadFilter:
    """The filter for one call. In all groups it needs the permissions of the groups."""
    parameters: dict[str, Any] = {"_me": caller.user_id, "_real": caller.real_person}
    words = ["admin"] if caller.is_admin else []
    if caller.may("ReadSession"):
        words.append("sessions")
    if caller.share_id >= 0:
        words.append("open" if caller.is_admin else "share")
        parameters[PARAMETER] = images_of(caller)
    elif not caller.all_groups:
        words.append(_one_group(caller, parameters))
    elif caller.is_admin:
        words.append("open")
    else:
        words.append("own")
        key = ("readable groups", caller.member_of, caller.leader_of)
        parameters["_groups"] = remembered(connection, key, lambda: _readable_groups(caller, connection))
    return ReadFilter(" ".join(words), parameters)


def _one_group(caller: Caller, parameters: dict[str, Any]) -> str:
    """Rows of the group of the call and of the group "user", which all can read."""
    group, bits = caller.group_id, caller.group_permissions or 0
    whole = bits & (GROUP_READ | WORLD_READ) or caller.is_admin or group in caller.leader_of
    parameters["_groups"] = [group, USER_GROUP] if whole else [USER_GROUP]
    if whole:
        return "groups"
    parameters["_group"] = group
    return "private"


def _readable_groups(caller: Caller, connection: Connection) -> list[int]:
    """Groups of which the caller reads every row."""
    table = TABLES["experimentergroup"]
    bits = table.c.permissions
    mine = table.c.id == any_(bindparam("mine", list(caller.member_of), type_=ARRAY(BigInteger)))
    led = table.c.id == any_(bindparam("led", list(caller.leader_of), type_=ARRAY(BigInteger)))
    member_reads = mine & (bits.op("&")(GROUP_READ) == GROUP_READ)
    world_reads = bits.op("&")(WORLD_READ) == WORLD_READ
    return list(connection.execute(select(table.c.id).where(or_(led, member_reads, world_reads))).scalars())


def _given(name: str, type_: Any = BigInteger) -> BindParameter[Any]:
    """A value of ``ReadFilter.parameters``; not part of the statement, so that callers can share it."""
    return bindparam(name, required=False, type_=type_)


def _owned_condition(shape: str, columns: Columns) -> ColumnElement[bool]:
    groups: ColumnElement[bool] = columns.group_id == any_(_given("_groups", ARRAY(BigInteger)))
    own = columns.owner_id == _given("_me")
    if "own" in shape.split():
        return or_(groups, own)
    if "private" in shape:
        return or_(groups, own & (columns.group_id == _given("_group")))
    return groups


def _session_condition(shape: str, columns: Columns) -> ColumnElement[bool] | None:
    """The owner's own, or any for administrators; and only of the same real person unless all may be read."""
    words = shape.split()
    if "sessions" in words and "admin" in words:
        return None
    real: ColumnElement[bool] = func.coalesce(columns.sudoer, columns.owner) == _given("_real")
    if "admin" in words:
        return real
    own: ColumnElement[bool] = columns.owner == _given("_me")
    return own if "sessions" in words else real & own
