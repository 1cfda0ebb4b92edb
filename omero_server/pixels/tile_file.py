"""Writing a BigTIFF whose tiles may come in any order: what tifffile does not do.

The pages come last. The first one's description is JSON that says where all of them are, so that a pyramid of many
planes is opened without looking for its pages. Tiles are compressed with Zstandard, without loss.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import imagecodecs
import numpy as np

from omero_server.formats.base import Array

__all__ = ["SOFTWARE", "TileFile", "TileLevel"]

SOFTWARE = "OMERO pyramid"
_HEADER = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0)
_ZSTD, _DIFFERENCES = 50000, 2
_SHORT, _LONG, _LONG8, _ASCII = 3, 4, 16, 2
_PACK = {_SHORT: "<u2", _LONG: "<u4", _LONG8: "<u8", _ASCII: "u1"}
_SAMPLE_FORMAT = {"u": 1, "i": 2, "f": 3}
_COMPRESSION_LEVEL = 1


@dataclass
class TileLevel:
    """Tiles of one level of one plane: where each lies, row by row, and how long it is."""

    width: int
    height: int
    tile: tuple[int, int]
    offsets: list[int] = field(init=False)
    counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.offsets = [0] * (self.across * -(-self.height // self.tile[1]))
        self.counts = list(self.offsets)

    @property
    def across(self) -> int:
        """Tiles in a row."""
        return -(-self.width // self.tile[0])


class TileFile:
    """A new file. ``put`` tiles into levels, ``get`` them back, and ``finish``."""

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype.newbyteorder("<")
        self._file = path.open("x+b")
        self._file.write(_HEADER)
        self._end = len(_HEADER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, level: TileLevel, number: int, pixels: Array) -> None:
        """Store a tile; at the right and lower edge it may be smaller and is filled up with zeros."""
        width, height = level.tile
        tile = np.zeros((height, width), self._dtype)
        tile[: pixels.shape[0], : pixels.shape[1]] = pixels
        if self._dtype.kind != "f":
            tile = imagecodecs.delta_encode(tile, axis=-1)
        data = bytes(imagecodecs.zstd_encode(tile.tobytes(), level=_COMPRESSION_LEVEL))
        level.offsets[number], level.counts[number] = self._append(data), len(data)

    def get(self, level: TileLevel, number: int) -> Array:
        """A tile that was stored, in full size."""
        self._file.seek(level.offsets[number])
        data = imagecodecs.zstd_decode(self._file.read(level.counts[number]))
        tile: Array = np.frombuffer(data, self._dtype).reshape(level.tile[::-1])
        return tile if self._dtype.kind == "f" else imagecodecs.delta_decode(tile, axis=-1)

    def finish(self, planes: Sequence[Sequence[TileLevel]], **more: Any) -> None:
        """Write the pages, a list of levels for each plane. ``more`` is kept in the description."""
        below = [[self._page(level, reduced=True) for level in levels[1:]] for levels in planes]
        first, pages = 0, []
        for levels, reduced in reversed(list(zip(planes[1:], below[1:], strict=True))):
            first = self._page(levels[0], below=reduced, following=first)
            pages.append([first, *reduced])
        # The first page is written last, for it names all others. None of them is its own place: readers start there.
        known = json.dumps({"kind": SOFTWARE, "pages": [below[0], *reversed(pages)], **more})
        start = self._page(planes[0][0], below=below[0], following=first, description=known)
        self._file.seek(8)
        self._file.write(struct.pack("<Q", start))
        self._file.flush()

    @property
    def descriptor(self) -> int:
        """The file's descriptor, for fsync."""
        return self._file.fileno()

    def _append(self, data: bytes) -> int:
        at = -(-self._end // 8) * 8
        self._file.seek(at)
        self._file.write(data)
        self._end = at + len(data)
        return at

    def _page(
        self,
        level: TileLevel,
        *,
        reduced: bool = False,
        below: Sequence[int] = (),
        following: int = 0,
        description: str = "",
    ) -> int:
        """Write a page; where it lies."""
        tags: dict[int, tuple[int, Any]] = {
            254: (_LONG, [int(reduced)]), 256: (_LONG, [level.width]), 257: (_LONG, [level.height]),
            258: (_SHORT, [self._dtype.itemsize * 8]), 259: (_SHORT, [_ZSTD]), 262: (_SHORT, [1]),
            277: (_SHORT, [1]), 322: (_LONG, [level.tile[0]]), 323: (_LONG, [level.tile[1]]),
            324: (_LONG8, level.offsets), 325: (_LONG8, level.counts),
            339: (_SHORT, [_SAMPLE_FORMAT[self._dtype.kind]]),
        }  # fmt: skip
        if self._dtype.kind != "f":
            tags[317] = (_SHORT, [_DIFFERENCES])
        if below:
            tags[330] = (_LONG8, list(below))
        if description:
            tags[270] = (_ASCII, list(description.encode("ascii") + b"\0"))
        entries = [self._entry(tag, *tags[tag]) for tag in sorted(tags)]
        body = struct.pack("<Q", len(entries)) + b"".join(entries) + struct.pack("<Q", following)
        return self._append(body)

    def _entry(self, tag: int, kind: int, values: Sequence[int]) -> bytes:
        data = np.asarray(values, _PACK[kind]).tobytes()
        place = data.ljust(8, b"\0") if len(data) <= 8 else struct.pack("<Q", self._append(data))
        return struct.pack("<HHQ", tag, kind, len(values)) + place
