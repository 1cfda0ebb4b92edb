"""The query parameters that the tree's JSON addresses share: page, limit, group and owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest

from omero_web.blitz import ALL_GROUPS, Blitz
from omero_web.config import web_config
from omero_web.errors import Forbidden
from omero_web.webgateway.params import ParameterError

EVERYBODY = -1


@dataclass(frozen=True)
class Page:
    """Which rows of a list are wanted. ``limit`` None means all of them."""

    group: int
    offset: int | None
    limit: int | None


def number(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of the query string. Raises ParameterError."""
    text = query.get(name)
    if text is None or text == "":
        return default
    try:
        return int(text)
    except ValueError as error:
        raise ParameterError("Invalid parameter value") from error


def flag(query: Mapping[str, str], name: str) -> bool:
    """Whether a yes-or-no parameter of the query string says yes."""
    return query.get(name, "").lower() in ("true", "1", "on", "yes")


def read_page(request: HttpRequest, blitz: Blitz, factor: int = 1) -> Page:
    """The page that a request asks for; ``factor`` multiplies the default page size.

    Raises ParameterError, and Forbidden for a group that the user is not a member of.
    """
    page = number(request.GET, "page", 1)
    limit = number(request.GET, "limit", page_size() * factor)
    if page < 0 or limit < 0:
        raise ParameterError("Invalid parameter value")
    group = number(request.GET, "group", ALL_GROUPS)
    context = blitz.event_context
    if group != ALL_GROUPS and not context.isAdmin and group not in context.memberOfGroups:
        raise Forbidden(f"User {context.userName} is not a member of group {group}")
    if page == 0:
        return Page(group, None, None)
    return Page(group, (page - 1) * limit, limit)


def page_size() -> int:
    """Objects on one page (``omero.web.page_size``)."""
    return web_config().number("omero.web.page_size", 200)
