"""The container that imported images go to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

import omero
import omero._generated
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL
from omero_server.security.filter import read_filter
from omero_server.security.voter import Action, Subject, allowed
from omero_server.sessions.call import Call

__all__ = ["TARGETS", "check_target"]

TARGETS = ("Dataset", "Screen")


def check_target(call: Call, target: Any) -> None:
    """Refuse a target before anything is uploaded: of a wrong class, unknown, in another group, or not the caller's.

    ApiUsageException, ValidationException, GroupSecurityViolation and SecurityViolation, in this order.
    """
    if target is None:
        return
    name = type(target).__name__.removesuffix("I")
    if name not in TARGETS:
        raise omero.ApiUsageException(message=f"Images cannot be imported into a {name}: use a Dataset or a Screen.")
    if target._id is None:
        return
    cls, target_id = MODEL.classes[name], target._id._val
    table, group = TABLES[cls.table], TABLES["experimentergroup"]
    chosen = select(table.c.owner_id, table.c.group_id, group.c.permissions)
    chosen = chosen.join(group, group.c.id == table.c.group_id).where(table.c.id == target_id)
    rule = read_filter(call.caller, call.db)
    condition = rule.condition(cls, table)
    row = call.db.execute(chosen if condition is None else chosen.where(condition), rule.parameters).first()
    if row is None:
        raise omero.ValidationException(message=f"There is no {name} {target_id} that you can see in this group.")
    if row.group_id != call.caller.event_group:
        raise omero.GroupSecurityViolation(
            message=f"The {name} {target_id} is in another group ({row.group_id}) than the import "
            f"({call.caller.event_group}). Change the group of your session."
        )
    if not allowed(call.caller, Action.LINK, Subject(cls, row.owner_id, row.group_id, row.permissions)):
        raise omero.SecurityViolation(message=f"You may not put images into the {name} {target_id}: it is not yours.")
