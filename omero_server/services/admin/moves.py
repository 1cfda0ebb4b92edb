"""IAdmin, the operations that give single objects another owner or group. Chown2 and Chgrp2 take whole hierarchies."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
import omero.model
from omero_server.queries import find
from omero_server.saving.fields import class_of
from omero_server.saving.moving import movable_subject, move
from omero_server.saving.saver import save
from omero_server.security import accounts
from omero_server.security.voter import Subject
from omero_server.services.admin.objects import user_id_of
from omero_server.services.service import Service, writes
from omero_server.sessions.call import USER_GROUP, Call
from omero_server.sessions.membership import Group, find_group

__all__ = ["AdminMoves"]


class AdminMoves(Service):
    """All of these are deprecated."""

    @writes
    def changeOwner(self, call: Call, obj: Any, omeName: str) -> None:
        """Give one object to another user, as saving it with that owner does."""
        subject = movable_subject(call, obj)
        stored = find(call, class_of(obj).name, obj._id._val)
        if stored is None:
            raise omero.SecurityViolation(message=f"You may not read {_name(subject, obj)} in the group of this call.")
        owner = user_id_of(call, omeName)
        stored._details._owner = omero.model.Experimenter(_id=omero.RLong(owner), _loaded=False)
        save(call, [stored])

    @writes
    def changeGroup(self, call: Call, obj: Any, omeName: str) -> None:
        """Move one object, an image with its pixels, to another group of the caller's."""
        subject, caller = movable_subject(call, obj), call.caller
        group = _group(call, name=omeName)
        if subject.owner_id != caller.user_id and not caller.is_admin:
            raise omero.SecurityViolation(message=f"{_name(subject, obj)} is not yours to move.")
        if group.id == USER_GROUP or group.id not in caller.member_of:
            raise omero.SecurityViolation(message=f"You cannot move anything to the group {group.name}.")
        if subject.group_id != group.id:
            move(call, obj, group.id, group.permissions)

    @writes
    def moveToCommonSpace(self, call: Call, objects: list[Any]) -> None:
        """Move objects to the group "user", where everybody sees them."""
        common = _group(call, group_id=USER_GROUP)
        for obj in objects or []:
            subject = movable_subject(call, obj)
            if subject.group_id == USER_GROUP or subject.group_id is None:
                continue
            accounts.check_may_manage(call, [subject.group_id], "ModifyGroup")
            move(call, obj, USER_GROUP, common.permissions)


def _group(call: Call, *, group_id: int | None = None, name: str | None = None) -> Group:
    found = find_group(call.db, group_id=group_id, name=name)
    if found is None:
        raise omero.ApiUsageException(message=f"There is no group {name!r}.")
    return found


def _name(subject: Subject, obj: Any) -> str:
    return f"{subject.cls.name}:{obj._id._val}"
