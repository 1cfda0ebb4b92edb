"""The log of an import, which stays beside the fileset: which reader, which version, every step."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from omero_server.repository.disk import make_folders, sync_directory

__all__ = ["Journal"]


class Journal:
    """Appends lines with the time to a file."""

    def __init__(self, path: Path) -> None:
        make_folders(path.parent)
        self.path = path
        self._stream = path.open("a", encoding="utf-8")

    def write(self, text: str) -> None:
        """Append a line."""
        self._stream.write(f"{datetime.now().isoformat(sep=' ', timespec='milliseconds')} {text}\n")

    def close(self) -> int:
        """Make the log durable; its size in bytes."""
        if not self._stream.closed:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            sync_directory(self.path.parent)
        return self.path.stat().st_size
