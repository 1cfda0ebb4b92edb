"""Bytes of a file at any place: plain, or packed with gzip or bzip2.

Packed files are never unpacked whole: a gzip stream is remembered at points some megabytes apart and continued from
the nearest one; a bzip2 stream is continued or read again from its start.
"""

from __future__ import annotations

import bz2
import os
import threading
import zlib
from pathlib import Path
from typing import Protocol

from omero_server.formats.base import FormatError

__all__ = ["ByteSource", "byte_source", "unpacked_head"]

_WINDOW, _BARE_WINDOW = 47, -15
"""Of zlib: gzip or zlib streams, whichever it is; deflated bytes without head and check sum."""
_GZIP = b"\x1f\x8b"
_STEP = 8 << 20
"""Unpacked bytes between two remembered points of a gzip stream; each point takes some 40 kB."""
_CHUNK = 1 << 18


class ByteSource(Protocol):
    """Where bytes come from."""

    def read(self, at: int, count: int) -> bytes:
        """`count` bytes from `at`, counted in unpacked bytes; FormatError when there are fewer."""


def byte_source(path: Path, packing: str = "plain", start: int = 0) -> ByteSource:
    """The bytes of `path` from `start` on, unpacked."""
    if packing == "plain":
        return _Plain(path, start)
    return _Bzip2(path, start) if packing == "bzip2" else _Deflated(path, start, bare=packing == "deflate")


def unpacked_head(path: Path, count: int) -> tuple[str, bytes]:
    """How a file is packed ("plain" or "gzip"), and its first bytes unpacked, at most `count`; empty if damaged."""
    if not path.is_file():
        return "plain", b""
    with path.open("rb") as file:
        head = file.read(count + 4096)
    if not head.startswith(_GZIP):
        return "plain", head[:count]
    try:
        return "gzip", zlib.decompressobj(_WINDOW).decompress(head, count)
    except zlib.error:
        return "gzip", b""


def _short(path: Path, at: int, count: int, there: int) -> FormatError:
    return FormatError(path, f"is truncated: {count} bytes wanted at {at}, {there} there", "Copy it again.")


class _Plain:
    """A file as it is; opened for each request, so nothing needs closing."""

    def __init__(self, path: Path, start: int) -> None:
        self._path, self._start = path, start

    def read(self, at: int, count: int) -> bytes:
        with self._path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            there = max(0, size - self._start - at)
            if there < count:
                raise _short(self._path, at, count, there)
            pieces = bytearray()
            while len(pieces) < count:
                piece = os.pread(file.fileno(), count - len(pieces), self._start + at + len(pieces))
                if not piece:
                    raise _short(self._path, at, count, len(pieces))
                pieces += piece
        return bytes(pieces)


class _Deflated:
    """A gzip or zlib stream with points from which unpacking can go on."""

    def __init__(self, path: Path, start: int, *, bare: bool = False) -> None:
        self._path, self._lock = path, threading.Lock()
        self._window = _BARE_WINDOW if bare else _WINDOW
        # Unpacked position, place in the file, state of the decoder.
        self._points = [(0, start, zlib.decompressobj(self._window))]

    def read(self, at: int, count: int) -> bytes:
        with self._lock:
            try:
                return self._unpack(at, count)
            except zlib.error as error:
                raise FormatError(self._path, f"is damaged: {error}", "Copy it again.") from error

    def _unpack(self, at: int, count: int) -> bytes:
        position, place, state = max((one for one in self._points if one[0] <= at), key=lambda one: one[0])
        decoder, wanted, packed = state.copy(), bytearray(), b""
        with self._path.open("rb") as file:
            file.seek(place)
            while len(wanted) < count:
                if not packed:
                    packed = file.read(_CHUNK)
                    if not packed:
                        raise _short(self._path, at, count, len(wanted))
                piece = decoder.decompress(packed, _CHUNK)
                packed = decoder.unconsumed_tail
                wanted += piece[max(0, at - position) :][: count - len(wanted)]
                position += len(piece)
                if decoder.eof:
                    # The next member of a gzip file of several.
                    packed, decoder = decoder.unused_data or file.read(_CHUNK), zlib.decompressobj(self._window)
                    if not packed and len(wanted) < count:
                        raise _short(self._path, at, count, len(wanted))
                if position >= self._points[-1][0] + _STEP:
                    self._points.append((position, file.tell() - len(packed), decoder.copy()))
        return bytes(wanted)


class _Bzip2:
    """A bzip2 stream."""

    def __init__(self, path: Path, start: int) -> None:
        self._path, self._start, self._lock = path, start, threading.Lock()

    def read(self, at: int, count: int) -> bytes:
        with self._lock, self._path.open("rb") as file:
            file.seek(self._start)
            try:
                with bz2.BZ2File(file) as stream:
                    stream.seek(at)
                    found = stream.read(count)
            except (OSError, EOFError) as error:
                raise FormatError(self._path, f"is damaged: {error}", "Copy it again.") from error
        if len(found) < count:
            raise _short(self._path, at, count, len(found))
        return found
