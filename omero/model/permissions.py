"""``PermissionsI``: who may read, annotate and write, and what the caller may do with an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import omero.model
from omero.errors import ClientError

__all__ = ["PermissionsI"]

# Positions of the bits (facts: Permissions): the role shifts, the right masks.
SHIFTS = {"User": 8, "Group": 4, "World": 0}
MASKS = {"Read": 4, "Write": 2, "Annotate": 1}
ALL = -1
ALL_BITS = sum(mask << shift for shift in SHIFTS.values() for mask in MASKS.values())

READ_LETTERS = {"r": True, "R": True, "-": False, "_": False}
# Write implies annotate.
WRITE_LETTERS = {"a": (False, True), "A": (False, True), "w": (True, True), "W": (True, True)}
WRITE_LETTERS |= {"-": (False, False), "_": (False, False)}


class PermissionsI(omero.model.Permissions):
    """Six letters such as ``rwra--``, for owner, group and others; and what the server said the caller may not do.

    Those that come from the server cannot be changed: make new ones.
    """

    _immutable = False

    def __init__(self, l: Any = None) -> None:  # noqa: E741 - callers may name it
        """``l``: letters, the number on the wire, or None for all rights. ValueError for other letters."""
        super().__init__()
        self._perm1 = ALL
        if isinstance(l, str):
            self.from_string(l)
        elif l is not None:
            self._perm1 = int(l)

    def ice_postUnmarshal(self) -> None:
        """Called by Ice when the object has arrived."""
        self._immutable = True

    def throwIfImmutable(self) -> None:
        """Raise ClientError for permissions that came from the server."""
        if self._immutable:
            raise ClientError(f"ImmutablePermissions: {self}")

    def from_string(self, perms: str) -> None:
        """Set from six letters; ValueError for others."""
        letters = perms.removeprefix("L")
        if len(letters) != 6:
            raise ValueError(f"Invalid permission string: {perms}")
        # Unused bits stay set, as the server keeps them.
        bits = ALL & ~ALL_BITS
        for shift, read, write in zip(SHIFTS.values(), letters[::2], letters[1::2], strict=True):
            if read not in READ_LETTERS or write not in WRITE_LETTERS:
                raise ValueError(f"Invalid permission string: {perms}")
            may_write, may_annotate = WRITE_LETTERS[write]
            rights = {"Read": READ_LETTERS[read], "Write": may_write, "Annotate": may_annotate}
            bits |= sum(MASKS[right] << shift for right, on in rights.items() if on)
        self.throwIfImmutable()
        self._perm1 = bits

    def granted(self, mask: int, shift: int) -> bool:
        """Whether the bits of ``mask`` are set for the role at ``shift``."""
        return bool(self._perm1 & (mask << shift) == mask << shift)

    def set(self, mask: int, shift: int, on: bool) -> None:
        """Set or clear the bits of ``mask`` for the role at ``shift``."""
        self.throwIfImmutable()
        self._perm1 = self._perm1 | (mask << shift) if on else self._perm1 & ~(mask << shift)

    def getPerm1(self) -> int:
        """The number on the wire."""
        return self._perm1

    def setPerm1(self, _perm1: int) -> None:
        """Set the number on the wire."""
        self.throwIfImmutable()
        self._perm1 = _perm1

    perm1 = property(getPerm1, setPerm1)

    def isDisallow(self, restriction: int, current: Any = None) -> bool:
        """Whether the server forbids the caller something, by index (omero.constants.permissions)."""
        restrictions = self._restrictions or ()
        return restriction < len(restrictions) and bool(restrictions[restriction])

    def isRestricted(self, restriction: str, current: Any = None) -> bool:
        """Whether the server sent the named restriction."""
        return restriction in (self._extendedRestrictions or ())

    def canLink(self, current: Any = None) -> bool:
        """Whether the caller may link the object."""
        return not self.isDisallow(0)

    def canEdit(self, current: Any = None) -> bool:
        """Whether the caller may change the object."""
        return not self.isDisallow(1)

    def canDelete(self, current: Any = None) -> bool:
        """Whether the caller may delete the object."""
        return not self.isDisallow(2)

    def canAnnotate(self, current: Any = None) -> bool:
        """Whether the caller may annotate the object."""
        return not self.isDisallow(3)

    def canChgrp(self, current: Any = None) -> bool:
        """Whether the caller may move the object to another group."""
        return not self.isDisallow(4)

    def canChown(self, current: Any = None) -> bool:
        """Whether the caller may give the object to another user."""
        return not self.isDisallow(5)

    def __str__(self) -> str:
        letters = ""
        for shift in SHIFTS.values():
            letters += "r" if self.granted(MASKS["Read"], shift) else "-"
            if self.granted(MASKS["Write"], shift):
                letters += "w"
            else:
                letters += "a" if self.granted(MASKS["Annotate"], shift) else "-"
        return letters


def _right(role: str, right: str) -> tuple[Callable[[PermissionsI], bool], Callable[[PermissionsI, bool], None]]:
    mask, shift = MASKS[right], SHIFTS[role]

    def ask(self: PermissionsI) -> bool:
        return self.granted(mask, shift)

    def change(self: PermissionsI, value: bool) -> None:
        self.set(mask, shift, value)

    ask.__name__, change.__name__ = f"is{role}{right}", f"set{role}{right}"
    return ask, change


for _role in SHIFTS:
    for _right_name in MASKS:
        for _method in _right(_role, _right_name):
            setattr(PermissionsI, _method.__name__, _method)

PermissionsI.__module__ = "omero.model"
