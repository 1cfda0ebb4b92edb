"""A visitor of OMERO.web without a browser: cookies, CSRF tokens, no following of redirects."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    """One HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


class Visitor:
    """Keeps cookies between requests, as a browser does."""

    def __init__(self, base: str) -> None:
        self.address = urlsplit(base)
        self.cookies: dict[str, str] = {}

    def get(self, path: str, ajax: bool = False, **headers: str) -> Answer:
        """GET without following redirects; ``ajax`` asks as a script of a page does."""
        return self._ask("GET", path, None, {**({"X-Requested-With": "XMLHttpRequest"} if ajax else {}), **headers})

    def post(self, path: str, fields: dict[str, str], token: bool = True, **headers: str) -> Answer:
        """POST a form, with the CSRF token of the cookie unless told otherwise."""
        if token:
            headers["X-CSRFToken"] = self.cookies.get("csrftoken", "")
        return self._ask(
            "POST", path, urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded", **headers}
        )

    def login(self, username: str, password: str, path: str = "/webclient/login/") -> Answer:
        """Open the login page and send its form."""
        self.get(path)
        return self.post(path, {"server": "1", "username": username, "password": password})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(self.address.hostname or "", self.address.port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body, {**headers, **({"Cookie": cookies} if cookies else {})})
        response = connection.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        for line in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        connection.close()
        return answer
