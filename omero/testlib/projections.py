"""What a reader may do with a writer's objects in groups of each kind of permissions."""

from __future__ import annotations

__all__ = ["PF", "PFS", "ProjectionFixture"]

SHORT = {"system-admin": "admin", "group-owner": "owner", "member1": "member", "member2": "member"}


class ProjectionFixture:
    """Permissions of a group, who wrote and who reads (member, owner, admin...), and what the reader may do."""

    def __init__(
        self,
        perms: str,
        writer: str,
        reader: str,
        can_read: bool,
        can_annotate: bool = False,
        can_delete: bool = False,
        can_edit: bool = False,
        can_link: bool = False,
        can_chgrp: bool = False,
        can_chown: bool = False,
    ) -> None:
        self.perms = perms
        self.writer = writer
        self.reader = reader
        self.canRead = can_read
        self.canAnnotate = can_annotate
        self.canDelete = can_delete
        self.canEdit = can_edit
        self.canLink = can_link
        self.canChgrp = can_chgrp
        self.canChown = can_chown

    def get_name(self) -> str:
        """As the name of a test: ``rwra---member-owner``."""
        return f"{self.perms}-{SHORT[self.writer]}-{SHORT[self.reader]}"


PF = ProjectionFixture


def _fixture(perms: str, writer: str, reader: str) -> ProjectionFixture:
    if reader == "member2":
        writes = perms[3] == "w"
        return PF(perms, writer, reader, perms[2] == "r", perms[3] in "aw", writes, writes, writes)
    # In private groups nothing of others may be linked to. Only administrators move what is not theirs.
    linked = perms != "rw----"
    return PF(perms, writer, reader, True, linked, True, True, linked, reader == "system-admin", True)


PFS = tuple(
    _fixture(perms, writer, reader)
    for perms in ("rw----", "rwr---", "rwra--", "rwrw--")
    for writer in ("system-admin", "group-owner", "member1")
    for reader in ("system-admin", "group-owner", "member2")
)
