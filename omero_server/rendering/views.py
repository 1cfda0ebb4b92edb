"""All that is needed to show an image without the database: what the caller may see of it, how, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from omero_server.pixels.source import Place, place_of
from omero_server.rendering.metadata import IMAGE, PIXELS, PixelsInfo, load_pixels, readable
from omero_server.rendering.settings import RenderSettings
from omero_server.rendering.stored import find_settings

__all__ = ["ImageView", "find_view"]

PIXELS_OF_IMAGE = (
    select(PIXELS.c.id)
    .join(IMAGE, IMAGE.c.id == PIXELS.c.image)
    .where(IMAGE.c.id == bindparam("image"))
    .order_by(PIXELS.c.id)
    .limit(1)
)


@dataclass(frozen=True)
class ImageView:
    """An image as one user sees it. settings: the user's or else the owner's; None when there are none yet."""

    pixels: PixelsInfo
    settings: RenderSettings | None
    place: Place


def find_view(call: Any, image_id: int) -> ImageView | None:
    """The view of an image's first pixels that the caller of ``call`` has; None when it may not be read.

    Errors are those of `place_of`.
    """
    statement, parameters = readable(call, PIXELS_OF_IMAGE, "Image")
    ids = call.db.execute(statement, {**parameters, "image": image_id}).scalars().all()
    found = next(iter(load_pixels(call, ids).values()), None) if ids else None
    if found is None:
        return None
    stored = find_settings(call, found)
    return ImageView(found, stored.settings if stored else None, place_of(call, found.id))
