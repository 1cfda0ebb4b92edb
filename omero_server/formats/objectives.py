"""What the name of an objective tells, e.g. "Plan-Apochromat 63x/1.4 Oil DIC M27"."""

from __future__ import annotations

import re

from omero_server.formats.info import ObjectiveInfo

__all__ = ["correction_in", "immersion_in", "objective_named"]

_CORRECTIONS = {
    "planapo": "PlanApo", "plapo": "PlanApo", "planneofluar": "PlanNeofluar", "neofluar": "Neofluar",
    "planfluor": "PlanFluor", "fluotar": "Fluotar", "fluar": "Fluar", "achroplan": "Achro", "achromat": "Achromat",
}  # fmt: skip
_IMMERSIONS = {"oil": "Oil", "water": "Water", "glycerol": "Glycerol", "glyc": "Glycerol", "dry": "Air", "air": "Air"}
_LONGEST = 300
"""Searching takes the square of the length."""
_NUMBERS = re.compile(r"(\d+(?:\.\d+)?)x\s*/\s*(\d+(?:\.\d+)?)", re.IGNORECASE)


def correction_in(name: str) -> str | None:
    """Correction as the model calls it."""
    plain = re.sub(r"[\s_-]", "", name).lower()
    return next((value for key, value in _CORRECTIONS.items() if key in plain), None)


def immersion_in(name: str) -> str | None:
    """Immersion as the model calls it."""
    words = re.findall(r"[a-z]+", name.lower())
    return next((_IMMERSIONS[word] for word in words if word in _IMMERSIONS), None)


def objective_named(name: str) -> ObjectiveInfo:
    """All that the name tells."""
    numbers = _NUMBERS.search(name[:_LONGEST])
    magnification, aperture = map(float, numbers.groups()) if numbers else (0.0, 0.0)
    return ObjectiveInfo(
        "Objective:0", model=name, nominal_magnification=magnification or None, lens_na=aperture or None,
        immersion=immersion_in(name), correction=correction_in(name),
    )  # fmt: skip
