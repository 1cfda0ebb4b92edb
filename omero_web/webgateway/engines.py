"""Rendering engines that are kept open between the tiles of one view.

Opening an engine costs several round trips and the server opens the file, so an engine whose settings are all known
stays open for the next tile with the same settings. It is used by one request at a time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import Ice

log = logging.getLogger(__name__)

KEEP_SECONDS = 30.0
MOST_KEPT = 8


class Engines:
    """The open rendering engines of one session, by what they show; or other services with state."""

    def __init__(self, create: Callable[[], Any]) -> None:
        self._create = create
        self._idle: list[tuple[float, Hashable, Any]] = []
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, key: Hashable, prepare: Callable[[Any], None]) -> Iterator[Any]:
        """An engine for ``key``, used by nobody else: a kept one, else a new one after ``prepare`` (which loads it).

        It is kept afterwards unless the request failed or ``key`` is None.
        """
        engine = self._pop(key)
        if engine is None:
            engine = self._create()
            try:
                prepare(engine)
            except BaseException:
                _close(engine)
                raise
        try:
            yield engine
        except BaseException:
            _close(engine)
            raise
        self._keep(key, engine)

    def forget(self, image_id: int) -> None:
        """Close the kept engines of an image, because its stored settings have changed."""
        with self._lock:
            gone = [e for _, key, e in self._idle if isinstance(key, tuple) and key[0] == image_id]
            self._idle = [entry for entry in self._idle if entry[2] not in gone]
        for engine in gone:
            _close(engine)

    def close(self) -> None:
        """Close all kept engines."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, _, engine in idle:
            _close(engine)

    def _pop(self, key: Hashable) -> Any | None:
        if key is None:
            return None
        oldest = time.monotonic() - KEEP_SECONDS
        with self._lock:
            for at in range(len(self._idle) - 1, -1, -1):
                since, kept, engine = self._idle[at]
                if kept == key and since > oldest:
                    del self._idle[at]
                    return engine
        return None

    def _keep(self, key: Hashable, engine: Any) -> None:
        if key is None:
            _close(engine)
            return
        now = time.monotonic()
        with self._lock:
            self._idle.append((now, key, engine))
            fresh = [entry for entry in self._idle if now - entry[0] < KEEP_SECONDS][-MOST_KEPT:]
            gone = [entry for entry in self._idle if entry not in fresh]
            self._idle = fresh
        for _, _, old in gone:
            _close(old)


def _close(engine: Any) -> None:
    try:
        engine.close()
    except Ice.Exception as error:  # it has ended with its session
        log.debug("closing a rendering engine: %s", error)
