"""Who may create what where, and refer to what.

A reference is judged by the right that the caller has on its target: annotate, read, or else write. Both ends lie
in one group, apart from what the whole system shares.
"""

from __future__ import annotations

from pathlib import PurePosixPath

import omero
import omero._generated
from omero_server.model.schema import Property
from omero_server.security.bits import Right, Role, granted, is_private
from omero_server.security.voter import (
    Subject,
    has_right,
    in_common_space,
    is_system_type,
    may_change_system,
    privilege_for,
)
from omero_server.sessions.call import GUEST_USER, SYSTEM_GROUP, USER_GROUP, Caller

__all__ = ["check_creation", "check_path", "check_reference", "privileged_creator"]


def privileged_creator(caller: Caller, subject: Subject) -> bool:
    """Whether the caller may create such an object for others and in any group."""
    if is_system_type(subject.cls):
        return may_change_system(caller, subject.cls)
    return caller.may(privilege_for("Write", subject))


def check_creation(caller: Caller, subject: Subject) -> None:
    """Raises SecurityViolation unless the caller may create ``subject`` with its owner in its group.

    To leaders and administrators in a private group it is a GroupSecurityViolation.
    """
    name = subject.cls.name
    if caller.share_id >= 0:
        raise omero.SecurityViolation(message=f"Cannot create {name}: nothing can be changed within a share.")
    privileged = privileged_creator(caller, subject)
    if is_system_type(subject.cls):
        if not privileged:
            raise omero.SecurityViolation(
                message=f"Cannot create {name}: it belongs to the whole system. Ask an administrator."
            )
        return
    if caller.user_id == GUEST_USER:
        raise omero.SecurityViolation(message=f"Cannot create {name}: guests may not create anything.")
    if privileged:
        _check_preset_group(caller, subject)
        return
    if subject.owner_id != caller.user_id:
        raise _refusal(caller, subject)(
            message=f"Cannot create {name} for user {subject.owner_id}: only administrators may create data for others."
        )
    _check_group(caller, subject)


def _check_preset_group(caller: Caller, subject: Subject) -> None:
    """The common group is open to privileged creators only; elsewhere the call has to run in the group."""
    allowed = (caller.group_id, USER_GROUP) if privileged_creator(caller, subject) else (caller.group_id,)
    if not caller.all_groups and subject.group_id not in allowed:
        raise omero.SecurityViolation(
            message=f"Cannot create {subject.cls.name} in group {subject.group_id}: "
            f"this call runs in group {caller.group_id}. Set omero.group in its context."
        )


def _check_group(caller: Caller, subject: Subject) -> None:
    name, group = subject.cls.name, subject.group_id
    _check_preset_group(caller, subject)
    if group in caller.member_of and group != USER_GROUP:
        return
    if group in caller.member_of and caller.group_id == USER_GROUP:
        return
    right = Right.WRITE
    if subject.cls.is_annotation_link:
        right = Right.ANNOTATE
    elif subject.cls.root.package == "display":
        right = Right.READ
    if subject.bits is None or not granted(subject.bits, Role.WORLD, right):
        raise _refusal(caller, subject)(message=f"Cannot create {name} in group {group}: you are not a member of it.")


def _refusal(caller: Caller, subject: Subject) -> type[omero.SecurityViolation]:
    """The class of the error that refuses a new object."""
    overseer = caller.is_admin or subject.group_id in caller.leader_of
    private = overseer and subject.bits is not None and is_private(subject.bits)
    kind: type[omero.SecurityViolation] = omero.GroupSecurityViolation if private else omero.SecurityViolation
    return kind


def check_reference(
    caller: Caller, holder: Subject, prop: Property, target: Subject, target_name: str, created: bool
) -> None:
    """Raises a SecurityViolation unless ``holder`` may refer to ``target`` through ``prop``.

    target_name: what messages call the target, such as "Image:5". created: whether the holder is a new object. The
    class of the error says why: GroupSecurityViolation for two groups, ReadOnlyGroupSecurityViolation in a private
    group.
    """
    if is_system_type(holder.cls) or is_system_type(target.cls) or SYSTEM_GROUP in (holder.group_id, target.group_id):
        return
    if in_common_space(target) and not holder.directory:
        return
    what = f"{holder.cls.name}.{prop.name} = {target_name}"
    if holder.group_id != target.group_id:
        raise omero.GroupSecurityViolation(
            message=f"MIXED GROUP: {what} would join group {holder.group_id} with group {target.group_id}. "
            "Move one of them to the other's group first."
        )
    overseer = caller.is_admin or target.group_id in caller.leader_of
    foreign = target.owner_id != caller.user_id
    if foreign and overseer and target.bits is not None and is_private(target.bits):
        if created and holder.owner_id == target.owner_id:
            return
        raise omero.ReadOnlyGroupSecurityViolation(
            message=f"{what}: in a private group others' data can only be linked on behalf of their owner. "
            f"Set details.owner of the new object to user {target.owner_id}."
        )
    right = right_needed(holder, prop, target)
    if has_right(caller, right, target):
        return
    if foreign and (target.group_id in caller.leader_of or caller.may(privilege_for("Write", target))):
        return
    raise omero.SecurityViolation(
        message=f"{what}: you do not have the right to {right.name.lower()} what belongs to user {target.owner_id}"
        f" in group {target.group_id}."
    )


def right_needed(holder: Subject, prop: Property, target: Subject) -> Right:
    """The right on the target that a reference needs."""
    kinds = (holder.cls.name, target.cls.name)
    if holder.cls.is_annotation_link or (holder.cls.name == "Roi" and target.cls.name == "Image"):
        return Right.ANNOTATE
    if "RenderingDef" in kinds or kinds == ("Thumbnail", "Pixels"):
        return Right.READ
    return Right.WRITE


def check_path(caller: Caller, path: str | None, name: str | None) -> None:
    """Raises SecurityViolation when somebody other than an administrator brings "." or ".." into a file's path."""
    if caller.is_admin:
        return
    parts = [part for text in (path, name) if text for part in text.split("/")]
    if {".", ".."} & set(parts):
        shown = PurePosixPath(path or "", name or "")
        raise omero.SecurityViolation(message=f"OriginalFile {str(shown)!r}: . and .. are not allowed in a path.")
