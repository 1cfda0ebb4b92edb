"""Imports that were not waited for: `omero import -- --close-completed` and `--wait-completed`."""

import time
from typing import Any

import omero
import omero.cmd
from omero.importing.process import managed_repository
from omero_cli.framework import Context

__all__ = ["finish_others"]

PAUSE = 0.5


def finish_others(ctx: Context, client: Any, *, wait: bool) -> int:
    """Close the user's imports that have ended, all of them if `wait`; how many of these failed."""
    context = {"omero.session.uuid": client.getSessionId()}
    errors = 0
    for process in managed_repository(client).listImports(context):
        handle = process.getHandle()
        if handle is None:
            continue
        response = handle.getResponse()
        while response is None and wait:
            time.sleep(PAUSE)
            response = handle.getResponse()
        if response is None:
            continue
        failed = isinstance(response, omero.cmd.ERR)
        errors += failed
        ctx.err(f"Import {'failed' if failed else 'finished'}: {process.ice_getIdentity().name}")
        handle.close()
        process.close()
    return errors
