"""Answers that programs read in parts and keep: ETags, byte ranges, HEAD."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from omero_web.ngff.image import ZarrImage

__all__ = ["ASKED", "CACHE_CONTROL", "Reply", "etag", "pixels_tag", "reply"]

# Whoever keeps an answer asks each time whether it still holds, since rights may be taken away; asking is cheap.
CACHE_CONTROL = "private, no-cache"
ASKED = ("If-None-Match", "If-Range", "Range")
"""The headers of a request that `reply` looks at."""
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")

Reply = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


def etag(*parts: object) -> str:
    """A name for a content that these parts determine."""
    return f'"{hashlib.blake2s(repr(parts).encode(), digest_size=12).hexdigest()}"'


def pixels_tag(image: ZarrImage, *what: object) -> str | None:
    """A name for pixels of an image. They never change once their digest is known, and have none before."""
    if not image.digest or image.digest.startswith("Pending"):
        return None
    return etag(image.pixels.pixels_id, image.digest, image.levels, tuple(image.tile), *what)


def reply(
    content: Callable[[], bytes], kind: str, tag: str | None, asked: dict[str, str | None], more: dict[str, str]
) -> Reply:
    """The answer with what ``content`` makes, which is not called when the caller has it already.

    ``asked``: the request's headers of the names `ASKED`.
    """
    headers = {"Content-Type": kind, "Cache-Control": CACHE_CONTROL, "Accept-Ranges": "bytes", **more}
    if tag is not None:
        headers["ETag"] = tag
        known = [one.strip().removeprefix("W/") for one in (asked.get("If-None-Match") or "").split(",")]
        if tag in known or "*" in known:
            return 304, headers, b""
    body = content()
    wanted = asked.get("Range")
    if wanted and asked.get("If-Range") in (None, tag) and (match := _RANGE.match(wanted.strip())):
        return _part(match, body, headers)
    return 200, headers | {"Content-Length": str(len(body))}, body


def _part(match: re.Match[str], body: bytes, headers: dict[str, str]) -> Reply:
    first, last = match[1], match[2]
    if first:
        start, end = int(first), min(int(last) + 1 if last else len(body), len(body))
    else:  # the last so many bytes
        start, end = max(0, len(body) - int(last or 0)), len(body)
    if start >= end:
        return 416, headers | {"Content-Range": f"bytes */{len(body)}", "Content-Length": "0"}, b""
    part = body[start:end]
    headers |= {"Content-Range": f"bytes {start}-{end - 1}/{len(body)}", "Content-Length": str(len(part))}
    return 206, headers, part
