"""What a caller may do with pixels and with settings of others."""

from __future__ import annotations

from typing import Protocol

import omero
import omero._generated
from omero_server.model.schema import MODEL
from omero_server.security.voter import Action, Subject, allowed
from omero_server.sessions.call import Caller

__all__ = ["Owned", "check_may_add", "check_may_edit", "may_add", "may_edit"]


class Owned(Protocol):
    """Something with an owner, in a group with these permissions."""

    @property
    def owner_id(self) -> int: ...
    @property
    def group_id(self) -> int: ...
    @property
    def group_bits(self) -> int: ...


def may_edit(caller: Caller, thing: Owned) -> bool:
    """Whether the caller may change it."""
    return allowed(caller, Action.EDIT, _subject(thing))


def may_add(caller: Caller, thing: Owned) -> bool:
    """Whether the caller may add settings of their own to it: who may annotate it may.

    The security rules alone would let every reader do so; members of read-only groups have never been allowed to.
    """
    return allowed(caller, Action.ANNOTATE, _subject(thing))


def check_may_edit(caller: Caller, thing: Owned, what: str) -> None:
    """SecurityViolation unless ``may_edit``."""
    if not may_edit(caller, thing):
        raise omero.SecurityViolation(message=f"You may not change {what}: it belongs to user {thing.owner_id}.")


def check_may_add(caller: Caller, thing: Owned, what: str) -> None:
    """ReadOnlyGroupSecurityViolation unless ``may_add``."""
    if not may_add(caller, thing):
        raise omero.ReadOnlyGroupSecurityViolation(
            message=f"You may not add {what} to images of user {thing.owner_id}: you may not annotate them."
        )


def _subject(thing: Owned) -> Subject:
    # Settings and pixels are judged alike: neither class has rules of its own.
    return Subject(MODEL.classes["Pixels"], thing.owner_id, thing.group_id, thing.group_bits)
