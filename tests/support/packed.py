"""Samples that are kept compressed: `packed(name)` unpacks `tests/data/packed/<name>.xz` for this run of the tests."""

from __future__ import annotations

import atexit
import lzma
import shutil
import tempfile
from functools import cache
from pathlib import Path

__all__ = ["PACKED", "packed"]

PACKED = Path(__file__).parents[1] / "data" / "packed"


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="samples"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def packed(name: str) -> Path:
    """The unpacked file; those of one folder of `packed` (`a/b.c`) lie in one folder again."""
    path = _folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.decompress((PACKED / f"{name}.xz").read_bytes()))
    return path
