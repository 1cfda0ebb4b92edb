"""What the caller may do with an existing object.

The rules follow OMERO: an object's stored owner and its group's permission bits decide, not what a client sends. In
a private group leaders and administrators may edit and delete others' data, but not link or annotate it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache

from omero_server.model.schema import MODEL, ModelClass
from omero_server.security.bits import PRIVATE, Right, Role, granted, is_private
from omero_server.sessions.call import GUEST_USER, SYSTEM_GROUP, USER_GROUP, Caller

__all__ = [
    "Action",
    "Subject",
    "allowed",
    "full_admin",
    "is_system_type",
    "may_chgrp",
    "may_chown",
    "may_read",
    "restrictions",
]

SCRIPT_REPOSITORY = "ScriptRepo"
DIRECTORY = "Directory"
SYSTEM_PRIVILEGES = {
    "Experimenter": "ModifyUser",
    "ExperimenterGroup": "ModifyGroup",
    "GroupExperimenterMap": "ModifyGroupMembership",
}
CHGRP_TARGETS = frozenset(
    [
        "Instrument",
        "Annotation",
        "Dataset",
        "Project",
        "Folder",
        "Image",
        "OriginalFile",
        "RenderingDef",
        "Thumbnail",
        "Experiment",
        "Fileset",
        "Job",
        "Roi",
        "Plate",
        "Screen",
    ]
)
CHOWN_TARGETS = CHGRP_TARGETS | frozenset(
    [
        "DatasetImageLink",
        "ProjectDatasetLink",
        "FolderImageLink",
        "FolderRoiLink",
        "JobOriginalFileLink",
        "Reagent",
        "ScreenPlateLink",
        "WellReagentLink",
    ]
)


class Action(Enum):
    """What one may do with an object, in the order of the wire's list of restrictions."""

    LINK = "link"
    EDIT = "edit"
    DELETE = "delete"
    ANNOTATE = "annotate"


@dataclass(frozen=True, slots=True)
class Subject:
    """The object that is asked about. Owner and group are None for classes without them; ``bits``: permissions of
    its group.

    repository: of an OriginalFile the uuid of its repository, if it is in one. directory: whether it is a folder of it.
    """

    cls: ModelClass
    owner_id: int | None = None
    group_id: int | None = None
    bits: int | None = None
    repository: str | None = None
    directory: bool = False


@cache
def is_system_type(cls: ModelClass) -> bool:
    """Whether the objects of a class belong to the whole system: no owner, no group."""
    return cls.root.is_global


@cache
def _all_privileges() -> frozenset[str]:
    return frozenset(MODEL.enums["AdminPrivilege"])


def full_admin(caller: Caller) -> bool:
    """Whether the caller is an administrator without restrictions."""
    return caller.is_admin and caller.privileges >= _all_privileges()


def privilege_for(verb: str, subject: Subject) -> str:
    """Name of the privilege to "Write" or "Delete" an ordinary object of somebody else."""
    if subject.cls.name != "OriginalFile":
        return f"{verb}Owned"
    if subject.repository is None:
        return f"{verb}File"
    return f"{verb}ScriptRepo" if subject.repository == SCRIPT_REPOSITORY else f"{verb}ManagedRepo"


def may_change_system(caller: Caller, cls: ModelClass) -> bool:
    """Whether the caller may create, edit and delete objects of a system type."""
    privilege = SYSTEM_PRIVILEGES.get(cls.name)
    return caller.may(privilege) if privilege else caller.is_admin


def allowed(caller: Caller, action: Action, subject: Subject) -> bool:
    """Whether the caller may do this to the object. The first rule that applies decides."""
    if caller.share_id >= 0:
        return False
    ordinary = not is_system_type(subject.cls)
    reference = action in (Action.ANNOTATE, Action.LINK)
    if ordinary and reference and _foreign_in_private(caller, subject):
        return False
    if full_admin(caller):
        return True
    if not ordinary:
        return reference or may_change_system(caller, subject.cls)
    if caller.user_id == GUEST_USER:
        return False
    verb = "Delete" if action is Action.DELETE else "Write"
    if caller.may(privilege_for(verb, subject)) or subject.group_id in caller.leader_of:
        return True
    return _by_permissions(caller, action, subject) or (reference and in_common_space(subject))


def _foreign_in_private(caller: Caller, subject: Subject) -> bool:
    """Whether it is somebody else's object in a private group that the caller sees as administrator or leader."""
    return (
        subject.group_id != USER_GROUP
        and subject.owner_id != caller.user_id
        and is_private(_bits(caller, subject))
        and (caller.is_admin or subject.group_id in caller.leader_of)
    )


def _bits(caller: Caller, subject: Subject) -> int:
    if subject.group_id == USER_GROUP and not subject.directory:
        return PRIVATE
    known = subject.bits if subject.bits is not None else caller.group_permissions
    return known if known is not None else 0


def _by_permissions(caller: Caller, action: Action, subject: Subject) -> bool:
    right = Right.ANNOTATE if action is Action.ANNOTATE else Right.WRITE
    return has_right(caller, right, subject)


def has_right(caller: Caller, right: Right, subject: Subject) -> bool:
    """Whether the permission bits alone give the caller the right: as the world, the owner, or a member."""
    bits = _bits(caller, subject)
    if granted(bits, Role.WORLD, right):
        return True
    if subject.owner_id == caller.user_id and granted(bits, Role.USER, right):
        return True
    return subject.group_id in caller.member_of and granted(bits, Role.GROUP, right)


def in_common_space(subject: Subject) -> bool:
    """Whether everybody may refer to the object: it lies in "system", or in "user" and is no directory."""
    return subject.group_id == SYSTEM_GROUP or (subject.group_id == USER_GROUP and not subject.directory)


def may_read(caller: Caller, subject: Subject) -> bool:
    """Whether the caller may load this single object in the group of the call."""
    if is_system_type(subject.cls):
        return True
    if caller.share_id >= 0:
        return caller.is_admin
    if subject.group_id in (SYSTEM_GROUP, USER_GROUP):
        return True
    if not caller.all_groups and subject.group_id != caller.group_id:
        return False
    if caller.is_admin or subject.group_id in caller.leader_of:
        return True
    if not caller.all_groups and subject.owner_id == caller.user_id:
        return True
    return has_right(caller, Right.READ, subject)


def may_chgrp(caller: Caller, subject: Subject) -> bool:
    """Whether the caller may move the object to another group."""
    targets = any(c.name in CHGRP_TARGETS for c in subject.cls.lineage)
    return caller.share_id < 0 and targets and (subject.owner_id == caller.user_id or caller.may("Chgrp"))


def may_chown(caller: Caller, subject: Subject) -> bool:
    """Whether the caller may give the object to another user."""
    targets = subject.cls.is_annotation_link or any(c.name in CHOWN_TARGETS for c in subject.cls.lineage)
    return caller.share_id < 0 and targets and (subject.group_id in caller.leader_of or caller.may("Chown"))


def restrictions(caller: Caller, subject: Subject) -> list[bool]:
    """What the caller may not do, as clients receive it: link, edit, delete, annotate, chgrp, chown; [] without
    restriction.
    """
    found = [not allowed(caller, action, subject) for action in Action]
    found += [not may_chgrp(caller, subject), not may_chown(caller, subject)]
    return found if any(found) else []
