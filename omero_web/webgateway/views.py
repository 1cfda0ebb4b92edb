"""The views below ``/webgateway/``; the webclient has most of them too."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from omero_web.blitz import Blitz
from omero_web.config import web_config
from omero_web.decorators import json_view, login_required
from omero_web.errors import NotFound
from omero_web.webgateway import rendering, thumbnails
from omero_web.webgateway.image_data import image_data
from omero_web.webgateway.params import (
    ParameterError,
    Region,
    RenderSettings,
    parse_region,
    parse_settings,
    parse_tile,
)

LARGEST_TILE = 1024
# One transparent pixel, for pages that show a picture of an image that is gone.
_PLACEHOLDER = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def _jpeg(picture: bytes) -> HttpResponse:
    response = HttpResponse(picture, content_type="image/jpeg")
    # Settings may change at any time, and the session may end: ask again, but keep it for going back and forth.
    response["Cache-Control"] = "private, no-cache"
    return response


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    if not text.lstrip("-").isdecimal():
        raise ParameterError(f"{name}={text} must be a whole number")
    return int(text)


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """A greeting; other programs take this address as the base of theirs."""
    return HttpResponse("Welcome to webgateway", content_type="text/plain")


@require_GET
@login_required
def render_image(
    request: HttpRequest, blitz: Blitz, iid: int, z: int | None = None, t: int | None = None
) -> HttpResponse:
    """A whole plane or projection as JPEG."""
    pixels = rendering.pixels_of(blitz, iid)
    return _jpeg(rendering.render_plane(blitz, pixels, z, t, parse_settings(request.GET)))


@require_GET
@login_required
def render_image_region(request: HttpRequest, blitz: Blitz, iid: int, z: int, t: int) -> HttpResponse:
    """A tile or region of a plane as JPEG."""
    settings = parse_settings(request.GET)
    pixels = rendering.pixels_of(blitz, iid)
    region = _asked_region(request, blitz, pixels, settings)
    return _jpeg(rendering.render_region(blitz, pixels, z, t, region, settings))


def _asked_region(
    request: HttpRequest, blitz: Blitz, pixels: rendering.PixelsOfImage, settings: RenderSettings
) -> Region:
    tile, region = request.GET.get("tile"), request.GET.get("region")
    if tile:
        named_sizes = tile.count(",") == 4
        default = (256, 256) if named_sizes else rendering.tile_size(blitz, pixels, settings)
        text = blitz.config_value("omero.pixeldata.max_tile_length")
        return parse_tile(tile, default, int(text) if text.isdecimal() else LARGEST_TILE)
    if region:
        return parse_region(region)
    raise ParameterError("tile=level,x,y[,width,height] or region=x,y,width,height is missing")


def _wanted(request: HttpRequest, blitz: Blitz, w: int | None, h: int | None) -> thumbnails.ThumbnailRequest:
    query = request.GET
    return thumbnails.ThumbnailRequest(
        w or thumbnails.default_size(blitz), h, _number(query, "z"), _number(query, "t"), _number(query, "rdefId")
    )


@require_GET
@login_required
def render_thumbnail(
    request: HttpRequest, blitz: Blitz, iid: int, w: int | None = None, h: int | None = None
) -> HttpResponse:
    """A thumbnail as JPEG; 404 when there is none."""
    return _jpeg(thumbnails.thumbnail(blitz, iid, _wanted(request, blitz, w, h)))


@require_GET
@login_required
def render_thumbnail_or_placeholder(request: HttpRequest, blitz: Blitz, iid: int, w: int | None = None) -> HttpResponse:
    """A thumbnail as JPEG; an empty picture when there is none."""
    try:
        return _jpeg(thumbnails.thumbnail(blitz, iid, _wanted(request, blitz, w, None)))
    except NotFound:
        return HttpResponse(_PLACEHOLDER, content_type="image/png")


def _data_uri(picture: bytes | None) -> str | None:
    return None if picture is None else "data:image/jpeg;base64," + base64.b64encode(picture).decode()


@require_GET
@json_view
@login_required
def get_thumbnail(request: HttpRequest, blitz: Blitz, iid: int, w: int | None = None, h: int | None = None) -> Any:
    """A thumbnail as a data URI."""
    return _data_uri(thumbnails.thumbnail(blitz, iid, _wanted(request, blitz, w, h)))


@require_GET
@json_view
@login_required
def get_thumbnails(request: HttpRequest, blitz: Blitz, w: int | None = None) -> Any:
    """Thumbnails of the images named by repeated ``id`` parameters, as data URIs by image id."""
    try:
        ids = [int(text) for text in request.GET.getlist("id")]
    except ValueError as error:
        raise ParameterError("id must be a whole number, repeated for each image") from error
    most = web_config().number("omero.web.thumbnails_batch", 50)
    if len(ids) > most:
        return HttpResponse(f"Max {most} thumbnails at a time.", status=500, content_type="text/plain")
    found = thumbnails.thumbnail_set(blitz, ids, w or thumbnails.default_size(blitz))
    return {str(image): _data_uri(picture) for image, picture in found.items()}


@require_GET
@json_view
@login_required
def img_data(request: HttpRequest, blitz: Blitz, iid: int, key: str | None = None) -> Any:
    """The description of an image, or the part of it that a dotted path names."""
    found: Any = image_data(blitz, iid, request.GET.get("getDefaults") == "true")
    for name in (key or "").split("."):
        if name:
            found = found.get(name) if isinstance(found, dict) else None
    return found
