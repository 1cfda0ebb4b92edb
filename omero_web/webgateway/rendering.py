"""Pictures of planes, regions and projections, through the server's rendering engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import omero
from omero.constants.projection import ProjectionType
from omero.rtypes import unwrap
from omero_web.blitz import Blitz, context
from omero_web.errors import NotFound
from omero_web.webgateway.params import ChannelSetting, ParameterError, Region, RenderSettings

_PROJECTIONS = {
    "intmax": ProjectionType.MAXIMUMINTENSITY,
    "intmean": ProjectionType.MEANINTENSITY,
    "intsum": ProjectionType.SUMINTENSITY,
}


@dataclass(frozen=True)
class PixelsOfImage:
    """What rendering needs to know of an image before it opens an engine."""

    image_id: int
    pixels_id: int
    group_id: int
    size_x: int
    size_y: int
    size_z: int
    size_c: int
    size_t: int


def pixels_of(blitz: Blitz, image_id: int) -> PixelsOfImage:
    """The pixels of an image. Raises NotFound."""
    rows = blitz.rows(
        "select obj.id, obj.image.details.group.id, obj.sizeX, obj.sizeY, obj.sizeZ, obj.sizeC, obj.sizeT"
        " from Pixels obj where obj.image.id = :id order by obj.id",
        {"id": image_id},
    )
    if not rows:
        raise NotFound(f"Image:{image_id} not found")
    return PixelsOfImage(image_id, *rows[0])


def load(engine: Any, pixels: PixelsOfImage) -> None:
    """Open the pixels with the settings of the user, else of the owner, else with new default ones."""
    group = context(pixels.group_id)
    engine.lookupPixels(pixels.pixels_id, group)
    if not engine.lookupRenderingDef(pixels.pixels_id, group):
        engine.resetDefaultSettings(True, group)
        engine.lookupRenderingDef(pixels.pixels_id, group)
    engine.load(group)


@contextmanager
def rendering(blitz: Blitz, pixels: PixelsOfImage, settings: RenderSettings) -> Iterator[Any]:
    """An engine with ``settings`` applied. It is kept for the next tile when nothing depends on stored settings."""
    settings = replace(settings, projection=None)
    key = (pixels.image_id, settings) if _is_complete(settings, pixels.size_c) else None

    def prepare(engine: Any) -> None:
        load(engine, pixels)
        apply(engine, settings, pixels.size_c)

    with blitz.engines.borrow(key, prepare) as engine:
        yield engine


def _is_complete(settings: RenderSettings, size_c: int) -> bool:
    shown = [channel for channel in settings.channels or () if channel.active and channel.index < size_c]
    known = all(channel.window and (channel.rgba or channel.lut) for channel in shown)
    return bool(shown) and known and settings.greyscale is not None


def apply(engine: Any, settings: RenderSettings, size_c: int) -> None:
    """Set channels, model and quality on a loaded engine. Nothing is saved."""
    if settings.channels is not None:
        listed = {channel.index: channel for channel in settings.channels if channel.index < size_c}
        families = _families(engine) if any(channel.family for channel in listed.values()) else {}
        for index in range(size_c):
            channel = listed.get(index)
            engine.setActive(index, channel is not None and channel.active)
            if channel is not None:
                _apply_channel(engine, channel, families)
    if settings.greyscale is not None:
        _set_model(engine, "greyscale" if settings.greyscale else "rgb")
    engine.setCompressionLevel(settings.quality)


def _families(engine: Any) -> dict[str, Any]:
    return {unwrap(family.value): family for family in engine.getAvailableFamilies()}


def _set_model(engine: Any, name: str) -> None:
    if unwrap(engine.getModel().value) == name:
        return
    model = next(model for model in engine.getAvailableModels() if unwrap(model.value) == name)
    engine.setModel(model)


def _apply_channel(engine: Any, channel: ChannelSetting, families: dict[str, Any]) -> None:
    index = channel.index
    if channel.window is not None:
        engine.setChannelWindow(index, *channel.window)
    if channel.lut is not None:
        engine.setChannelLookupTable(index, channel.lut)
    elif channel.rgba is not None:
        engine.setChannelLookupTable(index, "")
        engine.setRGBA(index, *channel.rgba)
    if channel.inverted is not None:
        reverse = omero.romio.ReverseIntensityContext()
        change = engine.addCodomainMapToChannel if channel.inverted else engine.removeCodomainMapFromChannel
        change(reverse, index)
    if channel.family is not None:
        if channel.family not in families:
            raise ParameterError(f"maps: family {channel.family!r} must be one of {', '.join(sorted(families))}")
        engine.setQuantizationMap(index, families[channel.family], channel.coefficient or 1.0, False)


def _plane(z: int, t: int, region: Region | None = None) -> omero.romio.PlaneDef:
    plane = omero.romio.PlaneDef()
    plane.slice, plane.x, plane.y, plane.z, plane.t, plane.stride = omero.romio.XY, 0, 0, z, t, 0
    if region is not None:
        plane.region = omero.romio.RegionDef(region.x, region.y, region.width, region.height)
    return plane


def _check_plane(pixels: PixelsOfImage, z: int, t: int) -> None:
    if not (0 <= z < pixels.size_z and 0 <= t < pixels.size_t):
        raise NotFound(
            f"Image:{pixels.image_id} has no plane z={z}, t={t}: it has {pixels.size_z} sections and"
            f" {pixels.size_t} time points, counted from 0"
        )


def render_plane(blitz: Blitz, pixels: PixelsOfImage, z: int | None, t: int | None, settings: RenderSettings) -> bytes:
    """A whole plane as JPEG; None for z or t means the default of the settings. Raises NotFound."""
    with rendering(blitz, pixels, settings) as engine:
        z = engine.getDefaultZ() if z is None else z
        t = engine.getDefaultT() if t is None else t
        _check_plane(pixels, z, t)
        projection = settings.projection
        if projection is None:
            return bytes(engine.renderCompressed(_plane(z, t)))
        start = min(projection.start or 0, pixels.size_z - 1)
        end = pixels.size_z - 1 if projection.end is None else min(projection.end, pixels.size_z - 1)
        return bytes(engine.renderProjectedCompressed(_PROJECTIONS[projection.method], t, 1, start, end))


def render_region(
    blitz: Blitz, pixels: PixelsOfImage, z: int, t: int, region: Region, settings: RenderSettings
) -> bytes:
    """A part of a plane as JPEG. Raises NotFound, and ParameterError for a level that the image does not have."""
    _check_plane(pixels, z, t)
    with rendering(blitz, pixels, settings) as engine:
        levels = engine.getResolutionLevels()
        if region.level >= levels:
            raise ParameterError(f"Level {region.level} does not exist: the image has {levels}, counted from 0")
        if levels > 1:
            engine.setResolutionLevel(levels - 1 - region.level)
        return bytes(engine.renderCompressed(_plane(z, t, region)))


def tile_size(blitz: Blitz, pixels: PixelsOfImage, settings: RenderSettings) -> tuple[int, int]:
    """The server's own tile size of an image, width and height."""
    with rendering(blitz, pixels, settings) as engine:
        width, height = engine.getTileSize()
        return int(width), int(height)
