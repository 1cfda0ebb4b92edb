"""Barrier filters and dichroics of Olympus OIF and OIB, by their names: "BA505-525", "DM488/543/633"."""

from __future__ import annotations

import re

from omero_server.formats.info import ImageInfo, LightPathInfo, PartInfo
from omero_server.formats.oifstore import Settings

__all__ = ["add_light_paths"]

_BARRIER = re.compile(r"BA(\d{3,4})(?:-(\d{3,4}))?(?:IF)?")
_NONE = ("", "None", "(null)", "Glass", "Mirror")


def add_light_paths(image: ImageInfo, main: Settings, bands: int) -> None:
    """What light passes on its way to each channel, of which `bands` follow each other with the same settings."""
    parts: dict[tuple[str, str], PartInfo] = {}
    for c, channel in enumerate(image.channels):
        notes = main.get(f"Channel {c // bands + 1} Parameters", {})
        dichroic = _part(parts, "Dichroic", notes.get("ExcitationDM Name", ""))
        barrier = _part(parts, "Filter", notes.get("BF Name", ""))
        if dichroic or barrier:
            channel.light_path = LightPathInfo([], dichroic, [barrier] if barrier else [])
    image.parts = list(parts.values())


def _part(parts: dict[tuple[str, str], PartInfo], kind: str, name: str) -> str | None:
    """The id of the part of that name, which is made at its first use."""
    name = name.strip()
    if name in _NONE:
        return None
    if (kind, name) not in parts:
        passed = _BARRIER.fullmatch(name) if kind == "Filter" else None
        cuts = dict(zip(("CutIn", "CutOut"), passed.groups(), strict=True)) if passed else {}
        part = PartInfo(kind, f"{kind}:{len(parts)}", {"Manufacturer": "Olympus", "Model": name})
        part.transmittance = {cut: value for cut, value in cuts.items() if value}
        parts[kind, name] = part
    return parts[kind, name].id
