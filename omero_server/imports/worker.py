"""The process that reads imported files: `python -m omero_server.imports.worker`, started by `readers`.

What damaged and hostile files do to readers and codecs they do to this process alone. It has bounded memory, says from
time to time that it goes on, and dies with the server.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from omero_server.formats.base import FormatError, Reader, UnsupportedFormat
from omero_server.formats.info import FilesetInfo
from omero_server.formats.jsonable import decode, encode
from omero_server.formats.piped import Ended, die_with_parent, receive, send, standard_pipes
from omero_server.formats.registry import open_reader, restore
from omero_server.imports.measure import Wanted, measure
from omero_server.pixels.buffer import ReaderBuffer
from omero_server.pixels.pyramid_writer import write_pyramid
from omero_server.rendering.stats import channel_ranges

__all__ = ["main"]

_PAUSE = 0.5
"""Seconds between two signs of life."""


class Desk:
    """The fileset that is being read, and the answers about it."""

    def __init__(self, going: Callable[[], None]) -> None:
        self._going = going
        self._reader: Reader | None = None

    def describe(self, path: str) -> dict[str, Any]:
        """Look for the fileset of a file; all about it."""
        self._take(open_reader(path))
        return self._told()

    def restore(self, root: str, fileset: dict[str, Any]) -> dict[str, Any]:
        """Take a fileset that another process has described."""
        self._take(restore(FilesetInfo.from_json(fileset, Path(root))))
        return {}

    def measure(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Read one image of it."""
        assert self._reader is not None
        return {"measured": encode(measure(self._reader, decode(Wanted, wanted), self._going))}

    def ranges(self, series: int) -> dict[str, Any]:
        """Smallest and largest value of each channel of an image."""
        return {"ranges": channel_ranges(self._buffer(series), self._going)}

    def pyramid(self, series: int, path: str, tile: list[int], with_full: bool) -> dict[str, Any]:
        """Write the pyramid of an image; also the ranges of its channels."""
        width, height = tile
        ranges = write_pyramid(
            self._buffer(series), Path(path), (width, height), with_full=with_full, check=self._going
        )  # fmt: skip
        return {"ranges": ranges}

    def close(self) -> dict[str, Any]:
        """Let go of its files."""
        self._take(None)
        return {}

    def _buffer(self, series: int) -> ReaderBuffer:
        assert self._reader is not None
        return ReaderBuffer(self._reader, series)

    def _take(self, reader: Reader | None) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = reader

    def _told(self) -> dict[str, Any]:
        assert self._reader is not None
        info = self._reader.info()
        return {"root": str(info.root), "fileset": info.to_json()}


def _answer(desk: Desk, question: dict[str, Any]) -> dict[str, Any]:
    try:
        told: dict[str, Any] = getattr(desk, question.pop("ask"))(**question)
        return told
    except FormatError as error:
        if isinstance(error.__cause__, MemoryError):
            return {"error": "memory"}
        kind = "unsupported" if isinstance(error, UnsupportedFormat) else "format"
        return {"error": kind, "path": str(error.path), "reason": error.reason, "remedy": error.remedy, "stack": ""}
    except MemoryError:
        return {"error": "memory"}
    except Exception as error:
        return _failed("reading it failed", error)


def _failed(what: str, error: Exception) -> dict[str, Any]:
    reason, stack = f"{what}: {type(error).__name__}: {error}", traceback.format_exc()
    return {"error": "failed", "path": "", "reason": reason, "remedy": "The server's log has more.", "stack": stack}


def _serve(source: int, out: int) -> None:
    told = time.monotonic()

    def going() -> None:
        nonlocal told
        if time.monotonic() - told > _PAUSE:
            send(out, {"going": True})
            told = time.monotonic()

    desk = Desk(going)
    while True:
        answer = _answer(desk, receive(source)[0])
        try:
            send(out, answer)
        except (TypeError, ValueError) as error:
            send(out, _failed("what its reader found cannot be passed on", error))


def _bound(megabytes: int) -> None:
    """Of the data alone: mapped files do not count. The hard limit stays for Bio-Formats, which keeps to its own."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    soft = megabytes << 20
    resource.setrlimit(resource.RLIMIT_DATA, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer questions; arguments: the number of the process to die with, megabytes of memory."""
    source, out = standard_pipes()
    parent, megabytes = (int(value) for value in sys.argv[1:3])
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bound(megabytes)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    with suppress(Ended):
        _serve(source, out)
    os._exit(0)


if __name__ == "__main__":
    main()
