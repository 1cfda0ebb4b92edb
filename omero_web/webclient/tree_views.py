"""The views below ``/webclient/api/`` that fill the tree and the right panel."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from omero_web.blitz import Blitz
from omero_web.decorators import json_view, login_required
from omero_web.webclient import annotation_list, details, paths, tree
from omero_web.webclient.paging import EVERYBODY, flag, number, page_size, read_page
from omero_web.webgateway.params import ParameterError

# Kinds of objects whose paths are not found yet; their addresses say so instead of answering "no path".
_LATER = ("screen", "plate", "run", "acquisition", "well", "tag", "tagset", "roi", "shape")


def _optional(request: HttpRequest, name: str) -> int | None:
    return number(request.GET, name, 0) if request.GET.get(name) else None


@require_GET
@json_view
@login_required
def groups(request: HttpRequest, blitz: Blitz) -> Any:
    return {"groups": tree.groups(blitz, read_page(request, blitz), number(request.GET, "member", EVERYBODY))}


@require_GET
@json_view
@login_required
def experimenter(request: HttpRequest, blitz: Blitz, experimenter_id: str) -> Any:
    return {"experimenter": tree.experimenter(blitz, int(experimenter_id))}


@require_GET
@json_view
@login_required
def containers(request: HttpRequest, blitz: Blitz) -> Any:
    page, owner = read_page(request, blitz), number(request.GET, "id", EVERYBODY)
    kinds = {"projects": "Project", "datasets": "Dataset", "screens": "Screen", "plates": "Plate"}
    found: dict[str, Any] = {key: tree.top_level(blitz, kind, page, owner) for key, kind in kinds.items()}
    return {**found, "orphaned": tree.orphaned_folder(blitz, page, owner)}


@require_GET
@json_view
@login_required
def datasets(request: HttpRequest, blitz: Blitz) -> Any:
    return {"datasets": tree.children(blitz, "Dataset", read_page(request, blitz), _optional(request, "id"))}


@require_GET
@json_view
@login_required
def plates(request: HttpRequest, blitz: Blitz) -> Any:
    return {"plates": tree.children(blitz, "Plate", read_page(request, blitz), _optional(request, "id"))}


@require_GET
@json_view
@login_required
def images(request: HttpRequest, blitz: Blitz) -> Any:
    extra = {
        "sizes": flag(request.GET, "sizeXYZ"),
        "dates": flag(request.GET, "date"),
        "thumbnails": "thumbVersion" in request.GET,
    }
    return {
        "images": tree.images(
            blitz,
            read_page(request, blitz),
            dataset=_optional(request, "id"),
            orphaned=flag(request.GET, "orphaned"),
            owner=number(request.GET, "experimenter_id", EVERYBODY),
            extra=frozenset(name for name, wanted in extra.items() if wanted),
        )
    }


@require_GET
@json_view
@login_required
def paths_to_object(request: HttpRequest, blitz: Blitz) -> Any:
    later = [name for name in _LATER if request.GET.get(name)]
    if later:
        return HttpResponse(f"Paths to a {later[0]} are not available yet.", status=501, content_type="text/plain")
    names = ("experimenter", "group", *paths.KINDS)
    asked = {name: value for name in names if (value := _optional(request, name)) is not None}
    return {"paths": paths.paths_to(blitz, asked, number(request.GET, "page_size", page_size()))}


@require_GET
@json_view
@login_required
def annotations_list(request: HttpRequest, blitz: Blitz) -> Any:
    try:
        parents = {kind: [int(text) for text in request.GET.getlist(kind)] for kind in annotation_list.PARENTS}
    except ValueError as error:
        raise ParameterError("Invalid parameter value") from error
    page = read_page(request, blitz, factor=100)
    return annotation_list.list_annotations(blitz, parents, page, request.GET.get("type"), request.GET.get("ns"))


@require_GET
@login_required
def metadata_details(request: HttpRequest, blitz: Blitz, c_type: str, c_id: str) -> HttpResponse:
    """The right panel's content: JSON for those who accept it, else a fragment of HTML."""
    found = details.details(blitz, c_type, int(c_id))
    if "application/json" in request.headers.get("Accept", ""):
        return json_view(lambda request: found)(request)
    return render(request, "omero_web/metadata.html", {"object": found})
