"""Open readers kept for the next request: opening one may cost more than reading a tile."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from omero_server.formats.base import Reader
from omero_server.pixels.buffer import ReaderBuffer

__all__ = ["ReaderShelf"]


@dataclass(eq=False, slots=True)
class _Place:
    """One reader, how many buffers use it, and whether it goes when they do."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    reader: Reader | None = None
    users: int = 0
    dropped: bool = False


class ReaderShelf:
    """At most `capacity` idle readers, the longest unused ones closed first. Safe to use from several threads."""

    def __init__(self, capacity: int = 64) -> None:
        self._capacity = capacity
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()
        self._lock = threading.Lock()

    def buffer(self, key: Hashable, series: int, make: Callable[[], Reader]) -> ReaderBuffer:
        """Image `series` of the reader under `key`, which `make` opens when it is not there. Close it after use."""
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            place.users += 1
        try:
            with place.lock:
                reader = place.reader = place.reader or make()
            return _SharedBuffer(reader, series, lambda: self._release(place))
        except BaseException:
            self._release(place)
            raise

    def forget(self, key: Hashable) -> None:
        """Close a reader, as soon as nobody reads from it: its files are gone."""
        with self._lock:
            place = self._places.pop(key, None)
        if place is not None:
            self._drop(place)

    def clear(self) -> None:
        """Close all readers."""
        for key in list(self._places):
            self.forget(key)

    def _release(self, place: _Place) -> None:
        with self._lock:
            place.users -= 1
            surplus = len(self._places) - self._capacity
            idle = [key for key, one in self._places.items() if not one.users][: max(0, surplus)]
            old = [self._places.pop(key) for key in idle]
        for one in [*old, *([place] if place.dropped else [])]:
            self._drop(one)

    def _drop(self, place: _Place) -> None:
        with self._lock:
            place.dropped = True
            reader = None if place.users else place.reader
            if reader is not None:
                place.reader = None
        if reader is not None:
            reader.close()


class _SharedBuffer(ReaderBuffer):
    """A buffer that gives its reader back when it is closed."""

    def __init__(self, reader: Reader, series: int, release: Callable[[], None]) -> None:
        super().__init__(reader, series)
        self._release: Callable[[], None] | None = release

    def close(self) -> None:
        """Give the reader back; may be called again."""
        release, self._release = self._release, None
        if release is not None:
            release()
