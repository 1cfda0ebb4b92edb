"""JPEGs of tiles as `webgateway.rendering` makes them, with a renderer in this process."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache
from urllib.parse import parse_qsl

from omero_server.rendering.defaults import renderer_of
from omero_server.rendering.planes import PlaneDef
from omero_server.rendering.planes import Region as Rectangle
from omero_server.rendering.renderer import Renderer
from omero_server.rendering.settings import GREYSCALE, RGB
from omero_server.rendering.settings import ChannelSettings as Stored
from omero_server.rendering.settings import RenderSettings as StoredSettings
from omero_web.config import web_config
from omero_web.express.views import Declined, OpenView
from omero_web.webgateway.params import ChannelSetting, Region, RenderSettings, parse_region, parse_settings, parse_tile

__all__ = ["merged", "tile_jpeg"]

RENDERER_SECONDS = 2.0
"""Files of lookup tables may change meanwhile; what takes time to make is remembered elsewhere."""


def tile_jpeg(view: OpenView, z: int, t: int, query: str) -> bytes:
    """The tile or region that a query string asks for.

    Raises Declined, ParameterError, SettingError, PlaneError and what reading raises.
    """
    text, settings = _split(query)
    region = _region(view, text)
    made = view.made.get(settings)
    if made is None or time.monotonic() - made[2] > RENDERER_SECONDS:
        made = *_renderer(view, settings), time.monotonic()
        view.remember(settings, made)
    renderer, quality, _ = made
    plane = PlaneDef(
        z=z, t=t, level=region.level, region=Rectangle(region.x, region.y, region.width, region.height)
    )
    return renderer.render_jpeg(plane, quality)


@lru_cache(maxsize=1024)
def _split(query: str) -> tuple[tuple[str, str], str]:
    """Which of ``tile`` and ``region`` is asked for, with its text; and the rest of the query."""
    place, rest = {}, []
    for part in query.split("&"):
        name = part.partition("=")[0]
        if name in ("tile", "region"):
            place[name] = dict(parse_qsl(part)).get(name, "")
        else:
            rest.append(part)
    for name in ("tile", "region"):
        if place.get(name):
            return (name, place[name]), "&".join(rest)
    raise Declined


def _region(view: OpenView, place: tuple[str, str]) -> Region:
    name, text = place
    if name == "region":
        return parse_region(text)
    if text.count(",") != 4 or view.buffer is None:
        raise Declined
    return parse_tile(text, (256, 256), view.longest_tile)


def _renderer(view: OpenView, query: str) -> tuple[Renderer, float]:
    if view.view is None or view.buffer is None or view.view.settings is None:
        raise Declined
    wanted = parse_settings(dict(parse_qsl(query)))
    settings = merged(view.view.settings, wanted, view.view.pixels.size_c)
    return renderer_of(web_config().properties, view.buffer, view.view.pixels, settings), wanted.quality


def merged(stored: StoredSettings, wanted: RenderSettings, size_c: int) -> StoredSettings:
    """Stored settings with what an address asks for, as `webgateway.rendering.apply` sets it on an engine."""
    if wanted.channels is not None:
        listed = {channel.index: channel for channel in wanted.channels if channel.index < size_c}
        channels = tuple(_channel(one, listed.get(index)) for index, one in enumerate(stored.channels))
        stored = replace(stored, channels=channels)
    if wanted.greyscale is not None:
        stored = replace(stored, model=GREYSCALE if wanted.greyscale else RGB)
    return stored


def _channel(stored: Stored, wanted: ChannelSetting | None) -> Stored:
    if wanted is None:
        return replace(stored, active=False)
    result = replace(stored, active=wanted.active)
    if wanted.window is not None:
        result = replace(result, window_start=wanted.window[0], window_end=wanted.window[1])
    if wanted.lut is not None:
        result = replace(result, lut=wanted.lut)
    elif wanted.rgba is not None:
        result = replace(result, lut=None, color=wanted.rgba)
    if wanted.inverted is not None:
        result = replace(result, reverse=wanted.inverted)
    if wanted.family is not None:
        coefficient = wanted.coefficient or 1.0
        # As RenderingEngine.setQuantizationMap: the linear curve has no coefficient but 1, and this is no noise filter.
        coefficient = 1.0 if wanted.family == "linear" and coefficient > 0 else coefficient
        result = replace(result, family=wanted.family, coefficient=coefficient, noise_reduction=False)
    return result
