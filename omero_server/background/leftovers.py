"""Files that a server which died left half written, and that no row knows of."""

from __future__ import annotations

import logging
from pathlib import Path

__all__ = ["PROJECTION", "remove_leftovers"]

log = logging.getLogger(__name__)

PROJECTION = "_projection.tmp"
"""How the names end of projections that are being written; they lie directly in the folder of pixels."""


def remove_leftovers(pixels: Path) -> None:
    """For the start of a server, when nobody writes yet: remove what was being written into the folder of pixels."""
    for path in pixels.glob(f".*{PROJECTION}"):
        log.info("removing %s, which was never finished", path)
        path.unlink(missing_ok=True)
