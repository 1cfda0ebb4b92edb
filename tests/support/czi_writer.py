"""Writes small CZI files: sub-blocks as given, for tests of what no sample has."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Block", "write_czi"]


@dataclass
class Block:
    """A sub-block: start of each dimension, covered and stored size, pixel type, compression, bytes."""

    start: dict[str, int]
    size: tuple[int, int]
    stored: tuple[int, int]
    data: bytes
    pixels: int = 0
    compression: int = 0

    def entry(self, position: int) -> bytes:
        """The directory entry of this block at `position`."""
        sizes = {"X": (self.size[0], self.stored[0]), "Y": (self.size[1], self.stored[1])}
        head = struct.pack(
            "<2siqiiB5si", b"DV", self.pixels, position, 0, self.compression, 0, bytes(5), len(self.start)
        )
        parts = (
            struct.pack("<4siifi", name.encode(), at, sizes.get(name, (1, 1))[0], at, sizes.get(name, (1, 1))[1])
            for name, at in self.start.items()
        )
        return head + b"".join(parts)


def _segment(name: bytes, data: bytes) -> bytes:
    return struct.pack("<16sqq", name, len(data), len(data)) + data


def write_czi(path: Path, blocks: list[Block], xml: bytes = b"<ImageDocument><Metadata/></ImageDocument>") -> None:
    """Write a file of `blocks` and one metadata document."""
    position = 32 + 512
    body, entries = b"", b""
    for block in blocks:
        entry = block.entry(position + len(body))
        head = (struct.pack("<iiq", 0, 0, len(block.data)) + entry).ljust(256, b"\0")
        entries += entry
        body += _segment(b"ZISRAWSUBBLOCK", head + block.data)
    directory = position + len(body)
    listing = _segment(b"ZISRAWDIRECTORY", struct.pack("<i", len(blocks)).ljust(128, b"\0") + entries)
    notes = _segment(b"ZISRAWMETADATA", struct.pack("<ii", len(xml), 0).ljust(256, b"\0") + xml)
    head = struct.pack("<iiii16s16siqqiq", 1, 0, 0, 0, b"", b"", 0, directory, directory + len(listing), 0, 0)
    path.write_bytes(_segment(b"ZISRAWFILE", head.ljust(512, b"\0")) + body + listing + notes)
