"""A reader that does to its process what damaged files do to others: the file says what, and when.

`plugin` makes it one of a server that is started with the folder on its PYTHONPATH.
"""

from __future__ import annotations

import ctypes
import os
import re
import time
from pathlib import Path
from typing import Any

import numpy as np

from omero_server.formats.base import Array, Reader
from omero_server.formats.info import FilesetInfo, ImageInfo

__all__ = ["UnrulyReader", "plugin", "unruly"]

MARK = b"UNRULY "
REPOSITORY = Path(__file__).parents[2]
SLOW_PLANES = 10_000
TIRED: list[bool] = []


def unruly(deed: str, when: str = "describe") -> bytes:
    """Content of a file over which the reader does this when it is described, or read."""
    return MARK + f"{when} {deed}".encode()


def plugin(folder: Path) -> str:
    """Write to a folder what makes this reader a plug-in; the PYTHONPATH."""
    data = folder / "unruly-1.dist-info"
    data.mkdir(parents=True)
    (data / "METADATA").write_text("Metadata-Version: 2.1\nName: unruly\nVersion: 1\n")
    (data / "entry_points.txt").write_text(f"[omero.readers]\nunruly = {__name__}:UnrulyReader\n")
    return os.pathsep.join((str(folder), str(REPOSITORY), os.environ.get("PYTHONPATH", "")))


class UnrulyReader(Reader):
    """One image of many small planes."""

    name, format = "unruly", "Unruly"

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(MARK)) == MARK

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        when, deed = path.read_bytes().removeprefix(MARK).decode().split()
        if when == "describe":
            do(deed)
        files = [path, Path("/etc/hostname")] if deed == "steal" else [path]
        planes = SLOW_PLANES if deed == "dawdle" else 3
        side = 300 if deed == "tire" else 8
        image = ImageInfo("a", side, side, size_t=planes, index=np.int64(1) if deed == "babble" else deed)
        return FilesetInfo(cls.format, cls.name, "1", files, [image])

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        do(str(self._info.images[0].index))
        return np.zeros(region[:1:-1], np.uint8)


def do(deed: str) -> None:
    """Something that no reader should do."""
    deeds: dict[str, Any] = {
        "crash": lambda: ctypes.string_at(0),
        # In C, with the lock of the interpreter held: no thread and no handler of signals runs any more.
        "hang": lambda: re.match(r"(a|a)*b", "a" * 64),
        "grow": lambda: [bytearray(1 << 24) for _ in range(1000)],
        "leave": lambda: os._exit(3),
        "chatter": chatter,
        "stumble": lambda: {}["surprise"],
        "dawdle": lambda: time.sleep(0.05),
        "tire": tire,
    }
    deeds.get(deed, lambda: None)()


def tire() -> None:
    """Crash, but not the first time."""
    if TIRED:
        ctypes.string_at(0)
    TIRED.append(True)


def chatter() -> None:
    """Answer other questions than those that were asked, on everything that is open."""
    for handle in range(1, 20):
        try:
            os.write(handle, b'\0\0\0\x0c{"bytes": 0}' * 100)
        except OSError:
            continue
