"""What the caller may do with an object."""

from __future__ import annotations

from typing import Any

__all__ = ["Rights"]


class Rights:
    """The part of a wrapper that asks permissions."""

    _obj: Any
    _conn: Any

    def _permissions(self) -> Any:
        return self._obj.details.permissions

    def canWrite(self) -> bool:
        """Whether the caller is an administrator, or the owner with the right to write."""
        return bool(self._conn.canWrite(self))

    def canOwnerWrite(self) -> bool:
        """Whether the owner may write."""
        return bool(self._permissions().isUserWrite())

    def isOwned(self) -> bool:
        """Whether it is the caller's."""
        return bool(self._obj.details.owner.id.val == self._conn.getUserId())

    def isLeaded(self) -> bool:
        """Whether the caller leads the group it is in."""
        return bool(self._conn.isLeader(self._obj.details.group.id.val))

    def isPublic(self) -> bool:
        """Whether everybody may read it."""
        return bool(self._permissions().isWorldRead())

    def isShared(self) -> bool:
        """Whether members of the group may read it, but not everybody."""
        return bool(not self.isPublic() and self._permissions().isGroupRead())

    def isPrivate(self) -> bool:
        """Whether only the owner may read it."""
        return bool(not self.isPublic() and not self.isShared() and self._permissions().isUserRead())

    def canEdit(self) -> bool:
        """Whether the caller may change it."""
        return bool(self._permissions().canEdit())

    def canDelete(self) -> bool:
        """Whether the caller may delete it."""
        return bool(self._permissions().canDelete())

    def canLink(self) -> bool:
        """Whether the caller may link it."""
        return bool(self._permissions().canLink())

    def canAnnotate(self) -> bool:
        """Whether the caller may annotate it."""
        return bool(self._permissions().canAnnotate())

    def canChgrp(self) -> bool:
        """Whether the caller may move it to another group."""
        return bool(self._permissions().canChgrp())

    def canChown(self) -> bool:
        """Whether the caller may give it to another user."""
        return bool(self._permissions().canChown())
