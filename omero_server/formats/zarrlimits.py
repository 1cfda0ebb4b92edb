"""What a chunk of Zarr may unpack to, and the codecs that are used at all.

A chunk of a few kilobytes could else fill the memory, and the codec `pickle` would run what a file says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import Any

__all__ = ["ROOM", "check_room", "foreign_codecs", "room"]

ROOM: ContextVar[int | None] = ContextVar("ROOM", default=None)
"""Bytes that a chunk may have; without limit outside of `room`."""
_ALLOWED = {
    "blosc", "bz2", "gzip", "lz4", "lzma", "zlib", "zstd", "adler32", "astype", "bitround", "crc32", "crc32c", "delta",
    "fixedscaleoffset", "fletcher32", "jenkins_lookup3", "packbits", "quantize", "shuffle", "bytes", "endian",
    "sharding_indexed", "transpose",
}  # fmt: skip


@contextmanager
def room(count: int) -> Iterator[None]:
    """No codec unpacks more than `count` bytes at once inside the block: it raises ValueError."""
    token = ROOM.set(count)
    try:
        yield
    finally:
        ROOM.reset(token)


def foreign_codecs(found: Any) -> set[str]:
    """Codecs in the metadata of an array, as JSON, that are not for numbers, or are nothing to be trusted with."""
    lists = (found.get(name) or () for name in ("filters", "codecs", "index_codecs"))
    listed = [found.get("compressor"), *chain(*lists)]
    named = [one for one in listed if isinstance(one, dict)]
    inner = [one["configuration"] for one in named if isinstance(one.get("configuration"), dict)]
    names = {str(one.get("id") or one.get("name")).removeprefix("numcodecs.") for one in named}
    return (names - _ALLOWED).union(*(foreign_codecs(one) for one in inner))


def check_room(size: int) -> None:
    """ValueError when a chunk is larger than it may be."""
    limit = ROOM.get()
    if limit is not None and size > limit:
        raise ValueError(f"a chunk unpacks to {size} bytes or more: at most {limit} belong into it")
