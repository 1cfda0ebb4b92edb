"""Graphs of Pixels and rendering settings as clients get them."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
from omero_server import queries
from omero_server.rendering.metadata import PixelsInfo, load_pixels
from omero_server.sessions.call import Call

__all__ = ["pixels_graph", "readable_pixels", "settings_graph", "settings_graphs"]

PIXELS = """
    select p from Pixels p
    join fetch p.pixelsType
    left outer join fetch p.channels c
    left outer join fetch c.logicalChannel lc
    left outer join fetch lc.photometricInterpretation
    left outer join fetch lc.illumination
    left outer join fetch lc.mode
    left outer join fetch lc.contrastMethod
    left outer join fetch c.statsInfo
    where p.id = :id
"""
SETTINGS = """
    select r from RenderingDef r
    join fetch r.details.owner
    join fetch r.quantization
    join fetch r.model
    left outer join fetch r.waveRendering w
    left outer join fetch w.family
    left outer join fetch w.spatialDomainEnhancement
    left outer join fetch r.projections d
    left outer join fetch d.axis
    left outer join fetch d.type
    where {condition}
    order by r.details.updateEvent.time desc, r.id desc
"""


def readable_pixels(call: Call, pixels_id: int) -> PixelsInfo:
    """Pixels by id; ValidationException for an unknown or unreadable one."""
    found = load_pixels(call, [pixels_id]).get(pixels_id)
    if found is None:
        raise omero.ValidationException(message=f"There are no Pixels with id {pixels_id} that you may read.")
    return found


def pixels_graph(call: Call, pixels_id: int) -> Any:
    """Pixels with type, channels, logical channels and statistics; None for an unknown or unreadable id."""
    found = queries.run(call, PIXELS, {"id": pixels_id})
    return found[0] if found else None


def settings_graph(call: Call, settings_id: int) -> Any:
    """Settings with channels, owner and all enumerations; None for an unknown or unreadable id."""
    found = queries.run(call, SETTINGS.format(condition="r.id = :id"), {"id": settings_id})
    return found[0] if found else None


def settings_graphs(call: Call, pixels_id: int, user_id: int) -> list[Any]:
    """All settings of a user for these pixels, the last saved first; of all users when the id is negative."""
    condition, values = "r.pixels.id = :id", {"id": pixels_id}
    if user_id >= 0:
        condition += " and r.details.owner.id = :user"
        values["user"] = user_id
    found = queries.run(call, SETTINGS.format(condition=condition), values)
    # A fetched list repeats its owner for each element.
    return list({one._id._val: one for one in found}.values())
