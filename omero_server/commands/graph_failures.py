"""What the graph room raises, as clients know it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import omero
import omero.cmd
from omero_server.commands.registry import CommandError
from omero_server.db.transaction import Interference
from omero_server.graphs.errors import BadClass, BadOptions, BadPlan, BadTarget, GraphError, InTheWay, UnknownClass
from omero_server.sessions.call import Call

__all__ = ["graph_failures"]

PLANS = 4
CODES: dict[type[Exception], str] = {
    BadTarget: "bad-target", BadOptions: "bad-options", BadClass: "bad-class", BadPlan: "bad-plan",
    UnknownClass: "graph-fail",
}  # fmt: skip


@contextmanager
def graph_failures(call: Call, category: str) -> Iterator[None]:
    """CommandError for everything that is wrong with a request (``category``: its type id); GraphException for what
    concerns objects. Interference, so that all is planned anew, when something may just have been added.
    """
    try:
        yield
    except tuple(CODES) as error:
        raise CommandError(CODES[type(error)], str(error)) from error
    except GraphError as error:
        if isinstance(error, InTheWay) and call.transaction.attempt < PLANS - 1:
            raise Interference(str(error)) from error
        message = str(error)
        parameters = {"message": message, "stacktrace": "".join(traceback.format_exception_only(error))}
        response = omero.cmd.GraphException(
            category=category, name="graph-fail", parameters=parameters, message=message
        )  # fmt: skip
        raise CommandError("graph-fail", message, response=response) from error
