"""SQL of the benchmarks, kept in files of its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["statement"]


@cache
def statement(file: Path, name: str) -> str:
    """A part of a file of SQL, in which each begins with a line ``-- name: ...``. Raises StopIteration for others."""
    parts = file.read_text().split("-- name: ")
    return next(part.partition("\n")[2].strip() for part in parts if part.startswith(f"{name}\n"))
