"""Princeton Instruments SPE: frames are time points; regions of the detector are images.

Version 2 keeps all about them in a header of 4100 bytes, version 3 in XML behind the frames.
"""

from __future__ import annotations

import struct
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from omero_server.formats.base import FormatError, decoding, pixel_type_of
from omero_server.formats.info import ChannelInfo, DetectorInfo, FilesetInfo, ImageInfo, PlaneInfo
from omero_server.formats.rawbytes import MAX_PIECE_BYTES, file_size, read_at
from omero_server.formats.stored import StoredReader, contiguous, stored
from omero_server.formats.xmlnotes import flat_xml, parse_xml

__all__ = ["SpeReader"]

_HEADER_BYTES = 4100
_TYPES = {0: "<f4", 1: "<i4", 2: "<i2", 3: "<u2", 5: "<f8", 6: "<u1", 8: "<u4"}
_PIXEL_FORMATS = {"MonochromeUnsigned16": "<u2", "MonochromeUnsigned32": "<u4", "MonochromeFloating32": "<f4"}
_MOST_FRAMES = 10_000_000
_MOST_PLANES = 10_000
_MARKS = (struct.pack("<i", 0x01234567), 2996), (struct.pack("<H", 0x5555), 4098)


class SpeReader(StoredReader):
    """SPE of WinView, WinSpec and LightField."""

    name = "spe"
    format = "SPE"
    suffixes = (".spe",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not path.is_file() or path.stat().st_size <= _HEADER_BYTES:
            return False
        head = read_at(path, 0, _HEADER_BYTES)
        # Not every program writes the marks: then the name must say what it is, and numbers make sense.
        marked = any(head[at : at + len(mark)] == mark for mark, at in _MARKS)
        named = path.suffix.lower() == ".spe"
        width, height = struct.unpack_from("<H", head, 42)[0], struct.unpack_from("<H", head, 656)[0]
        return (named or all(head[at : at + len(mark)] == mark for mark, at in _MARKS)) and (
            marked or (width > 0 and height > 0 and struct.unpack_from("<h", head, 108)[0] in _TYPES)
        )

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        head = read_at(path, 0, _HEADER_BYTES)
        version, footer = struct.unpack_from("<f", head, 1992)[0], struct.unpack_from("<Q", head, 678)[0]
        with decoding(path, "reading the header"):
            if version >= 3 and footer:
                images, metadata = _modern(path, footer)
            else:
                images, metadata = [_classic(path, head)], _notes(head)
        for image in images:
            cls.check(image, [path])
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=metadata)


def _text(head: bytes, at: int, length: int) -> str:
    return head[at : at + length].split(b"\0")[0].decode("latin-1").strip()


def _comments(head: bytes) -> list[str]:
    return [text for number in range(5) if (text := _text(head, 200 + 80 * number, 80))]


def _notes(head: bytes) -> dict[str, str]:
    """Original metadata of version 2."""
    layout = {
        "Version": (1992, "f"), "Exposure": (10, "f"), "Detector temperature": (36, "f"), "Gain": (198, "H"),
        "Width": (42, "H"), "Height": (656, "H"), "Frames": (1446, "i"), "Data type": (108, "h"),
        "Accumulations": (668, "i"), "Readout time (ms)": (672, "f"),
    }  # fmt: skip
    found = {key: f"{struct.unpack_from('<' + kind, head, at)[0]:g}" for key, (at, kind) in layout.items()}
    found |= {"Date": _text(head, 20, 10), "Time": _text(head, 172, 7)}
    return found | {f"Comment {number + 1}": text for number, text in enumerate(_comments(head))}


def _moment(head: bytes) -> datetime | None:
    try:
        return datetime.strptime(_text(head, 20, 10) + _text(head, 172, 6), "%d%b%Y%H%M%S")
    except ValueError:
        return None


def _image(
    path: Path, name: str, dtype: np.dtype[Any], sizes: tuple[int, int, int], offset: int, frame: int | None = None
) -> ImageInfo:
    """An image of (width, height, frames); `frame` bytes from one frame to the next."""
    width, height, frames = sizes
    if min(sizes) < 1 or frames > _MOST_FRAMES:
        raise FormatError(path, f"declares {frames} frames of {width}x{height} pixels")
    strides = contiguous(dtype.itemsize, "xyt", {"x": width, "y": height, "t": frames})
    strides[2] = frame or strides[2]
    return ImageInfo(
        name=name,
        size_x=width,
        size_y=height,
        size_t=frames,
        pixel_type=pixel_type_of(dtype, path),
        dimension_order="XYZTC",
        index=stored(dtype, strides, offset=offset),
    )


def _classic(path: Path, head: bytes) -> ImageInfo:
    kind = struct.unpack_from("<h", head, 108)[0]
    if kind not in _TYPES:
        raise FormatError(path, f"has pixels of the unknown type {kind}")
    width, height = struct.unpack_from("<H", head, 42)[0], struct.unpack_from("<H", head, 656)[0]
    frames = struct.unpack_from("<i", head, 1446)[0]
    image = _image(path, path.name, np.dtype(_TYPES[kind]), (width, height, frames), _HEADER_BYTES)
    exposure, gain = struct.unpack_from("<f", head, 10)[0], struct.unpack_from("<H", head, 198)[0]
    image.acquired = _moment(head)
    image.description = "\n".join(_comments(head)) or None
    if gain:
        image.channels = [ChannelInfo(detector=DetectorInfo("Detector:0", type="CCD", gain=float(gain)))]
    _expose(image, exposure, "s")
    return image


def _expose(image: ImageInfo, exposure: float, unit: str) -> None:
    if 0 < exposure < 1e9:
        image.planes = [
            PlaneInfo(0, 0, t, exposure_time=(float(exposure), unit)) for t in range(min(image.size_t, _MOST_PLANES))
        ]


def _modern(path: Path, footer: int) -> tuple[list[ImageInfo], dict[str, str]]:
    """Images of a file of LightField, whose XML says where frames and regions lie."""
    size = file_size(path) - footer
    if not 0 < size <= MAX_PIECE_BYTES // 16:
        raise FormatError(path, "ends before its description", "The file is cut short: copy it again.")
    root = parse_xml(read_at(path, footer, size), path)
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    frames = root.find("DataFormat/DataBlock")
    kind = _PIXEL_FORMATS.get(frames.get("pixelFormat") or "") if frames is not None else None
    if frames is None or kind is None:
        raise FormatError(path, "has frames of an unknown format", "Export it from LightField as version 2.")
    regions = [item for item in frames.findall("DataBlock") if item.get("type") == "Region"]
    images, offset = [], _HEADER_BYTES
    for number, region in enumerate(regions):
        sizes = _int(region, "width"), _int(region, "height"), _int(frames, "count")
        name = path.name if len(regions) == 1 else f"Region {number + 1}"
        image = _image(path, name, np.dtype(kind), sizes, offset, _int(frames, "stride"))
        offset += _int(region, "stride") or _int(region, "size")
        _describe(image, root)
        images.append(image)
    if not images:
        raise FormatError(path, "has no regions of pixels")
    return images, flat_xml(root)


def _describe(image: ImageInfo, root: Element) -> None:
    made = root.find("DataHistories/DataHistory/Origin")
    try:
        image.acquired = datetime.fromisoformat((made.get("created") or "")[:19]) if made is not None else None
    except ValueError:
        image.acquired = None
    exposure = next((item.text for item in root.iter("ExposureTime") if item.text), None)
    if exposure:
        _expose(image, float(exposure), "ms")


def _int(element: Element, key: str) -> int:
    return int(element.get(key) or 0)
