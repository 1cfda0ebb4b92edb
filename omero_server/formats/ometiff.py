"""OME-TIFF: OME-XML in the first page (or in a companion file) says which page of which file is which plane."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from tifffile import TiffFile, TiffPage

from omero_server.formats.base import FormatError, decoding, plane_number
from omero_server.formats.info import FilesetInfo, ImageInfo, check_planes
from omero_server.formats.omexml import image_info
from omero_server.formats.omexmldocument import OmeXml, child, children, declares_ome, parse
from omero_server.formats.omexmlextras import original_metadata
from omero_server.formats.omexmlplates import add_plates
from omero_server.formats.tiff import image_of, subifd_levels, tag_metadata
from omero_server.formats.tiffbase import PagedReader
from omero_server.formats.tiffpages import PageRef, first_page, ifd_offsets, is_tiff, pages_of

__all__ = ["OmeTiffReader"]

_COMPANION_HEAD = 4 << 20


class OmeTiffReader(PagedReader):
    """OME-TIFF in one or several files, with or without a companion file, with SubIFD pyramids."""

    name = "ome-tiff"
    format = "OMETiff"
    suffixes = (".ome.tif", ".ome.tiff", ".ome.tf2", ".ome.tf8", ".ome.btf", ".companion.ome")

    @classmethod
    def detect(cls, path: Path) -> bool:
        if is_tiff(path):
            return declares_ome(_description(path))
        return path.is_file() and path.name.lower().endswith(".ome") and _is_companion(path)

    @classmethod
    def used_files(cls, path: Path) -> list[Path]:
        return _Fileset.of(path).files

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        fileset = _Fileset.of(path)
        missing = [str(file.name) for file in fileset.files if not file.is_file()]
        if missing:
            raise FormatError(
                path, f"belongs to a fileset of which {', '.join(missing[:3])} is missing", "Put all files together."
            )
        with fileset:
            numbers = [number for number, item in enumerate(fileset.document.images) if _has_pixels(item)]
            images = [_image(fileset, number) for number in numbers]
            metadata = fileset.metadata()
        if not images:
            raise FormatError(path, "describes no image with pixels")
        info = FilesetInfo(cls.format, cls.name, cls.version, fileset.files, images, metadata=metadata)
        ids = [fileset.document.images[number].get("ID", "") for number in numbers]
        add_plates(fileset.document, info, {one: at for at, one in enumerate(ids)})
        return info


def _description(path: Path) -> str:
    """Text of the first page's ImageDescription; empty when the file cannot be read so far."""
    page = first_page(path)
    return "" if page is None else page.description


def _is_companion(path: Path) -> bool:
    """Whether the file is OME-XML that names TIFF files (and does not hold the pixels itself)."""
    with path.open("rb") as file:
        head = file.read(_COMPANION_HEAD)
    return re.search(rb"<(\w+:)?OME[\s>]", head) is not None and re.search(rb"<(\w+:)?TiffData", head) is not None


def _has_pixels(image: Element) -> bool:
    return bool(children(child(image, "Pixels"), "TiffData"))


@dataclass
class _Fileset:
    """The document, the files it names and their pages, opened when first asked for."""

    document: OmeXml
    entry: Path
    files: list[Path]
    by_name: dict[str, int]
    _open: dict[int, tuple[TiffFile, list[int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, seen: int = 0) -> _Fileset:
        """The fileset that `path`, a TIFF or a companion, belongs to."""
        text = _description(path) if is_tiff(path) else path.read_bytes()
        document = parse(text, path)
        binary_only = child(document.root, "BinaryOnly")
        if binary_only is not None:
            metadata = path.parent / _plain_name(binary_only.get("MetadataFile", ""), path)
            if not metadata.is_file() or seen:
                raise FormatError(path, f"needs its metadata file {metadata.name}", "Put it beside this file.")
            return cls.of(metadata, seen + 1)
        names = _file_names(document, path)
        if not is_tiff(path) and not names:
            raise FormatError(path, "names no TIFF files", "Export the image as OME-TIFF.")
        if is_tiff(path) and names and path.name not in names:
            # Written under another name and renamed since: a lone file name means this file.
            names = [path.name] if len(names) == 1 else names
        if not is_tiff(path):
            return cls(document, path, [path, *(path.parent / name for name in names)], _numbered(names, 1))
        names = names or [path.name]
        return cls(document, path, [path.parent / name for name in names], _numbered(names, 0))

    def __enter__(self) -> _Fileset:
        return self

    def __exit__(self, *exc: object) -> None:
        for tif, _ in self._open.values():
            tif.close()
        self._open.clear()

    def number(self, data: Element) -> int:
        """Which file a TiffData element means; the file itself when it names none or only one is there."""
        uuid = child(data, "UUID")
        name = (uuid.get("FileName") if uuid is not None else None) or data.get("FileName") or ""
        first = min(self.by_name.values())
        return self.by_name.get(name, first)

    def page_count(self, number: int) -> int:
        return len(self._tiff(number)[1])

    def page(self, number: int, ifd: int) -> TiffPage | None:
        """Page `ifd` of file `number`, checked; None when the file has no such page."""
        tif, offsets = self._tiff(number)
        if ifd >= len(offsets):
            return None
        return next(pages_of(tif, offsets[ifd : ifd + 1], self.files[number]))

    def levels(self, number: int, page: TiffPage) -> list[TiffPage]:
        """The page and its reduced copies."""
        below = subifd_levels(self._tiff(number)[0], [page], self.files[number])
        return [page, *(level[0] for level in below)]

    def metadata(self) -> dict[str, str]:
        first = min(self.by_name.values())
        page = self.page(first, 0)
        found = tag_metadata(page) if page is not None else {}
        creator = self.document.root.get("Creator")
        return found | original_metadata(self.document.root) | ({"Creator": creator} if creator else {})

    def _tiff(self, number: int) -> tuple[TiffFile, list[int]]:
        if number not in self._open:
            path = self.files[number]
            if not is_tiff(path):
                raise FormatError(path, "is named by an OME-TIFF but is no TIFF file")
            while len(self._open) > 8:
                self._open.pop(next(iter(self._open)))[0].close()
            with decoding(path, "opening the file"):
                self._open[number] = TiffFile(path), ifd_offsets(path)
        return self._open[number]


def _plain_name(name: str, path: Path) -> str:
    """A file name inside the fileset's folder; FormatError for one that leads out of it."""
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise FormatError(path, f"names the file {name!r}, which is outside of its folder")
    return name


def _file_names(document: OmeXml, path: Path) -> list[str]:
    """Names of the TIFF files in the order of their first mention."""
    names: dict[str, None] = {}
    for image in document.images:
        for data in children(child(image, "Pixels"), "TiffData"):
            uuid = child(data, "UUID")
            name = (uuid.get("FileName") if uuid is not None else None) or data.get("FileName")
            if name:
                names[_plain_name(name, path)] = None
    return list(names)


def _numbered(names: list[str], start: int) -> dict[str, int]:
    return {name: number for number, name in enumerate(names, start)}


def _image(fileset: _Fileset, number: int) -> ImageInfo:
    """One image: declared metadata, with pixel type and samples as the pages have them."""
    image = image_info(fileset.document, number, fileset.entry)
    pixels = child(fileset.document.images[number], "Pixels")
    first = fileset.page(*_first_page(fileset, pixels))
    if first is None:
        raise FormatError(fileset.entry, f"names a first page for image {number} that is not there", "Copy it again.")
    copies = [[page] for page in fileset.levels(fileset.number(children(pixels, "TiffData")[0]), first)]
    found = image_of(copies, fileset.entry, image.name, palette=False)
    _adopt(image, found, fileset.entry)
    image.index = _plane_index(fileset, pixels, image, found)
    return image


def _first_page(fileset: _Fileset, pixels: Element | None) -> tuple[int, int]:
    data = children(pixels, "TiffData")[0]
    return fileset.number(data), int(data.get("IFD") or 0)


def _adopt(image: ImageInfo, found: ImageInfo, path: Path) -> None:
    """Take from the pages what the pages know better; refuse what contradicts."""
    if (image.size_x, image.size_y) != (found.size_x, found.size_y):
        raise FormatError(
            path,
            f"declares planes of {image.size_x}x{image.size_y}, its pages are {found.size_x}x{found.size_y}",
        )
    samples = found.size_c
    if image.size_c % samples:
        raise FormatError(path, f"declares {image.size_c} channels, its pages hold {samples} samples each")
    image.pixel_type = found.pixel_type
    image.significant_bits = image.significant_bits or found.significant_bits
    image.is_rgb = samples > 1
    image.levels, image.tile_size = found.levels, found.tile_size
    for channel in image.channels:
        channel.samples_per_pixel = samples


def _plane_index(fileset: _Fileset, pixels: Element | None, image: ImageInfo, found: ImageInfo) -> dict[str, Any]:
    """Pages of every plane and level, as `tiffbase` wants them."""
    samples = found.size_c
    sizes = (image.size_z, image.size_c // samples, image.size_t)
    total = sizes[0] * sizes[1] * sizes[2]
    named = children(pixels, "TiffData")
    check_planes(total, len(named) + sum(fileset.page_count(fileset.number(data)) for data in named[:1]))
    levels: list[list[PageRef | None]] = [[None] * total for _ in image.levels]
    for data in named:
        _place(fileset, data, image, sizes, levels)
    return {"levels": levels, "order": image.dimension_order, "samples": samples}


def _place(
    fileset: _Fileset,
    data: Element,
    image: ImageInfo,
    sizes: tuple[int, int, int],
    levels: list[list[PageRef | None]],
) -> None:
    """Enter the planes of one TiffData element; without IFD and PlaneCount it means all pages of its file."""
    number = fileset.number(data)
    ifd, named = int(data.get("IFD") or 0), "IFD" in data.attrib
    count = int(data.get("PlaneCount") or (1 if named else fileset.page_count(number)))
    samples = image.size_c // sizes[1]
    first = (int(data.get("FirstZ") or 0), int(data.get("FirstC") or 0) // samples, int(data.get("FirstT") or 0))
    at = plane_number(image.dimension_order, first, sizes)
    for step in range(min(count, len(levels[0]) - at)):
        page = fileset.page(number, ifd + step)
        if page is None:
            raise FormatError(
                fileset.files[number], f"is truncated: it has no page {ifd + step}, which its OME-XML names"
            )
        copies = fileset.levels(number, page) if len(levels) > 1 else [page]
        for level, copy in zip(levels, copies, strict=False):
            level[at + step] = [number, int(copy.offset)]
