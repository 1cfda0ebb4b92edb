"""What visitors see when something goes wrong: pages for browsers, text for scripts, JSON for the JSON interfaces."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

import Ice
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

import omero
from omero_web.assets import FrontEndMissing
from omero_web.connections import ServerUnreachable
from omero_web.webgateway.params import ParameterError

log = logging.getLogger(__name__)

# Programs rather than people read these: no pages, no way to a login form.
DATA_ADDRESSES = ("/zarr/", "/tile/")


class NotFound(Exception):
    """The object does not exist, or the user may not read it; the text names it."""


class Forbidden(Exception):
    """The user may not do this; the text says what and why."""


def is_ajax(request: HttpRequest) -> bool:
    """Whether a script of a page asks, rather than the address bar."""
    return bool(request.headers.get("X-Requested-With") == "XMLHttpRequest")


def status_of(error: Exception) -> int:
    """The HTTP status for an exception of a view or of the server."""
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, Forbidden | omero.SecurityViolation):
        return 403
    if isinstance(error, ParameterError | omero.ApiUsageException):
        return 400
    if isinstance(error, ServerUnreachable):
        return 503
    return 500


def message_of(error: Exception) -> str:
    """The exception's own words; server exceptions carry theirs in a field."""
    return str(getattr(error, "message", None) or error or type(error).__name__)


def _json(request: HttpRequest, error: Exception, status: int) -> HttpResponse:
    body = {"message": message_of(error)}
    if status >= 500 or isinstance(error, Ice.UserException):
        body["stacktrace"] = "".join(traceback.format_exception(error))
    return JsonResponse(body, status=status)


def error_page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """A page that says what went wrong, with a way back."""
    return render(request, "omero_web/error.html", {"title": title, "text": text}, status=status)


_TITLES = {
    400: "This address cannot be read",
    403: "Not allowed",
    404: "Not found",
    500: "Something went wrong on the server",
    501: "Not available yet",
    503: "The OMERO server does not answer",
}


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """The response for an exception, in the form that the address promises."""
    status = status_of(error)
    if isinstance(error, FrontEndMissing):  # no page can be drawn, not even the one for errors
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    if status >= 500:
        log.error("%s %s", request.method, request.path, exc_info=error)
    path = request.path_info
    if path.startswith("/api/") or (path.startswith("/webgateway/") and status not in (400, 404)):
        return _json(request, error, status)
    if is_ajax(request) or path.startswith(("/webclient/api/", "/webgateway/", *DATA_ADDRESSES)):
        return HttpResponse(message_of(error), status=status, content_type="text/plain; charset=utf-8")
    return error_page(request, status, _TITLES[status], message_of(error))


class ErrorMiddleware:
    """Turns exceptions of views into answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """None lets Django go on: it knows missing addresses, and has a page for debugging."""
        if isinstance(error, Http404) or (settings.DEBUG and status_of(error) == 500):
            return None
        return answer(request, error)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form or request without a valid CSRF token."""
    return JsonResponse({"message": f"CSRF Failed: {reason}"}, status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to an address that does not exist."""
    if is_ajax(request) or request.path_info.startswith(DATA_ADDRESSES):
        return HttpResponse(status=404)
    return error_page(request, 404, _TITLES[404], "There is nothing at this address.")
