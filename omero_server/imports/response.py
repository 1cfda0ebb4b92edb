"""What the client of an import gets: its images, each with its Pixels, and its plates.

Everything else that was saved (channels, planes, instruments, wells) would be megabytes for a plate. Clients that show
it ask for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omero
import omero._generated
import omero.grid
from omero_server.saving.fields import class_of, collections, fields

__all__ = ["import_response"]


def import_response(images: Sequence[Any], plates: Sequence[Any]) -> Any:
    """The response, with plates before images. The saved objects lose all but their own fields."""
    pixels = [image._pixelsSeq[0] for image in images]
    kept = {"pixels", "image"}
    for one in (*images, *pixels, *plates):
        _cut(one, kept)
    return omero.grid.ImportResponse(pixels=pixels, objects=[*plates, *images])


def _cut(obj: Any, kept: set[str]) -> None:
    """Unload what hangs on an object, except for these properties."""
    cls = class_of(obj)
    for prop in collections(cls):
        if prop.name not in kept:
            setattr(obj, f"_{prop.name}Seq", [])
            setattr(obj, f"_{prop.name}Loaded", False)
    for field in fields(cls):
        target = getattr(obj, field.attribute)
        if field.prop.kind == "ref" and field.prop.name not in kept and target is not None and target._loaded:
            setattr(obj, field.attribute, type(target)(_id=target._id, _loaded=False))
