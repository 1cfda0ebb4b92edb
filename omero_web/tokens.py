"""Programs name their OMERO session in each request instead of keeping cookies.

``Authorization: Bearer KEY``, or ``Authorization: Basic ...`` with the key as password (or as name without a password),
where KEY is the uuid of an OMERO session, which `omero login` and `client.getSessionId()` tell. What is no such uuid is
meant for somebody else, such as a proxy, and ignored.
"""

from __future__ import annotations

import base64
import binascii
import re

__all__ = ["session_key"]

_UUID = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def session_key(authorization: str) -> str | None:
    """The session's uuid in the value of an ``Authorization`` header, or None."""
    scheme, _, value = authorization.partition(" ")
    found = ""
    if scheme.lower() == "bearer":
        found = value.strip()
    elif scheme.lower() == "basic":
        name, _, password = _decoded(value.strip()).partition(":")
        found = password or name
    return found if _UUID.match(found) else None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
