"""NIfTI-1, NIfTI-2 and Analyze 7.5: one file, or a header and an image beside it; also packed with gzip.

Values stay as they are stored; slope and intercept of the header are original metadata.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from omero_server.formats.base import FormatError, pixel_type_of
from omero_server.formats.info import FilesetInfo, ImageInfo, Quantity, plain_channels
from omero_server.formats.packed import unpacked_head
from omero_server.formats.stored import StoredReader, contiguous, stored

__all__ = ["NiftiReader"]

_SIZES = {348: 1, 540: 2}
_DTYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 32: "c8", 64: "f8", 128: "u1", 256: "i1", 512: "u2", 768: "u4", 1024: "i8",
    1280: "u8", 1792: "c16", 2304: "u1",
}  # fmt: skip
_SAMPLES = {128: 3, 2304: 4}
_LENGTHS = {1: "m", 2: "mm", 3: "µm"}
_TIMES = {8: "s", 16: "ms", 24: "µs"}
_AXES = "xyztc"


@dataclass(slots=True)
class _Header:
    """Fields that the three headers share; `version` 0 is Analyze."""

    version: int
    order: str
    pair: bool
    dims: tuple[int, ...]
    steps: tuple[float, ...]
    datatype: int
    offset: int
    units: int
    notes: dict[str, str]


class NiftiReader(StoredReader):
    """Volumes of brain imaging."""

    name = "nifti"
    format = "Nifti"
    suffixes = (".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz")

    @classmethod
    def detect(cls, path: Path) -> bool:
        return _entry(path) is not None

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        entry = _entry(path)
        if entry is None:
            raise FormatError(path, "is no NIfTI or Analyze file")
        header = _header(entry)
        if not header.pair:
            return [entry]
        found = [one for one in _partners(entry, "hdr", "img") if one.is_file()]
        if not found:
            wanted = entry.name.replace("hdr", "img").replace("HDR", "IMG")
            raise FormatError(path, f"needs {wanted}, which is missing", "Put both files together.")
        return [entry, found[0]]

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        files = cls.used_files(path)
        header = _header(files[0])
        image = _image(files, header)
        cls.check(image, files)
        return FilesetInfo("Nifti" if header.version else "Analyze", cls.name, cls.version, files, [image])


def _order(head: bytes) -> str | None:
    """Byte order of a header, by its size in the first four bytes; None when it is no header."""
    for order in "<>":
        if len(head) >= 348 and struct.unpack_from(order + "i", head)[0] in _SIZES:
            two = struct.unpack_from(order + "i", head)[0] == 540
            dims = struct.unpack_from(order + ("q" if two else "h"), head, 16 if two else 40)[0]
            return order if 1 <= dims <= 7 else None
    return None


def _entry(path: Path) -> Path | None:
    """The file with the header: `path`, or the .hdr beside an .img; None when neither has one."""
    if _order(unpacked_head(path, 540)[1]):
        return path
    if not path.name.lower().endswith((".img", ".img.gz")) or not path.is_file():
        return None
    return next((one for one in _partners(path, "img", "hdr") if _order(unpacked_head(one, 540)[1])), None)


def _partners(path: Path, own: str, other: str) -> list[Path]:
    """Files of the same name with the other suffix, packed or not."""
    stem = path.name.removesuffix(".gz")
    if stem[-3:].lower() != own:
        return []
    name = stem[:-3] + (other.upper() if stem[-3:].isupper() else other)
    return [path.with_name(name), path.with_name(name + ".gz")]


def _header(path: Path) -> _Header:
    _, head = unpacked_head(path, 540)
    order = _order(head)
    if order is None or len(head) < struct.unpack_from(order + "i", head)[0]:
        raise FormatError(path, "is truncated: its header is not complete", "Copy it again.")
    if struct.unpack_from(order + "i", head)[0] == 540:
        return _second(head, order)
    kind = head[344:348]
    version = 1 if kind in (b"n+1\0", b"ni1\0") else 0
    dims, steps = struct.unpack_from(order + "8h", head, 40), struct.unpack_from(order + "8f", head, 76)
    offset = struct.unpack_from(order + "f", head, 108)[0]
    notes = {"Description": _text(head[148:228]), "Auxiliary file": _text(head[228:252])}
    if version:
        slope, intercept = struct.unpack_from(order + "2f", head, 112)
        forms = struct.unpack_from(order + "2h", head, 252)
        notes |= _more(head[328:344], (slope, intercept), struct.unpack_from(order + "2f", head, 124), forms)
    datatype, units = struct.unpack_from(order + "h", head, 70)[0], head[123]
    start = int(offset) if np.isfinite(offset) and 0 <= offset < 2**40 else 0
    return _Header(version, order, kind != b"n+1\0", dims, steps, datatype, start, units if version else 2, notes)


def _second(head: bytes, order: str) -> _Header:
    """A NIfTI-2 header."""
    dims, steps = struct.unpack_from(order + "8q", head, 16), struct.unpack_from(order + "8d", head, 104)
    notes = {"Description": _text(head[240:320]), "Auxiliary file": _text(head[320:344])}
    forms = struct.unpack_from(order + "2i", head, 344)
    scaling, window = struct.unpack_from(order + "2d", head, 176), struct.unpack_from(order + "2d", head, 192)
    notes |= _more(head[508:524], scaling, window, forms)
    offset, units = struct.unpack_from(order + "q", head, 168)[0], struct.unpack_from(order + "i", head, 500)[0]
    datatype = struct.unpack_from(order + "h", head, 12)[0]
    return _Header(2, order, head[4:7] == b"ni2", dims, steps, datatype, max(0, offset), units & 255, notes)


def _more(
    intent: bytes, scaling: tuple[float, ...], window: tuple[float, ...], forms: tuple[int, ...]
) -> dict[str, str]:
    names = ("Slope", "Intercept", "Display minimum", "Display maximum", "Qform code", "Sform code")
    values = (*scaling, *window, *forms)
    return {"Intent": _text(intent)} | {name: f"{value:g}" for name, value in zip(names, values, strict=True)}


def _text(data: bytes) -> str:
    return data.split(b"\0")[0].decode("latin-1").strip()


def _image(files: list[Path], header: _Header) -> ImageInfo:
    path, samples = files[0], _SAMPLES.get(header.datatype, 1)
    code = _DTYPES.get(header.datatype)
    if code is None:
        raise FormatError(path, f"has pixels of the data type {header.datatype}, for which there is no OME pixel type")
    dtype = np.dtype(header.order + code)
    sizes = _sizes(header, path)
    channels = sizes["c"] * samples
    strides = contiguous(dtype.itemsize * samples, _AXES, sizes)
    if samples > 1:
        strides[1] = dtype.itemsize
    x, y, z, t = (_step(header, number) for number in range(1, 5))
    packing = unpacked_head(files[-1], 1)[0]
    return ImageInfo(
        name=path.name,
        size_x=sizes["x"],
        size_y=sizes["y"],
        size_z=sizes["z"],
        size_c=channels,
        size_t=sizes["t"],
        dimension_order="XYCZT" if samples > 1 else "XYZTC",
        pixel_type=pixel_type_of(dtype, path),
        significant_bits=dtype.itemsize * 8,
        is_rgb=samples > 1,
        description=header.notes["Description"] or None,
        physical_size_x=x,
        physical_size_y=y,
        physical_size_z=z,
        time_increment=t,
        channels=plain_channels(channels, samples),
        metadata={key: value for key, value in header.notes.items() if value},
        index=stored(dtype, strides, offset=header.offset, file=len(files) - 1, packing=packing),
    )


def _sizes(header: _Header, path: Path) -> dict[str, int]:
    count, *dims = header.dims
    dims = [max(1, size) if number < count else 1 for number, size in enumerate(dims)]
    if not all(0 < size < 2**31 for size in dims) or header.dims[1] < 1:
        raise FormatError(path, f"declares {count} axes of sizes {header.dims[1:]}")
    if (dims[5] * dims[6] > 1) or (dims[4] > 1 and header.datatype in _SAMPLES):
        raise FormatError(path, f"has {count} axes, more than an image has", "Split it.")
    return dict(zip(_AXES, dims[:5], strict=True))


def _step(header: _Header, axis: int) -> Quantity | None:
    """Size of a pixel, or time between volumes (axis 4), if the header says its unit."""
    value = abs(header.steps[axis])
    symbol: str | None = _TIMES.get(header.units & 0x38) if axis == 4 else _LENGTHS.get(header.units & 7)
    usable = symbol is not None and np.isfinite(value) and value > 0 and (axis < 4 or header.dims[0] >= 4)
    return (float(value), str(symbol)) if usable else None
