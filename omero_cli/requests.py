"""Running requests on the server: submitting, waiting as long as the user wants, telling what went wrong."""

from typing import Any

import omero
import omero.cmd
from omero.callbacks import CmdCallbackI
from omero_cli.framework import Context, Parser

__all__ = ["failure", "finish", "short_answer", "start", "wait_argument"]

POLL_MS = 500
LOOPS = 8
CANCEL_WAIT_MS = 5000


def wait_argument(parser: Parser) -> None:
    """`--wait`: how long to wait for a request."""
    help = "Seconds to wait; 0: not at all; negative: to the end (default)"
    parser.add_argument("--wait", type=int, default=-1, metavar="SECS", help=help)


def start(ctx: Context, client: Any, request: Any, seconds: int = -1) -> CmdCallbackI | None:
    """Submit and wait: to the end (negative), not at all (0: None is returned), or so many seconds.

    After that many seconds the callback may have no response yet. Its user closes it.
    """
    handle = _submit(ctx, client, request)
    if seconds == 0:
        ctx.out("Exiting immediately")
        return None
    callback = CmdCallbackI(client, handle)
    try:
        _wait(callback, seconds)
    except KeyboardInterrupt:
        ctx.out("Attempting cancel...")
        ctx.out("Cancelled" if handle.cancel() else "Failed to cancel")
        callback.block(CANCEL_WAIT_MS)
    except BaseException:
        callback.close(True)
        raise
    return callback


def finish(ctx: Context, client: Any, request: Any) -> Any:
    """The response to a request, however long it takes. CommandError when the user cancelled it in vain."""
    callback = start(ctx, client, request)
    assert callback is not None  # Only with seconds=0.
    try:
        answer = callback.getResponse()
    finally:
        callback.close(True)
    if answer is None:
        ctx.die(1, f"The request {type(request).__name__} goes on without this command.")
    return answer


def short_answer(ctx: Context, client: Any, request: Any) -> Any:
    """The response to a request that takes a moment. CommandError 446 when it takes too long."""
    callback = CmdCallbackI(client, _submit(ctx, client, request))
    try:
        return callback.loop(LOOPS, POLL_MS)
    except omero.LockTimeout as error:
        ctx.die(446, f"LockTimeout: {error.message}")
    finally:
        callback.close(True)


def failure(error: Any) -> str:
    """The text of an ERR. Where in the server it came from is for its log."""
    message = getattr(error, "message", None)
    if message:
        return f"failed: '{error.name}'\nfailed: {message}"
    told = ((key, value) for key, value in sorted((error.parameters or {}).items()) if key != "stacktrace")
    return f"failed: '{error.name}'\n" + "\n".join(f"\t{key}={value}" for key, value in told)


def _submit(ctx: Context, client: Any, request: Any) -> Any:
    """The handle of a running request. CommandError when the server has no such request."""
    handle = client.sf.submit(request)
    if handle is None:
        ctx.die(1, f"This server does not serve requests of the kind {type(request).__name__}.")
    return handle


def _wait(callback: CmdCallbackI, seconds: int) -> None:
    if seconds > 0:
        for _ in range(LOOPS):
            if callback.block(seconds * 1000 // LOOPS):
                break
            callback.poll()
    while seconds < 0 and not callback.block(POLL_MS):
        callback.poll()
