"""Planes of pixels as numpy arrays and pictures."""

from __future__ import annotations

import os
from typing import Any

import numpy
from numpy.typing import DTypeLike, NDArray

import omero
import omero.sys
from omero.rtypes import unwrap
from omero.util.pixelstypetopython import toNumpy

__all__ = [
    "convert_numpy_array",
    "download_plane",
    "numpy_save_as_image",
    "numpy_to_image",
    "reset_rendering_settings",
    "split_image",
    "upload_plane",
    "upload_plane_by_row",
]

Plane = NDArray[Any]
EIGHT_BITS = ("uint8", "int8")


def _model(pixels: Any) -> Any:
    """Pixels themselves, from them or their wrapper."""
    return getattr(pixels, "_obj", pixels)


def download_plane(raw_pixels_store: Any, pixels: Any, z: int, c: int, t: int) -> Plane:
    """One plane as an array (height, width). The store must be set to the pixels, a model object or wrapper."""
    described = _model(pixels)
    wanted = numpy.dtype(toNumpy(unwrap(described.pixelsType.value)))
    raw = raw_pixels_store.getPlane(z, c, t)
    shape = (unwrap(described.sizeY), unwrap(described.sizeX))
    return numpy.frombuffer(raw, wanted.newbyteorder(">")).reshape(shape).astype(wanted)


def _sent(plane: Plane) -> bytes:
    return plane.astype(plane.dtype.newbyteorder(">")).tobytes()


def upload_plane(raw_pixels_store: Any, plane: Plane, z: int, c: int, t: int) -> None:
    """Write a plane (height, width), which must have the type of the pixels that the store is set to."""
    raw_pixels_store.setPlane(_sent(plane), z, c, t)


def upload_plane_by_row(raw_pixels_store: Any, plane: Plane, z: int, c: int, t: int) -> None:
    """Write a plane (height, width) row by row, for planes that are too large for one message."""
    for y, row in enumerate(plane):
        raw_pixels_store.setRow(_sent(row), y, z, c, t)


def reset_rendering_settings(
    rendering_engine: Any, pixels_id: int, c_index: int, min_value: float, max_value: float, rgba: Any = None
) -> None:
    """Store the window, and the colour (red, green, blue, alpha; 0 to 255) if given, of one channel."""
    rendering_engine.lookupPixels(pixels_id)
    if not rendering_engine.lookupRenderingDef(pixels_id):
        rendering_engine.resetDefaultSettings(True)
        rendering_engine.lookupRenderingDef(pixels_id)
    rendering_engine.load()
    rendering_engine.setChannelWindow(c_index, float(min_value), float(max_value))
    if rgba is not None:
        rendering_engine.setRGBA(c_index, *rgba)
    rendering_engine.saveCurrentSettings()


def convert_numpy_array(plane: Plane, min_max: tuple[float, float], type: DTypeLike) -> Plane:
    """A plane with ``min_max`` stretched to 0 and 255, as another type. Values beyond them become 0 or 255."""
    low, high = float(min_max[0]), float(min_max[1])
    stretched = (plane.astype(numpy.float64) - low) * 255 / ((high - low) or numpy.inf)
    return numpy.clip(stretched, 0, 255).astype(type)


def numpy_to_image(plane: Plane, min_max: tuple[float, float], dtype: DTypeLike) -> Any:
    """A plane (height, width) as a Pillow image: of 8 bits as it is, else stretched and converted to ``dtype``.

    The image has mode "L" for unsigned integers of 8 bits, "F" for floats and "I" for all others.
    """
    from PIL import Image

    values = plane if plane.dtype.name in EIGHT_BITS else convert_numpy_array(plane, min_max, dtype)
    if values.dtype == numpy.uint8:
        return Image.fromarray(values)
    return Image.fromarray(values.astype(numpy.float32 if values.dtype.kind == "f" else numpy.int32))


def numpy_save_as_image(plane: Plane, min_max: tuple[float, float], dtype: DTypeLike, name: str) -> None:
    """Save a plane as a picture of the format that the name's extension says; see :func:`numpy_to_image`."""
    numpy_to_image(plane, min_max, dtype).save(name)


def split_image(
    client: Any,
    imageId: int,
    dir: str,
    unformattedImageName: str = "tubulin_P037_T%05d_C%s_Z%d_S1.tif",
    dims: tuple[str, ...] = ("T", "C", "Z"),
) -> None:
    """Save each plane of an image as a picture in the folder ``dir``.

    ``unformattedImageName`` takes the plane's numbers (from 1; channels by name) in the order of ``dims``.
    """
    session = client.getSession()
    query = "select p from Pixels p join fetch p.pixelsType join fetch p.channels c join fetch c.logicalChannel "
    params = omero.sys.ParametersI().addId(imageId)
    pixels = session.getQueryService().findByQuery(f"{query} where p.image.id = :id", params)
    names = [unwrap(channel.logicalChannel.name) or str(c) for c, channel in enumerate(pixels.copyChannels())]
    store = session.createRawPixelsStore()
    try:
        store.setPixelsId(pixels.id.val, False)
        for t, c, z in numpy.ndindex(pixels.sizeT.val, pixels.sizeC.val, pixels.sizeZ.val):
            plane = download_plane(store, pixels, z, c, t)
            numbers = {"T": t + 1, "C": os.path.basename(names[c]), "Z": z + 1}
            path = os.path.join(dir, unformattedImageName % tuple(numbers[axis] for axis in dims))
            numpy_save_as_image(plane, (plane.min(), plane.max()), numpy.int32, path)
    finally:
        store.close()
