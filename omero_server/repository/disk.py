"""Writing so that what was acknowledged is on the disk, also after a loss of power."""

from __future__ import annotations

import ctypes
import os
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

__all__ = ["begin_writing", "make_folders", "sync_directory", "write_durably", "write_new"]

THREADS = 8
_SYNC_FILE_RANGE_WRITE = 2
_libc = ctypes.CDLL(None)


def begin_writing(file: int) -> None:
    """Have the system put what an open file has got so far on the disk, without waiting for it.

    Otherwise it may all be left to the `fsync` at the end. Does nothing but on Linux. Errors are those of `fsync`.
    """
    if hasattr(_libc, "sync_file_range"):
        whole = ctypes.c_int64(0)
        _libc.sync_file_range(ctypes.c_int(file), whole, whole, ctypes.c_uint(_SYNC_FILE_RANGE_WRITE))


def sync_directory(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folders(folder: Path) -> None:
    """Create a folder and the missing ones above it, durably."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync_directory(path.parent)


def write_durably(path: Path, data: bytes) -> None:
    """Write a whole file under a temporary name, then put it in its place: readers see the old one or the new one."""
    make_folders(path.parent)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with temporary.open("xb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def write_new(files: Mapping[Path, bytes]) -> None:
    """Write files that nobody looks at yet. Side by side, since the disk can make many durable at once."""
    for folder in {path.parent for path in files}:
        make_folders(folder)
    with ThreadPoolExecutor(min(THREADS, len(files) or 1), "disk") as pool:
        for _ in pool.map(_write_new, files.items()):
            pass
    for folder in {path.parent for path in files}:
        sync_directory(folder)


def _write_new(item: tuple[Path, bytes]) -> None:
    path, data = item
    with path.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
