"""Sending files: several blocks are on their way while the next one is read and added to the checksum."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from omero_server.repository.checksums import new_checksum

__all__ = ["BLOCK", "upload_file"]

BLOCK = 2 * 1024 * 1024
IN_FLIGHT = 4


def upload_file(store: Any, path: Path, algorithm: str, sent: Callable[[int], None], offset: int = 0) -> str:
    """Write a file into a RawFileStore and close that; the checksum of what was read.

    `offset`: how many bytes the store has from an earlier attempt. The last ones are sent again, as several blocks may
    have been on their way. `sent` hears how many bytes the server has. Raises what the store raises, and OSError.
    """
    total, waiting = new_checksum(algorithm), deque[tuple[Any, int]]()
    try:
        start = _start(store, path.stat().st_size, offset)
        with path.open("rb", buffering=0) as stream:
            position = 0
            while block := stream.read(BLOCK if position >= start else min(BLOCK, start - position)):
                if position >= start:
                    waiting.append((store.writeAsync(block, position, len(block)), len(block)))
                else:
                    sent(len(block))
                total.update(block)
                position += len(block)
                while len(waiting) >= IN_FLIGHT:
                    _settle(waiting, sent)
        while waiting:
            _settle(waiting, sent)
    finally:
        store.close()
    return total.hexdigest()


def _start(store: Any, size: int, offset: int) -> int:
    """Where to begin to send."""
    if offset > size:
        store.truncate(0)
        return 0
    return size if offset == size else max(0, offset - IN_FLIGHT * BLOCK)


def _settle(waiting: deque[tuple[Any, int]], sent: Callable[[int], None]) -> None:
    future, size = waiting.popleft()
    future.result()
    sent(size)
