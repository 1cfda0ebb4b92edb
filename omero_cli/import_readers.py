"""The list of readers that `omero import -l` is given."""

import re
from pathlib import Path

from omero_server.formats.registry import readers

__all__ = ["listed_readers"]


def listed_readers(file: Path) -> set[str]:
    """Names of our readers in a list, one a line; `#` begins a comment. Those of Bio-Formats count by their names.

    ValueError when none of them is known.
    """
    known = {_plain(reader.name): reader.name for reader in readers()}
    lines = [line.partition("#")[0].strip() for line in file.read_text("utf-8").splitlines()]
    found = {known[_plain(line)] for line in lines if line and _plain(line) in known}
    if not found:
        raise ValueError(f"it names none of {', '.join(sorted(known.values()))}")
    return found


def _plain(name: str) -> str:
    """`loci.formats.in.OMETiffReader[type=x]` and `ome-tiff` are both `ometiff`."""
    last = name.partition("[")[0].rpartition(".")[2].lower()
    return re.sub(r"[^a-z0-9]", "", last).removesuffix("reader")
