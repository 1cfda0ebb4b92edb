"""Logging in and out, and where to go afterwards."""

from __future__ import annotations

import logging
from typing import Any

import Ice
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

import omero
from omero_web.blitz import Blitz
from omero_web.config import Server, web_config
from omero_web.connections import CONNECTIONS, LoginRefused, ServerUnreachable, SessionGone, create_session
from omero_web.decorators import Connector, client_address, connector_of, login_required, server_by_id

log = logging.getLogger(__name__)
_CREDENTIALS = "Connection not available, please check your user name and password."


class LoginFailed(Exception):
    """The text tells the visitor what to do."""


def safe_target(request: HttpRequest, url: str | None) -> str | None:
    """``url`` if a visitor may be sent there: on this host or in ``omero.web.redirect_allowed_hosts``."""
    allowed = {request.get_host(), *web_config().properties.get_json("omero.web.redirect_allowed_hosts", [])}
    safe = url and url_has_allowed_host_and_scheme(url, allowed_hosts=allowed, require_https=request.is_secure())
    return url if safe else None


def log_in(request: HttpRequest, server_id: Any, username: str, password: str) -> Blitz:
    """Create an OMERO session and make the browser session stand for it. Raises LoginFailed."""
    missing = [label for label, value in (("Username", username), ("Password", password)) if not value]
    if missing:
        raise LoginFailed(" ".join(f"{label}: This field is required." for label in missing))
    if username == "guest":
        raise LoginFailed("Guest account is not supported.")
    server = _server(server_id)
    try:
        blitz = create_session(server, username, password, client_address(request))
    except LoginRefused as error:
        log.info("login refused from %s: %s", client_address(request), error)
        raise LoginFailed(web_config().text("omero.web.login_incorrect_credentials_text", _CREDENTIALS)) from error
    except ServerUnreachable as error:
        log.warning("no login: %s does not answer: %s", server.address, error)
        where = server.label or server.host
        raise LoginFailed(f"The OMERO server {where} is not responding. Please try again later.") from error
    CONNECTIONS.adopt(blitz)
    _remember(request, server, blitz)
    return blitz


def _server(server_id: Any) -> Server:
    servers = web_config().servers()
    if not server_id and len(servers) == 1:
        return servers[0]
    found = server_by_id(int(server_id)) if str(server_id or "").isdecimal() else None
    if found is None:
        raise LoginFailed("Server: Select a valid choice.")
    return found


def _remember(request: HttpRequest, server: Server, blitz: Blitz) -> None:
    context = blitz.event_context
    active = request.session.get("active_group")
    request.session.cycle_key()  # a session id planted before the login is worth nothing after it
    rotate_token(request)
    request.session.pop("user_id", None)
    request.session.pop("server_settings", None)
    request.session["connector"] = Connector(server, blitz.uuid, int(context.userId)).plain()
    if active not in context.memberOfGroups:
        request.session.pop("active_group", None)


@never_cache
@sensitive_post_parameters("password")
def weblogin(request: HttpRequest) -> HttpResponse:
    """The login page and its form."""
    error = ""
    if request.method == "POST":
        form = request.POST
        try:
            log_in(request, form.get("server"), form.get("username", "").strip(), form.get("password", ""))
        except LoginFailed as failed:
            error = str(failed)
        else:
            if form.get("noredirect"):
                return HttpResponse("OK", content_type="text/plain")
            return HttpResponseRedirect(_after_login(request))
    return render(request, "omero_web/login.html", _login_page(request, error))


def _after_login(request: HttpRequest) -> str:
    asked = request.GET.get("url") or request.POST.get("url")
    return safe_target(request, asked) or reverse("webindex")


def _login_page(request: HttpRequest, error: str) -> dict[str, Any]:
    chosen = request.POST.get("server") or request.GET.get("server") or ""
    return {
        "error": error,
        "servers": web_config().servers(),
        "chosen": int(chosen) if chosen.isdecimal() else 1,
        "username": request.POST.get("username", ""),
        "url": request.GET.get("url", ""),
        "logo": web_config().text("omero.web.login_logo"),
    }


@never_cache
def weblogout(request: HttpRequest) -> HttpResponse:
    """GET asks for confirmation; POST ends the OMERO session and the browser session."""
    connector = connector_of(request)
    if request.method != "POST":
        return render(request, "omero_web/logout.html", {"logged_in": connector is not None})
    if connector is not None:
        _end_session(connector, client_address(request))
    request.session.flush()
    return HttpResponseRedirect(reverse("weblogin"))


def _end_session(connector: Connector, address: str) -> None:
    try:
        with CONNECTIONS.lease(connector.server, connector.omero_session_key, address) as blitz:
            blitz.end()
    except (SessionGone, ServerUnreachable, Ice.Exception, omero.ClientError) as error:
        log.info("the OMERO session could not be ended, it will time out: %s", error)
    CONNECTIONS.drop(connector.omero_session_key)


@login_required
def keepalive_ping(request: HttpRequest, blitz: Blitz) -> HttpResponse:
    """Keeps the OMERO session alive while the page is open."""
    blitz.keep_alive()
    return HttpResponse("OK", content_type="text/plain")


@login_required
def change_active_group(request: HttpRequest, blitz: Blitz) -> HttpResponse:
    """Remember the group that the pages show, and go back."""
    context = blitz.event_context
    asked = request.GET.get("active_group", "")
    if asked.isdecimal() and (context.isAdmin or int(asked) in context.memberOfGroups):
        request.session["active_group"] = int(asked)
        request.session.pop("user_id", None)
    url = safe_target(request, request.GET.get("url"))
    if url is None or url.split("?")[0] == request.path:
        url = reverse("webindex")
    return HttpResponseRedirect(url)
