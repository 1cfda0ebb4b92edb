"""Model objects as the tree's JSON shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from omero.rtypes import unwrap
from omero_web.config import web_config

_RIGHTS = ("canEdit", "canAnnotate", "canLink", "canDelete", "canChgrp", "canChown")


def permissions_css(obj: Any, user_id: int) -> str:
    """What the user may do with ``obj``, as space separated words, and ``isOwned`` for own objects."""
    permissions = obj.details.permissions
    words = [name for name in _RIGHTS if getattr(permissions, name)()]
    if obj.details.owner.id.val == user_id:
        words.append("isOwned")
    return " ".join(words)


def permission_flags(obj: Any) -> dict[str, bool]:
    """What the user may do with ``obj``, as an object of booleans."""
    permissions = obj.details.permissions
    return {name: bool(getattr(permissions, name)()) for name in ("canDelete", "canAnnotate", "canLink", "canEdit")}


def iso_time(milliseconds: int | None) -> str:
    """A point in time as ISO 8601 text with the offset of the configured time zone; empty for none or impossible."""
    if milliseconds is None:
        return ""
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return ""
    zone = ZoneInfo(web_config().text("omero.web.time_zone", "Europe/London"))
    return moment.astimezone(zone).replace(microsecond=0).isoformat()


def container(obj: Any, user_id: int, child_count: int) -> dict[str, Any]:
    """A project, dataset, screen or plate."""
    return {
        "id": obj.id.val,
        "name": unwrap(obj.name),
        "ownerId": obj.details.owner.id.val,
        "childCount": child_count,
        "permsCss": permissions_css(obj, user_id),
    }


def image(obj: Any, user_id: int) -> dict[str, Any]:
    """An image without sizes and dates."""
    result = {
        "id": obj.id.val,
        "archived": bool(unwrap(obj.archived)),
        "name": unwrap(obj.name),
        "ownerId": obj.details.owner.id.val,
        "permsCss": permissions_css(obj, user_id),
    }
    if obj.fileset is not None:
        result["filesetId"] = obj.fileset.id.val
    return result


def experimenter(obj: Any) -> dict[str, Any]:
    """A user with login name and full name."""
    return {
        "id": obj.id.val,
        "omeName": unwrap(obj.omeName),
        "firstName": unwrap(obj.firstName),
        "lastName": unwrap(obj.lastName),
    }
