"""The description of an image that viewers load first (``imgData``)."""

from __future__ import annotations

import math
from typing import Any

import omero
from omero.rtypes import unwrap
from omero_web.blitz import Blitz
from omero_web.errors import NotFound, message_of
from omero_web.webclient.details import channel_label
from omero_web.webclient.marshal import permission_flags
from omero_web.webgateway.params import RenderSettings
from omero_web.webgateway.rendering import PixelsOfImage, pixels_of, rendering

_MISSING = {"projectName": "Multiple", "projectId": None, "projectDescription": ""}
_MISSING_DATASET = {"datasetName": "Multiple", "datasetId": None, "datasetDescription": ""}
SPLIT_BORDER = 2


def image_data(blitz: Blitz, image_id: int, defaults: bool = False) -> dict[str, Any]:
    """Names, sizes, channels and rendering settings of an image.

    With ``defaults`` the settings are those of a reset, which is not saved. What fails to be read because the picture
    cannot be rendered is left out and the reason given under ``Exception``. Raises NotFound.
    """
    pixels = pixels_of(blitz, image_id)
    image = blitz.one(
        "select obj from Image obj join fetch obj.details.owner join fetch obj.details.creationEvent"
        " left outer join fetch obj.objectiveSettings os left outer join fetch os.objective where obj.id = :id",
        {"id": image_id},
    )
    if image is None:
        raise NotFound(f"Image:{image_id} not found")
    stored = _pixels_object(blitz, pixels)
    result: dict[str, Any] = {
        "id": image_id,
        "meta": _meta(blitz, image, stored),
        "perms": permission_flags(image),
        "size": _size(pixels),
        "pixel_size": {axis.lower(): _micrometres(getattr(stored, f"physicalSize{axis}")) for axis in "XYZ"},
    }
    result.update(_magnification(image))
    try:
        with rendering(blitz, pixels, RenderSettings()) as engine:
            if defaults:
                engine.resetDefaultSettings(False)
            result.update(_rendered(blitz, engine, pixels, stored))
    except (omero.ServerError, NotFound) as error:
        result["Exception"] = message_of(error)
    return result


def _pixels_object(blitz: Blitz, pixels: PixelsOfImage) -> Any:
    return blitz.one(
        "select obj from Pixels obj join fetch obj.pixelsType left outer join fetch obj.channels channel"
        " left outer join fetch channel.logicalChannel left outer join fetch channel.statsInfo where obj.id = :id",
        {"id": pixels.pixels_id},
    )


def _size(pixels: PixelsOfImage) -> dict[str, int]:
    return {
        "width": pixels.size_x,
        "height": pixels.size_y,
        "z": pixels.size_z,
        "t": pixels.size_t,
        "c": pixels.size_c,
    }


def _micrometres(length: Any) -> float | None:
    if length is None:
        return None
    try:
        return float(omero.model.LengthI(length, "MICROMETER").getValue())
    except (omero.ClientError, ValueError):
        return None  # pixels and the like have no size in micrometres


def _magnification(image: Any) -> dict[str, float]:
    settings = image.objectiveSettings
    value = unwrap(settings.objective.nominalMagnification) if settings and settings.objective else None
    return {} if value is None else {"nominalMagnification": value}


def _meta(blitz: Blitz, image: Any, pixels: Any) -> dict[str, Any]:
    owner = image.details.owner
    moment = unwrap(image.acquisitionDate) or unwrap(image.details.creationEvent.time)
    return {
        "imageName": unwrap(image.name) or "",
        "imageDescription": unwrap(image.description) or "",
        "imageAuthor": f"{unwrap(owner.firstName)} {unwrap(owner.lastName)}",
        "imageArchived": bool(unwrap(image.archived)),
        "imageId": image.id.val,
        "imageTimestamp": moment / 1000,
        **_parents(blitz, image.id.val),
        **_well(blitz, image.id.val),
        "pixelsType": unwrap(pixels.pixelsType.value),
    }


def _parents(blitz: Blitz, image_id: int) -> dict[str, Any]:
    datasets = blitz.objects(
        "select obj from Dataset obj join obj.imageLinks link where link.child.id = :id", {"id": image_id}
    )
    if len(datasets) != 1:
        return {**_MISSING, **_MISSING_DATASET}
    projects = blitz.objects(
        "select obj from Project obj join obj.datasetLinks link where link.child.id = :id", {"id": datasets[0].id.val}
    )
    project = _named("project", projects[0]) if len(projects) == 1 else _MISSING
    return {**project, **_named("dataset", datasets[0])}


def _named(kind: str, obj: Any) -> dict[str, Any]:
    description = unwrap(obj.description) or ""
    return {f"{kind}Name": unwrap(obj.name), f"{kind}Id": obj.id.val, f"{kind}Description": description}


def _well(blitz: Blitz, image_id: int) -> dict[str, Any]:
    rows = blitz.rows("select obj.id, obj.well.id from WellSample obj where obj.image.id = :id", {"id": image_id})
    return {"wellSampleId": rows[0][0], "wellId": rows[0][1]} if rows else {"wellSampleId": "", "wellId": ""}


def _rendered(blitz: Blitz, engine: Any, pixels: PixelsOfImage, stored: Any) -> dict[str, Any]:
    channels = [_channel(engine, channel, at) for at, channel in enumerate(stored.copyChannels())]
    greyscale = unwrap(engine.getModel().value) == "greyscale"
    return {
        **_tiles(engine),
        "interpolate": _client_setting(blitz, "viewer.interpolate_pixels", "true").lower() == "true",
        "init_zoom": int(_client_setting(blitz, "viewer.initial_zoom_level", "0")),
        "pixel_range": [_whole(engine.getPixelsTypeLowerBound(0)), _whole(engine.getPixelsTypeUpperBound(0))],
        "channels": channels,
        "split_channel": split_sizes(pixels.size_x, pixels.size_y, sum(channel["active"] for channel in channels)),
        "rdefs": {
            "model": "greyscale" if greyscale else "color",
            "projection": "normal",
            "defaultZ": engine.getDefaultZ(),
            "defaultT": engine.getDefaultT(),
            "invertAxis": False,
        },
    }


def _client_setting(blitz: Blitz, name: str, default: str) -> str:
    return blitz.config_value(f"omero.client.{name}") or default


def _whole(number: float) -> float | int:
    return int(number) if number == int(number) else number


def _tiles(engine: Any) -> dict[str, Any]:
    levels = engine.getResolutionLevels()
    if levels < 2:
        return {"tiles": False}
    sizes = engine.getResolutionDescriptions()
    width, height = engine.getTileSize()
    return {
        "tiles": True,
        "tile_size": {"width": width, "height": height},
        "levels": levels,
        "resolutions": {str(at): {"sizeX": size.sizeX, "sizeY": size.sizeY} for at, size in enumerate(sizes)},
        "zoomLevelScaling": {str(at): size.sizeX / sizes[0].sizeX for at, size in enumerate(sizes)},
    }


def _channel(engine: Any, channel: Any, index: int) -> dict[str, Any]:
    red, green, blue, _ = engine.getRGBA(index)
    inverted = bool(engine.getCodomainMapContext(index))
    low, high = _bounds(engine, channel, index)
    result = {
        "emissionWave": _emission(channel.logicalChannel),
        "label": channel_label(channel.logicalChannel, index),
        "color": f"{red:02X}{green:02X}{blue:02X}",
        "active": engine.isActive(index),
        "inverted": inverted,
        "reverseIntensity": inverted,
        "family": unwrap(engine.getChannelFamily(index).value),
        "coefficient": engine.getChannelCurveCoefficient(index),
        "window": {
            "min": _whole(low),
            "max": _whole(high),
            "start": _whole(engine.getChannelWindowStart(index)),
            "end": _whole(engine.getChannelWindowEnd(index)),
        },
    }
    lut = engine.getChannelLookupTable(index)
    return {**result, "lut": lut} if lut else result


def _emission(logical: Any) -> str | None:
    wave = logical.emissionWave if logical is not None else None
    return None if wave is None else f"{wave.getValue():g}"


def _bounds(engine: Any, channel: Any, index: int) -> tuple[float, float]:
    """Lowest and highest intensity of the channel, else of the pixel type."""
    if channel.statsInfo is not None:
        return unwrap(channel.statsInfo.globalMin), unwrap(channel.statsInfo.globalMax)
    return engine.getPixelsTypeLowerBound(index), engine.getPixelsTypeUpperBound(index)


def split_sizes(width: int, height: int, active: int) -> dict[str, dict[str, int]]:
    """Size of the picture with one panel per active channel: ``g`` in grey, ``c`` in colour and merged."""

    def grid(panels: int) -> dict[str, int]:
        columns = max(1, math.ceil(math.sqrt(panels)))
        rows = max(1, math.ceil(panels / columns))
        return {
            "width": columns * (width + SPLIT_BORDER) + SPLIT_BORDER,
            "height": rows * (height + SPLIT_BORDER) + SPLIT_BORDER,
            "border": SPLIT_BORDER,
            "gridx": columns,
            "gridy": rows,
        }

    return {"c": grid(active + 1), "g": grid(active)}
