"""Aperio SVS slides: a tiled pyramid, then a label and an overview ("macro") as further images."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tifffile import TiffPage

from omero_server.formats.base import FormatError
from omero_server.formats.info import FilesetInfo, ImageInfo, ObjectiveInfo, PlaneInfo
from omero_server.formats.tiff import image_of
from omero_server.formats.tiffbase import PagedReader, load_pages
from omero_server.formats.tiffpages import first_page

__all__ = ["SvsReader"]


class SvsReader(PagedReader):
    """Aperio slides. The thumbnail page is a small copy of the slide and no image of its own."""

    name = "svs"
    format = "SVS"
    suffixes = (".svs",)

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not super().detect(path):
            return False
        page = first_page(path)
        return page is not None and page.description.startswith("Aperio ")

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        loaded = load_pages(path)
        with loaded.tif:
            tiled = [page for page in loaded.pages if page.is_tiled]
            if not tiled:
                raise FormatError(path, "has no tiled page, so it is no slide")
            pyramid = _pyramid(tiled)
            slide = image_of([[page] for page in pyramid], path, "")
            notes = _notes(pyramid[0])
            _describe(slide, notes)
            images = [slide, *_extras(loaded.pages, path)]
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=notes)


def _pyramid(tiled: list[TiffPage]) -> list[TiffPage]:
    """Tiled pages from large to small, of the kind of the first one."""
    first = tiled[0]
    same = [page for page in tiled if (page.dtype, page.samplesperpixel) == (first.dtype, first.samplesperpixel)]
    return sorted(same, key=lambda page: -int(page.imagewidth))


def _extras(pages: list[TiffPage], path: Path) -> list[ImageInfo]:
    found = []
    for page in pages:
        words = page.description.lower()
        kind = next((kind for kind in ("label", "macro") if f"\n{kind} " in words.replace("\r", "\n")), None)
        if kind and not page.is_tiled:
            found.append(image_of([[page]], path, f"{kind} image"))
    return found


def _notes(page: TiffPage) -> dict[str, str]:
    """`key = value` pairs behind the first bar of the description, and the head as `Comment`."""
    head, *parts = page.description.split("|")
    pairs = (part.split("=", 1) for part in parts if "=" in part)
    return {"Comment": head.strip()} | {key.strip(): value.strip() for key, value in pairs}


def _describe(image: ImageInfo, notes: dict[str, str]) -> None:
    image.graphics = False
    image.description = notes.get("Comment")
    size = _number(notes.get("MPP"))
    if size:
        image.physical_size_x = image.physical_size_y = (size, "µm")
    left, top = _number(notes.get("Left")), _number(notes.get("Top"))
    if left and top:
        image.planes = [PlaneInfo(0, 0, 0, position_x=(left, "mm"), position_y=(top, "mm"))]
    power = _number(notes.get("AppMag"))
    if power:
        image.objective = ObjectiveInfo("Objective:0", nominal_magnification=power)
    try:
        image.acquired = datetime.strptime(f"{notes['Date']} {notes['Time']}", "%m/%d/%y %H:%M:%S")
    except (KeyError, ValueError):
        image.acquired = None


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value > 0 else None
