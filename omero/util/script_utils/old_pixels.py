"""Old helpers with planes, images and regions; kept for the scripts that use them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

import omero
import omero.api
import omero.model
import omero.romio
import omero.sys
from omero.rtypes import rlong, rstring, unwrap
from omero.util.script_utils.planes import (
    download_plane,
    reset_rendering_settings,
    upload_plane,
    upload_plane_by_row,
)
from omero.util.script_utils.warnings import deprecated

__all__ = [
    "createNewImage",
    "createPlaneDef",
    "downloadPlane",
    "findROIByImage",
    "getPlaneAsPackedInt",
    "getPlaneFromImage",
    "getPlaneInfo",
    "getROIFromImage",
    "getRawPixelsStore",
    "getRenderingEngine",
    "readFlimImageFile",
    "resetRenderingSettings",
    "uploadDirAsImages",
    "uploadPlane",
    "uploadPlaneByRow",
]

Plane = NDArray[Any]
PIXEL_TYPES = {"float32": "float", "float64": "double"}
NUMBERED = re.compile(r"_([TCZ])([^_.]+)")


@deprecated("download_plane")
def downloadPlane(rawPixelsStore: Any, pixels: Any, z: int, c: int, t: int) -> Plane:
    """See :func:`omero.util.script_utils.download_plane`."""
    return download_plane(rawPixelsStore, pixels, z, c, t)


@deprecated("upload_plane")
def uploadPlane(rawPixelsStore: Any, plane: Plane, z: int, c: int, t: int) -> None:
    """See :func:`omero.util.script_utils.upload_plane`."""
    upload_plane(rawPixelsStore, plane, z, c, t)


@deprecated("upload_plane_by_row")
def uploadPlaneByRow(rawPixelsStore: Any, plane: Plane, z: int, c: int, t: int) -> None:
    """See :func:`omero.util.script_utils.upload_plane_by_row`."""
    upload_plane_by_row(rawPixelsStore, plane, z, c, t)


@deprecated("reset_rendering_settings")
def resetRenderingSettings(
    renderingEngine: Any, pixelsId: int, cIndex: int, minValue: float, maxValue: float, rgba: Any = None
) -> None:
    """See :func:`omero.util.script_utils.reset_rendering_settings`."""
    reset_rendering_settings(renderingEngine, pixelsId, cIndex, minValue, maxValue, rgba)


@deprecated("omero.romio.PlaneDef")
def createPlaneDef(z: int, t: int) -> Any:
    """A plane (x, y) for the rendering engine."""
    return _plane_def(z, t)


def _plane_def(z: int, t: int) -> Any:
    plane = omero.romio.PlaneDef()
    plane.slice, plane.z, plane.t = omero.romio.XY, z, t
    return plane


@deprecated("the gateway's renderImage")
def getPlaneAsPackedInt(renderingEngine: Any, z: int, t: int) -> list[int]:
    """A rendered plane, one packed ARGB number for each pixel."""
    return renderingEngine.renderAsPackedInt(_plane_def(z, t))  # type: ignore[no-any-return]


@deprecated("session.createRawPixelsStore")
def getRawPixelsStore(session: Any, pixelsId: int) -> Any:
    """A store set to pixels, to be closed."""
    store = session.createRawPixelsStore()
    store.setPixelsId(pixelsId, False)
    return store


@deprecated("session.createRenderingEngine")
def getRenderingEngine(session: Any, pixelsId: int) -> Any:
    """An engine ready to render pixels, to be closed. New settings are stored where there are none."""
    engine = session.createRenderingEngine()
    engine.lookupPixels(pixelsId)
    if not engine.lookupRenderingDef(pixelsId):
        engine.resetDefaultSettings(True)
        engine.lookupRenderingDef(pixelsId)
    engine.load()
    return engine


@deprecated("the gateway's copyPlaneInfo")
def getPlaneInfo(iQuery: Any, pixelsId: int, asOrderedList: bool = True) -> Any:
    """What is known of planes, in the order of time (without one last); else a dict by place, such as "z:0t:0c:0"."""
    params = omero.sys.ParametersI().addId(pixelsId)
    found = iQuery.findAllByQuery("select i from PlaneInfo i where i.pixels.id = :id", params)
    if asOrderedList:
        return sorted(found, key=_seconds)
    return {f"z:{i.theZ.val}t:{i.theT.val}c:{i.theC.val}": i for i in found}


def _seconds(info: Any) -> float:
    if info.deltaT is None:
        return math.inf
    return float(omero.model.TimeI(info.deltaT, omero.model.enums.UnitsTime.SECOND).getValue())


@deprecated("the region service's findByImage")
def getROIFromImage(iROIService: Any, imageId: int) -> Any:
    """The regions of an image: an ``omero.api.RoiResult``."""
    return iROIService.findByImage(imageId, omero.api.RoiOptions())


@deprecated("the region service's findByImage")
def findROIByImage(roiService: Any, image: Any, namespace: str) -> list[Any]:
    """The regions of an image (object or id) in a namespace."""
    options = omero.api.RoiOptions()
    options.namespace = rstring(namespace)
    number = unwrap(image.id) if isinstance(image, omero.model.IObject) else unwrap(image)
    return list(roiService.findByImage(number, options).rois)


@deprecated("PIL.Image.open")
def getPlaneFromImage(imagePath: str, rgbIndex: int | None = None) -> Plane:
    """A picture as an array (height, width) or (height, width, colours); ``rgbIndex`` picks one colour."""
    return _picture(imagePath, rgbIndex)


def _picture(path: str, colour: int | None) -> Plane:
    from PIL import Image

    with Image.open(path) as picture:
        plane = numpy.asarray(picture)
    return plane if colour is None or plane.ndim == 2 else plane[:, :, colour]


@deprecated("download_plane")
def readFlimImageFile(rawPixelsStore: Any, pixels: Any) -> Plane:
    """The first plane of each channel as one array (channels, height, width)."""
    channels = range(unwrap(pixels.sizeC))
    return numpy.stack([download_plane(rawPixelsStore, pixels, 0, c, 0) for c in channels])


@deprecated("the gateway's createImageFromNumpySeq")
def createNewImage(
    session: Any, plane2Dlist: Sequence[Plane], imageName: str, description: str, dataset: Any = None
) -> Any:
    """Make an image of one channel, with the planes (height, width) as its sections, in a dataset if given."""
    planes = {(z, 0, 0): plane for z, plane in enumerate(plane2Dlist)}
    return _created(session, planes, ["0"], imageName, description, dataset)


@deprecated("omero.importing")
def uploadDirAsImages(
    sf: Any, queryService: Any, updateService: Any, pixelsService: Any, path: str, dataset: Any = None
) -> Any:
    """Make one image of the pictures in a folder, whose names tell the planes: ``name_T001_C0_Z1.tif``.

    Time points and sections may count from anywhere; channels are named by what follows the C. Returns the image's id
    as RLong, None when there is no such picture. The services are asked of the session ``sf``.
    """
    files = {name: dict(NUMBERED.findall(name)) for name in sorted(os.listdir(path)) if NUMBERED.search(name)}
    if not files:
        return None
    places = {axis: _numbered([parts.get(axis, "0") for parts in files.values()]) for axis in "TCZ"}
    planes = {}
    for name, parts in files.items():
        z, c, t = (places[axis][parts.get(axis, "0")] for axis in "ZCT")
        planes[z, c, t] = _picture(os.path.join(path, name), 0)
    title = re.split(NUMBERED, next(iter(files)))[0]
    image = _created(sf, planes, list(places["C"]), title, f"Imported from images in {path}", dataset)
    return rlong(image.id.val)


def _numbered(found: list[str]) -> dict[str, int]:
    """Each name's place, numbers in their order."""
    ordered = sorted(set(found), key=lambda name: (0, int(name), "") if name.isdecimal() else (1, 0, name))
    return {name: place for place, name in enumerate(ordered)}


def _created(
    session: Any,
    planes: Mapping[tuple[int, int, int], Plane],
    channels: list[str],
    name: str,
    description: str,
    dataset: Any,
) -> Any:
    """A new image of planes by (z, c, t)."""
    first = next(iter(planes.values()))
    size_z, size_t = (1 + max(place[axis] for place in planes) for axis in (0, 2))
    kind = PIXEL_TYPES.get(first.dtype.name, first.dtype.name)
    pixels_type = session.getQueryService().findByString("PixelsType", "value", kind)
    if pixels_type is None:
        raise ValueError(f"There are no pixels of type {first.dtype.name}")
    height, width = first.shape
    created = session.getPixelsService().createImage(
        width, height, size_z, size_t, list(range(len(channels))), pixels_type, name, description
    )
    image = session.getContainerService().getImages("Image", [created.val], None)[0]
    _write(session, image.getPrimaryPixels().id.val, planes, len(channels))
    if dataset is not None:
        link = omero.model.DatasetImageLinkI()
        link.parent, link.child = dataset.proxy(), image.proxy()
        session.getUpdateService().saveObject(link)
    return image


def _write(session: Any, pixels: int, planes: Mapping[tuple[int, int, int], Plane], channels: int) -> None:
    store = session.createRawPixelsStore()
    try:
        store.setPixelsId(pixels, True)
        for (z, c, t), plane in planes.items():
            upload_plane(store, plane, z, c, t)
        store.save()
    finally:
        store.close()
    for channel in range(channels):
        of_channel = [plane for (_, c, _), plane in planes.items() if c == channel]
        if of_channel:
            low, high = min(plane.min() for plane in of_channel), max(plane.max() for plane in of_channel)
            session.getPixelsService().setChannelGlobalMinMax(pixels, channel, float(low), float(high))
