"""The views below ``/zarr/`` and ``/tile/``: OME-Zarr groups, arrays and chunks, and raw tiles.

What the caller may not read is answered as what does not exist: 404, which readers of Zarr take for "nothing here".
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from omero_web.blitz import Blitz
from omero_web.decorators import login_required
from omero_web.errors import NotFound
from omero_web.ngff.answers import ASKED, Reply, etag, pixels_tag, reply
from omero_web.ngff.chunks import chunk_bytes, tile_bytes
from omero_web.ngff.image import ZarrImage, read_region, zarr_image
from omero_web.ngff.keys import chunk_place
from omero_web.ngff.labels import LABELS, NAME, label_documents, label_image, label_region, masks_of
from omero_web.ngff.metadata import image_documents, plain_group
from omero_web.ngff.plates import field_image, plate_documents, well_documents
from omero_web.ngff.tiles import tile_format, tile_region
from omero_web.webgateway.image_data import image_data

__all__ = ["image", "plate", "tile"]


def _answer(request: HttpRequest, found: Reply) -> HttpResponse:
    status, headers, body = found
    response = HttpResponse(b"" if request.method == "HEAD" else body, status=status, headers=headers)
    response["Vary"] = "Authorization"
    return response


def _asked(request: HttpRequest) -> dict[str, str | None]:
    return {name: request.headers.get(name) for name in ASKED}


def _document(request: HttpRequest, documents: dict[str, Any], key: str) -> HttpResponse:
    """One JSON document; the address of a group itself shows its attributes to whoever looks with a browser."""
    if not key:
        key = "zarr.json" if "zarr.json" in documents else ".zattrs"
    if key not in documents:
        raise NotFound(f"There is no {key}")
    body = json.dumps(documents[key], indent=2, ensure_ascii=False).encode()
    return _answer(request, reply(lambda: body, "application/json", etag(body), _asked(request), {}))


@require_safe
@login_required
def image(request: HttpRequest, blitz: Blitz, version: str, iid: int, key: str = "") -> HttpResponse:
    """A document or chunk of an image."""
    return _of_image(request, blitz, version, iid, key)


def _of_image(request: HttpRequest, blitz: Blitz, version: str, iid: int, key: str) -> HttpResponse:
    name = key.removeprefix(f"{LABELS}{NAME}/")
    place = chunk_place(version, name)
    found = zarr_image(blitz, iid)
    if place is None:
        labels = label_documents(version, found, masks_of(blitz, iid))
        return _document(request, image_documents(version, found, image_data(blitz, iid), labels), key)
    if name != key:
        return _label_chunk(request, blitz, found, place)
    chunk = found.chunk(place[0], place[1:])
    if chunk is None:
        raise NotFound(f"Image:{iid} has no chunk {key}")
    shape = found.chunks(chunk.level)[3:]

    def content() -> bytes:
        return chunk_bytes(read_region(blitz, found, chunk), (shape[0], shape[1]))

    tag = pixels_tag(found, "chunk", place)
    return _answer(request, reply(content, "application/octet-stream", tag, _asked(request), {}))


def _label_chunk(request: HttpRequest, blitz: Blitz, found: ZarrImage, place: tuple[int, ...]) -> HttpResponse:
    """A chunk of labels. Those without any do not exist, which readers take for zeros."""
    masks = masks_of(blitz, found.pixels.image_id)
    labels = label_image(found, masks)
    chunk = labels.chunk(place[0], place[1:])
    pixels = None if chunk is None else label_region(blitz, labels, masks, chunk)
    if chunk is None or pixels is None:
        raise NotFound(f"Image:{found.pixels.image_id} has no labels at {place}")
    body = chunk_bytes(pixels, labels.chunks(chunk.level)[3:])
    return _answer(request, reply(lambda: body, "application/octet-stream", etag(body), _asked(request), {}))


@require_safe
@login_required
def plate(request: HttpRequest, blitz: Blitz, version: str, pid: int, key: str = "") -> HttpResponse:
    """A document of a plate, row or well, or a document or chunk of a field."""
    parts = key.split("/") if key else []
    if len(parts) < 2:
        return _document(request, plate_documents(blitz, version, pid), key)
    if len(parts) == 2:  # a row holds wells and says nothing else
        plate_documents(blitz, version, pid)
        return _document(request, plain_group(version), parts[1])
    row_name, column, *rest = parts
    if len(rest) == 1 and not rest[0].isdecimal():
        return _document(request, well_documents(blitz, version, pid, row_name, column), rest[0])
    if not rest[0].isdecimal():
        raise NotFound(f"Plate:{pid} has no {key}")
    image_id = field_image(blitz, pid, row_name, column, int(rest[0]))
    return _of_image(request, blitz, version, image_id, "/".join(rest[1:]))


@require_safe
@login_required
def tile(request: HttpRequest, blitz: Blitz, iid: int, z: int, c: int, t: int) -> HttpResponse:
    """Pixels of a plane: ``level`` (0 is full size), ``region=x,y,width,height`` (default: all), ``format``."""
    form = tile_format(request.GET)
    found = zarr_image(blitz, iid)
    wanted = tile_region(request.GET, found, (z, c, t))
    kind, body, headers = tile_bytes(read_region(blitz, found, wanted), form)
    tag = pixels_tag(found, form, wanted)
    return _answer(request, reply(lambda: body, kind, tag, _asked(request), headers))
