"""The log of an import, which stays beside the fileset: which reader, which version, every step."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from omero_server.repository.disk import make_folders, sync_directory

__all__ = ["Journal"]

PHASES = ("setId", "metadata", "pixels", "overlays", "rdefs", "thumbnails")


class Journal:
    """Appends lines with the time to a file."""

    def __init__(self, path: Path) -> None:
        make_folders(path.parent)
        self.path = path
        self._stream = path.open("a", encoding="utf-8")
        self._times: dict[str, float] = {}

    def write(self, text: str) -> None:
        """Append a line."""
        self._stream.write(f"{datetime.now().isoformat(sep=' ', timespec='milliseconds')} {text}\n")

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Count the time of the block as that of a phase of the import."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.add_times({phase: time.monotonic() - started})

    def add_times(self, seconds: Mapping[str, float]) -> None:
        """Count seconds as those of phases of the import."""
        for phase, taken in seconds.items():
            self._times[phase] = self._times.get(phase, 0.0) + taken

    def write_times(self, upload: float, counts: dict[str, int]) -> None:
        """Append how long each phase took, in ms, and how many files, planes, settings and thumbnails there were."""
        times = {"upload": upload} | {phase: self._times.get(phase, 0.0) for phase in PHASES}
        rounded = {phase: round(seconds * 1000) for phase, seconds in times.items()}
        self.write(f"times {json.dumps(rounded | counts)}")

    def close(self) -> int:
        """Make the log durable; its size in bytes."""
        if not self._stream.closed:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            sync_directory(self.path.parent)
        return self.path.stat().st_size
