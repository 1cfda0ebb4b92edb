"""Pages of other origins may read from here when the site's owner allows it, so that web viewers elsewhere can.

``omero.web.cors_origin_whitelist`` lists origins, ``omero.web.cors_origin_allow_all`` opens the door to every page.
Cookies count for listed origins only: a page that nobody knows cannot act as its visitor, it needs a session key.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse

from omero_web.config import web_config

__all__ = ["CorsMiddleware", "cors_headers"]

_EXPOSED = "Accept-Ranges, Content-Length, Content-Range, ETag, X-Dtype, X-Shape"
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, If-None-Match, Range, X-Requested-With",
    "Access-Control-Max-Age": "86400",
}


@cache
def _allowed() -> tuple[bool, frozenset[str]]:
    properties = web_config().properties
    listed = properties.get_json("omero.web.cors_origin_whitelist", [])
    return properties.get_bool("omero.web.cors_origin_allow_all"), frozenset(str(one).rstrip("/") for one in listed)


def cors_headers(origin: str | None) -> dict[str, str]:
    """The headers that let a page of ``origin`` read an answer; none when it may not."""
    everybody, listed = _allowed()
    if origin and origin in listed:
        mine = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
    elif origin and everybody:
        mine = {"Access-Control-Allow-Origin": "*"}
    else:
        return {}
    return {**mine, "Access-Control-Expose-Headers": _EXPOSED}


class CorsMiddleware:
    """Answers preflight requests and adds the headers to what is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        headers = cors_headers(request.headers.get("Origin"))
        if headers and request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return HttpResponse(status=204, headers={**headers, **_PREFLIGHT, "Vary": "Origin"})
        response = self.get_response(request)
        if request.method in ("GET", "HEAD"):
            for name, value in headers.items():
                response[name] = value
            if any(_allowed()):
                response["Vary"] = f"{response['Vary']}, Origin" if response.has_header("Vary") else "Origin"
        return response
