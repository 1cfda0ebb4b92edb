"""What the right panel shows of a project, dataset or image."""

from __future__ import annotations

from typing import Any

from omero.rtypes import unwrap
from omero_web.blitz import Blitz
from omero_web.errors import NotFound
from omero_web.hql import BY_ID, select
from omero_web.webclient import marshal
from omero_web.webclient.tree import child_counts

CLASSES = {"project": "Project", "dataset": "Dataset", "image": "Image"}


def details(blitz: Blitz, kind: str, number: int) -> dict[str, Any]:
    """Name, description, owner, group, dates and rights of an object; for images also sizes and channels.

    Raises NotFound.
    """
    found = blitz.one(
        select(
            "obj",
            CLASSES[kind],
            joins="join fetch obj.details.owner join fetch obj.details.group join fetch obj.details.creationEvent",
            where=BY_ID,
        ),
        {"id": number},
    )
    if found is None:
        raise NotFound(f"{CLASSES[kind]} {number} does not exist, or you may not see it")
    owner, group = found.details.owner, found.details.group
    result: dict[str, Any] = {
        "type": kind,
        "id": number,
        "name": unwrap(found.name),
        "description": unwrap(found.description) or "",
        "owner": marshal.experimenter(owner),
        "group": {"id": group.id.val, "name": unwrap(group.name)},
        "permissions": marshal.permission_flags(found),
        "importDate": marshal.iso_time(unwrap(found.details.creationEvent.time)),
    }
    if kind == "image":
        result["acquisitionDate"] = marshal.iso_time(unwrap(found.acquisitionDate))
        result["pixels"] = _pixels(blitz, number)
    else:
        result["childCount"] = child_counts(blitz, CLASSES[kind], [number]).get(number, 0)
    return result


def _pixels(blitz: Blitz, image_id: int) -> dict[str, Any] | None:
    found = blitz.one(
        "select obj from Pixels obj join fetch obj.pixelsType left outer join fetch obj.channels channel"
        " left outer join fetch channel.logicalChannel where obj.image.id = :id",
        {"id": image_id},
    )
    if found is None:
        return None
    sizes = {name: unwrap(getattr(found, name)) for name in ("sizeX", "sizeY", "sizeZ", "sizeC", "sizeT")}
    physical = {axis: length(getattr(found, f"physicalSize{axis}")) for axis in "XYZ"}
    channels = [_channel(channel, at) for at, channel in enumerate(found.copyChannels())]
    return {**sizes, "type": unwrap(found.pixelsType.value), "physicalSize": physical, "channels": channels}


def length(value: Any) -> dict[str, Any] | None:
    """A length with its unit, as ``{"value": 0.1, "symbol": "µm"}``."""
    return None if value is None else {"value": value.getValue(), "symbol": value.getSymbol()}


def channel_label(logical: Any, index: int) -> str:
    """A channel's name, else its emission wavelength, else its number counted from 0."""
    if logical is not None:
        name = unwrap(logical.name)
        if name:
            return str(name)
        if logical.emissionWave is not None:
            wave = logical.emissionWave.getValue()
            return str(int(wave) if wave == int(wave) else wave)
    return str(index)


def _channel(channel: Any, index: int) -> dict[str, Any]:
    logical = channel.logicalChannel
    return {
        "label": channel_label(logical, index),
        "emission": length(logical.emissionWave) if logical is not None else None,
        "excitation": length(logical.excitationWave) if logical is not None else None,
        "fluor": unwrap(logical.fluor) if logical is not None else None,
    }
