"""Thumbnails, single and in sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import omero
from omero.rtypes import rint
from omero_web.blitz import Blitz, context
from omero_web.errors import NotFound

DEFAULT_SIZE = 96
LARGEST = 2048


@dataclass(frozen=True)
class ThumbnailRequest:
    """Which picture of an image is wanted. Without ``height`` the longest side gets ``width`` pixels."""

    width: int
    height: int | None = None
    z: int | None = None
    t: int | None = None
    rdef: int | None = None


def default_size(blitz: Blitz) -> int:
    """Longest side of a thumbnail that names no size (``omero.client.browser.thumb_default_size``)."""
    text = blitz.config_value("omero.client.browser.thumb_default_size")
    return int(text) if text.isdecimal() and int(text) > 0 else DEFAULT_SIZE


def primary_pixels(blitz: Blitz, image_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Id of the pixels and of the group of each image that exists and may be read."""
    if not image_ids:
        return {}
    rows = blitz.rows(
        "select obj.image.id, obj.id, obj.image.details.group.id from Pixels obj where obj.image.id in (:ids)"
        " order by obj.id desc",
        {"ids": image_ids},
    )
    return {row[0]: (row[1], row[2]) for row in rows}


@contextmanager
def _store(blitz: Blitz) -> Iterator[Any]:
    store = blitz.sf.createThumbnailStore()
    try:
        yield store
    finally:
        store.close()


def thumbnail(blitz: Blitz, image_id: int, wanted: ThumbnailRequest) -> bytes:
    """One thumbnail as JPEG. Raises NotFound when the image is missing or has no picture."""
    found = primary_pixels(blitz, [image_id]).get(image_id)
    if found is None:
        raise NotFound(f"Image:{image_id} not found")
    pixels, group = found
    try:
        with _store(blitz) as store:
            _choose(store, pixels, wanted.rdef, context(group))
            picture = bytes(_render(store, wanted, context(group)))
    except (omero.ResourceError, omero.InternalException, omero.ValidationException) as error:
        raise NotFound(f"Image:{image_id} has no thumbnail: {error.message}") from error
    if not picture:
        raise NotFound(f"Image:{image_id} has no thumbnail yet")
    return picture


def _choose(store: Any, pixels: int, rdef: int | None, group: dict[str, str]) -> None:
    if not store.setPixelsId(pixels, group):
        store.resetDefaults(group)
        store.setPixelsId(pixels, group)
    if rdef is not None:
        store.setRenderingDefId(rdef, group)


def _render(store: Any, wanted: ThumbnailRequest, group: dict[str, str]) -> Any:
    width = rint(min(wanted.width, LARGEST))
    height = None if wanted.height is None else rint(min(wanted.height, LARGEST))
    if wanted.z is not None or wanted.t is not None:
        z, t = wanted.z or 0, wanted.t or 0
        if height is None:
            return store.getThumbnailForSectionByLongestSideDirect(z, t, width, group)
        return store.getThumbnailForSectionDirect(z, t, width, height, group)
    if height is None:
        return store.getThumbnailByLongestSide(width, group)
    return store.getThumbnail(width, height, group)


def thumbnail_set(blitz: Blitz, image_ids: list[int], size: int) -> dict[int, bytes | None]:
    """Thumbnails of many images by longest side; None where there is none."""
    pixels = {image: found[0] for image, found in primary_pixels(blitz, image_ids).items()}
    pictures: dict[int, bytes] = {}
    if pixels:
        with _store(blitz) as store:
            pictures = store.getThumbnailByLongestSideSet(rint(min(size, LARGEST)), list(pixels.values()), context())
    return {image: bytes(pictures.get(pixels.get(image, -1), b"")) or None for image in image_ids}
