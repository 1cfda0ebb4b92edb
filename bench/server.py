"""A server of its own for measurements, with data of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.instance import Instance

__all__ = ["running_server"]


@contextmanager
def running_server() -> Iterator[Instance]:
    """A fresh server, stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="omero-bench-") as folder:
        instance = Instance(Path(folder) / "omero")
        instance.start()
        try:
            yield instance
        finally:
            instance.stop()
