"""The views below ``/api/``."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET

from omero_web.api import lists
from omero_web.api.encode import SCHEMA
from omero_web.blitz import ALL_GROUPS, Blitz
from omero_web.config import Server, web_config
from omero_web.connections import CONNECTIONS, SessionGone
from omero_web.decorators import client_address, connector_of, json_view, login_required
from omero_web.errors import NotFound
from omero_web.webclient.login import LoginFailed, log_in
from omero_web.webclient.paging import flag
from omero_web.webgateway.params import ParameterError

View = Callable[..., HttpResponse]
_LISTS = ("projects", "datasets", "images", "screens", "plates", "rois", "experimenters", "experimentergroups")
_BASE = (*_LISTS, "token", "servers", "login", "save")
_WHO = ("sessionId", "sessionUuid", "userId", "userName", "groupId", "groupName", "isAdmin")
_EVENT_CONTEXT = (*_WHO, "eventId", "eventType", "memberOfGroups", "leaderOfGroups")


def versioned(view: View) -> View:
    """Adds the header that tells the version of the interface."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 403:
            response["X-OMERO-ApiVersion"] = "0.2"
        return response

    return answered


def url(request: HttpRequest, name: str, *numbers: int) -> str:
    """An address of the interface, absolute unless ``omero.web.api.absolute_url`` says otherwise."""
    path = reverse(name, args=numbers)
    explicit = web_config().properties.explicit()
    if "omero.web.api.absolute_url" in explicit:
        return explicit["omero.web.api.absolute_url"].rstrip("/") + path
    return str(request.build_absolute_uri(path))


@require_GET
@versioned
@json_view
def versions(request: HttpRequest) -> Any:
    return {"data": [{"version": "0", "url:base": url(request, "api_base")}]}


@require_GET
@versioned
@json_view
def base(request: HttpRequest) -> Any:
    return {**{f"url:{name}": url(request, f"api_{name}") for name in _BASE}, "url:schema": SCHEMA}


@require_GET
@versioned
@json_view
def token(request: HttpRequest) -> Any:
    return {"data": get_token(request)}


@require_GET
@versioned
@json_view
def servers(request: HttpRequest) -> Any:
    return {"data": [_server(server) for server in web_config().servers()]}


def _server(server: Server) -> dict[str, Any]:
    found = {"id": server.id, "host": server.host, "port": server.port}
    return {**found, "server": server.label} if server.label else found


def _login_fields(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        body = json.loads(request.body or b"{}")
    except ValueError as error:
        raise ParameterError(f"The body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ParameterError("The body must be a JSON object")
    return body


@sensitive_post_parameters("password")
def login(request: HttpRequest) -> HttpResponse:
    """Log in by JSON or form, or repeat who is logged in."""
    if request.method != "POST":
        message = "POST only with username, password, server and csrftoken"
        return JsonResponse({"message": message}, status=405)
    fields = _login_fields(request)
    connector = connector_of(request)
    if connector is not None and not {"username", "password", "server"} & set(fields):
        try:
            with CONNECTIONS.lease(connector.server, connector.omero_session_key, client_address(request)) as blitz:
                return _event_context(blitz)
        except SessionGone:
            return JsonResponse({"message": "The OMERO session has ended. Log in again."}, status=403)
    try:
        blitz = log_in(request, fields.get("server"), str(fields.get("username", "")), str(fields.get("password", "")))
    except LoginFailed as failed:
        return JsonResponse({"message": str(failed)}, status=403)
    return _event_context(blitz)


def _event_context(blitz: Blitz) -> HttpResponse:
    found = blitz.event_context
    return JsonResponse({"success": True, "eventContext": {name: getattr(found, name) for name in _EVENT_CONTEXT}})


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise ParameterError(str(error)) from error


def _list_request(request: HttpRequest, kind: lists.Kind, parent: dict[str, int]) -> lists.ListRequest:
    default, most = web_config().number("omero.web.api.limit", 200), web_config().number("omero.web.api.max_limit", 500)
    limit = _number(request, "limit")
    limit = default if limit is None or limit < 0 else min(limit, most)
    group = _number(request, "group")
    filters = {name: number for name in kind.filters if (number := _number(request, name)) is not None}
    return lists.ListRequest(
        offset=max(_number(request, "offset") or 0, 0),
        limit=limit,
        group=ALL_GROUPS if group is None else group,
        owner=_number(request, "owner"),
        orphaned=flag(request.GET, "orphaned"),
        child_count=flag(request.GET, "childCount"),
        normalize=flag(request.GET, "normalize"),
        filters={**filters, **parent},
    )


def _add_urls(request: HttpRequest, kind: lists.Kind, item: dict[str, Any], related: tuple[str, ...]) -> None:
    for name in related:
        item[f"url:{name}"] = url(request, f"api_{kind.singular}_{name}", item["@id"])


@require_GET
@versioned
@json_view
@login_required
def object_list(request: HttpRequest, blitz: Blitz, plural: str, **parents: int) -> Any:
    """A page of objects; ``parents`` holds the id of the object whose children or parents they are."""
    kind = lists.KINDS[plural]
    wanted = _list_request(request, kind, {name.removesuffix("_id"): number for name, number in parents.items()})
    items = lists.page(blitz, kind, wanted)
    for item in items:
        item[f"url:{kind.singular}"] = url(request, f"api_{kind.singular}", item["@id"])
        _add_urls(request, kind, item, kind.related)
    most = web_config().number("omero.web.api.max_limit", 500)
    total = lists.count(blitz, kind, wanted)
    meta = {"offset": wanted.offset, "limit": wanted.limit, "maxLimit": most, "totalCount": total}
    return {"data": items, "meta": meta, **(lists.normalized(items) if wanted.normalize else {})}


@require_GET
@versioned
@json_view
@login_required
def single_object(request: HttpRequest, blitz: Blitz, plural: str, object_id: int) -> Any:
    """One object with all that its type shows. Raises NotFound."""
    kind = lists.KINDS[plural]
    group = _number(request, "group")
    item = lists.single(blitz, kind, object_id, ALL_GROUPS if group is None else group, flag(request.GET, "childCount"))
    if item is None:
        raise NotFound(f"{kind.type_name} {object_id} not found")
    _add_urls(request, kind, item, kind.single_related)
    return {"data": item}
