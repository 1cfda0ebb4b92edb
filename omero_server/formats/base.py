"""The protocol of readers.

A reader has a name and three parts: `detect` (is this file mine?, cheap, by content), `describe` (everything about
the fileset, as `FilesetInfo`) and `_read` (a rectangle of one plane). A reader is made from a `FilesetInfo` alone,
which may come from `describe` just now or from the index stored at import. `omero_server.formats.conformance` holds
the tests that each reader must pass.
"""

from __future__ import annotations

import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from omero_server.formats.info import FilesetInfo, ImageInfo

__all__ = [
    "MAX_REGION_PIXELS",
    "PIXEL_DTYPES",
    "Array",
    "FormatError",
    "Reader",
    "UnsupportedFormat",
    "check_sizes",
    "decoding",
    "pixel_type_of",
    "plane_number",
    "quietly",
]

Array = npt.NDArray[Any]

PIXEL_DTYPES: dict[str, np.dtype[Any]] = {
    "bit": np.dtype(np.uint8),
    "int8": np.dtype(np.int8),
    "uint8": np.dtype(np.uint8),
    "int16": np.dtype(np.int16),
    "uint16": np.dtype(np.uint16),
    "int32": np.dtype(np.int32),
    "uint32": np.dtype(np.uint32),
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
    "complex": np.dtype(np.complex64),
    "double-complex": np.dtype(np.complex128),
}
"""In-memory type of each value of the model's PixelsType; `bit` is read as bytes 0 and 1."""

_KINDS = "buifc"
"""Kinds of numbers; those behind the integers are not turned into one before them."""
MAX_REGION_PIXELS = 2**31
"""No request may cover as many pixels as this; a Slice sequence could not carry them anyway."""

TOO_LARGE = "Try again when less is going on, or write it with tiles or smaller pieces."
MAX_SIZE = 2**31 - 1
"""No dimension of an image may be larger: the model's sizes are signed 32-bit integers."""


class FormatError(Exception):
    """A file that cannot be read: which one, why, and what to do about it."""

    def __init__(self, path: Path | str, reason: str, remedy: str = "Check the file, or export it again.") -> None:
        super().__init__(f"{path}: {reason}. {remedy}")
        self.path = Path(path)
        self.reason = reason
        self.remedy = remedy

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.reason, self.remedy)


class UnsupportedFormat(FormatError):
    """No reader knows the file's format."""


def pixel_type_of(dtype: np.dtype[Any], path: Path | str) -> str:
    """Name of the PixelsType that holds values of `dtype` without loss; FormatError when there is none."""
    for name, candidate in PIXEL_DTYPES.items():
        if name != "bit" and candidate == dtype.newbyteorder("="):
            return name
    widened = {"bool": "uint8", "float16": "float"}.get(dtype.name)
    if widened is None:
        raise FormatError(path, f"pixels of type {dtype.name} have no OME pixel type", "Convert the image first.")
    return widened


def plane_number(order: str, zct: tuple[int, int, int], sizes: tuple[int, int, int]) -> int:
    """Position of a plane in a file whose planes lie in `order` (e.g. "XYCZT"); both tuples are (z, c, t)."""
    number, step = 0, 1
    for axis in order[2:]:
        at = "ZCT".index(axis)
        number += zct[at] * step
        step *= sizes[at]
    return number


@contextmanager
def decoding(path: Path | str, what: str) -> Iterator[None]:
    """Turn whatever a decoder library raises inside the block into a `FormatError` about `path`."""
    try:
        yield
    except FormatError:
        raise
    except MemoryError as error:
        raise FormatError(path, f"{what} needs more memory than there is", TOO_LARGE) from error
    except FileNotFoundError as error:
        raise FormatError(path, f"{what}: no such file", "Restore the file.") from error
    except PermissionError as error:
        raise FormatError(path, f"{what}: no permission to read it", "Make the file readable.") from error
    except Exception as error:
        detail = str(error).strip().split("\n")[0] or type(error).__name__
        raise FormatError(path, f"{what} failed: {detail}", "The file is damaged or of an unknown variant.") from error


_WARNINGS_LOCK = threading.Lock()


@contextmanager
def quietly() -> Iterator[None]:
    """Keep a library's warnings about a file off stderr; for short calls, one thread at a time."""
    with _WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def check_sizes(info: FilesetInfo) -> None:
    """FormatError when an image has a size that no row of the database can hold."""
    for image in info.images:
        sizes = image.size_x, image.size_y, image.size_z, image.size_c, image.size_t
        for axis, size in zip("XYZCT", sizes, strict=True):
            if not 1 <= size <= MAX_SIZE:
                raise FormatError(info.entry, f"declares a size of {size} in {axis}")
        for level in image.levels:
            if not (1 <= level.width <= MAX_SIZE and 1 <= level.height <= MAX_SIZE):
                raise FormatError(info.entry, f"declares a level of {level.width}x{level.height} pixels")


class Reader(ABC):
    """Base of readers; safe to use from several threads at once."""

    name: ClassVar[str]
    """Recorded with each fileset, e.g. `tiff`."""
    format: ClassVar[str]
    """Value of the model's Format enumeration."""
    version: ClassVar[str] = "1"
    suffixes: tuple[str, ...] = ()
    """Lower-case name endings with the dot; a hint for messages, `detect` decides."""

    def __init__(self, info: FilesetInfo) -> None:
        self._info = info
        self._lock = threading.RLock()

    @classmethod
    @abstractmethod
    def detect(cls, path: Path) -> bool:
        """Whether `path` is of this format. Reads a few kilobytes at most and raises nothing but OSError."""

    @classmethod
    @abstractmethod
    def describe(cls, path: Path) -> FilesetInfo:
        """All about the fileset that `path` belongs to. FormatError when it is damaged."""

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        """The files of the fileset of `path`, entry file first, without parsing more than needed for grouping."""
        return [path]

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """A reader of the fileset that `path` belongs to; FormatError whatever is wrong with it."""
        with decoding(path, f"reading it as {cls.format}"):
            info = cls.describe(Path(path))
            check_sizes(info)
            return cls(info)

    def info(self) -> FilesetInfo:
        """What `describe` found."""
        return self._info

    def pixel_files(self) -> list[set[Path]]:
        """For each image the files that hold its pixels; the others hold metadata or belong to other images."""
        return [set(self._info.used_files) for _ in self._info.images]

    def image(self, series: int) -> ImageInfo:
        """Image number `series`; IndexError when there is none."""
        if not 0 <= series < len(self._info.images):
            raise IndexError(f"{self._info.entry} has no image {series}: there are {len(self._info.images)}")
        return self._info.images[series]

    def read(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """The w x h pixels at (x, y) of one plane at a level (0 is the full size).

        Returns a C-contiguous (h, w) array in native byte order of `PIXEL_DTYPES[pixel_type]`. IndexError for what
        lies outside of the image, ValueError for too large a region, FormatError when the file cannot be decoded.
        """
        image = self.image(series)
        self._check(image, level, (z, c, t), (x, y, w, h))
        dtype = PIXEL_DTYPES[image.pixel_type]
        with decoding(self._info.entry, f"reading plane z={z} c={c} t={t} of image {series}"):
            pixels = self._read(series, level, (z, c, t), (x, y, w, h))
        if pixels.shape != (h, w):
            raise FormatError(self._info.entry, f"a plane holds {pixels.shape} pixels where {(h, w)} are declared")
        if not 0 <= _KINDS.find(pixels.dtype.kind) <= max(_KINDS.find(dtype.kind), _KINDS.find("i")):
            raise FormatError(self._info.entry, f"a plane holds {pixels.dtype} pixels where {dtype} are declared")
        return np.ascontiguousarray(pixels, dtype=dtype)

    def read_channels(
        self, series: int, level: int, z: int, channels: Sequence[int], t: int, x: int, y: int, w: int, h: int
    ) -> list[Array]:
        """As `read` for several channels, which may be stored together.

        The arrays need not be contiguous, may share memory with others, and are not to be changed.
        """
        return [self.read(series, level, z, c, t, x, y, w, h) for c in channels]

    @abstractmethod
    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        """The pixels of `region` (x, y, width, height), checked to be inside; in any byte order."""

    def _check(
        self, image: ImageInfo, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]
    ) -> None:
        if not 0 <= level < len(image.levels):
            raise IndexError(f"{image.name} has no level {level}: there are {len(image.levels)}")
        for axis, value, size in zip("zct", zct, (image.size_z, image.size_c, image.size_t), strict=True):
            if not 0 <= value < size:
                raise IndexError(f"{image.name} has no plane at {axis}={value}: size is {size}")
        x, y, w, h = region
        plane = image.levels[level]
        if x < 0 or y < 0 or w < 1 or h < 1 or x + w > plane.width or y + h > plane.height:
            raise IndexError(f"{w}x{h} pixels at ({x}, {y}) are outside of a plane of {plane.width}x{plane.height}")
        if w * h >= MAX_REGION_PIXELS:
            raise ValueError(f"a region of {w}x{h} pixels is too large; ask for tiles")

    def close(self) -> None:  # noqa: B027 - nothing to release is a fine default
        """Let go of open files; the reader may not be used afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
