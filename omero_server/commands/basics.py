"""Requests about requests, one that only takes time, and saving as a request."""

from __future__ import annotations

from functools import reduce
from typing import Any

import omero
import omero._generated
import omero.api
import omero.cmd
from omero_server.commands.registry import COMMANDS, CommandError, Progress, Steps, command
from omero_server.db.retry import passes
from omero_server.saving.saver import save
from omero_server.sessions.call import Call

__all__ = ["list_requests", "save_object", "timing"]

MOST_STEPS = 1_000_000
LONGEST_MS = 300_000


@command("::omero::cmd::ListRequests", mode="none")
def list_requests(call: Call, request: omero.cmd.ListRequests, progress: Progress) -> omero.cmd.ListRequestsRsp:
    """A blank instance of each request that this server runs."""
    return omero.cmd.ListRequestsRsp(list=[_class(type_id)() for type_id in sorted(COMMANDS)])


def _class(type_id: str) -> Any:
    return reduce(getattr, type_id.split("::")[2:], omero)


@command("::omero::cmd::Timing", mode="none")
def timing(call: Call, request: omero.cmd.Timing, progress: Progress) -> Steps[omero.cmd.OK]:
    """Sleep ``steps`` times ``millisPerStep`` ms. Errors: too-many-steps, too-long-steps, too-long, no-steps."""
    steps, pause = request.steps, max(request.millisPerStep, 0)
    if steps > MOST_STEPS:
        raise CommandError("too-many-steps", f"At most {MOST_STEPS} steps, not {steps}.")
    if pause > LONGEST_MS:
        raise CommandError("too-long-steps", f"At most {LONGEST_MS} ms for a step, not {pause}.")
    if steps * pause > LONGEST_MS:
        raise CommandError("too-long", f"At most {LONGEST_MS} ms in all, not {steps * pause}.")
    yield steps
    for _ in range(steps):
        # A server that stops does not wait for this.
        call.engine.stopping.wait(pause / 1000)
        yield
    return omero.cmd.OK()


@command("::omero::api::Save")
def save_object(call: Call, request: omero.api.Save, progress: Progress) -> omero.api.SaveRsp:
    """Save an object and what hangs on it, as IUpdate.saveAndReturnObject does. Error: failed."""
    if request.obj is None:
        raise CommandError("failed", "There is no object to save.")
    try:
        return omero.api.SaveRsp(obj=save(call, [request.obj])[0])
    except Exception as error:
        if passes(error):
            raise
        raise CommandError("failed") from error
