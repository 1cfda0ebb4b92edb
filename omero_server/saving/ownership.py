"""Owner and group of new objects."""

from __future__ import annotations

import omero
import omero._generated
from omero_server.saving.graph import Graph, Node, State
from omero_server.security.bits import PRIVATE
from omero_server.security.linking import check_creation
from omero_server.security.voter import Subject, is_system_type
from omero_server.sessions.call import SYSTEM_GROUP, USER_GROUP, Caller

__all__ = ["assign", "check_new"]


def assign(caller: Caller, graph: Graph) -> None:
    """Give each new object the owner and group that it asks for, else the caller and the group of the call.

    In a call for all groups the group is that of the stored objects in the graph. Raises ApiUsageException when no
    group follows from anything, or more than one.
    """
    default = caller.group_id if not caller.all_groups else _common_group(graph)
    for node in graph.of(State.NEW):
        if is_system_type(node.cls):
            node.subject = Subject(node.cls, bits=_own_bits(node))
            continue
        asked_owner, asked_group = preset(node, "_owner"), preset(node, "_group")
        group = default if asked_group is None else asked_group
        if group is None:
            raise omero.ApiUsageException(
                message=f"Cannot save {node.name} in all groups at once: say which, with omero.group in the context."
            )
        repository = node.obj._repo._val if node.cls.name == "OriginalFile" and node.obj._repo else None
        owner = caller.user_id if asked_owner is None else asked_owner
        node.subject = Subject(node.cls, owner, group, repository=repository)


def _own_bits(node: Node) -> int | None:
    """The permissions of a new group, which are its own; private unless it says otherwise."""
    if node.cls.name != "ExperimenterGroup":
        return None
    details = node.obj._details
    return PRIVATE if details is None or details._permissions is None else int(details._permissions._perm1)


def preset(node: Node, attribute: str) -> int | None:
    """The id of the owner or group that the client asks for in the details."""
    details = node.obj._details
    asked = None if details is None else getattr(details, attribute)
    return None if asked is None or asked._id is None else int(asked._id._val)


def _common_group(graph: Graph) -> int | None:
    existing = (node.subject.group_id for node in graph.of(State.STORED, State.REFERENCE))
    groups = {group for group in existing if group not in (None, SYSTEM_GROUP, USER_GROUP)}
    if len(groups) > 1:
        raise omero.ApiUsageException(
            message="Cannot save in all groups at once: the objects to be linked are in the groups "
            f"{', '.join(map(str, sorted(groups)))}. Say which with omero.group in the context."
        )
    return groups.pop() if groups else None


def check_new(caller: Caller, graph: Graph) -> None:
    """Raises SecurityViolation unless the caller may create each new object as it is.

    Permissions other than the group's give GroupSecurityViolation.
    """
    for node in graph.of(State.NEW):
        check_creation(caller, node.subject)
        details = node.obj._details
        asked = None if details is None else details._permissions
        if asked is None or node.subject.group_id in (None, USER_GROUP):
            continue
        if asked._perm1 != node.subject.bits:
            raise omero.GroupSecurityViolation(
                message=f"{node.name} cannot have permissions of its own: they are those of its group."
            )
