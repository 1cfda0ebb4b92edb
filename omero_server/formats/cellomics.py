"""Cellomics `.C01`: a bitmap header and pixels behind it, packed with zlib."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from omero_server.formats.base import FormatError, pixel_type_of
from omero_server.formats.info import FilesetInfo, ImageInfo, pixels_per_metre
from omero_server.formats.packed import byte_source
from omero_server.formats.rawbytes import has_magic
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["CellomicsReader"]

_MAGIC = b"\0\0\0\x10"
_PACKED, _HEADER = 4, 52
_DTYPES = {8: "u1", 16: "<u2", 32: "<u4"}
_BEST_PACKING = 1100
"""More than zlib ever shrinks."""


class CellomicsReader(StoredReader):
    """Single images of ArrayScan and KineticScan."""

    name = "cellomics"
    format = "Cellomics"
    suffixes = (".c01",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        return path.suffix.lower() == ".c01" and has_magic(path, _MAGIC)

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        if path.stat().st_size < _PACKED:
            raise FormatError(path, "is truncated: its header is not complete", "Copy it again.")
        head = byte_source(path, "gzip", _PACKED).read(0, _HEADER)
        size, width, height, planes, bits, across, down = struct.unpack_from("<IiiHH8x2i", head)
        if size != 40 or not (0 < width < 2**16 and 0 < height < 2**16) or planes != 1 or bits not in _DTYPES:
            raise FormatError(path, f"declares {width}x{height} pixels of {bits} bits")
        dtype = np.dtype(_DTYPES[bits])
        if width * height * dtype.itemsize > path.stat().st_size * _BEST_PACKING:
            raise FormatError(path, f"declares {width}x{height} pixels, more than its {path.stat().st_size} bytes hold")
        strides = contiguous(dtype.itemsize, "xy", {"x": width})
        image = ImageInfo(
            name=path.name,
            size_x=width,
            size_y=height,
            pixel_type=pixel_type_of(dtype, path),
            significant_bits=bits,
            physical_size_x=pixels_per_metre(across),
            physical_size_y=pixels_per_metre(down),
            index=stored(dtype, strides, offset=_HEADER, packing="gzip", start=_PACKED),
        )
        cls.check(image, [path])
        return FilesetInfo(cls.format, cls.name, cls.version, [path], [image])
