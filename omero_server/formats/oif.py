"""Olympus OIF (settings and a folder of pictures) and OIB (the same within one compound file).

Each plane is a small TIFF, named by channel, slice, time and step of the spectrum: `s_C001Z002T003.tif`.
`ImageInfo.index` is a dict: `planes`, the names of the pictures, channels fastest, then slices, then times.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from tifffile import TiffFile, TiffPage

from omero_server.formats.base import Array, FormatError, Reader, decoding, pixel_type_of
from omero_server.formats.compound import CompoundFile, is_compound
from omero_server.formats.info import FilesetInfo, ImageInfo
from omero_server.formats.oifmetadata import describe_image, flat_settings
from omero_server.formats.oifstore import BUNDLE_INDEX, Store, folder_of, open_store, settings_of
from omero_server.formats.rawbytes import PieceCache, has_magic
from omero_server.formats.tiffpages import check_page

__all__ = ["OibReader", "OifReader"]

_PICTURE = re.compile(r"s_((?:[A-Z]\d{3,6})*)\.tif", re.IGNORECASE)
_MOST_PLANES = 5_000_000
_KNOWN_AXES = "CZTL"


class OifReader(Reader):
    """OIF of FluoView."""

    name = "oif"
    format = "FV1000"
    suffixes: tuple[str, ...] = (".oif",)

    def __init__(self, info: FilesetInfo) -> None:
        super().__init__(info)
        self._cache = PieceCache()
        self._store: Store | None = None

    @classmethod
    def detect(cls, path: Path) -> bool:
        entry = _entry(path)
        return entry.suffix.lower() == ".oif" and has_magic(entry, b"\xff\xfe[\0")

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        entry = _entry(path)
        folder = folder_of(entry)
        parts = sorted(item for item in folder.iterdir() if item.is_file()) if folder.is_dir() else [folder]
        return [entry, *parts]

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        files = cls.used_files(path)
        entry = files[0]
        with decoding(entry, "reading the settings"):
            store = open_store(entry)
            main = settings_of(store.read(""))
            names, sizes = _planes(store, entry)
            image = _image(store, names[0, 0, 0], sizes, entry)
            _check_sizes(store, names, image, entry)
            describe_image(image, store, main, names)
        image.index = {"planes": [names[z, c, t] for t in range(sizes[2]) for z in range(sizes[0])
                                  for c in range(sizes[1])]}  # fmt: skip
        return FilesetInfo(cls.format, cls.name, cls.version, files, [image], metadata=flat_settings(main))

    def _read(self, series: int, level: int, zct: tuple[int, int, int], region: tuple[int, int, int, int]) -> Array:
        image = self._info.images[series]
        z, c, t = zct
        name = image.index["planes"][(t * image.size_z + z) * image.size_c + c]
        plane = self._cache.get(name, lambda: self._plane(name, (image.size_y, image.size_x)))
        x, y, w, h = region
        return plane[y : y + h, x : x + w]

    def _plane(self, name: str, shape: tuple[int, int]) -> Array:
        with self._lock:
            if self._store is None:
                self._store = open_store(self._info.entry)
            store = self._store
        with _page(store, name, self._info.entry) as page:
            if (page.imagelength, page.imagewidth) != shape:
                raise FormatError(self._info.entry, f"has a picture {name} of another size than the first one")
            return np.asarray(page.asarray()).reshape(shape)

    def close(self) -> None:
        self._cache.clear()


class OibReader(OifReader):
    """OIB of FluoView."""

    name = "oib"
    format = "FV1000"
    suffixes = (".oib",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        if path.suffix.lower() != ".oib" or not is_compound(path):
            return False
        try:
            return BUNDLE_INDEX in CompoundFile(path)
        except FormatError:
            return True

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        return [path]


def _entry(path: Path) -> Path:
    """The OIF that a file of its folder belongs to."""
    if path.parent.name.lower().endswith(".oif.files"):
        entry = path.parent.with_name(path.parent.name[:-6])
        return entry if entry.is_file() else path
    return path


def _planes(store: Store, path: Path) -> tuple[dict[tuple[int, int, int], str], tuple[int, int, int]]:
    """Names of the pictures by (z, c, t), and how many of each; steps of the spectrum are channels."""
    placed: dict[tuple[int, ...], str] = {}
    for name in store.names:
        match = _PICTURE.fullmatch(name)
        if match is None:
            continue
        at = {axis.upper(): int(number) for axis, number in re.findall(r"([A-Za-z])(\d+)", match[1])}
        strange = [axis for axis in at if axis not in _KNOWN_AXES and at[axis] > 1]
        if strange:
            raise FormatError(path, f"has pictures along the unknown axis {strange[0]}", "Export it as OME-TIFF.")
        placed[tuple(at.get(axis, 1) for axis in "ZCLT")] = name
    if not placed:
        raise FormatError(path, "names no pictures", "Put the folder of its pictures beside it.")
    places = [sorted({at[axis] for at in placed}) for axis in range(4)]
    counts = [len(numbers) for numbers in places]
    expected = int(np.prod(counts, dtype=object))
    if expected > _MOST_PLANES or expected != len(placed):
        raise FormatError(path, f"should have {expected} pictures but has {len(placed)}", "Copy all of its files.")
    ranks = [{number: rank for rank, number in enumerate(numbers)} for numbers in places]
    found: dict[tuple[int, int, int], str] = {}
    for place, name in placed.items():
        z, c, band, t = (ranks[axis][place[axis]] for axis in range(4))
        found[z, c * counts[2] + band, t] = name
    return found, (counts[0], counts[1] * counts[2], counts[3])


@contextmanager
def _page(store: Store, name: str, path: Path) -> Iterator[TiffPage]:
    """The only page of a picture, checked to hold what it declares."""
    data = store.read(name)
    with decoding(path, f"reading the picture {name}"), TiffFile(io.BytesIO(data)) as tif:
        page = tif.pages.first
        if not isinstance(page, TiffPage) or page.samplesperpixel != 1:
            raise FormatError(path, f"has a picture {name} that is no plane")
        check_page(page, len(data), path, 0)
        yield page


def _image(store: Store, name: str, sizes: tuple[int, int, int], path: Path) -> ImageInfo:
    with _page(store, name, path) as page:
        return ImageInfo(
            name=path.name,
            size_x=page.imagewidth,
            size_y=page.imagelength,
            size_z=sizes[0],
            size_c=sizes[1],
            size_t=sizes[2],
            pixel_type=pixel_type_of(np.dtype(page.dtype), path),
            dimension_order="XYCZT",
        )


def _check_sizes(store: Store, names: dict[tuple[int, int, int], str], image: ImageInfo, path: Path) -> None:
    """All pictures must be about as large as the first one: they are not compressed."""
    least = image.size_x * image.size_y * (1 if image.pixel_type.endswith("int8") else 2)
    for name in names.values():
        if store.size(name) < least:
            raise FormatError(path, f"has a picture {name} that is cut short", "Copy it again.")
