"""The release of OMERO that this library stands in for."""

from __future__ import annotations

from omero._release import build_year, ice_compatibility, omero_version

__all__ = ["build_year", "ice_compatibility", "omero_version"]
