"""Images written through the API, with the numbers that they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import omero
import omero.romio
import omero.sys

__all__ = ["Painted", "engine_for", "paint", "pixels_id_of", "plane", "stored_type"]

DTYPES = {
    "float": "float32", "double": "float64", "bit": "uint8", "complex": "complex64", "double-complex": "complex128",
}  # fmt: skip


@dataclass
class Painted:
    """An image; data has the axes t, c, z, y, x and is big-endian."""

    image: int
    pixels: int
    data: np.ndarray[Any, Any]


def stored_type(pixel_type: str) -> np.dtype[Any]:
    """The big-endian numbers that clients send and get."""
    return np.dtype(DTYPES.get(pixel_type, pixel_type)).newbyteorder(">")


def pixels_id_of(session: Any, image: int) -> int:
    """Id of the Pixels of an image."""
    query = "select p from Pixels p where p.image.id = :id"
    found = session.getQueryService().findByQuery(query, omero.sys.ParametersI().addId(image))
    return int(found.id.val)


def paint(session: Any, data: np.ndarray[Any, Any], pixel_type: str, name: str = "painted") -> Painted:
    """A new image with these pixels, axes t, c, z, y, x."""
    size_t, size_c, size_z, size_y, size_x = data.shape
    service = session.getPixelsService()
    kind = service.getEnumeration("PixelsType", pixel_type)
    made = service.createImage(size_x, size_y, size_z, size_t, list(range(size_c)), kind, name, "by a test")
    pixels = pixels_id_of(session, made.val)
    stored = data.astype(stored_type(pixel_type))
    store = session.createRawPixelsStore()
    store.setPixelsId(pixels, False)
    for t, c, z in np.ndindex(size_t, size_c, size_z):
        store.setPlane(stored[t, c, z].tobytes(), z, c, t)
    store.close()
    return Painted(made.val, pixels, stored)


def engine_for(session: Any, pixels: int) -> Any:
    """A ready engine; settings are made where there are none."""
    engine = session.createRenderingEngine()
    engine.lookupPixels(pixels)
    if not engine.lookupRenderingDef(pixels):
        engine.resetDefaultSettings(True)
        assert engine.lookupRenderingDef(pixels)
    engine.load()
    return engine


def plane(z: int = 0, t: int = 0, region: tuple[int, int, int, int] | None = None) -> Any:
    """A plane along x and y, or a rectangle (x, y, width, height) of it."""
    part = omero.romio.RegionDef(*region) if region else None
    return omero.romio.PlaneDef(slice=0, x=0, y=0, z=z, t=t, region=part, stride=0)
