"""The time zone of this process, under the name that PostgreSQL knows it by.

The schema keeps times without their zone: they are local ones. Server and database must mean the same by "local".
"""

from __future__ import annotations

import os
import time
from pathlib import Path

__all__ = ["fixed_offset", "local_zone"]

LOCALTIME, NAMED = Path("/etc/localtime"), Path("/etc/timezone")
ZONE_FILES = "zoneinfo/"


def local_zone() -> str:
    """A zone's name such as "Europe/Berlin", or a rule such as "CET-1CEST"; the present offset when there is none."""
    if "TZ" in os.environ:
        # An empty TZ means UTC. A leading colon marks a name, which may also be a path.
        name = os.environ["TZ"].removeprefix(":")
        return name.rpartition(ZONE_FILES)[2] or "UTC"
    path = str(LOCALTIME.resolve())
    if ZONE_FILES in path:
        return path.rpartition(ZONE_FILES)[2]
    # A copy instead of a link does not tell its name.
    return NAMED.read_text().strip() if LOCALTIME.exists() and NAMED.exists() else fixed_offset()


def fixed_offset() -> str:
    """The present offset from UTC as PostgreSQL writes zones: "<+05:30>-05:30" lies east of Greenwich."""
    seconds = time.localtime().tm_gmtoff
    hours, minutes = divmod(abs(seconds) // 60, 60)
    east = "+" if seconds >= 0 else "-"
    west = "-" if seconds >= 0 else "+"
    return f"<{east}{hours:02}:{minutes:02}>{west}{hours:02}:{minutes:02}"
