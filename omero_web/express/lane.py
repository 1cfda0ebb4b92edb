"""The WSGI application: tiles, chunks and regions on the express lane, everything else to Django."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

import imagecodecs
import numpy as np

import omero
from omero_server.formats.base import PIXEL_DTYPES, FormatError
from omero_server.formats.registry import readers
from omero_server.rendering.errors import RenderingError
from omero_web.config import web_config
from omero_web.cors import cors_headers
from omero_web.errors import NotFound
from omero_web.express.tiles import tile_jpeg
from omero_web.express.views import Declined, OpenView, Views
from omero_web.express.visitors import Visitors
from omero_web.ngff.answers import ASKED, CACHE_CONTROL, Reply, pixels_tag, reply
from omero_web.ngff.chunks import chunk_bytes, tile_bytes
from omero_web.ngff.image import Chunk, ZarrImage
from omero_web.ngff.keys import chunk_place
from omero_web.ngff.tiles import tile_format, tile_region
from omero_web.webgateway.params import ParameterError
from omero_web.webgateway.rendering import PixelsOfImage

__all__ = ["Lane"]

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
_TILE = re.compile(r"/web(?:gateway|client)/render_image_region/(\d{1,18})/(\d{1,9})/(\d{1,9})/")
_CHUNK = re.compile(r"/zarr/v(0\.4|0\.5)/image/(\d{1,18})\.zarr/(.+)")
_PIXELS = re.compile(r"/tile/(\d{1,18})/(\d{1,9})/(\d{1,9})/(\d{1,9})/")
_REASONS = {200: "200 OK", 206: "206 Partial Content", 304: "304 Not Modified", 416: "416 Range Not Satisfiable"}
_WRONG = (
    Declined, NotFound, ParameterError, RenderingError, FormatError, IndexError, ValueError, OSError, MemoryError,
    omero.ServerError,
)  # fmt: skip
"""What Django's views know how to answer."""


class Lane:
    """Answers what it can; ``django`` gets the rest, and all that goes wrong."""

    def __init__(self, django: Application) -> None:
        self._django = django
        config = web_config()
        self._prefix = config.prefix
        self._visitors = Visitors()
        self._views = Views(config.properties)
        threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            return self._django(environ, start_response)
        try:
            found = self._answer(environ)
        except _WRONG as error:
            log.debug("%s is left to Django: %r", environ["PATH_INFO"], error)
            found = None
        if found is None:
            return self._django(environ, start_response)
        status, headers, body = found
        headers |= {"X-Content-Type-Options": "nosniff", "Vary": "Cookie, Authorization, Origin"}
        headers |= cors_headers(environ.get("HTTP_ORIGIN"))
        start_response(_REASONS[status], list(headers.items()))
        return [body]

    def _answer(self, environ: Environ) -> Reply | None:
        """None for addresses of others."""
        path = environ["PATH_INFO"]
        if tile := _TILE.fullmatch(path):
            return self._tile(environ, *map(int, tile.groups()))
        if chunk := _CHUNK.fullmatch(path):
            place = chunk_place(chunk[1], chunk[3])
            return self._chunk(environ, int(chunk[2]), place) if place else None
        if pixels := _PIXELS.fullmatch(path):
            return self._pixels(environ, *map(int, pixels.groups()))
        return None

    def _session(self, environ: Environ) -> str:
        session = self._visitors.session_of(environ, self._prefix + environ["PATH_INFO"])
        if session is None:
            raise Declined
        return session

    def _tile(self, environ: Environ, image_id: int, z: int, t: int) -> Reply:
        with self._views.borrowed(self._session(environ), image_id) as view:
            picture = tile_jpeg(view, z, t, environ["QUERY_STRING"])
        headers = {"Content-Type": "image/jpeg", "Content-Length": str(len(picture)), "Cache-Control": CACHE_CONTROL}
        return 200, headers, picture

    def _chunk(self, environ: Environ, image_id: int, place: tuple[int, ...]) -> Reply:
        with self._views.borrowed(self._session(environ), image_id) as view:
            image = _zarr_image(view)
            chunk = image.chunk(place[0], place[1:])
            if chunk is None:
                raise Declined
            rows, columns = image.chunks(chunk.level)[3:]

            def content() -> bytes:
                return chunk_bytes(_read(view, chunk), (rows, columns))

            tag = pixels_tag(image, "chunk", place)
            return reply(content, "application/octet-stream", tag, _asked(environ), {})

    def _pixels(self, environ: Environ, image_id: int, z: int, c: int, t: int) -> Reply:
        with self._views.borrowed(self._session(environ), image_id) as view:
            image = _zarr_image(view)
            query = dict(parse_qsl(environ["QUERY_STRING"]))
            wanted, form = tile_region(query, image, (z, c, t)), tile_format(query)
            kind, body, headers = tile_bytes(_read(view, wanted), form)
            return reply(lambda: body, kind, pixels_tag(image, form, wanted), _asked(environ), headers)


def _asked(environ: Environ) -> dict[str, str | None]:
    return {name: environ.get(f"HTTP_{name.upper().replace('-', '_')}") for name in ASKED}


def _warm_up() -> None:
    """Load what the first tile would wait for: readers and decoders."""
    readers()
    picture: Any = np.zeros((16, 16, 3), np.uint8)
    imagecodecs.jpeg8_decode(imagecodecs.jpeg8_encode(picture, level=90))
    imagecodecs.zstd_decode(imagecodecs.zstd_encode(b"warm"))


def _zarr_image(view: OpenView) -> ZarrImage:
    found = view.made.get(ZarrImage)
    if found is None:
        info, buffer = view.view.pixels, view.buffer
        sizes = info.size_x, info.size_y, info.size_z, info.size_c, info.size_t
        pixels = PixelsOfImage(info.image_id, info.id, info.group_id, *sizes)
        dtype = np.dtype(PIXEL_DTYPES[info.pixel_type])
        found = ZarrImage(pixels, dtype, tuple(buffer.level_sizes), buffer.tile_size, {}, info.sha1 or "")
        view.remember(ZarrImage, found)
    return found


def _read(view: OpenView, chunk: Chunk) -> Any:
    return view.buffer.region(
        chunk.z, chunk.c, chunk.t, chunk.x, chunk.y, chunk.width, chunk.height, chunk.level
    )
