"""Frames of DICOM files: regions of plain ones, decoded compressed ones."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np

from omero_server.formats.base import Array, FormatError
from omero_server.formats.dicomfile import Source
from omero_server.formats.picturesize import picture_size
from omero_server.formats.rawbytes import PieceCache, plane_region, read_at
from omero_server.formats.ycbcr import to_rgb

__all__ = ["CODECS", "check_source", "frame_region"]

CODECS = {
    "1.2.840.10008.1.2.5": "rle",
    "1.2.840.10008.1.2.4.50": "jpeg",
    "1.2.840.10008.1.2.4.51": "jpeg",
    "1.2.840.10008.1.2.4.57": "jpeg",
    "1.2.840.10008.1.2.4.70": "jpeg",
    "1.2.840.10008.1.2.4.80": "jpegls",
    "1.2.840.10008.1.2.4.81": "jpegls",
    "1.2.840.10008.1.2.4.90": "jpeg2000",
    "1.2.840.10008.1.2.4.91": "jpeg2000",
    "1.2.840.10008.1.2.4.201": "jpeg2000",
    "1.2.840.10008.1.2.4.202": "jpeg2000",
    "1.2.840.10008.1.2.4.203": "jpeg2000",
}
"""Transfer syntaxes of compressed frames that can be decoded."""
_LARGEST_FRAME = 1 << 29
"""Bytes of a compressed frame, which has to be decoded whole."""
_ALWAYS_FINE, _BEST_RATIO = 1 << 24, 20_000
"""Bytes that are decoded from however few, and bytes for one that are believed beyond."""
_SUBSAMPLED = "YBR_FULL_422"

Region = tuple[int, int, int, int]


def check_source(source: Source, path: Path) -> None:
    """FormatError for pixels that cannot be decoded."""
    if source.frames is None:
        if source.photometric == _SUBSAMPLED:
            raise FormatError(path, "has plain pixels with subsampled colours", "Convert it to RGB.")
        return
    if source.syntax not in CODECS:
        raise FormatError(path, f"is compressed with the transfer syntax {source.syntax}, which no decoder here knows")
    if source.frame_bits // 8 > _LARGEST_FRAME:
        raise FormatError(path, f"has compressed frames of {source.columns}x{source.rows} pixels, too large to decode")


def frame_region(source: Source, path: Path, frame: int, sample: int, region: Region, cache: PieceCache) -> Array:
    """The pixels (h, w) of one sample of a frame, colours as RGB, white above black."""
    x, y, w, h = region
    if source.frames is not None or source.allocated == 1:
        whole = cache.get((source.file, frame), lambda: _frame(source, path, frame))
        pixels = whole[y : y + h, x : x + w, 0 if source.palette else sample]
    else:
        pixels = _plain(source, path, frame, sample, region)
    if source.palette is not None:
        return _colours(source.palette, sample, pixels)
    return _upright(source, pixels)


def _plain(source: Source, path: Path, frame: int, sample: int, region: Region) -> Array:
    """A rectangle of a frame that is not compressed."""
    dtype = np.dtype(source.dtype)
    at = source.offset + frame * (source.frame_bits // 8)
    shape = source.rows, source.columns
    if source.photometric.startswith("YBR"):
        return to_rgb(_all_samples(source, path, at, region))[..., sample]
    if source.planar and source.samples > 1:
        return plane_region(path, at + sample * source.rows * source.columns * dtype.itemsize, dtype, shape, region)
    pixels = plane_region(path, at, dtype, shape, region, source.samples)
    return pixels if source.samples == 1 else pixels[..., sample]


def _all_samples(source: Source, path: Path, at: int, region: Region) -> Array:
    dtype, shape = np.dtype(source.dtype), (source.rows, source.columns)
    if not source.planar:
        return plane_region(path, at, dtype, shape, region, source.samples)
    step = source.rows * source.columns * dtype.itemsize
    return np.dstack([plane_region(path, at + n * step, dtype, shape, region) for n in range(source.samples)])


def _frame(source: Source, path: Path, frame: int) -> Array:
    """A frame as (rows, columns, samples) in native byte order."""
    if source.frames is None:
        return _bits(source, path, frame)
    pieces = source.frames[frame]
    data = b"".join(read_at(path, at, count) for at, count in zip(pieces[::2], pieces[1::2], strict=True))
    if source.frame_bits // 8 > max(_ALWAYS_FINE, len(data) * _BEST_RATIO):
        raise FormatError(path, f"has a frame of {source.columns}x{source.rows} pixels in {len(data)} bytes")
    pixels = _decoded(source, path, data)
    shape = source.rows, source.columns, source.samples
    if pixels.size != np.prod(shape):
        raise FormatError(path, f"has a frame that decodes to {pixels.shape} values where {shape} are declared")
    return _typed(pixels.reshape(shape), source, path)


def _bits(source: Source, path: Path, frame: int) -> Array:
    """A frame of single bits, packed from the lowest on; frames follow each other without filling."""
    first = frame * source.frame_bits
    start, end = first // 8, -(-(first + source.frame_bits) // 8)
    packed = np.frombuffer(read_at(path, source.offset + start, end - start), np.uint8)
    bits = np.unpackbits(packed, bitorder="little")[first - 8 * start :][: source.frame_bits]
    return bits.reshape(source.rows, source.columns, 1)


def _decoded(source: Source, path: Path, data: bytes) -> Array:
    codec = CODECS[source.syntax]
    if codec == "rle":
        return _runs(source, path, data)
    size = picture_size(data)
    if size != (source.columns, source.rows, source.samples):
        raise FormatError(path, f"has a frame of {size} (width, height, samples) that is declared otherwise")
    if codec == "jpeg":
        plain = source.photometric == "RGB" and source.samples == 3
        return np.asarray(imagecodecs.jpeg_decode(data, colorspace="RGB" if plain else None))
    if codec == "jpegls":
        return _back_to_rgb(source, np.asarray(imagecodecs.jpegls_decode(data)))
    return _back_to_rgb(source, np.asarray(imagecodecs.jpeg2k_decode(data)))


def _back_to_rgb(source: Source, pixels: Array) -> Array:
    return to_rgb(pixels) if source.photometric in ("YBR_FULL", _SUBSAMPLED) and pixels.ndim == 3 else pixels


def _runs(source: Source, path: Path, data: bytes) -> Array:
    """Run lengths: a segment for each byte of each sample, the highest byte first (PS3.5, annex G)."""
    width = np.dtype(source.dtype).itemsize
    count, area = source.samples * width, source.rows * source.columns
    if len(data) < 64 or struct.unpack_from("<I", data)[0] != count:
        raise FormatError(path, f"has a frame of run lengths that has not the {count} segments of its pixels")
    starts = [*struct.unpack_from(f"<{count}I", data, 4), len(data)]
    segments = []
    for number in range(count):
        unpacked = imagecodecs.packbits_decode(data[starts[number] : starts[number + 1]])
        if len(unpacked) < area:
            raise FormatError(path, f"has a frame whose run lengths end after {len(unpacked)} of {area} pixels")
        segments.append(np.frombuffer(unpacked, np.uint8, area))
    joined = np.stack(segments, axis=-1).reshape(area, source.samples, width)
    pixels = np.ascontiguousarray(joined).view(f">u{width}").reshape(source.rows, source.columns, source.samples)
    return to_rgb(pixels) if source.photometric.startswith("YBR") else pixels


def _typed(pixels: Array, source: Source, path: Path) -> Array:
    """Decoded values in the declared type: decoders know nothing of the sign."""
    dtype = np.dtype(source.dtype).newbyteorder("=")
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.dtype.itemsize > dtype.itemsize or pixels.dtype.kind not in "iu":
        raise FormatError(path, f"has frames of {pixels.dtype} values where {dtype} is declared")
    if dtype.kind == "i" and pixels.dtype.kind == "u":
        # Two's complement of so many bits.
        shift = dtype.itemsize * 8 - source.bits
        return np.asarray((pixels.astype(f"u{dtype.itemsize}") << shift).view(dtype) >> shift)
    return pixels.astype(dtype, copy=False)


def _colours(palette: list[list[int]], sample: int, pixels: Array) -> Array:
    """Indices looked up; those beyond the ends show the entry at the end."""
    column = np.asarray(palette[1 + sample], np.uint8)
    return column[np.clip(pixels.astype(np.int64) - palette[0][0], 0, len(column) - 1)]


def _upright(source: Source, pixels: Array) -> Array:
    """MONOCHROME1 turned over, as white-is-zero of TIFF."""
    if source.photometric != "MONOCHROME1":
        return pixels
    if pixels.dtype.kind == "i":
        return np.asarray(-1 - pixels)
    return np.asarray(pixels.dtype.type(2**source.bits - 1) - pixels) if pixels.dtype.kind == "u" else pixels
