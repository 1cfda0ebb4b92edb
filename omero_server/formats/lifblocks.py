"""The skeleton of Leica LIF files: an XML header, then blocks of memory that it names.

Each part begins with the number 0x70, a length, and a star; texts are UTF-16 with their number of characters before.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element

from omero_server.formats.base import FormatError
from omero_server.formats.rawbytes import file_size, has_magic, read_at, unpack_at
from omero_server.formats.xmlnotes import parse_xml

__all__ = ["header_of", "is_lif", "memory_blocks"]

_START, _STAR = 0x70, 0x2A
_MOST_BLOCKS = 1_000_000


def is_lif(path: Path) -> bool:
    """Whether a file begins like a LIF file, or a relative of its (whose XML then says so)."""
    return has_magic(path, b"\x70\0\0\0") and has_magic(path, b"\x2a", 8) and has_magic(path, b"<\0", 13)


def header_of(path: Path) -> tuple[Element, int]:
    """The root of the header, and where the blocks begin."""
    start, _, star, count = unpack_at(path, 0, "<IIBI")
    if start != _START or star != _STAR:
        raise FormatError(path, "does not begin with a LIF header")
    text = read_at(path, 13, count * 2).decode("utf-16-le", "replace")
    # LAS AF writes control characters that XML does not know.
    return parse_xml(re.sub("[\0-\x08\x0b\x0c\x0e-\x1f]", " ", text), path), 13 + count * 2


def memory_blocks(path: Path, at: int, version: int) -> dict[str, tuple[int, int]]:
    """Start and size of each block of memory by its name; all of them lie in the file."""
    found: dict[str, tuple[int, int]] = {}
    end, wide = file_size(path), version >= 2
    while at < end:
        layout = "<IIBQBI" if wide else "<IIBIBI"
        start, _, star, size, second, count = unpack_at(path, at, layout)
        if (start, star, second) != (_START, _STAR, _STAR) or len(found) == _MOST_BLOCKS:
            raise FormatError(path, f"has no block of memory at byte {at}", "The file is damaged: copy it again.")
        at += 22 if wide else 18
        name = read_at(path, at, count * 2).decode("utf-16-le", "replace")
        at += count * 2
        if at + size > end:
            raise FormatError(path, f"ends within the block {name}", "The file is cut short: copy it again.")
        found[name] = (at, int(size))
        at += int(size)
    return found
