"""Permission bits: what the database keeps of "rwra--".

Three roles (user, group, world) with three rights each, as bits of a 64-bit number whose unused bits are all set.
Write includes annotate. The bits of a group say what may be done with everything in it.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = [
    "PRIVATE",
    "READ_ANNOTATE",
    "READ_ONLY",
    "READ_WRITE",
    "Right",
    "Role",
    "granted",
    "is_private",
    "parse",
    "text",
]

NONE = -1912
PRIVATE, READ_ONLY, READ_ANNOTATE, READ_WRITE = -120, -56, -40, -8


class Role(IntEnum):
    """Whose right; the value is the shift of its bits."""

    USER = 8
    GROUP = 4
    WORLD = 0


class Right(IntEnum):
    """The value is the bit within a role."""

    READ = 4
    WRITE = 2
    ANNOTATE = 1


def granted(bits: int, role: Role, right: Right) -> bool:
    """Whether ``bits`` give ``role`` the right."""
    return bool(bits & (right << role))


def is_private(bits: int) -> bool:
    """Whether members of the group do not see each other's data."""
    return not granted(bits, Role.GROUP, Right.READ)


def text(bits: int) -> str:
    """The six letters, such as "rwra--"."""
    letters = []
    for role in Role:
        letters.append("r" if granted(bits, role, Right.READ) else "-")
        annotate = "a" if granted(bits, role, Right.ANNOTATE) else "-"
        letters.append("w" if granted(bits, role, Right.WRITE) else annotate)
    return "".join(letters)


def parse(letters: str) -> int:
    """The bits of six letters. Raises ValueError for anything else."""
    if len(letters) != 6 or any(
        a not in "rR-" or b not in "wWaA-_" for a, b in zip(letters[::2], letters[1::2], strict=True)
    ):
        raise ValueError(f"{letters!r} are no permissions: write six letters such as rw---- or rwra--")
    bits = NONE
    for role, (read, change) in zip(Role, zip(letters[::2].lower(), letters[1::2].lower(), strict=True), strict=True):
        rights = Right.READ * (read == "r")
        rights |= {"w": Right.WRITE | Right.ANNOTATE, "a": Right.ANNOTATE}.get(change, 0)
        bits |= rights << role
    return bits
