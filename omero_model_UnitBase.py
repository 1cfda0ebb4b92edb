"""Where the official library keeps the base class of lengths, times and other values with units."""

from __future__ import annotations

from omero.model.units import UnitBase

__all__ = ["UnitBase"]
