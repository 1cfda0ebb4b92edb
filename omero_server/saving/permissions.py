"""Change the permissions of a group, and with them of everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, literal, select, union_all, update

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.saving.fields import references
from omero_server.security.bits import Right, Role, granted, is_private, text
from omero_server.security.voter import is_system_type
from omero_server.sessions.call import Call

__all__ = ["change_permissions"]


def change_permissions(call: Call, group_id: int, bits: int) -> None:
    """Give a group new permissions.

    Raises GroupSecurityViolation when owners could no longer read their own data, and SecurityViolation when the group
    would become private while data of different owners are linked.
    """
    group = TABLES["experimentergroup"]
    old = call.db.execute(select(group.c.permissions).where(group.c.id == group_id)).scalar_one_or_none()
    if old is None:
        raise omero.ApiUsageException(message=f"There is no group with id {group_id}.")
    if not granted(bits, Role.USER, Right.READ):
        raise omero.GroupSecurityViolation(message=f"{text(bits)}: owners must be able to read their own data.")
    if is_private(bits) and not is_private(old):
        _check_separate(call, group_id)
    call.log(f"CHMOD({text(bits)})", "ome.model.meta.ExperimenterGroup", [group_id])
    call.db.execute(update(group).where(group.c.id == group_id).values(permissions=bits))
    for root in MODEL.roots():
        table = TABLES[root.table]
        if not is_system_type(root) and not root.is_enum:
            stale = (table.c.group_id == group_id) & (table.c.permissions != bits)
            call.db.execute(update(table).where(stale).values(permissions=bits))


def _check_separate(call: Call, group_id: int) -> None:
    found = call.db.execute(union_all(*_crossings(group_id)).limit(1)).one_or_none()
    if found is not None:
        raise omero.SecurityViolation(
            message=f"The group cannot become private: {found.name} of {found.id} refers to another user's data. "
            "Remove such links first."
        )


def _crossings(group_id: int) -> Iterator[Select[Any]]:
    """For each reference between classes with owners: rows in the group whose target has another owner."""
    for cls in MODEL.classes.values():
        if is_system_type(cls):
            continue
        for ref in references(cls):
            target = MODEL.classes[ref.prop.type]
            # An inherited reference is the business of the class that declares it.
            if is_system_type(target) or ref.prop.declared_in != cls.name:
                continue
            holder = TABLES[cls.root.table].alias()
            part: Any = holder
            keeper = holder
            if ref.table != cls.root.table:
                keeper = TABLES[ref.table].alias()
                part = holder.join(keeper, keeper.c[cls.key] == holder.c.id)
            other = TABLES[target.root.table].alias()
            part = part.join(other, other.c.id == keeper.c[ref.column])
            yield (
                select(literal(f"{cls.name}.{ref.prop.name}").label("name"), holder.c.id)
                .select_from(part)
                .where(holder.c.group_id == group_id, holder.c.owner_id != other.c.owner_id)
            )
