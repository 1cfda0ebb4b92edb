"""A new folder for files of a user, where the template `omero.fs.repo.path` says."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import select

from omero_server.db.tables import TABLES
from omero_server.repository.directories import find_row, lock_folders, register_folders
from omero_server.repository.identity import ROOT_USER, USER_GROUP, Repository
from omero_server.repository.paths import clean_name, parse_rules
from omero_server.repository.rows import Writing
from omero_server.repository.template import Expanded, Namer, expand

__all__ = ["Placing", "fresh_folder", "permission_text"]


class Placing(Writing, Protocol):
    """What is needed of a call: who makes the folder, too."""

    @property
    def caller(self) -> Any: ...


def fresh_folder(call: Placing, repository: Repository, paths: Sequence[str]) -> Expanded:
    """The new folder, with rows for it and all above it. `paths`: what goes into it, for templates that ask.

    Until the end of the transaction nobody else makes folders.
    """
    lock_folders(call.db)
    caller, config = call.caller, call.engine.config
    rules = parse_rules(config.get("omero.fs.repo.path_rules"))

    def taken(path: str) -> bool:
        return find_row(call.db, repository.uuid, path) is not None or (repository.root / path).exists()

    def entries(path: str) -> int:
        folder = repository.root / path
        return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0

    namer = Namer(_values(call), paths, taken, entries)
    expanded = expand(config.get("omero.fs.repo.path"), namer, lambda name: clean_name(name, rules))
    register_folders(
        call, repository.uuid, [expanded.path],
        lambda level: ROOT_USER if level < expanded.server_levels else caller.user_id, USER_GROUP,
    )  # fmt: skip
    return expanded


def _values(call: Placing) -> dict[str, str]:
    caller = call.caller
    return {
        "user": caller.user_name, "userId": str(caller.user_id), "group": caller.group_name,
        "groupId": str(caller.event_group), "perms": permission_text(caller.group_permissions or 0),
        "institution": _institution(call), "thread": threading.current_thread().name,
        # The uuid of a session is its key, which must not become the name of a folder.
        "session": str(caller.session_id), "sessionId": str(caller.session_id),
    }  # fmt: skip


def _institution(call: Placing) -> str:
    table = TABLES["experimenter"]
    chosen = select(table.c.institution).where(table.c.id == call.caller.user_id)
    return call.db.execute(chosen).scalar() or ""


def permission_text(bits: int) -> str:
    """Permissions as people write them: "rwr---"."""
    roles = [(0x400, 0x200, 0x100), (0x40, 0x20, 0x10), (0x4, 0x2, 0x1)]
    change = ["w" if bits & write else "a" if bits & annotate else "-" for _, write, annotate in roles]
    return "".join(("r" if bits & read else "-") + one for (read, _, _), one in zip(roles, change, strict=True))
