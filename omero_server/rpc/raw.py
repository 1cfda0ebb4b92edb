"""Lets servants answer with bytes that are encoded already.

Ice for Python takes bytes only from servants that get their parameters as bytes too. So such a one, ``RawServant``,
stands at the door and passes each request on to the real servant in the same thread: Ice reads the parameters, and what
the real servant has encoded itself (``answer``) goes out in place of what Ice would have made of its result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import Ice
from Ice import Current, Identity

from omero_server.rpc.encoding import available

__all__ = ["RawAdapter", "answer"]


INSIDE = "Inside"


class _Thread(threading.local):
    """The request that this thread passes on: whether bytes may answer it, and the bytes."""

    wanted = False
    answer: bytes | None = None


_HERE = _Thread()


def answer(result: Any, encode: Callable[[Any], bytes | None]) -> Any:
    """What the servant is to return to Ice: nothing, when the door has been given the encoded result."""
    if not _HERE.wanted:
        return result
    _HERE.answer = encode(result)
    return result if _HERE.answer is None else None


class RawAdapter:
    """An object adapter whose servants may use ``answer``. Add those that send large answers with ``add``."""

    def __init__(self, adapter: Any) -> None:
        self._outside = adapter
        communicator = adapter.getCommunicator()
        # The id tells Ice which of the two adapters a proxy means; the identities are the same.
        communicator.getProperties().setProperty(f"{INSIDE}.AdapterId", INSIDE)
        self._inside = communicator.createObjectAdapter(INSIDE)
        self._inside.activate()
        self._door = _RawServant(self._inside)

    def add(self, servant: Any, identity: Identity) -> None:
        """Add a servant; without our encoder it is added as any other."""
        if available():
            self._inside.add(servant, identity)
            self._outside.add(self._door, identity)
        else:
            self._outside.add(servant, identity)

    def remove(self, identity: Identity) -> None:
        """Remove a servant."""
        self._outside.remove(identity)
        if self._inside.find(identity) is not None:
            self._inside.remove(identity)


class _RawServant(Ice.Blobject):
    """Passes requests on, and takes the encoded answer where there is one."""

    def __init__(self, inside: Any) -> None:
        self._inside = inside

    def ice_invoke(self, parameters: bytes, current: Current) -> tuple[bool, bytes]:
        """Answers whether the operation succeeded, and its result or user exception, encoded."""
        servant = self._inside.createProxy(current.id)
        _HERE.wanted, _HERE.answer = current.encoding == Ice.Encoding_1_1, None
        try:
            succeeded, result = servant.ice_invoke(current.operation, current.mode, parameters, current.ctx)
            return succeeded, result if _HERE.answer is None else _HERE.answer
        finally:
            _HERE.wanted, _HERE.answer = False, None
