"""The addresses of chunks within an image."""

from __future__ import annotations

import re

__all__ = ["chunk_place"]

_NUMBERS = r"(\d{1,9})/(\d{1,9})/(\d{1,9})/(\d{1,9})/(\d{1,9})"
_CHUNKS = {"0.4": re.compile(rf"(\d{{1,3}})/{_NUMBERS}"), "0.5": re.compile(rf"(\d{{1,3}})/c/{_NUMBERS}")}


def chunk_place(version: str, key: str) -> tuple[int, ...] | None:
    """Level, and place in the grid of chunks in the order t, c, z, y, x; None when the key is that of no chunk."""
    match = _CHUNKS[version].fullmatch(key)
    return tuple(map(int, match.groups())) if match else None
