"""TIFF files as pages: where they lie, what shape they have, rectangles of their samples.

tifffile parses tags and decodes segments; here are the bounds: IFD chains that loop or end early, segments that the
file cannot hold, and reading no more than the segments a rectangle touches. A page is named by the number of its file
in the fileset and its byte offset, so a page is opened without walking through the file.
"""

from __future__ import annotations

import logging
import math
import struct
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from tifffile import TIFF, TiffFile, TiffPage

from omero_server.formats.base import Array, FormatError, decoding
from omero_server.formats.picturesize import picture_size
from omero_server.formats.rawbytes import PieceCache
from omero_server.formats.ycbcr import decode_subsampled, is_subsampled, to_rgb

__all__ = ["PageRef", "TiffFiles", "check_page", "first_page", "ifd_offsets", "is_tiff", "pages_of"]

# tifffile reports oddities of files as log records; what matters is raised as FormatError here.
logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)

PageRef = list[int]
"""[number of the file in the fileset, offset of the IFD in it]: a list because it is kept as JSON. A third number is
added to the page's data offset: planes that follow the first one without pages of their own (ImageJ beyond 4 GB)."""

MAX_SEGMENT_BYTES = 2**31
MAX_PAGES = 2_000_000
_OPEN_FILES = 16
_KEPT_PAGES = 128
_KEPT_PIECE_BYTES = 32 << 20
_BEST_COMPRESSION = 100_000
"""More than any codec in use shrinks: a page that claims a larger factor is not believed."""
_TYPE_BYTES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes per value of the TIFF field types that take more than one."""
_WHITE_IS_ZERO, _YCBCR = 0, 6
_UNCOMPRESSED = 1
_JPEG = (6, 7)
_PICTURES = TIFF.IMAGE_COMPRESSIONS - {48124, 65000, 65001, 65002} | {34887}
"""Compressions whose pieces are pictures with a size of their own: decoders believe them."""
_LARGER = 4
_ALWAYS_FINE = 1 << 20


def is_tiff(path: Path) -> bool:
    """Whether the file starts like a TIFF or BigTIFF, and is no DICOM file with a TIFF header in its preamble."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(132)
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") and head[128:] != b"DICM"


@dataclass(frozen=True)
class _Layout:
    """Number formats of an IFD chain, by the file's header."""

    order: str
    count: str
    offset: str
    entry: int
    long: bool = False
    """Offsets of 64 bits, those of values in two parts (Hamamatsu)."""


def _layout(head: bytes, path: Path) -> _Layout:
    order = "<" if head[:2] == b"II" else ">"
    if head[:4] == b"II*\0" and path.suffix.lower() == ".ndpi":
        return _Layout(order, "H", "Q", 12, True)
    big = struct.unpack(order + "H", head[2:4])[0] == 43
    return _Layout(order, "Q", "Q", 20) if big else _Layout(order, "H", "I", 12)


def ifd_offsets(path: Path) -> list[int]:
    """Offsets of the pages in the main chain, in order. FormatError when the chain loops or leaves the file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        if len(head) < 8:
            raise FormatError(path, "is truncated: the TIFF header is not complete", "Copy it again.")
        layout = _layout(head, path)
        big = layout.offset == "Q" and not layout.long
        at = struct.unpack_from(layout.order + layout.offset, head.ljust(16, b"\0"), 8 if big else 4)[0]
        seen: dict[int, None] = {}
        while at:
            if at >= size:
                raise FormatError(path, f"is truncated: page {len(seen)} should start at byte {at} of {size}")
            if at in seen or len(seen) > MAX_PAGES:
                raise FormatError(path, "is damaged: its chain of pages never ends")
            seen[at] = None
            at = _next_ifd(file, at, layout, path, size)
    if not seen:
        raise FormatError(path, "holds no image: its chain of pages is empty")
    return list(seen)


def _next_ifd(file: BinaryIO, at: int, layout: _Layout, path: Path, size: int) -> int:
    """Offset of the page after the one at `at`; all values of its tags must lie in the file."""
    file.seek(at)
    count_size, offset_size = struct.calcsize(layout.count), struct.calcsize(layout.offset)
    head = file.read(count_size)
    if len(head) == count_size:
        count = struct.unpack(layout.order + layout.count, head)[0]
        if at + count * layout.entry <= size:
            body = file.read(count * layout.entry + offset_size)
            if len(body) == count * layout.entry + offset_size:
                high = file.read(4 * count) if layout.long else b""
                _check_tags(_joined(body[: count * layout.entry], high), layout, path, size)
                return int(struct.unpack_from(layout.order + layout.offset, body, count * layout.entry)[0])
    raise FormatError(path, "is truncated: a list of tags goes beyond the end of the file", "Copy it again.")


def _joined(entries: bytes, high: bytes) -> bytes:
    """Entries of 12 bytes with the upper halves of their values behind each."""
    if not high:
        return entries
    high = high.ljust(len(entries) // 3, b"\0")
    return b"".join(entries[12 * n : 12 * n + 12] + high[4 * n : 4 * n + 4] for n in range(len(entries) // 12))


def _check_tags(body: bytes, layout: _Layout, path: Path, size: int) -> None:
    entry = struct.Struct(f"{layout.order}HH{'I' if layout.long else layout.offset}{layout.offset}")
    inline = 4 if layout.long else struct.calcsize(layout.offset)
    for code, kind, count, value in entry.iter_unpack(body):
        length = _TYPE_BYTES.get(kind, 1) * count
        if length > inline and value + length > size:
            raise FormatError(
                path, f"is truncated: tag {code} ends at byte {value + length} of {size}", "Copy it again."
            )


def first_page(path: Path) -> TiffPage | None:
    """Tags of the first page of a TIFF; None when they cannot be read (the plain TIFF reader reports why)."""
    try:
        with TiffFile(path) as tif:
            page = tif.pages.first
            return page if isinstance(page, TiffPage) else None
    except Exception:
        return None


def pages_of(tif: TiffFile, offsets: Sequence[int], path: Path) -> Iterator[TiffPage]:
    """The pages at `offsets`, checked to be readable."""
    size = path.stat().st_size
    for number, offset in enumerate(offsets):
        page = _page_at(tif, offset, path)
        check_page(page, size, path, number)
        yield page


def _page_at(tif: TiffFile, offset: int, path: Path) -> TiffPage:
    with decoding(path, "reading the tags of a page"):
        tif.filehandle.seek(offset)
        return TiffPage(tif, index=0)


def check_page(page: TiffPage, file_size: int, path: Path, number: int) -> None:
    """FormatError unless the page's segments lie in the file and can hold the declared pixels."""
    what = f"page {number}"
    if page.imagewidth < 1 or page.imagelength < 1 or page.imagedepth != 1:
        raise FormatError(path, f"{what} has no pixels or is a volume ({page.imagewidth}x{page.imagelength})")
    if page.dtype is None:
        raise FormatError(
            path, f"{what} has {page.bitspersample} bits per sample in format {page.sampleformat}, which is unknown"
        )
    ends = [at + count for at, count in zip(page.dataoffsets, page.databytecounts, strict=False)]
    if not ends:
        raise FormatError(path, f"{what} names no pixel data")
    if min(page.databytecounts) < 0:
        raise FormatError(path, f"is damaged: pieces of {what} overlap")
    if max(ends) > file_size:
        raise FormatError(
            path, f"is truncated: pixels of {what} end at byte {max(ends)}, the file at {file_size}", "Copy it again."
        )
    _check_amount(page, path, what)


def _check_amount(page: TiffPage, path: Path, what: str) -> None:
    declared = page.imagewidth * page.imagelength * page.samplesperpixel * page.bitspersample // 8
    stored = sum(page.databytecounts)
    sparse = stored == 0 or any(count == 0 for count in page.databytecounts)
    plain = page.compression == _UNCOMPRESSED and not is_subsampled(page)
    if not sparse and declared > stored * (1 if plain else _BEST_COMPRESSION):
        raise FormatError(path, f"{what} declares {declared} bytes of pixels but stores {stored}")
    width, length = _segment_size(page)
    samples = page.samplesperpixel if page.planarconfig == 1 else 1
    if width * length * samples * page.bitspersample // 8 > MAX_SEGMENT_BYTES and not plain:
        raise FormatError(path, f"{what} is compressed in pieces of {width}x{length} pixels, too large to decode")
    across, down = -(-page.imagewidth // width), -(-page.imagelength // length)
    pieces = across * down * (1 if page.planarconfig == 1 else page.samplesperpixel)
    if len(page.dataoffsets) < pieces:
        raise FormatError(path, f"{what} should have {pieces} pieces but names {len(page.dataoffsets)}")


def _segment_size(page: TiffPage) -> tuple[int, int]:
    if page.is_tiled:
        return page.tilewidth, page.tilelength
    return page.imagewidth, max(1, min(page.rowsperstrip, page.imagelength))


class TiffFiles:
    """The open files of a fileset; a bounded number of files and parsed pages is kept. Thread-safe."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = list(paths)
        self._lock = threading.RLock()
        self._files: OrderedDict[int, TiffFile] = OrderedDict()
        self._pages: OrderedDict[tuple[int, int], TiffPage] = OrderedDict()
        self._pieces = PieceCache(_KEPT_PIECE_BYTES)

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            self._pages.clear()
            self._pieces.clear()
            while self._files:
                self._files.popitem()[1].close()

    def region(self, ref: PageRef, sample: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels of one sample of the page at `ref`, as (h, w), white above black."""
        page = self._page(ref)
        if page.compression == _UNCOMPRESSED and _byte_aligned(page) and not page.is_tiled:
            pixels = self._plain(ref, page, sample, x, y, w, h)
        else:
            pixels = self._decoded(ref, page, sample, x, y, w, h)
        return _upright(page, pixels)

    def samples(self, ref: PageRef, x: int, y: int, w: int, h: int) -> Array | None:
        """Pixels with all their samples, (h, w, samples), where they lie in one compressed piece; else None."""
        page = self._page(ref)
        width, length = _segment_size(page)
        row, column = y // length, x // width
        plain = page.compression == _UNCOMPRESSED and _byte_aligned(page) and not page.is_tiled
        if plain or page.planarconfig != 1 or page.samplesperpixel == 1 or page.photometric == _WHITE_IS_ZERO:
            return None
        if (y + h - 1) // length != row or (x + w - 1) // width != column:
            return None
        number = row * -(-page.imagewidth // width) + column
        if not page.databytecounts[number]:
            return None
        piece = self._interleaved(ref, page, number)
        top, left = y - row * length, x - column * width
        return piece[top : top + h, left : left + w] if piece.size else None

    def palette(self, ref: PageRef) -> Array:
        """Colour map of the page, (3, entries) uint16."""
        colormap = self._page(ref).colormap
        if colormap is None:
            raise FormatError(self._paths[ref[0]], "has palette pixels but no colour map")
        return np.asarray(colormap)

    def segment_bytes(self, ref: PageRef, number: int) -> bytes:
        """A strip or tile of the page as it is stored; FormatError when it unpacks to more than belongs into it."""
        return self._segment_bytes(ref, self._page(ref), number)

    def _segment_bytes(self, ref: PageRef, page: TiffPage, number: int) -> bytes:
        count = page.databytecounts[number]
        if count > MAX_SEGMENT_BYTES:
            raise FormatError(self._paths[ref[0]], f"has a compressed piece of {count} bytes, too large to decode")
        data = self._bytes(ref, page.dataoffsets[number], count)
        if page.compression in _PICTURES:
            _check_picture(page, data, self._paths[ref[0]])
        return data

    def _file(self, number: int) -> TiffFile:
        tif = self._files.pop(number, None)
        if tif is None:
            with decoding(self._paths[number], "opening the file"):
                tif = TiffFile(self._paths[number])
        self._files[number] = tif
        while len(self._files) > _OPEN_FILES:
            oldest, closing = self._files.popitem(last=False)
            closing.close()
            for key in [key for key in self._pages if key[0] == oldest]:
                del self._pages[key]
        return tif

    def _page(self, ref: PageRef) -> TiffPage:
        number, offset = ref[:2]
        with self._lock:
            page = self._pages.pop((number, offset), None)
            if page is None:
                page = _page_at(self._file(number), offset, self._paths[number])
            self._pages[number, offset] = page
            if len(self._pages) > _KEPT_PAGES:
                self._pages.popitem(last=False)
            return page

    def _bytes(self, ref: PageRef, at: int, count: int) -> bytes:
        with self._lock:
            handle = self._file(ref[0]).filehandle
            handle.seek(at)
            data: bytes = handle.read(count)
        if len(data) < count:
            raise FormatError(self._paths[ref[0]], f"is truncated: {count} bytes wanted at {at}, {len(data)} there")
        return data

    def _plain(self, ref: PageRef, page: TiffPage, sample: int, x: int, y: int, w: int, h: int) -> Array:
        """Rows straight from the file: strips without compression."""
        samples = page.samplesperpixel if page.planarconfig == 1 else 1
        dtype = np.dtype(page.dtype).newbyteorder(page.parent.byteorder)
        row_bytes = page.imagewidth * samples * dtype.itemsize
        _, length = _segment_size(page)
        first = 0 if page.planarconfig == 1 else sample * -(-page.imagelength // length)
        out = np.zeros((h, w), dtype)
        pick = sample if page.planarconfig == 1 else 0
        for top, bottom in _row_runs(page, first, length, y, y + h):
            strip, inside = divmod(top, length)
            if not page.databytecounts[first + strip]:
                continue
            at = page.dataoffsets[first + strip] + inside * row_bytes + (ref[2] if len(ref) > 2 else 0)
            rows = np.frombuffer(self._bytes(ref, at, (bottom - top) * row_bytes), dtype)
            out[top - y : bottom - y] = rows.reshape(bottom - top, page.imagewidth, samples)[:, x : x + w, pick]
        return out

    def _decoded(self, ref: PageRef, page: TiffPage, sample: int, x: int, y: int, w: int, h: int) -> Array:
        """The segments that touch the rectangle, decoded one by one."""
        width, length = _segment_size(page)
        across = -(-page.imagewidth // width)
        plane = 0 if page.planarconfig == 1 else sample * across * -(-page.imagelength // length)
        pick = sample if page.planarconfig == 1 else 0
        rows, columns = range(y // length, -(-(y + h) // length)), range(x // width, -(-(x + w) // width))
        if len(rows) == len(columns) == 1:  # most tiles that are asked for are tiles of the file
            piece = self._segment(ref, page, plane + rows[0] * across + columns[0], pick)
            if piece is not None:
                top, left = y - rows[0] * length, x - columns[0] * width
                return piece[top : top + h, left : left + w]
        out = np.zeros((h, w), page.dtype)
        for row in rows:
            for column in columns:
                piece = self._segment(ref, page, plane + row * across + column, pick)
                if piece is None:
                    continue
                top, left = row * length, column * width
                y0, y1 = max(y, top), min(y + h, top + length)
                x0, x1 = max(x, left), min(x + w, left + width)
                out[y0 - y : y1 - y, x0 - x : x1 - x] = piece[y0 - top : y1 - top, x0 - left : x1 - left]
        return out

    def _segment(self, ref: PageRef, page: TiffPage, number: int, pick: int) -> Array | None:
        """One decoded strip or tile of one sample; None for a piece that was never written."""
        if not page.databytecounts[number]:
            return None
        if page.samplesperpixel == 1 or page.planarconfig != 1:
            piece = self._decode(ref, page, number)
            return None if piece is None else piece[..., pick]
        # The other samples of interleaved pixels are usually asked for next.
        piece = self._interleaved(ref, page, number)
        return piece[..., pick] if piece.size else None

    def _interleaved(self, ref: PageRef, page: TiffPage, number: int) -> Array:
        """A decoded piece, not to be changed, since it is kept for a while; without pixels when it is empty."""

        def decode() -> Array:
            piece = self._decode(ref, page, number)
            piece = np.empty(0) if piece is None else piece
            piece.flags.writeable = False
            return piece

        return self._pieces.get((ref[0], ref[1], number), decode)

    def _decode(self, ref: PageRef, page: TiffPage, number: int) -> Array | None:
        """One strip or tile as (rows, columns, samples); None when it is empty."""
        data = self._segment_bytes(ref, page, number)
        if is_subsampled(page):
            return decode_subsampled(page, data, number)
        tables: dict[str, Any] = {}
        if page.jpegtables is not None:
            tables["jpegtables"] = page.jpegtables
        if page.jpegheader is not None:
            tables["jpegheader"] = page.jpegheader
        decoded, _, _ = page.decode(data, number, **tables)
        if decoded is None:
            return None
        piece: Array = decoded[0]
        if page.photometric == _YCBCR and page.compression not in _JPEG and page.samplesperpixel == 3:
            piece = to_rgb(piece)
        return piece


def _check_picture(page: TiffPage, data: bytes, path: Path) -> None:
    """FormatError when a piece says that it unpacks to far more than belongs into it."""
    size = picture_size((page.jpegheader or b"") + data)
    if size is None:
        raise FormatError(path, "has a piece that is no picture, or does not say how large it is")
    width, length = _segment_size(page)
    if math.prod(size) > _ALWAYS_FINE + _LARGER * width * length * page.samplesperpixel:
        raise FormatError(path, f"has a piece of {size[0]}x{size[1]} pixels where {width}x{length} are declared")


def _byte_aligned(page: TiffPage) -> bool:
    whole = page.bitspersample == np.dtype(page.dtype).itemsize * 8
    return bool(whole and page.fillorder == 1 and page.photometric != _YCBCR and page.predictor == 1)


def _row_runs(page: TiffPage, first: int, length: int, top: int, bottom: int) -> Iterator[tuple[int, int]]:
    """Runs of rows that lie behind each other in the file, cut to [top, bottom)."""
    row = top
    while row < bottom:
        end = (row // length + 1) * length
        while end < bottom:
            strip = first + end // length
            if page.dataoffsets[strip - 1] + page.databytecounts[strip - 1] != page.dataoffsets[strip]:
                break
            end += length
        yield row, min(end, bottom)
        row = end


def _upright(page: TiffPage, pixels: Array) -> Array:
    """White-is-zero pixels turned over, as Bio-Formats and Pillow do."""
    if page.photometric != _WHITE_IS_ZERO:
        return pixels
    if pixels.dtype.kind == "b":
        return ~pixels
    if pixels.dtype.kind == "u":
        return np.asarray(pixels.dtype.type(2**page.bitspersample - 1) - pixels)
    return pixels
