"""Requests that clients know but nothing here runs yet: the handle answers with an ERR that says so.

Submitting a request that no server runs gives no handle at all (``RunningRequest.of``); clients take that badly.
Modules that come later in the registry take the place of what is registered here.
"""

from __future__ import annotations

from typing import Any, NoReturn

from omero_server.commands.registry import CommandError, Progress, command
from omero_server.sessions.call import Call

__all__ = ["REQUESTS"]

REQUESTS = (
    "::omero::cmd::Chgrp2",
    "::omero::cmd::Chmod2",
    "::omero::cmd::Chown2",
    "::omero::cmd::SkipHead",
)


def _refuse(call: Call, request: Any, progress: Progress) -> NoReturn:
    raise CommandError("not-implemented", f"This server does not run {request.ice_id()} yet.")


for _type_id in REQUESTS:
    command(_type_id, mode="none", guests=True)(_refuse)
