"""What surrounds a view: the visitor's OMERO session, and JSON answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import Ice
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

import omero
from omero_web.config import Server, web_config
from omero_web.connections import CONNECTIONS, ServerUnreachable, SessionGone
from omero_web.errors import DATA_ADDRESSES, is_ajax
from omero_web.public import forget_public, open_to_public, public_session
from omero_web.tokens import session_key

View = Callable[..., HttpResponse]
_JAVASCRIPT_NAME = re.compile(r"^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$")


@dataclass(frozen=True)
class Connector:
    """Which OMERO session a browser session stands for (key ``connector`` of the web session)."""

    server: Server
    omero_session_key: str
    user_id: int

    def plain(self) -> dict[str, Any]:
        """The form that is stored: names that other web applications read."""
        return {
            "server_id": self.server.id,
            "is_secure": self.server.address.startswith("ssl:"),
            "is_public": False,
            "omero_session_key": self.omero_session_key,
            "user_id": self.user_id,
        }


def server_by_id(number: int) -> Server | None:
    """The configured server with this id, or None."""
    return next((server for server in web_config().servers() if server.id == number), None)


def connector_of(request: HttpRequest) -> Connector | None:
    """The OMERO session that a request stands for, or None when nobody has logged in.

    It is named by the request itself (see `tokens`), or the browser session has one.
    """
    named = session_key(request.headers.get("Authorization", ""))
    if named is not None:
        return Connector(web_config().servers()[0], named, -1)
    stored = request.session.get("connector")
    if not isinstance(stored, dict):
        return None
    server = server_by_id(stored.get("server_id", 0))
    key = stored.get("omero_session_key")
    return Connector(server, key, int(stored.get("user_id", -1))) if server and key else None


def client_address(request: HttpRequest) -> str:
    """Where the visitor comes from: the last hop that a proxy noted, else the other end of the connection."""
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
    return forwarded or str(request.META.get("REMOTE_ADDR", ""))


def refuse(request: HttpRequest) -> HttpResponse:
    """The answer to somebody who is not logged in, in the form that the address promises."""
    if request.path_info.startswith(DATA_ADDRESSES):
        return HttpResponse(
            "Log in, or name your OMERO session: Authorization: Bearer KEY\n",
            status=401,
            content_type="text/plain; charset=utf-8",
            headers={"WWW-Authenticate": 'Bearer realm="OMERO"'},
        )
    if request.path_info.startswith("/api/"):
        return JsonResponse({"message": "Not logged in"}, status=403)
    if is_ajax(request):
        return HttpResponse(status=403)
    return HttpResponseRedirect(f"{reverse('weblogin')}?{urlencode({'url': request.get_full_path()})}")


def forget_login(request: HttpRequest) -> None:
    """Drop what the browser session remembers of an OMERO session that has ended."""
    request.session.pop("connector", None)


_BROKEN = (
    Ice.SocketException,
    Ice.TimeoutException,
    Ice.CloseConnectionException,
    Ice.ConnectionManuallyClosedException,
    Ice.CommunicatorDestroyedException,
    Ice.ObjectNotExistException,
    omero.RemovedSessionException,
    omero.SessionTimeoutException,
)


def _run(view: View, request: HttpRequest, connector: Connector, args: Any, kwargs: Any) -> HttpResponse:
    key = connector.omero_session_key
    with CONNECTIONS.lease(connector.server, key, client_address(request)) as blitz:
        try:
            return view(request, *args, blitz=blitz, **kwargs)
        except _BROKEN:
            CONNECTIONS.drop(key)
            raise


def _persistent(view: View, request: HttpRequest, connector: Connector, args: Any, kwargs: Any) -> HttpResponse:
    """As _run, once more when the connection was broken."""
    try:
        return _run(view, request, connector, args, kwargs)
    except _BROKEN as error:
        if request.method not in ("GET", "HEAD"):
            raise ServerUnreachable(f"The OMERO server broke off the connection: {error}") from error
        return _run(view, request, connector, args, kwargs)


def _as_public(view: View, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
    """As the public user, in a new session if the old one has ended; refused where there is none."""
    for _ in range(2):
        found = public_session() if open_to_public(request) else None
        if found is None:
            break
        server, user, key = found
        try:
            return _persistent(view, request, Connector(server, key, user), args, kwargs)
        except SessionGone:
            forget_public(key)
    return refuse(request)


def login_required(view: View) -> View:
    """Gives the view ``blitz`` (the visitor's OMERO session); refuses visitors without one.

    A connection that broke, because the server was restarted or has ended the session, is joined again once for
    requests that only read.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        connector = connector_of(request)
        if connector is None:
            return _as_public(view, request, args, kwargs)
        try:
            return _persistent(view, request, connector, args, kwargs)
        except SessionGone:
            if session_key(request.headers.get("Authorization", "")) is None:
                forget_login(request)
            return refuse(request)

    return guarded


def json_view(view: View | Callable[..., Any]) -> View:
    """Turns the returned dict, list, text, number or None into JSON; ``?callback=name`` asks for JSONP."""

    @wraps(view)
    def encoded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        callback = request.GET.get("callback")
        if callback is not None and not _JAVASCRIPT_NAME.match(callback):
            return HttpResponse("Invalid callback", status=400, content_type="text/plain")
        result = view(request, *args, **kwargs)
        if isinstance(result, HttpResponse):
            return result
        text = json.dumps(result, cls=DjangoJSONEncoder, ensure_ascii=False)
        if callback is None:
            return HttpResponse(text, content_type="application/json")
        return HttpResponse(f"{callback}({text})", content_type="application/javascript")

    return encoded
