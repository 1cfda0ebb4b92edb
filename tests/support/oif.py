"""An OIF made of the parts of an OIB."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from omero_server.formats.oifstore import folder_of, open_store
from tests.support.packed import packed

__all__ = ["unbundled"]


@cache
def unbundled(name: str) -> Path:
    """The OIF of the packed sample `name`."""
    store = open_store(packed(name))
    path = Path(tempfile.mkdtemp(dir=packed(name).parent)) / f"{Path(name).stem}.oif"
    path.write_bytes(store.read(""))
    folder_of(path).mkdir()
    for part in store.names:
        (folder_of(path) / part).write_bytes(store.read(part))
    return path
