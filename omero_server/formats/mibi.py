"""Ionpath MIBI: TIFF pages of one image each a channel, named by their descriptions (JSON)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tifffile import TiffPage

from omero_server.formats.base import FormatError
from omero_server.formats.flat import flat
from omero_server.formats.info import ChannelInfo, FilesetInfo, ImageInfo
from omero_server.formats.tiff import image_of
from omero_server.formats.tiffbase import PagedReader, load_pages, page_acquired, page_calibration
from omero_server.formats.tiffpages import first_page

__all__ = ["MibiReader"]

_SIMS = "SIMS"


class MibiReader(PagedReader):
    """Multiplexed ion beam images; optical pictures in the same file are images of their own."""

    name = "mibi"
    format = "IonpathMIBITiff"

    @classmethod
    def detect(cls, path: Path) -> bool:
        if not super().detect(path):
            return False
        page = first_page(path)
        return page is not None and page.software.startswith("IonpathMIBI")

    @classmethod
    def describe(cls, path: Path) -> FilesetInfo:
        loaded = load_pages(path)
        with loaded.tif:
            noted = [(page, _notes(page, path)) for page in loaded.pages]
            images = [_channels(noted, path)]
            for page, notes in noted:
                kind = str(notes.get("image.type", _SIMS))
                if kind != _SIMS:
                    images.append(image_of([[page]], path, f"{path.name} [{kind}]"))
            notes = {key: value for key, value in noted[0][1].items() if not key.startswith("channel.")}
        return FilesetInfo(cls.format, cls.name, cls.version, [path], images, metadata=flat(notes))


def _notes(page: TiffPage, path: Path) -> dict[str, Any]:
    try:
        notes = json.loads(page.description or "{}")
    except (ValueError, RecursionError) as error:
        raise FormatError(path, f"has a description that is no JSON: {error}") from error
    return notes if isinstance(notes, dict) else {}


def _channels(noted: list[tuple[TiffPage, dict[str, Any]]], path: Path) -> ImageInfo:
    """The image of all masses."""
    mine = [(page, notes) for page, notes in noted if str(notes.get("image.type", _SIMS)) == _SIMS]
    kinds = {(page.imagewidth, page.imagelength, str(page.dtype), page.samplesperpixel) for page, _ in mine}
    if len(kinds) != 1 or mine[0][0].samplesperpixel != 1:
        raise FormatError(path, "has no channels of one size")
    image = image_of([[page for page, _ in mine]], path, path.name)
    image.size_c = len(mine)
    image.channels = [ChannelInfo(_name(notes)) for _, notes in mine]
    image.acquired = page_acquired(mine[0][0])
    image.description = str(mine[0][1].get("mibi.description") or "") or None
    size, width = mine[0][1].get("mibi.size"), mine[0][0].imagewidth
    if isinstance(size, int | float) and 0 < size < float("inf"):
        image.physical_size_x = image.physical_size_y = (size / width, "µm")
    else:
        image.physical_size_x, image.physical_size_y = page_calibration(mine[0][0])
    return image


def _name(notes: dict[str, Any]) -> str | None:
    """Target, else mass."""
    target, mass = notes.get("channel.target"), notes.get("channel.mass")
    return str(target) if target else None if mass is None else str(mass)
