"""DICOM files as far as a reader of images needs them: header (through pydicom), where frames lie, what they are.

Pixels are not read by pydicom: of a large file only the frames that are wanted are read (`dicomframes`).
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from omero_server.formats.base import FormatError, decoding, quietly
from omero_server.formats.rawbytes import check_room, has_magic

__all__ = [
    "Source",
    "acquired",
    "is_dicom",
    "items",
    "notes_of",
    "number",
    "numbers",
    "read_header",
    "source_of",
    "text",
]

_DICOMDIR = b"\x02\x00\x02\x00UI\x14\x001.2.840.10008.1.3.10"
"""The class of such files in their first elements."""
_IMPLICIT, _BIG, _DEFLATED = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
_NATIVE = (_IMPLICIT, "1.2.840.10008.1.2.1", _BIG)
_UNDEFINED = 0xFFFFFFFF
_ITEM, _END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_PIXELS = {8: "f4", 9: "f8", 16: ""}
"""Elements of group 7FE0 with pixels, and the type of the floating ones."""
_DEFERRED = 1 << 20
"""Longer values stay in the file until somebody asks for them."""
_SHOWN, _MOST_NOTES, _DEPTH = 400, 2000, 4
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
_GREYS = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")

Dataset = Any
"""pydicom.Dataset; the library is loaded only when a DICOM file is met."""


@dataclass(slots=True)
class Source:
    """The pixels of one file; its fields are plain, so that they can be kept as JSON.

    `frames`: for each frame of a compressed file its pieces as place, length, place, length...; else they follow each
    other from `offset`. `palette`: first index, then red, green and blue entries. `parts`: of an image in several files
    (`dicomparts`) the pixels of each, as sources or their fields; `count` is that of all.
    """

    file: int
    syntax: str
    count: int
    rows: int
    columns: int
    samples: int
    planar: bool
    photometric: str
    dtype: str
    allocated: int
    bits: int
    offset: int = 0
    frames: list[list[int]] | None = None
    palette: list[list[int]] | None = None
    parts: list[Any] | None = None

    def part(self, frame: int) -> tuple[Source, int]:
        """The file that holds a frame, and the number of the frame in it."""
        for fields in self.parts or ():
            one = fields if isinstance(fields, Source) else Source(**fields)
            if frame < one.count:
                return one, frame
            frame -= one.count
        return self, frame

    @property
    def frame_bits(self) -> int:
        """Bits of a frame that is not compressed."""
        return self.rows * self.columns * self.samples * self.allocated


def is_dicom(path: Path) -> bool:
    """Whether the file is a DICOM file, and no DICOMDIR (which only lists others)."""
    if not has_magic(path, b"DICM", 128):
        return False
    with path.open("rb") as file:
        return _DICOMDIR not in file.read(1024)


@cache
def _dcmread() -> Callable[..., Dataset]:
    from pydicom import config, dcmread

    # Odd values are no reason to refuse an image, nor to talk about it on stderr.
    config.settings.reading_validation_mode = config.IGNORE
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    return dcmread


def read_header(path: Path, only: Sequence[str] | None = None) -> tuple[Dataset, int]:
    """All elements (or those of the keywords `only`) before the pixels, and where the element of the pixels begins."""
    with decoding(path, "reading the DICOM header"), path.open("rb") as file:
        _refuse_deflated(file, path)
        file.seek(0)
        with quietly():
            dataset = _dcmread()(file, stop_before_pixels=True, defer_size=_DEFERRED, specific_tags=only)
        return dataset, file.tell()


def _refuse_deflated(file: BinaryIO, path: Path) -> None:
    # pydicom would unpack such a file whole, however large it becomes.
    if _DEFLATED.encode() in file.read(1024):
        raise FormatError(path, "has a deflated header", "Save it in another transfer syntax.")


def text(dataset: Dataset, keyword: str) -> str:
    """A value as text; empty when there is none."""
    with quietly():
        value = dataset.get(keyword)
    return "" if value is None else str(value).strip()


def numbers(dataset: Dataset, keyword: str) -> list[float]:
    """The finite numbers of a value; empty when there are none."""
    with quietly():
        value = dataset.get(keyword)
    values = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else [value]
    try:
        found = [float(one) for one in values if one is not None]
    except (TypeError, ValueError):
        return []
    return found if all(np.isfinite(one) for one in found) else []


def items(dataset: Dataset, keyword: str) -> list[Dataset]:
    """The items of a sequence; empty when there is none."""
    with quietly():
        value = dataset.get(keyword)
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else []


def number(dataset: Dataset, keyword: str, default: float = 0) -> float:
    """The first number of a value."""
    return (numbers(dataset, keyword) or [default])[0]


def acquired(dataset: Dataset) -> datetime | None:
    """When the image was taken, else when it or its series began to be."""
    whole = text(dataset, "AcquisitionDateTime")[:14]
    for kind in ("Acquisition", "Content", "Series", "Study"):
        day, time = text(dataset, f"{kind}Date"), text(dataset, f"{kind}Time")[:6].ljust(6, "0")
        for candidate in (whole, day + time):
            try:
                return datetime.strptime(candidate, "%Y%m%d%H%M%S")
            except ValueError:
                continue
    return None


def source_of(dataset: Dataset, at: int, path: Path, file: int) -> Source:
    """Where and what the pixels are. FormatError for kinds that cannot be shown, and when pixels are missing."""
    syntax = text(dataset.file_meta, "TransferSyntaxUID")
    data, length, kind = _pixel_element(path, at, syntax)
    source = _described(dataset, path, (file, syntax, kind))
    source.offset = data
    if source.photometric == "PALETTE COLOR":
        source.palette = _palette(dataset, path)
    if length != _UNDEFINED:
        if syntax not in _NATIVE:
            raise FormatError(path, f"has pixels of the transfer syntax {syntax} that are not in pieces")
        check_room(path, data, -(-source.frame_bits * source.count // 8))
    else:
        source.frames = _frames(path, data, source.count)
    return source


def _pixel_element(path: Path, at: int, syntax: str) -> tuple[int, int, str]:
    """Place and length of the value of the element with the pixels, and their type if they are floating."""
    order = ">" if syntax == _BIG else "<"
    with path.open("rb") as file:
        file.seek(at)
        head = file.read(12)
    if len(head) < 12 or struct.unpack_from(order + "H", head)[0] != 0x7FE0:
        raise FormatError(path, "has no pixels", "Only DICOM files with images can be imported.")
    element = struct.unpack_from(order + "H", head, 2)[0]
    if element not in _PIXELS:
        raise FormatError(path, f"has pixels in the unknown element 7FE0,{element:04X}")
    if syntax == _IMPLICIT or not head[4:6].isalpha():
        return at + 8, struct.unpack_from(order + "I", head, 4)[0], _PIXELS[element]
    return at + 12, struct.unpack_from(order + "I", head, 8)[0], _PIXELS[element]


def _described(dataset: Dataset, path: Path, what: tuple[int, str, str]) -> Source:
    """Shape and type of the pixels."""
    file, syntax, kind = what
    rows, columns, samples, allocated, frames = (
        int(number(dataset, key, default))
        for key, default in (("Rows", 0), ("Columns", 0), ("SamplesPerPixel", 1), ("BitsAllocated", 0),
                             ("NumberOfFrames", 1))
    )  # fmt: skip
    photometric = text(dataset, "PhotometricInterpretation") or "MONOCHROME2"
    if not (0 < rows < 2**16 and 0 < columns < 2**16 and 0 < frames < 2**31):
        raise FormatError(path, f"declares {frames} frames of {columns}x{rows} pixels")
    if (samples, photometric in _COLOURS) != (3, True) and (samples, photometric in _GREYS) != (1, True):
        raise FormatError(path, f"has {samples} samples per pixel in the colours {photometric[:40]}")
    sign = "i" if number(dataset, "PixelRepresentation") else "u"
    if allocated not in (1, 8, 16, 32) and not kind:
        raise FormatError(path, f"has pixels of {allocated} bits")
    dtype = kind or f"{sign if allocated > 1 else 'u'}{max(1, allocated // 8)}"
    order = ">" if syntax == _BIG else "<"
    stored = int(number(dataset, "BitsStored", allocated))
    return Source(
        file, syntax, frames, rows, columns, samples, bool(number(dataset, "PlanarConfiguration")), photometric,
        np.dtype(order + dtype).str, np.dtype(dtype).itemsize * 8 if allocated > 1 or kind else 1,
        min(max(stored, 1), max(allocated, 1)) if not kind else np.dtype(dtype).itemsize * 8,
    )  # fmt: skip


def _palette(dataset: Dataset, path: Path) -> list[list[int]]:
    """First index, then the entries of red, green and blue, as bytes."""
    columns: list[list[int]] = []
    for colour in ("Red", "Green", "Blue"):
        shape = numbers(dataset, f"{colour}PaletteColorLookupTableDescriptor")
        data = dataset.get(f"{colour}PaletteColorLookupTableData")
        if len(shape) != 3 or not isinstance(data, bytes):
            raise FormatError(path, "has a palette that is not complete")
        count = int(shape[0]) or 65536
        wide = len(data) >= 2 * count
        values = np.frombuffer(data, "<u2" if wide else "u1")[:count]
        if len(values) < count:
            raise FormatError(path, "has a palette that is not complete")
        columns.append([int(one) for one in (values >> 8 if wide and shape[2] > 8 else values & 255)])
    return [[int(shape[1])], *columns]


def _frames(path: Path, at: int, count: int) -> list[list[int]]:
    """Pieces of each frame of a compressed file (PS3.5, A.4)."""
    pieces, table = _pieces(path, at)
    if len(pieces) == count:
        return [[place, length] for place, length in pieces]
    if count == 1:
        return [[one for piece in pieces for one in piece]]
    if len(table) != count or not pieces:
        raise FormatError(path, f"has {count} frames in {len(pieces)} pieces, which cannot be told apart")
    starts = np.searchsorted(np.asarray(table), [place - 8 - (pieces[0][0] - 8) for place, _ in pieces], "right") - 1
    frames: list[list[int]] = [[] for _ in range(count)]
    for frame, piece in zip(starts, pieces, strict=True):
        frames[max(0, int(frame))] += piece
    if not all(frames):
        raise FormatError(path, "has frames without pixels")
    return frames


def _pieces(path: Path, at: int) -> tuple[list[tuple[int, int]], list[int]]:
    """Place and length of each piece, and the table of offsets, which may be empty."""
    found: list[tuple[int, int]] = []
    table: list[int] | None = None
    size = path.stat().st_size
    with path.open("rb") as file:
        while True:
            file.seek(at)
            head = file.read(8)
            tag, length = struct.unpack("<HH", head[:4].ljust(4, b"\0")), int.from_bytes(head[4:], "little")
            if tag == _END:
                return found, table or []
            if tag != _ITEM or at + 8 + length > size:
                raise FormatError(path, f"is truncated: its frames end at byte {at}", "Copy it again.")
            if table is None:
                data = file.read(min(length, _UNDEFINED))
                table = [int(one) for one in np.frombuffer(data[: len(data) // 4 * 4], "<u4")]
            else:
                found.append((at + 8, length))
            at += 8 + length


def notes_of(dataset: Dataset) -> dict[str, str]:
    """Elements as keyword and text, those of sequences behind the sequence's keyword; long and binary ones left out."""
    found: dict[str, str] = {}
    with quietly():
        _collect(dataset, "", found, 0)
    return found


def _collect(dataset: Dataset, prefix: str, found: dict[str, str], depth: int) -> None:
    for tag in list(dataset.keys()):
        raw = dataset.get_item(tag)
        if len(found) >= _MOST_NOTES or getattr(raw, "length", 0) not in range(_DEFERRED):
            continue
        try:
            element = dataset[tag]
        except Exception:
            continue
        name = prefix + (element.keyword or f"{tag.group:04X},{tag.element:04X}")
        if element.VR == "SQ":
            for item_number, item in enumerate(element.value if depth < _DEPTH else ()):
                _collect(item, f"{name} {item_number + 1} " if len(element.value) > 1 else f"{name} ", found, depth + 1)
        elif not isinstance(element.value, bytes) and 0 < len(shown := str(element.value).strip()) <= _SHOWN:
            found[name] = shown
