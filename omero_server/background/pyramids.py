"""Pyramids and statistics of very large planes, made by threads while the pixels are shown already.

Whoever opens such pixels orders their pyramid; until it is there they are read from where they lie, at full size only.
A pyramid appears under its name when it is complete. Orders are not kept: after a restart the next one who looks orders
again.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select

import omero
import omero._generated
from omero_server.background.statistics import Range, Task, add_statistics
from omero_server.db.tables import TABLES
from omero_server.db.transaction import Transaction
from omero_server.formats.base import FormatError
from omero_server.pixels.buffer import PixelBuffer, ReaderBuffer
from omero_server.pixels.large import is_large, pyramid_tile
from omero_server.pixels.pyramid_writer import write_pyramid
from omero_server.pixels.source import forget_pyramid, stored_pixels
from omero_server.rendering.stats import channel_ranges
from omero_server.repository.disk import sync_directory
from omero_server.repository.layout import Layout

__all__ = ["Pyramids"]

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0
FAILURES = (omero.ServerError, FormatError, OSError, ValueError, MemoryError)


class _Stopped(Exception):
    """The server stops, or nobody needs the pyramid any more."""


class Pyramids:
    """Makes pyramids, `omero.pixeldata.threads` at a time; none when `omero.pixeldata.cron` is empty."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._orders: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._known: set[int] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def request(self, pixels_id: int) -> None:
        """Order the pyramid of these pixels, or only their statistics when they have smaller levels.

        Nothing happens when that has been ordered already, or could not be done.
        """
        config = self._engine.config
        if not config.get("omero.pixeldata.cron") or self._engine.stopping.is_set():
            return
        with self._lock:
            if pixels_id in self._known:
                return
            self._known.add(pixels_id)
            if len(self._threads) < max(1, config.get_int("omero.pixeldata.threads")):
                thread = threading.Thread(target=self._work, name=f"pyramids-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._orders.put(pixels_id)

    def stop(self) -> None:
        """End what is being made; the server must have said that it stops. What is left behind is removed."""
        for _ in self._threads:
            self._orders.put(None)
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def _work(self) -> None:
        while (pixels_id := self._orders.get()) is not None:
            if self._engine.stopping.is_set():
                return
            try:
                self._make(pixels_id)
            except _Stopped:
                pass
            except FAILURES as error:
                # It stays known, so that it is not tried again before the next start.
                log.warning("no pyramid of the pixels %d: %s", pixels_id, getattr(error, "message", error))
                continue
            except Exception:
                # The thread must live on for the next order.
                log.exception("no pyramid of the pixels %d", pixels_id)
                continue
            with self._lock:
                self._known.discard(pixels_id)

    def _make(self, pixels_id: int) -> None:
        layout = Layout.of(self._engine.config)
        path = layout.pyramid(pixels_id)
        if path.exists() and path.stat().st_size:
            return
        with Transaction(self._engine.database, self._engine.author(), writable=False) as transaction:
            source = stored_pixels(Task(transaction, self._engine), pixels_id)
        with closing(source):
            # Complex numbers cannot be shown: nobody needs them smaller.
            if not is_large(self._engine.config, source.size_x, source.size_y) or source.dtype.kind == "c":
                return
            if len(source.levels) == 1:
                self._record(pixels_id, path, self._write(pixels_id, path, source))
            elif source.dtype.itemsize > 1:
                # The range of bytes is as good as their statistics, and takes no reading of whole slides.
                self._record(pixels_id, path, self._measure(source))

    def _measure(self, source: PixelBuffer) -> list[Range]:
        """Smallest and largest value of each channel."""
        if not isinstance(source, ReaderBuffer):
            return channel_ranges(source, self._check)
        info, series = source.place
        with self._engine.reading(self._check) as reading:
            reading.take_over(info)
            return list(reading.ranges(series))

    def _write(self, pixels_id: int, path: Path, source: PixelBuffer) -> list[Range]:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".{path.name}*.tmp"):
            left.unlink(missing_ok=True)
        temporary = path.with_name(f".{path.name}{uuid4().hex[:8]}.tmp")
        log.info("making the pyramid of the pixels %d, %d x %d", pixels_id, source.size_x, source.size_y)
        try:
            ranges = self._written(temporary, source)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_directory(path.parent)
        forget_pyramid(pixels_id)
        log.info("the pyramid of the pixels %d is ready", pixels_id)
        return ranges

    def _written(self, path: Path, source: PixelBuffer) -> list[Range]:
        """Write the pyramid; files that somebody has imported are read by another process."""
        tile = pyramid_tile(self._engine.config)
        if not isinstance(source, ReaderBuffer):
            return write_pyramid(source, path, tile, with_full=False, check=self._check)
        info, series = source.place
        with self._engine.reading(self._check) as reading:
            reading.take_over(info)
            return list(reading.pyramid(series, path, tile, with_full=source.tile_size[0] >= source.size_x))

    def _check(self) -> None:
        if self._engine.stopping.is_set():
            raise _Stopped

    def _record(self, pixels_id: int, path: Path, ranges: list[Range]) -> None:
        """Statistics of the channels; and no pyramid of pixels that were deleted meanwhile."""
        table = TABLES["pixels"]
        with Transaction(self._engine.database, self._engine.author(), writable=True) as transaction:
            chosen = select(table.c.id).where(table.c.id == pixels_id).with_for_update(key_share=True)
            if transaction.db.execute(chosen).first() is None:
                path.unlink(missing_ok=True)
                raise _Stopped
            add_statistics(Task(transaction, self._engine), pixels_id, ranges)
