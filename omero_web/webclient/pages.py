"""The pages of the webclient: the main page, the viewer, and small redirects."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from omero_web.assets import new_nonce, protect
from omero_web.blitz import Blitz
from omero_web.config import LOOPBACK, web_config
from omero_web.decorators import connector_of, login_required
from omero_web.errors import NotFound
from omero_web.webclient import tree
from omero_web.webclient.paging import EVERYBODY, Page, page_size
from omero_web.webgateway.rendering import pixels_of


def _common(request: HttpRequest) -> dict[str, Any]:
    return {
        "root": reverse("index").rstrip("/"),
        "logo": web_config().text("omero.web.top_logo") or static("icon.svg"),
        "pingInterval": web_config().number("omero.web.ping_interval", 60000),
        "pageSize": page_size(),
        "thumbnailsBatch": web_config().number("omero.web.thumbnails_batch", 50),
    }


def _active_group(request: HttpRequest, blitz: Blitz) -> int:
    context = blitz.event_context
    stored = request.session.get("active_group")
    if isinstance(stored, int) and (context.isAdmin or stored in context.memberOfGroups):
        return stored
    return int(context.groupId)


def _groups(blitz: Blitz) -> list[dict[str, Any]]:
    context = blitz.event_context
    member = EVERYBODY if context.isAdmin else int(context.userId)
    return tree.groups(blitz, Page(-1, None, None), member)


@require_GET
@never_cache
@ensure_csrf_cookie
@login_required
def index(request: HttpRequest, blitz: Blitz) -> HttpResponse:
    """The main page: tree, thumbnails and details."""
    user = tree.experimenter(blitz, blitz.user_id)
    page = {
        **_common(request),
        "user": user,
        "login": f"{user['omeName']}@{_server_for_clients(request)}",
        "isAdmin": bool(blitz.event_context.isAdmin),
        "groups": _groups(blitz),
        "activeGroup": _active_group(request, blitz),
        "activeUser": _shown_user(request, blitz),
    }
    nonce = new_nonce()
    full_name = f"{user['firstName']} {user['lastName']}"
    return protect(
        render(request, "omero_web/client.html", {"page": page, "user": user, "full_name": full_name, "nonce": nonce}),
        nonce,
    )


def _server_for_clients(request: HttpRequest) -> str:
    """Where programs on the visitor's computer find the OMERO server, as in ``omero.example.org:4064``."""
    connector = connector_of(request)
    assert connector is not None, "the page needs a login"
    host = connector.server.host
    if host in LOOPBACK:  # as this machine calls itself; the visitor calls it by the name in the address bar
        host = urlsplit(f"//{request.get_host()}").hostname or host
    return f"{host}:{connector.server.client_port}"


def _shown_user(request: HttpRequest, blitz: Blitz) -> int:
    asked = request.GET.get("experimenter", "")
    if asked == str(EVERYBODY) or asked.isdecimal():
        request.session["user_id"] = int(asked)
    return int(request.session.get("user_id", blitz.user_id))


@require_GET
@never_cache
@ensure_csrf_cookie
@login_required
def image_viewer(request: HttpRequest, blitz: Blitz, iid: int) -> HttpResponse:
    """The full window viewer of one image. Raises NotFound before anything is drawn."""
    pixels_of(blitz, iid)
    nonce = new_nonce()
    page = {**_common(request), "imageId": iid}
    return protect(render(request, "omero_web/viewer.html", {"page": page, "nonce": nonce}), nonce)


@require_GET
def root(request: HttpRequest) -> HttpResponse:
    """The front door leads to the main page."""
    response = HttpResponseRedirect(reverse("webindex"))
    response.status_code = 301
    response["Cache-Control"] = "max-age=0, no-cache, no-store, must-revalidate"
    return response


@require_GET
def redirect_show(request: HttpRequest) -> HttpResponse:
    """A short address for links to objects: ``/url/?show=image-12``."""
    show = request.GET.get("show")
    if not show:
        raise NotFound("The address lacks what to show, as in /url/?show=image-12")
    return HttpResponseRedirect(f"{reverse('webindex')}?{urlencode({'show': show})}")


@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon of the browser tab."""
    configured = web_config().properties.explicit().get("omero.web.favicon_url")
    return HttpResponseRedirect(static(configured or "icon.svg"))
