"""What sessions may see of images, as the server has said, and the open pixels: for as long as nothing has changed.

The server counts changes (`omero_server.rpc.changes`): each commit, each session that ends. An answer holds as long as
the number stays the same, and for two seconds at most, in case something was changed behind the server's back; and so
that the session does not count as idle. Otherwise the server is asked again, which takes about a millisecond.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import omero
from omero_server.control.config import Config
from omero_server.formats.base import FormatError
from omero_server.pixels.buffer import PixelBuffer
from omero_server.pixels.source import forget_place, open_place
from omero_server.rendering.views import ImageView
from omero_server.rpc.changes import ChangeReader
from omero_server.rpc.doorway import Answer, ask, connect

__all__ = ["Declined", "OpenView", "Views"]

log = logging.getLogger(__name__)

TRUSTED_SECONDS = 2.0
IDLE_SECONDS = 60.0
MOST_MADE = 16


class Declined(Exception):
    """This request is not for the express lane."""


@dataclass(eq=False)
class OpenView:
    """One image as one session sees it, with its open pixels. It never changes; something new takes its place.

    made: what was derived from it and an address, such as renderers.
    """

    view: ImageView
    buffer: PixelBuffer
    longest_tile: int
    users: int = 0
    dropped: bool = False
    made: OrderedDict[Any, Any] = field(default_factory=OrderedDict)

    def remember(self, key: Any, value: Any) -> None:
        """Keep something that was made of this view; the oldest is forgotten."""
        self.made[key] = value
        while len(self.made) > MOST_MADE:
            with suppress(KeyError):  # another thread was quicker
                self.made.popitem(last=False)


@dataclass(eq=False)
class _Slot:
    """What is known of one image and session; `asked` and `used` are times."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    current: OpenView | None = None
    number: int = 0
    asked: float = 0.0
    used: float = field(default_factory=time.monotonic)


class Views:
    """The views of one process. Safe for several threads."""

    def __init__(self, config: Config) -> None:
        self._run_dir: Path = config.instance.run_dir
        self._config = config
        self._changes: ChangeReader | None = None
        self._slots: OrderedDict[tuple[str, int], _Slot] = OrderedDict()
        self._lock = threading.Lock()
        self._here = threading.local()
        threading.Thread(target=self._sweep, name="views", daemon=True).start()

    @contextmanager
    def borrowed(self, session: str, image_id: int) -> Iterator[OpenView]:
        """The view, checked just now; its pixels stay open until the block ends. Raises Declined when there is none."""
        key = session, image_id
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                slot = self._slots[key] = _Slot()
        if not self._holds(slot):
            self._look(slot, session, image_id)
        with self._lock:
            view = slot.current
            if view is None:
                raise Declined
            view.users += 1
        try:
            yield view
        finally:
            with self._lock:
                view.users -= 1
                slot.used = time.monotonic()
                close = view.dropped and not view.users
            if close:
                view.buffer.close()

    def _holds(self, slot: _Slot) -> bool:
        changes = self._changes
        fresh = time.monotonic() - slot.asked < TRUSTED_SECONDS
        return changes is not None and slot.number != 0 and slot.number == changes.now and fresh

    def _look(self, slot: _Slot, session: str, image_id: int) -> None:
        with slot.lock:
            if self._holds(slot):  # another thread has just looked
                return
            asked = time.monotonic()
            answer = self._ask(session, image_id)
            if answer.view is None:
                self._refused(slot)
                raise Declined
            if slot.current is None or answer.view != slot.current.view:
                self._replace(slot, self._opened(answer, answer.view))
            slot.number, slot.asked = answer.number, asked

    def _ask(self, session: str, image_id: int) -> Answer:
        """Once more on a new connection when the kept one has broken: the server may have been restarted."""
        for again in (False, True):
            try:
                connection: socket.socket | None = None if again else getattr(self._here, "connection", None)
                if connection is None:
                    connection = self._here.connection = connect(self._run_dir)
                    self._changes = ChangeReader(self._run_dir)
                return ask(connection, session, image_id)
            except OSError as error:
                self._here.connection = None
                if again:
                    raise Declined from error
        raise Declined

    def _opened(self, answer: Answer, view: ImageView) -> OpenView:
        try:
            return OpenView(view, open_place(self._config, view.place, _decline), answer.longest_tile)
        except (omero.ServerError, FormatError, OSError, ValueError, IndexError) as error:
            log.info("Image:%d is left to the server: %s", view.pixels.image_id, error)
            raise Declined from error

    def _replace(self, slot: _Slot, view: OpenView | None) -> None:
        """Requests that began before keep the old pixels until they are done."""
        with self._lock:
            old, slot.current = slot.current, view
            if old is None:
                return
            old.dropped = True
            close = not old.users
        if close:
            old.buffer.close()

    def _refused(self, slot: _Slot) -> None:
        """The image may be gone, and its files with it."""
        place = slot.current.view.place if slot.current else None
        slot.number = 0
        self._replace(slot, None)
        if place is not None:
            forget_place(place)

    def _sweep(self) -> None:
        """Close what nobody has looked at for a while: files may have been removed meanwhile."""
        while True:
            time.sleep(IDLE_SECONDS / 2)
            oldest = time.monotonic() - IDLE_SECONDS
            with self._lock:
                gone = [(key, slot) for key, slot in self._slots.items() if slot.used < oldest]
                for key, _ in gone:
                    del self._slots[key]
            for _, slot in gone:
                with slot.lock:
                    self._refused(slot)


def _decline() -> None:
    """Very large planes without smaller levels are for the server, which makes a pyramid of them."""
    raise Declined
