"""JPEG 2000 as far as needed to find the tiles: boxes, main header, tile parts (ISO/IEC 15444-1, annexes A and I)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from omero_server.formats.base import FormatError

__all__ = ["CODESTREAM", "SIGNATURE", "Codestream", "read_codestream", "tile_stream"]

SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
CODESTREAM = b"\xff\x4f\xff\x51"
_SOT, _SOD, _EOC, _COD, _COM = 0xFF90, 0xFF93, 0xFFD9, 0xFF52, 0xFF64
_LONGEST_HEADER = 16 << 20
_MAX_PARTS = 1 << 20
_SHOWN = 4000
_PLAIN_COLOURS = (16, 17)
"""sRGB and greyscale; others have to be converted by whoever decodes the whole file."""


@dataclass(slots=True)
class Codestream:
    """What the headers say. `tiles`: for each tile its parts as (place, length); coordinates are those of the grid."""

    start: int
    header: bytes
    origin: tuple[int, int]
    end: tuple[int, int]
    tile_size: tuple[int, int]
    tile_origin: tuple[int, int]
    depth: int
    signed: bool
    components: int
    reductions: int = 0
    plain: bool = True
    tiles: list[list[tuple[int, int]]] = field(default_factory=list)
    resolution: tuple[float, float] | None = None
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def across(self) -> int:
        """Tiles in a row."""
        return -(-(self.end[0] - self.tile_origin[0]) // self.tile_size[0])

    def tile_box(self, number: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of a tile on the grid."""
        row, column = divmod(number, self.across)
        left, top = self.tile_origin[0] + column * self.tile_size[0], self.tile_origin[1] + row * self.tile_size[1]
        right, bottom = left + self.tile_size[0], top + self.tile_size[1]
        return max(left, self.origin[0]), max(top, self.origin[1]), min(right, self.end[0]), min(bottom, self.end[1])


def read_codestream(path: Path) -> Codestream:
    """The headers of a JP2 file or a bare codestream; FormatError when they or the tiles are not complete."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            start, plain, resolution, notes = _boxes(file, path, size)
            stream = _main_header(file, start, path)
            stream.plain, stream.resolution = stream.plain and plain, resolution
            stream.notes |= notes
            _find_tiles(file, stream, path, size)
    except struct.error as error:
        raise FormatError(path, "is truncated: its headers are not complete", "Copy it again.") from error
    return stream


def _boxes(file: BinaryIO, path: Path, size: int) -> tuple[int, bool, tuple[float, float] | None, dict[str, str]]:
    """Place of the codestream, whether its colours are plain, pixels per metre, and texts of other boxes."""
    if file.read(4) == CODESTREAM:
        return 0, True, None, {}
    plain, resolution, notes = True, None, dict[str, str]()
    for kind, at, length in _walk(file, 0, size, path):
        if kind == b"jp2c":
            return at, plain, resolution, notes
        file.seek(at)
        if kind == b"colr":
            method, _, _, colours = struct.unpack(">BBBI", file.read(7).ljust(7, b"\0"))
            plain = plain and (method != 1 or colours in _PLAIN_COLOURS)
        elif kind == b"pclr":
            plain = False
        elif kind in (b"resc", b"resd"):
            resolution = resolution or _resolution(file.read(10))
        elif kind == b"xml " and length <= _SHOWN:
            notes["XML"] = file.read(length).decode("utf-8", "replace").strip("\0 \n")
    raise FormatError(path, "holds no codestream")


def _walk(file: BinaryIO, at: int, end: int, path: Path) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and length of the content of each box, also those inside of `jp2h` and `res `."""
    while at + 8 <= end:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if length == 1:
            length, head = struct.unpack(">Q", file.read(8))[0], 16
        length = length or end - at
        if length < head or (at + length > end and kind != b"jp2c"):
            raise FormatError(path, f"is damaged: box {kind!r} of {length} bytes at {at}")
        yield kind, at + head, length - head
        if kind in (b"jp2h", b"res "):
            yield from _walk(file, at + head, at + length, path)
        at += length


def _resolution(data: bytes) -> tuple[float, float] | None:
    down, down_by, across, across_by, down_power, across_power = struct.unpack(">HHHHbb", data)
    if not (down and down_by and across and across_by):
        return None
    return across / across_by * 10.0**across_power, down / down_by * 10.0**down_power


def _main_header(file: BinaryIO, start: int, path: Path) -> Codestream:
    file.seek(start)
    header = bytearray(file.read(2))
    stream, reductions, notes = None, 0, dict[str, str]()
    while True:
        place = file.tell()
        marker, length = struct.unpack(">HH", file.read(4))
        if marker == _SOT:
            break
        file.seek(place)
        segment = file.read(2 + length)
        header += segment
        if len(segment) < 2 + length or length < 2 or len(header) > _LONGEST_HEADER or marker < 0xFF00:
            raise FormatError(path, "is damaged: its main header is not complete")
        if stream is None:
            stream = _sizes(segment, path)
        elif marker == _COD:
            reductions = segment[9]
        elif marker == _COM and segment[4:6] == b"\0\1":
            notes["Comment"] = segment[6:].decode("latin-1")
    if stream is None:
        raise FormatError(path, "is damaged: it declares no size")
    stream.start, stream.header, stream.reductions, stream.notes = place, bytes(header), min(reductions, 32), notes
    return stream


def _sizes(segment: bytes, path: Path) -> Codestream:
    values = struct.unpack_from(">8IH", segment, 6)
    end, origin, tile_size, tile_origin, count = values[:2], values[2:4], values[4:6], values[6:8], values[8]
    components = [tuple(segment[38 + 2 + 3 * n :][:3]) for n in range(min(count, 64))]
    kinds = {component[0] for component in components}
    sensible = all(
        0 <= tile_origin[i] <= origin[i] < end[i] < 2**31 and tile_origin[i] + tile_size[i] > origin[i] for i in (0, 1)
    )
    if not sensible or not components or len(components) != count or not all(tile_size):
        raise FormatError(path, f"is damaged: it declares a size of {end} and tiles of {tile_size}")
    depth = (components[0][0] & 127) + 1
    if len(kinds) != 1 or depth > 16:
        raise FormatError(path, f"has components of {sorted((kind & 127) + 1 for kind in kinds)} bits", "Convert it.")
    plain = all(component[1:] == (1, 1) for component in components)
    return Codestream(
        0, b"", origin, end, tile_size, tile_origin, depth, bool(components[0][0] & 128), count, plain=plain
    )


def _find_tiles(file: BinaryIO, stream: Codestream, path: Path, size: int) -> None:
    down = -(-(stream.end[1] - stream.tile_origin[1]) // stream.tile_size[1])
    if stream.across * down > min(_MAX_PARTS, size):
        raise FormatError(path, f"declares {stream.across}x{down} tiles, more than its {size} bytes hold")
    stream.tiles = [[] for _ in range(stream.across * down)]
    at = stream.start
    for _ in range(_MAX_PARTS):
        file.seek(at)
        head = file.read(12)
        if len(head) < 12 or head[:2] == b"\xff\xd9":
            break
        marker, _, number, length = struct.unpack(">HHHI", head[:10])
        length = length or _to_the_end(file, at, size, path)
        if marker != _SOT or number >= len(stream.tiles) or length < 14:
            raise FormatError(path, f"is damaged: no part of a tile at byte {at}")
        if at + length > size:
            raise FormatError(
                path, f"is truncated: tile {number} ends at byte {at + length} of {size}", "Copy it again."
            )
        stream.tiles[number].append((at, length))
        at += length
    missing = [number for number, parts in enumerate(stream.tiles) if not parts]
    if missing:
        raise FormatError(path, f"is truncated: tile {missing[0]} is missing", "Copy it again.")


def _to_the_end(file: BinaryIO, at: int, size: int, path: Path) -> int:
    """Length of a last part that reaches to the end of the codestream."""
    file.seek(size - 2)
    if file.read(2) != b"\xff\xd9":
        raise FormatError(path, "is truncated: its codestream has no end", "Copy it again.")
    return size - 2 - at


def tile_stream(stream: Codestream, number: int, parts: list[bytes]) -> bytes:
    """A codestream of one tile alone, which every decoder takes.

    The tile stays where it is on the grid (the wavelets' parity hangs on it): only the image is cut down to it.
    """
    left, top, right, bottom = stream.tile_box(number)
    sizes = struct.pack(">8I", right, bottom, left, top, right - left, bottom - top, left, top)
    body = b"".join(part[:4] + b"\0\0" + struct.pack(">I", len(part)) + part[10:] for part in parts)
    return stream.header[:8] + sizes + stream.header[40:] + body + struct.pack(">H", _EOC)
