"""Samples that are kept compressed: `packed(name)` unpacks `tests/data/packed/<name>.xz` for this run of the tests."""

from __future__ import annotations

import atexit
import lzma
import shutil
import tempfile
from functools import cache
from pathlib import Path

__all__ = ["PACKED", "packed", "temporary_file"]

PACKED = Path(__file__).parents[1] / "data" / "packed"


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="samples"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def packed(name: str) -> Path:
    """The unpacked file; with one of a folder of `packed` (`a/b.c`) come all the others of that folder."""
    top = name.split("/")[0]
    sources = sorted((PACKED / top).rglob("*.xz")) if "/" in name else [PACKED / f"{name}.xz"]
    for source in sources:
        path = _folder() / source.relative_to(PACKED).with_suffix("")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lzma.decompress(source.read_bytes()))
    return _folder() / name


def temporary_file(name: str, data: bytes) -> Path:
    """A file that is there for this run of the tests."""
    path = _folder() / "made" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path
