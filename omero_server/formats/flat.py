"""Nested metadata as keys and texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["flat"]


def flat(notes: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Plain values of nested metadata as text, keys joined by spaces; lists of anything but objects are left out."""
    found: dict[str, str] = {}
    for key, value in notes.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key} ")
        elif isinstance(value, str | int | float):
            found[f"{prefix}{key}"] = str(value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, item in enumerate(value):
                found |= flat(item, f"{prefix}{key} {number} ")
    return found
