"""The built front end: which files a page needs, and what every template knows."""

from __future__ import annotations

import json
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

DIST = Path(__file__).parent / "static" / "dist"
_MANIFEST = DIST / "manifest.json"


class FrontEndMissing(Exception):
    """The front end has not been built; the text says how to build it."""


class StaticFiles(WhiteNoiseMiddleware):
    """Serves the built front end, also one that was built while the web server runs: pages name its files at once."""

    _built = 0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(self.static_prefix) and _MANIFEST.exists():
            built = _MANIFEST.stat().st_mtime_ns
            if built != self._built:
                self.files.clear()
                self.add_files_from_finders()
                self._built = built
        response: HttpResponse = super().__call__(request)
        return response


@cache
def _manifest(changed: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_MANIFEST.read_text())
    return found


def manifest() -> dict[str, Any]:
    """Vite's table of built files, read again after a new build. Raises FrontEndMissing."""
    try:
        changed = _MANIFEST.stat().st_mtime_ns
    except OSError as error:
        raise FrontEndMissing("The web pages have not been built: run `make setup` (it needs npm).") from error
    return _manifest(changed)


def entry(name: str) -> dict[str, list[str]]:
    """Addresses of the scripts and style sheets of an entry point, as in ``client``. Raises FrontEndMissing."""
    table = manifest()
    chunk = table[f"src/{name}.tsx"]
    styles = list(chunk.get("css", []))
    preload = []
    for key in chunk.get("imports", []):
        styles = [*table[key].get("css", []), *styles]
        preload.append(table[key]["file"])
    return {
        "scripts": [static(f"dist/{chunk['file']}")],
        "preload": [static(f"dist/{file}") for file in preload],
        "styles": [static(f"dist/{file}") for file in styles],
    }


def page_context(request: HttpRequest) -> dict[str, Any]:
    """What every template knows: the front end's entry points by function, and site settings."""
    return {
        "entry": {name: entry(name) for name in ("pages", "client", "viewer")},
        "referrer": "strict-origin-when-cross-origin",
    }


def new_nonce() -> str:
    """A number used once, which marks the inline script that a page itself has written."""
    return secrets.token_urlsafe(16)


def protect(response: HttpResponse, nonce: str) -> HttpResponse:
    """Let a page run its own scripts only, so that text from the database can never run as one."""
    response["Content-Security-Policy"] = (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data: blob:; connect-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'"
    )
    return response
