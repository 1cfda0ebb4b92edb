"""OME-XML with its pixels inside (`.ome`): BinData elements of base64, plain or packed.

The text is searched for BinData first and parsed without them, so that pixels are never held as XML. `ImageInfo.index`:
`pieces` (place, length, packing of the text of each) and `dtype` with the byte order.
"""

from __future__ import annotations

import binascii
import bz2
import mmap
import re
import zlib
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from omero_server.formats.base import PIXEL_DTYPES, Array, FormatError, Reader, plane_number
from omero_server.formats.info import FilesetInfo, ImageInfo
from omero_server.formats.omexml import image_info
from omero_server.formats.omexmldocument import OmeXml, child, children, parse
from omero_server.formats.omexmlextras import original_metadata
from omero_server.formats.omexmlplates import add_plates
from omero_server.formats.rawbytes import PieceCache, read_at

__all__ = ["OmeXmlReader"]

_BINARY = re.compile(rb"<(?:\w+:)?BinData\b([^<>]*)>")
_PACKING = re.compile(rb"Compression\s*=\s*[\"'](\w+)")
_ROOT = re.compile(rb"<(?:\w+:)?OME[\s>]")
_HEAD = 4096
_LARGEST_XML = 256 << 20
_LARGEST_PLANE = 1 << 29
_PACKINGS = ("none", "zlib", "bzip2")

Piece = tuple[int, int, str]


class OmeXmlReader(Reader):
    """OME-XML files with pixels inside."""

    name = "ome-xml"
    format = "OMEXML"
    suffixes = (".ome", ".ome.xml")

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._cache = PieceCache()

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file() or path.stat().st_size == 0:
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD).lstrip(b"\xef\xbb\xbf \r\n\t")
        return head.startswith(b"<") and _ROOT.search(head) is not None

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        text, pieces = _split(path)
        document = parse(text, path)
        images = [_image(document, number, pieces, path) for number in range(len(document.images))]
        if not images:
            raise FormatError(path, "holds no image")
        notes = original_metadata(document.root)
        info = FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=notes)
        add_plates(document, info, {item.get("ID", ""): at for at, item in enumerate(document.images)})
        return info

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        number = plane_number(image.dimension_order, zct, (image.size_z, image.size_c, image.size_t))
        plane = self._cache.get((series, number), lambda: self._plane(image, number))
        x, y, w, h = region
        return plane[y : y + h, x : x + w]

    def _plane(self, image: ImageInfo, number: int) -> Array:
        index: dict[str, Any] = image.index
        pieces, dtype = index["pieces"], np.dtype(index["dtype"])
        count = image.size_x * image.size_y * dtype.itemsize
        alone = len(pieces) > 1
        at = 0 if alone else number * count
        data = _unpacked(self._info.entry, pieces[number if alone else 0], at + count)[at:]
        if len(data) < count:
            raise FormatError(self._info.entry, f"has a plane of {len(data)} bytes where {count} are declared")
        return np.frombuffer(data, dtype, image.size_x * image.size_y).reshape(image.size_y, image.size_x)

    def close(self) -> None:
        self._cache.clear()


def _split(path: Path) -> tuple[bytes, list[Piece]]:
    """The XML with numbers in the places of binary data, and the data's pieces by number."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        kept, pieces, at = [], list[Piece](), 0
        for found in _BINARY.finditer(data):
            if found.start() < at or found[1].endswith(b"/"):
                continue
            end = data.find(b"<", found.end())
            if end < 0:
                raise FormatError(path, "is truncated: its pixels have no end", "Copy it again.")
            packing = _PACKING.search(found[1])
            kept += [data[at : found.end()], str(len(pieces)).encode()]
            pieces.append((found.end(), end - found.end(), packing[1].decode() if packing else "none"))
            at = end
        length = sum(map(len, kept)) + len(data) - at
        if length > _LARGEST_XML:
            raise FormatError(path, f"has {length} bytes of XML beside its pixels, more than is read")
        return b"".join([*kept, data[at:]]), pieces


def _image(document: OmeXml, number: int, pieces: list[Piece], path: Path) -> ImageInfo:
    image = image_info(document, number, path)
    pixels = child(document.images[number], "Pixels")
    binary = children(pixels, "BinData")
    if pixels is None or not binary:
        raise FormatError(path, f"has no pixels inside for image {number}", "Import the file that holds the pixels.")
    if image.pixel_type not in PIXEL_DTYPES or image.pixel_type == "bit":
        raise FormatError(path, f"has pixels of the type {image.pixel_type}")
    mine = [pieces[_piece(element, len(pieces), path)] for element in binary]
    planes = image.size_z * image.size_c * image.size_t
    dtype = PIXEL_DTYPES[image.pixel_type]
    image.significant_bits = image.significant_bits or dtype.itemsize * 8
    image.index = {
        "pieces": [list(piece) for piece in mine],
        "dtype": dtype.newbyteorder(">" if _is_big(binary[0], pixels) else "<").str,
    }
    whole = image.size_x * image.size_y * dtype.itemsize * (planes if len(mine) == 1 else 1)
    if whole > _LARGEST_PLANE:
        raise FormatError(
            path, f"has {whole} bytes in one piece, more than is unpacked at once", "Save it as OME-TIFF."
        )
    if len(mine) not in (1, planes):
        raise FormatError(path, f"holds {len(mine)} of {planes} planes of image {number}", "Copy it again.")
    for _, length, packing in mine:
        if packing not in _PACKINGS:
            raise FormatError(path, f"has pixels packed as {packing}, which is not known here")
        if length * 3 // 4 * (1 if packing == "none" else 1200) < whole:
            raise FormatError(path, f"has {length} characters for planes of {whole} bytes", "Copy it again.")
    for channel in image.channels:
        channel.samples_per_pixel = 1
    return image


def _piece(element: Element, count: int, path: Path) -> int:
    text = (element.text or "").strip()
    if not text.isdecimal() or int(text) >= count:
        raise FormatError(path, "has an empty place for pixels", "Copy it again.")
    return int(text)


def _is_big(binary: Element, pixels: Element) -> bool:
    """Byte order is told by the data (since 2008), or by the pixels."""
    told = binary.get("BigEndian") or pixels.get("BigEndian") or "false"
    return told.lower() in ("true", "1")


def _unpacked(path: Path, piece: Piece, most: int) -> bytes:
    """At most `most` bytes of a piece."""
    at, length, packing = piece
    text = read_at(path, at, length)
    try:
        data = binascii.a2b_base64(text)
        if packing == "zlib":
            return zlib.decompressobj().decompress(data, most)
        return bz2.BZ2Decompressor().decompress(data, most) if packing == "bzip2" else data[:most]
    except (binascii.Error, zlib.error, OSError, ValueError, EOFError) as error:
        raise FormatError(path, f"has pixels that cannot be unpacked: {error}", "Copy it again.") from error
