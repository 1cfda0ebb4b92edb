"""LegalGraphTargets: what a graph request can be asked for."""

from __future__ import annotations

from typing import Any

import omero
import omero.cmd
from omero_server.commands.registry import CommandError, Progress, command
from omero_server.graphs.notation import operation
from omero_server.sessions.call import Call

__all__ = ["legal_targets"]

OPERATIONS = {
    "::omero::cmd::Chgrp2": "chgrp",
    "::omero::cmd::Chmod2": "chmod",
    "::omero::cmd::Chown2": "chown",
    "::omero::cmd::Delete2": "delete",
    "::omero::cmd::DiskUsage2": "usage",
    "::omero::cmd::Duplicate": "duplicate",
    "::omero::cmd::FindChildren": "children",
    "::omero::cmd::FindParents": "parents",
}


@command("::omero::cmd::LegalGraphTargets", mode="none")
def legal_targets(call: Call, request: Any, progress: Progress) -> Any:
    """Full names of all classes that can be targets of a request of this class; of a SkipHead's inner request.

    Error: graph-no-targets for a request that has none.
    """
    asked = request.request
    while asked is not None and asked.ice_id() == "::omero::cmd::SkipHead":
        asked = asked.request
    name = None if asked is None else OPERATIONS.get(asked.ice_id())
    if name is None:
        what = "no request" if asked is None else asked.ice_id()
        raise CommandError("graph-no-targets", f"There are no targets for {what}: name a request about objects.")
    return omero.cmd.LegalGraphTargetsResponse(targets=sorted(cls.java for cls in operation(name).targets))
