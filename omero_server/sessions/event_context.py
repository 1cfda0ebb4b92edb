"""What clients are told about the caller: ``omero.sys.EventContext``."""

from __future__ import annotations

from typing import Any

import omero
import omero.model
import omero.sys
from omero_server.sessions.call import Caller

__all__ = ["event_context", "permissions"]

UNKNOWN_PERMISSIONS = -1912


def event_context(caller: Caller, event_id: int = -1) -> Any:
    """The caller's user, group, memberships and privileges, as this call sees them."""
    bits = UNKNOWN_PERMISSIONS if caller.group_permissions is None else caller.group_permissions
    return omero.sys.EventContext(
        shareId=caller.share_id,
        sessionId=caller.session_id,
        sessionUuid=caller.session_uuid,
        userId=caller.user_id,
        userName=caller.user_name,
        sudoerId=None if caller.sudoer_id is None else omero.RLong(caller.sudoer_id),
        sudoerName=None if caller.sudoer_name is None else omero.RString(caller.sudoer_name),
        groupId=caller.group_id,
        groupName=caller.group_name,
        isAdmin=caller.is_admin,
        adminPrivileges=sorted(caller.privileges),
        eventId=event_id,
        eventType=caller.event_type,
        memberOfGroups=list(caller.member_of),
        leaderOfGroups=list(caller.leader_of),
        groupPermissions=permissions(bits),
    )


def permissions(bits: int) -> Any:
    """Permission bits as clients receive them, without restrictions."""
    return omero.model.Permissions(_restrictions=[], _extendedRestrictions=[], _perm1=bits)
