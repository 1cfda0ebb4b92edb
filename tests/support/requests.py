"""Requests of a client over Ice."""

from __future__ import annotations

import time
from typing import Any

import omero.callbacks

__all__ = ["Listener", "answer", "ended", "refused"]


def ended(session: Any, request: Any, context: dict[str, str] | None = None, seconds: float = 20) -> Any:
    """The handle of a request that has come to its end."""
    handle = session.submit(request, context or {})
    deadline = time.monotonic() + seconds
    while handle.getResponse() is None:
        assert time.monotonic() < deadline, f"{request.ice_id()} does not end"
        time.sleep(0.01)
    return handle


def answer(session: Any, request: Any, context: dict[str, str] | None = None) -> Any:
    """The response to a request."""
    handle = ended(session, request, context)
    response = handle.getResponse()
    handle.close()
    return response


def refused(session: Any, request: Any, context: dict[str, str] | None = None) -> str:
    """The code of a request that fails; its category is its type, and there is a message and a traceback."""
    response = answer(session, request, context)
    assert isinstance(response, omero.cmd.ERR), response
    assert response.category == request.ice_id()
    assert response.parameters["message"] and response.parameters["stacktrace"]
    return str(response.name)


class Listener(omero.callbacks.CmdCallbackI):
    """Keeps what the server tells."""

    def __init__(self, client: Any, handle: Any) -> None:
        self.steps: list[tuple[int, int]] = []
        self.ends: list[Any] = []
        super().__init__(client, handle)

    def step(self, complete: int, total: int, current: Any = None) -> None:
        self.steps.append((complete, total))

    def onFinished(self, rsp: Any, status: Any, current: Any) -> None:
        self.ends.append(rsp)

    def hears(self, times: int, seconds: float = 5) -> bool:
        """Whether it is told of the end at least so often."""
        deadline = time.monotonic() + seconds
        while len(self.ends) < times and time.monotonic() < deadline:
            time.sleep(0.01)
        return len(self.ends) >= times
